package proxy

import (
	"net/http"
	"net/textproto"
	"strings"
)

// hopByHop are the fields that concern one connection only (RFC 9110 7.6.1),
// and some that were taken for it earlier.
var hopByHop = []string{
	"Connection", "Proxy-Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization",
	"Te", "Trailer", "Transfer-Encoding", "Upgrade",
}

// dropHops takes the hop-by-hop fields out of a header, those that Connection
// names among them.
func dropHops(h http.Header) {
	for _, line := range h["Connection"] {
		for name := range strings.SplitSeq(line, ",") {
			if name = textproto.TrimString(name); name != "" {
				h.Del(name)
			}
		}
	}
	for _, name := range hopByHop {
		delete(h, name)
	}
}

// takesTrailers tells whether a client said that it knows trailers, which
// containers may want to hear.
func takesTrailers(h http.Header) bool {
	for _, line := range h["Te"] {
		for coding := range strings.SplitSeq(line, ",") {
			name, _, _ := strings.Cut(coding, ";")
			if strings.EqualFold(textproto.TrimString(name), "trailers") {
				return true
			}
		}
	}
	return false
}
