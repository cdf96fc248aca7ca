package proxy

import (
	"net/http"
	"strings"
)

// confineSetCookies takes out of a container's answer the cookies that bear our
// names and those that would reach beyond the container's own origin. In path
// mode it keeps the others below the notebook's path.
func confineSetCookies(h http.Header, e *exchange, name Name) {
	lines := h["Set-Cookie"]
	if len(lines) == 0 {
		return
	}
	kept := lines[:0]
	for _, line := range lines {
		switch {
		case isOurs(nameOfCookie(line)):
		case name.Paths:
			kept = append(kept, confined(line, e, name))
		case !reachesBeyond(line, name.Domain):
			kept = append(kept, line)
		}
	}
	if len(kept) == 0 {
		delete(h, "Set-Cookie")
		return
	}
	h["Set-Cookie"] = kept
}

// nameOfCookie reads the name that a browser will say when it sends the cookie
// back. One without a name is sent as its value alone, which is then read as a name.
func nameOfCookie(line string) string {
	pair, _, _ := strings.Cut(line, ";")
	name, value, _ := strings.Cut(pair, "=")
	if name = strings.TrimSpace(name); name == "" {
		name, _, _ = strings.Cut(value, "=")
	}
	return strings.TrimSpace(name)
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

// confined returns a Set-Cookie line without Domain, and with the notebook's own
// path or one below it. Without a path that counts, browsers take the folder of
// the page that set it (RFC 6265 5.1.4), which is below too.
func confined(line string, e *exchange, name Name) string {
	pair, attributes, _ := strings.Cut(line, ";")
	out, path := strings.TrimSpace(pair), ""
	for attribute := range strings.SplitSeq(attributes, ";") {
		attribute = strings.TrimSpace(attribute)
		key, value, _ := strings.Cut(attribute, "=")
		switch strings.ToLower(strings.TrimSpace(key)) {
		case "path":
			path = strings.TrimSpace(value) // the last one counts
		case "domain", "":
		default:
			out += "; " + attribute
		}
	}
	if !strings.HasPrefix(path, "/") {
		return out
	}
	switch {
	case isBelow(path, name):
	case e.route.Proxy.RewritePath:
		path = name.Prefix() + path
	default:
		path = name.Base()
	}
	return out + "; Path=" + path
}
