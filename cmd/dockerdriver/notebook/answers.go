package notebook

import (
	"cmp"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

const (
	maxSlow = 10 * time.Minute
	maxBlob = 4096 // MiB
)

// started is when this process began, for /about.
var started = time.Now()

// The three ways in which programs say "go there": relative to the page, from
// the root, and as a whole URL made from what the Host header says.
func redirectRelative(w http.ResponseWriter, _ *http.Request) { found(w, "page2?from=redirect") }

func redirectPath(w http.ResponseWriter, _ *http.Request) { found(w, "/page2?from=redirect-path") }

func redirectAbsolute(w http.ResponseWriter, r *http.Request) {
	found(w, origin(r)+"/page2?from=redirect-absolute")
}

// found answers with the Location as it is; http.Redirect would make it absolute.
func found(w http.ResponseWriter, location string) {
	w.Header().Set("Location", location)
	w.WriteHeader(http.StatusFound)
}

// origin is the notebook's own address as the browser sees it, if the proxy in front says so.
func origin(r *http.Request) string {
	scheme := "http"
	if r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https" {
		scheme = "https"
	}
	return scheme + "://" + r.Host
}

// cookies shows the cookies that came, counts the visits in one for every path
// and one for /cookie alone, and sets ?name=&value=&path= when asked to.
func cookies(w http.ResponseWriter, r *http.Request) {
	received := map[string]string{}
	for _, cookie := range r.Cookies() {
		received[cookie.Name] = cookie.Value
	}
	visits, _ := strconv.Atoi(received["notebook_visits"]) // 0 for a first visit or nonsense
	set := []*http.Cookie{
		{Name: "notebook_visits", Value: strconv.Itoa(visits + 1), Path: "/", SameSite: http.SameSiteLaxMode},
		{Name: "notebook_scoped", Value: "only-cookie-pages", Path: "/cookie", HttpOnly: true},
	}
	query := r.URL.Query()
	if name := query.Get("name"); name != "" {
		set = append(set, &http.Cookie{Name: name, Value: query.Get("value"), Path: cmp.Or(query.Get("path"), "/")})
	}
	lines := []string{}
	for _, cookie := range set {
		if err := cookie.Valid(); err != nil {
			http.Error(w, fmt.Sprintf("cannot set the cookie %q: %v", cookie.Name, err), http.StatusBadRequest)
			return
		}
		http.SetCookie(w, cookie)
		lines = append(lines, cookie.String())
	}
	writeJSON(w, http.StatusOK, map[string]any{"received": received, "set": lines})
}

// headers shows the request as it arrived.
func headers(w http.ResponseWriter, r *http.Request) {
	writeJSON(w, http.StatusOK, map[string]any{
		"method": r.Method, "host": r.Host, "proto": r.Proto, "uri": r.RequestURI,
		"remote_addr": r.RemoteAddr, "headers": r.Header,
	})
}

func environment(w http.ResponseWriter, _ *http.Request) {
	variables := map[string]string{}
	for _, entry := range os.Environ() {
		name, value, _ := strings.Cut(entry, "=")
		variables[name] = value
	}
	writeJSON(w, http.StatusOK, variables)
}

func about(w http.ResponseWriter, _ *http.Request) {
	name := hostname()
	directory, _ := os.Getwd() // empty when it was removed; only shown
	writeJSON(w, http.StatusOK, map[string]any{
		"container": cmp.Or(os.Getenv("CONTAINER_NAME"), name), "hostname": name,
		"pid": os.Getpid(), "uid": os.Getuid(), "directory": directory, "started": started.UTC(),
	})
}

func healthz(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte("ok\n"))
}

// status answers with any final status code (200 to 599).
func status(w http.ResponseWriter, r *http.Request) {
	code, err := strconv.Atoi(r.PathValue("code"))
	if err != nil || code < 200 || code > 599 {
		http.Error(w, "cannot answer with that status: give a number from 200 to 599", http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(code)
	if code != http.StatusNoContent && code != http.StatusNotModified {
		_, _ = fmt.Fprintf(w, "status %d\n", code)
	}
}

// crashAfterAnswer answers, then asks the process to end with ?code= (1 when not given).
func (s *site) crashAfterAnswer(w http.ResponseWriter, r *http.Request) {
	code, err := strconv.ParseUint(cmp.Or(r.URL.Query().Get("code"), "1"), 10, 8)
	if err != nil {
		http.Error(w, "cannot crash with that code: give a number from 0 to 255", http.StatusBadRequest)
		return
	}
	w.Header().Set("Connection", "close")
	_, _ = fmt.Fprintf(w, "ending with code %d\n", code)
	s.crash(int(code))
}

// whole reads a whole number from the query; fallback when it is not given.
func whole(r *http.Request, name string, fallback, limit int) (int, error) {
	text := r.URL.Query().Get(name)
	if text == "" {
		return fallback, nil
	}
	number, err := strconv.Atoi(text)
	if err != nil || number < 0 || number > limit {
		return 0, fmt.Errorf("cannot read %s=%q: give a whole number from 0 to %d", name, text, limit)
	}
	return number, nil
}
