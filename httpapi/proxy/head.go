package proxy

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// hasBody tells whether anything follows a request's head. Over HTTP/2 every
// request has a Body.
func hasBody(r *http.Request) bool {
	return r.Body != nil && r.Body != http.NoBody && r.ContentLength != 0
}

var heads = sync.Pool{New: func() any { return new([]byte) }}

// appendHead writes a request's head as the container gets it. Path and query
// stay as the client wrote them; trailers go, because some frameworks merge them
// into the header that was checked. It changes the request's header in place.
func appendHead(b []byte, r *http.Request, e *exchange) ([]byte, error) {
	trailers := takesTrailers(r.Header)
	dropHops(r.Header)
	cleanRequest(r, r, e)
	if !hasBody(r) {
		delete(r.Header, "Expect") // there is nothing to wait for
	}
	delete(r.Header, "Content-Length")
	b = append(b, r.Method...)
	b = append(b, ' ')
	b = append(b, targetPath(e, r)...)
	b = append(b, " HTTP/1.1\r\nHost: "...)
	b = append(b, r.Host...)
	b = append(b, "\r\n"...)
	for name, values := range r.Header {
		for _, value := range values {
			if strings.ContainsAny(value, "\r\n\x00") {
				return b, errBadField // net/http has refused those of clients
			}
			b = append(b, name...)
			b = append(b, ": "...)
			b = append(b, value...)
			b = append(b, "\r\n"...)
		}
	}
	if trailers {
		b = append(b, "Te: trailers\r\n"...)
	}
	switch {
	case r.ContentLength > 0:
		b = append(b, "Content-Length: "...)
		b = strconv.AppendInt(b, r.ContentLength, 10)
		b = append(b, "\r\n"...)
	case hasBody(r):
		b = append(b, "Transfer-Encoding: chunked\r\n"...)
	case r.Method == http.MethodPost || r.Method == http.MethodPut || r.Method == http.MethodPatch:
		b = append(b, "Content-Length: 0\r\n"...) // RFC 9110 8.6: of methods that have a body
	}
	if e.upgrade {
		b = append(b, "Connection: Upgrade\r\nUpgrade: websocket\r\n"...)
	}
	return append(b, "\r\n"...), nil
}
