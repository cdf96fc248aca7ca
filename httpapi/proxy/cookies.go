package proxy

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Our cookies on a notebook's own origin. The prefix makes browsers refuse them
// from siblings and parents (RFC 6265bis 4.1.3.2).
const (
	SessionCookie = "__Host-dd_notebook"
	BrowserCookie = "__Host-dd_browser"
)

// Our cookies in path mode, where each is for one notebook's path: the prefix
// above would demand that it is for all paths (RFC 6265bis 4.1.3.1).
const (
	PathSessionCookie = "__Secure-dd_notebook"
	PathBrowserCookie = "__Secure-dd_browser"
)

// cookieNames are those of our cookies that are read and set in one mode.
type cookieNames struct{ session, browser string }

func cookieNamesOf(paths bool) cookieNames {
	if paths {
		return cookieNames{PathSessionCookie, PathBrowserCookie}
	}
	return cookieNames{SessionCookie, BrowserCookie}
}

// The web UI's session cookie, with https and without. Browsers keep it to the
// UI's host, but a script that sends it everywhere must not hand a login to a
// container, nor a container plant one.
const (
	uiCookie      = "__Host-dd_session"
	plainUICookie = "dd_session"
)

const (
	browserCookieLife = 10 * time.Minute
	nonceBytes        = 32
	maxCookieValue    = 256 // bytes; ours have 52 and 43
)

// ours are the values of our cookies in one request.
type ours struct {
	session, browser string
	// doubled tells that one of the names came twice. A browser never does that
	// with __Host- names, nor with the others unless a script has set a second one;
	// whoever does wants one of the two to be read here and the other elsewhere.
	doubled bool
}

// eachCookie calls visit for every cookie pair, as it was written, of all
// Cookie fields.
func eachCookie(h http.Header, visit func(pair, name, value string)) {
	for _, line := range h["Cookie"] {
		for pair := range strings.SplitSeq(line, ";") {
			name, value, _ := strings.Cut(pair, "=")
			visit(pair, strings.TrimSpace(name), strings.TrimSpace(value))
		}
	}
}

func readCookies(h http.Header, names cookieNames) ours {
	var found ours
	sessions, browsers := 0, 0
	eachCookie(h, func(_, name, value string) {
		switch {
		case strings.EqualFold(name, names.session):
			sessions++
			found.session = value
		case strings.EqualFold(name, names.browser):
			browsers++
			found.browser = value
		}
	})
	found.doubled = sessions > 1 || browsers > 1
	return found
}

// allOurs are the names of our cookies, in whatever mode.
var allOurs = []string{SessionCookie, BrowserCookie, PathSessionCookie, PathBrowserCookie, uiCookie, plainUICookie}

func isOurs(name string) bool {
	return slices.ContainsFunc(allOurs, func(known string) bool { return strings.EqualFold(name, known) })
}

// dropOurCookies takes our cookies out of a request and leaves the bytes of the others.
func dropOurCookies(h http.Header) {
	if len(h["Cookie"]) == 0 {
		return
	}
	var kept []string
	eachCookie(h, func(pair, name, _ string) {
		if !isOurs(name) && strings.TrimSpace(pair) != "" {
			kept = append(kept, strings.TrimSpace(pair))
		}
	})
	if len(kept) == 0 {
		delete(h, "Cookie")
		return
	}
	h["Cookie"] = []string{strings.Join(kept, "; ")}
}

// setCookie sets one of our cookies for a notebook; a life of 0 means until the
// browser closes.
func setCookie(w http.ResponseWriter, of Name, name, value string, life time.Duration) {
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: value, Path: of.Base(), Secure: true, HttpOnly: true,
		SameSite: http.SameSiteLaxMode, MaxAge: int(life.Seconds()),
	})
}

// newNonce returns 256 random bits in base64url.
func newNonce() string {
	var bits [nonceBytes]byte
	_, _ = rand.Read(bits[:]) // never fails, see crypto/rand
	return base64.RawURLEncoding.EncodeToString(bits[:])
}

func isNonce(s string) bool {
	bits, err := base64.RawURLEncoding.Strict().DecodeString(s)
	return err == nil && len(bits) == nonceBytes
}

// hashOf returns the hex SHA-256 by which secrets are known outside a browser.
func hashOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
