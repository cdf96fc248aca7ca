package httpapi

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"dockerdriver/actors/pool"
	"dockerdriver/httpapi/proxy"
)

// browserHash is the hex SHA-256 of a browser's nonce.
var browserHash = regexp.MustCompile(`^[0-9a-f]{64}$`)

// Bounds of what the way into a notebook carries.
const (
	maxLabelLength = 63 // a DNS label's
	maxPathLength  = 2048
)

// openNotebook is where a notebook's origin sends a browser that it does not
// know: here it is known who is logged in. It ends at the notebook again, with
// a ticket that only this browser can use.
func (s *server) openNotebook(w http.ResponseWriter, r *http.Request) {
	if !proxy.OpensTab(r) { // neither a ticket nor a line in the audit log without a person
		s.notice(w, r, notice{status: http.StatusForbidden, Title: cannotOpen, Words: "Another page tried to open it for you. If it was you, open the notebook from your dashboard."})
		return
	}
	query := r.URL.Query()
	label, browser, path := query.Get("label"), query.Get("browser"), query.Get("path")
	c, err := s.identify(r)
	if code := pool.CodeOf(err); err != nil && code != pool.CodeUnauthenticated {
		s.notice(w, r, notice{status: problemOf(r.Context(), err).Status, Title: cannotOpen, Words: "Try again in a minute."})
		return
	}
	if err != nil || c.Login == "" {
		http.Redirect(w, r, "/login?"+url.Values{"next": {r.URL.RequestURI()}}.Encode(), http.StatusSeeOther)
		return
	}
	v := s.Views.Snapshot()
	var i *pool.Instance
	if label != "" && len(label) <= maxLabelLength {
		i = v.ByLabel(label)
	}
	visits := i != nil && i.UserID != c.User.ID
	switch {
	case i == nil || (visits && !c.User.IsAdmin()):
		s.notice(w, r, notice{status: http.StatusNotFound, Title: "No such notebook", Words: "It may have ended, or it belongs to somebody else."})
	case !browserHash.MatchString(browser) || !local(path):
		s.notice(w, r, notice{status: http.StatusBadRequest, Title: "This link is damaged", Words: "Open the notebook from your dashboard."})
	case i.State == pool.InstanceQueueing || i.State == pool.InstanceProvisioning:
		http.Redirect(w, r, "/instances/"+url.PathEscape(i.ID), http.StatusSeeOther)
	case i.State != pool.InstanceRunning && visits: // why it ended is said to its owner
		s.notice(w, r, notice{status: http.StatusGone, Title: "This notebook has ended", Words: "It was somebody else's, who is told why it ended."})
	case i.State != pool.InstanceRunning:
		s.notice(w, r, notice{status: http.StatusGone, Title: "This notebook has ended", Words: i.WhyEnded(), Again: "/launches/" + url.PathEscape(i.ID)})
	case visits: // that takes a reason, for which this page asks
		http.Redirect(w, r, "/visits/"+url.PathEscape(i.ID)+"?"+url.Values{"browser": {browser}, "path": {path}}.Encode(), http.StatusSeeOther)
	default:
		s.letIn(w, r.WithContext(withCaller(r.Context(), c)), i, c, browser, path)
	}
}

func (s *server) letIn(w http.ResponseWriter, r *http.Request, i *pool.Instance, c caller, browser, path string) {
	t, err := s.ticket(r.Context(), i, c, browser)
	if err != nil {
		p := problemOf(r.Context(), err)
		s.notice(w, r, notice{status: p.Status, Title: cannotOpen, Words: strings.TrimSpace(p.Detail + " " + p.Hint)})
		return
	}
	http.Redirect(w, r, s.enterURL(t, browser, path), http.StatusSeeOther)
}

// local tells whether a path leads nowhere but into the site it is used on:
// no scheme, no //host, and no backslash, which browsers read as a slash.
func local(path string) bool {
	if path == "" {
		return true
	}
	if len(path) > maxPathLength || path[0] != '/' || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\r\n\t\x00") {
		return false
	}
	u, err := url.Parse(path)
	return err == nil && u.Scheme == "" && u.Host == "" && u.User == nil
}
