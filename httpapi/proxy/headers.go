package proxy

import (
	"net"
	"net/http"
	"net/url"
	"strings"
)

// claimsIdentity tells whether a request field says who or where the client is,
// or which address was asked for, on the word of a proxy: only we may say that.
// The name is in canonical form. An underscore counts as a dash, because CGI
// and WSGI do not tell them apart.
func claimsIdentity(field string) bool {
	switch field[0] { // spares what browsers send the rest of this
	case 'A', 'O', 'U', 'I', 'D', 'P':
		return false
	case 'C', 'S':
		if strings.HasPrefix(field, "Co") || strings.HasPrefix(field, "Ca") || strings.HasPrefix(field, "Sec-") {
			return false
		}
	}
	name := strings.ReplaceAll(strings.ToLower(field), "_", "-")
	switch name {
	case "forwarded", "client-ip", "true-client-ip", "cf-connecting-ip", "fastly-client-ip", "kubeflow-userid",
		"x-real-ip", "x-client-ip", "x-cluster-client-ip", "x-original-url", "x-rewrite-url", "x-rstudio-username",
		"x-forwarded", "x-script-name", "x-rstudio-root-path", "x-rstudio-request":
		return true
	case "x-user-agent": // gRPC-Web's, and no identity
		return false
	}
	for _, prefix := range []string{"x-forwarded-", "remote-", "x-remote-", "x-auth-request-", "x-authenticated-", "x-webauth-", "x-ssl-client-", "ssl-client-", "x-sp-user"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	rest, private := strings.CutPrefix(name, "x-")
	return private && (strings.HasPrefix(rest, "user") || strings.HasSuffix(rest, "-user") || strings.Contains(rest, "-user-") ||
		strings.HasSuffix(rest, "-username") || strings.HasSuffix(rest, "-userid"))
}

// cleanRequest takes out of an outgoing request what is not the container's
// business and says, on our word, where it came from.
func cleanRequest(out, in *http.Request, e *exchange) {
	for field := range out.Header {
		if claimsIdentity(field) {
			delete(out.Header, field)
		}
	}
	// CGI would make it HTTP_PROXY, which clients in the container obey (CVE-2016-5385, httpoxy).
	out.Header.Del("Proxy")
	dropOurCookies(out.Header)
	if client, _, err := net.SplitHostPort(in.RemoteAddr); err == nil {
		out.Header["X-Forwarded-For"] = []string{client}
	}
	out.Header["X-Forwarded-Host"] = []string{in.Host}
	out.Header["X-Forwarded-Proto"] = []string{"https"}
	tellPrefix(out, e)
	if e.route.Proxy.SetHostHeader {
		out.Host = e.route.Target
		// A container that is told its own address compares Origin with that.
		// Whether the browser's was right has been checked.
		if out.Header.Get("Origin") == e.home {
			out.Header.Set("Origin", "http://"+e.route.Target)
		}
	}
	for _, field := range e.route.Headers {
		out.Header[http.CanonicalHeaderKey(field.Name)] = []string{field.Value}
	}
	if e.route.Proxy.BypassTokenAuthentication && e.route.Password != "" {
		out.Header.Set("Authorization", "token "+e.route.Password)
	}
	if !isWebsocket(in) {
		out.Header.Del("Upgrade")
		out.Header.Del("Connection")
	}
}

// isWebsocket tells whether a request asks for nothing but a websocket. Without
// the word in Connection, Upgrade is not meant for us (RFC 9110 7.8).
func isWebsocket(r *http.Request) bool {
	fields := r.Header["Upgrade"]
	return len(fields) == 1 && strings.EqualFold(fields[0], "websocket") && r.Method == http.MethodGet &&
		hasToken(r.Header["Connection"], "upgrade")
}

// cleanResponse keeps a container's answer on its own origin, and in path mode
// below its own path.
func cleanResponse(h http.Header, e *exchange, name Name) {
	confineSetCookies(h, e, name)
	if name.Paths {
		dropOfWholeOrigin(h)
	} else if clears := h["Clear-Site-Data"]; len(clears) > 0 {
		confineClearing(h, clears)
	}
	if location := h.Get("Location"); location != "" {
		h.Set("Location", keepOnRoute(location, e, name))
	}
}

// confineClearing takes out of a Clear-Site-Data what clears more than the
// container's own origin: "cookies" are those of the whole registrable domain, and
// so of every notebook and often of the web UI (Clear Site Data 3.1).
func confineClearing(h http.Header, lines []string) {
	var kept []string
	for kind := range strings.SplitSeq(strings.Join(lines, ","), ",") {
		switch kind = strings.TrimSpace(kind); strings.Trim(kind, `"`) {
		case "", "cookies", "*", "clientHints":
		default:
			kept = append(kept, kind)
		}
	}
	if len(kept) == 0 {
		h.Del("Clear-Site-Data")
		return
	}
	h["Clear-Site-Data"] = []string{strings.Join(kept, ", ")}
}

// keepOnRoute corrects redirects of containers that do not know how they are
// reached: to their own address, to http, to the port inside the container, or,
// where their path is cut off, to the path inside it.
func keepOnRoute(location string, e *exchange, name Name) string {
	cutOff := name.Paths && e.route.Proxy.RewritePath
	if cutOff && strings.HasPrefix(location, "/") && !strings.HasPrefix(location, "//") {
		return below(location, name)
	}
	scheme, rest, found := strings.Cut(location, "://")
	if !found || !(strings.EqualFold(scheme, "http") || strings.EqualFold(scheme, "https")) {
		return location
	}
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	u, err := url.Parse(scheme + "://" + rest[:end])
	if err != nil || u.User != nil {
		return location
	}
	inside := u.Host == e.route.Target
	if !inside && !strings.EqualFold(strings.TrimSuffix(u.Hostname(), "."), name.Host()) {
		return location
	}
	switch path := rest[end:]; {
	case !name.Paths:
		return e.home + path
	case inside || cutOff:
		return e.home + below(path, name)
	case isBelow(path, name):
		return e.home + path
	}
	return location // the host is not the container's alone, and it knows its own path
}

// below returns a path, with what follows it in a URL, below the notebook's own.
func below(path string, name Name) string {
	switch {
	case isBelow(path, name):
		return path
	case !strings.HasPrefix(path, "/"):
		return name.Base() + path
	}
	return name.Prefix() + path
}
