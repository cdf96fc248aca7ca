package proxy

import (
	"net/http"
	"net/url"
	"strings"
)

// splitLabel takes the label off a path, as it was written: "/<label>/rest" and
// "/<label>" are a notebook's, everything else is nobody's.
func splitLabel(path string) (label, rest string, ok bool) {
	label, rooted := strings.CutPrefix(path, "/")
	if at := strings.IndexByte(label, '/'); at >= 0 {
		label, rest = label[:at], label[at:]
	}
	return label, rest, rooted && isLabel(label)
}

// isBelow tells whether a path, with what follows it in a URL, is the notebook's
// own in path mode.
func isBelow(path string, name Name) bool {
	rest, found := strings.CutPrefix(path, name.Prefix())
	return found && (rest == "" || strings.ContainsRune("/?#", rune(rest[0])))
}

// atPath finds which notebook a request is for, in path mode, and returns the
// request as the notebook's own origin would get it: without the label. It is
// nil where the request is for none and was answered.
func (p *Proxy) atPath(w http.ResponseWriter, r *http.Request, name Name) (Name, *http.Request) {
	path, query, asks := strings.Cut(r.RequestURI, "?")
	label, rest, ok := splitLabel(path)
	if ok && rest == "" && (r.Method == http.MethodGet || r.Method == http.MethodHead) && !isUpgrade(r) {
		to := p.name(label).URL()
		if asks {
			to += "?" + query
		}
		p.redirect(w, to)
		return name, nil
	}
	if !ok || rest == "" {
		p.refuse(w, r, pageNowhere)
		return name, nil
	}
	name.Label = label
	return name, withoutPrefix(r, name.Prefix())
}

// withoutPrefix returns a copy of a request whose path begins after prefix. The
// label in it is of letters that nobody needs to escape, so that it stands in
// all forms of the path alike.
func withoutPrefix(r *http.Request, prefix string) *http.Request {
	inner, u := new(http.Request), new(url.URL)
	*inner, *u = *r, *r.URL
	inner.RequestURI = strings.TrimPrefix(r.RequestURI, prefix)
	u.Path, u.RawPath = strings.TrimPrefix(u.Path, prefix), strings.TrimPrefix(u.RawPath, prefix)
	inner.URL = u
	return inner
}

// targetPath is the path and query that a container is asked for: as the client
// wrote them, in path mode without the label where the container does not know
// of it.
func targetPath(e *exchange, in *http.Request) string {
	if e.prefix == "" || e.route.Proxy.RewritePath {
		return in.RequestURI
	}
	return e.prefix + in.RequestURI
}

// prefixFields tell a container what was taken off its path: in nearly
// everybody's words, in those of some WSGI servers, and in RStudio's.
var prefixFields = []string{"X-Forwarded-Prefix", "X-Script-Name", "X-Rstudio-Root-Path"}

// tellPrefix says on our word where the container's path begins, if that is cut
// off, and takes out the address of a neighbour's page, which may hold a secret.
func tellPrefix(out *http.Request, e *exchange) {
	if e.prefix == "" {
		return
	}
	if e.route.Proxy.RewritePath {
		for _, field := range prefixFields {
			out.Header[field] = []string{e.prefix}
		}
	}
	if path, local := strings.CutPrefix(out.Header.Get("Referer"), e.home); local {
		if label, _, ok := splitLabel(pathOf(path)); ok && "/"+label != e.prefix {
			out.Header.Del("Referer")
		}
	}
}

// pathOf returns a URL's path from path, query and fragment.
func pathOf(rest string) string {
	if end := strings.IndexAny(rest, "?#"); end >= 0 {
		return rest[:end]
	}
	return rest
}

// ofWholeOrigin are fields by which one page speaks for its whole origin or host:
// in path mode for everybody's.
var ofWholeOrigin = []string{
	"Service-Worker-Allowed", "Clear-Site-Data", "Strict-Transport-Security", "Alt-Svc", "Nel", "Report-To", "Origin-Agent-Cluster",
}

func dropOfWholeOrigin(h http.Header) {
	for _, field := range ofWholeOrigin {
		h.Del(field)
	}
}
