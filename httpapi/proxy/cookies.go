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

// Our cookies on a notebook's origin. The prefix makes browsers refuse them
// from siblings and parents (RFC 6265bis 4.1.3.2).
const (
	SessionCookie = "__Host-dd_notebook"
	BrowserCookie = "__Host-dd_browser"
)

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
	// with __Host- names; whoever does wants one of the two to be read here and
	// the other elsewhere.
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

func readCookies(h http.Header) ours {
	var found ours
	sessions, browsers := 0, 0
	eachCookie(h, func(_, name, value string) {
		switch {
		case strings.EqualFold(name, SessionCookie):
			sessions++
			found.session = value
		case strings.EqualFold(name, BrowserCookie):
			browsers++
			found.browser = value
		}
	})
	found.doubled = sessions > 1 || browsers > 1
	return found
}

func isOurs(name string) bool {
	return slices.ContainsFunc([]string{SessionCookie, BrowserCookie, uiCookie, plainUICookie}, func(known string) bool {
		return strings.EqualFold(name, known)
	})
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

// dropForeignSetCookies takes out of a container's answer the cookies that bear
// our names and those that would reach beyond the container's own origin.
func dropForeignSetCookies(h http.Header, domain string) {
	lines := h["Set-Cookie"]
	if len(lines) == 0 {
		return
	}
	kept := lines[:0]
	for _, line := range lines {
		name, _, _ := strings.Cut(line, "=")
		name, _, _ = strings.Cut(name, ";")
		if !isOurs(strings.TrimSpace(name)) && !reachesBeyond(line, domain) {
			kept = append(kept, line)
		}
	}
	if len(kept) == 0 {
		delete(h, "Set-Cookie")
		return
	}
	h["Set-Cookie"] = kept
}

// reachesBeyond tells whether a Set-Cookie line has a Domain at or above the
// notebooks' parent: such a cookie would be sent to other notebooks, and where
// they share it, to the web UI.
func reachesBeyond(line, domain string) bool {
	_, attributes, _ := strings.Cut(line, ";")
	for attribute := range strings.SplitSeq(attributes, ";") {
		key, value, _ := strings.Cut(attribute, "=")
		if !strings.EqualFold(strings.TrimSpace(key), "Domain") {
			continue
		}
		value = strings.ToLower(strings.Trim(strings.TrimSpace(value), `."`))
		if value != "" && (value == domain || strings.HasSuffix(domain, "."+value)) {
			return true
		}
	}
	return false
}

// setCookie sets one of our cookies; a life of 0 means until the browser closes.
func setCookie(w http.ResponseWriter, name, value string, life time.Duration) {
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: value, Path: "/", Secure: true, HttpOnly: true,
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
