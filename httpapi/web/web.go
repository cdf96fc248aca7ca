// Package web is the web UI: its sources and, embedded, its build.
//
// `make ui` writes the build into dist. Without it the package still compiles
// and serves a page that says how to build the UI.
package web

import (
	"crypto/rand"
	"embed"
	"encoding/base64"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strings"
)

//go:embed all:dist
var dist embed.FS

// Handler serves the web UI at "/": the files of the build, and its index page
// for every other path without a file extension, because the UI routes by
// itself. Only GET and HEAD are answered.
func Handler() http.Handler {
	build, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // "dist" is a valid path: cannot happen
	}
	return serve(build)
}

// nonceMark is where index.html takes the response's nonce.
const nonceMark = "__CSP_NONCE__"

// sessionMark is where index.html learns whether the browser sent a session,
// so that the UI does not ask who is logged in when nobody can be.
const sessionMark = "__SESSION__"

type site struct {
	assets map[string]*asset
	index  string // empty: not built
}

func serve(build fs.FS) http.Handler {
	s := &site{assets: readAssets(build)}
	if page, err := fs.ReadFile(build, "index.html"); err == nil {
		s.index = string(page)
	}
	return s
}

func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "Only GET and HEAD are answered here.", http.StatusMethodNotAllowed)
		return
	}
	name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
	if a, found := s.assets[name]; found {
		protect(w.Header(), "")
		a.ServeHTTP(w, r)
		return
	}
	switch {
	case path.Ext(name) != "" && name != "index.html":
		// A missing script must not be answered by a page: the browser would refuse it with misleading words.
		protect(w.Header(), "")
		w.Header().Set("Cache-Control", "no-store")
		http.Error(w, "There is no such file in this version of the UI. Reload the page.", http.StatusNotFound)
	case s.index == "":
		servePage(w, r, unbuilt)
	default:
		servePage(w, r, s.index)
	}
}

func servePage(w http.ResponseWriter, r *http.Request, page string) {
	nonce := newNonce()
	protect(w.Header(), nonce)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	// The nonce must be fresh, so that the page cannot be kept anywhere.
	w.Header().Set("Cache-Control", "no-store")
	session := "none"
	if hasSession(r) {
		session = "sent"
	}
	_, _ = strings.NewReplacer(nonceMark, nonce, sessionMark, session).WriteString(w, page)
}

// hasSession tells whether the request carries a session cookie, by its name
// with and without the prefix of HTTPS; whether it is any good, the API tells.
func hasSession(r *http.Request) bool {
	return slices.ContainsFunc(r.Cookies(), func(c *http.Cookie) bool {
		return strings.TrimPrefix(c.Name, "__Host-") == "dd_session"
	})
}

// newNonce returns 128 random bits, as CSP level 3 asks for at least.
func newNonce() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails: crypto/rand ends the program instead
	return base64.RawURLEncoding.EncodeToString(b)
}
