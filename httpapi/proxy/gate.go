package proxy

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"dockerdriver/actors/pool"
)

// admission looks up the session of a cookie, and the route if the session is
// for the instance behind the label.
func admission(table *pool.RouteTable, label, cookie string) (route pool.Route, hash string, ok bool) {
	if cookie == "" || len(cookie) > maxCookieValue {
		return pool.Route{}, "", false
	}
	hash = hashOf(cookie)
	session, known := table.Sessions[hash]
	route, routed := table.Routes[label]
	return route, hash, known && routed && session.InstanceID == route.InstanceID
}

// whyEnded looks up why the notebook behind a label ended, for a cookie whose
// session was in it.
func whyEnded(table *pool.RouteTable, label, cookie string) (pool.EndedRoute, bool) {
	if cookie == "" || len(cookie) > maxCookieValue {
		return pool.EndedRoute{}, false
	}
	return endedFor(table, label, hashOf(cookie))
}

func endedFor(table *pool.RouteTable, label, session string) (pool.EndedRoute, bool) {
	ended, lately := table.Ended[label]
	return ended, lately && slices.Contains(ended.Sessions, session)
}

// over tells why a notebook ended, and offers another one.
func (p *Proxy) over(w http.ResponseWriter, r *http.Request, ended pool.EndedRoute) {
	answer := pageOver.with(ended.Words)
	answer.Again = p.uiURL + "/launches/" + url.PathEscape(ended.InstanceID)
	p.refuse(w, r, answer)
}

// notIn answers a request that has no session here: where it had one, with the
// reason of the end, else as if there never was a notebook.
func (p *Proxy) notIn(w http.ResponseWriter, r *http.Request, name Name, found ours) {
	if ended, was := whyEnded(p.table.Load(), name.Label, found.session); was {
		p.over(w, r, ended)
		return
	}
	if p.away() { // so is the web UI
		w.Header().Set("Retry-After", strconv.Itoa(pageAway.Refresh))
		p.refuse(w, r, pageAway)
		return
	}
	p.sendToUI(w, r, name, found)
}

// sendToUI answers a request without a session. It is the same answer for every
// label that fits the grammar, whether there is such a notebook or not.
func (p *Proxy) sendToUI(w http.ResponseWriter, r *http.Request, name Name, found ours) {
	if !isNavigation(r) {
		w.Header().Set("WWW-Authenticate", `Cookie realm="notebook"`) // RFC 9110 15.5.2 wants one
		p.refuse(w, r, pageNoSession)
		return
	}
	own := p.name(name.Label)
	if host, _, _ := strings.Cut(r.Host, ":"); name.Origin() != own.Origin() || strings.HasSuffix(host, ".") {
		// Cookies of another spelling of the name would not be there on the way back.
		p.redirect(w, own.Origin()+own.Prefix()+localPath(r.RequestURI))
		return
	}
	nonce := found.browser
	if !isNonce(nonce) {
		nonce = newNonce()
	}
	setCookie(w, own, p.cookies.browser, nonce, browserCookieLife)
	query := url.Values{"label": {name.Label}, "browser": {hashOf(nonce)}, "path": {localPath(r.RequestURI)}}
	p.redirect(w, p.uiURL+"/open?"+query.Encode())
}

// isNavigation tells whether a person waits for a page: nothing else can follow
// the way through the web UI.
func isNavigation(r *http.Request) bool {
	mode := r.Header.Get("Sec-Fetch-Mode")
	return (r.Method == http.MethodGet || r.Method == http.MethodHead) && !isUpgrade(r) &&
		(mode == "" || mode == "navigate") && wantsHTML(r)
}

func wantsHTML(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "text/html")
}

const maxPath = 2048 // bytes; the web UI takes no more

// localPath returns a path and query that can only lead to the notebook they are
// used on, or "/".
func localPath(path string) string {
	if len(path) > maxPath || !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") ||
		strings.HasPrefix(path, ownPaths) || strings.ContainsFunc(path, isOddInPath) {
		return "/"
	}
	return path
}

// isOddInPath finds what browsers drop or read as a slash.
func isOddInPath(c rune) bool { return c <= ' ' || c == 0x7f || c == '\\' }

// redirect answers 303 to a URL that is ours or was checked. http.Redirect
// would clean the path.
func (p *Proxy) redirect(w http.ResponseWriter, to string) {
	h := w.Header()
	h.Set("Location", to)
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	w.WriteHeader(http.StatusSeeOther)
}
