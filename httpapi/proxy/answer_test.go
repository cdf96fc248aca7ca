package proxy

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

// FuzzAnswer holds what we make of a container's bytes against what
// httputil.ReverseProxy and http.Transport make of the same.
func FuzzAnswer(f *testing.F) {
	for _, seed := range []string{
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel",
		"HTTP/1.1 204 No Content\r\nConnection: X-A\r\nX-A: 1\r\nKeep-Alive: 5\r\n\r\n",
		"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nSet-Cookie: a=b\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: A\r\n\r\n5;x=y\r\nhello\r\n0\r\nA: 1\r\nB: 2\r\n\r\n",
		"HTTP/1.0 302 Found\r\nLocation: http://127.0.0.1/x\r\nSet-Cookie: __Host-dd_notebook=x\r\n\r\ngone",
		"HTTP/1.1 304 Not Modified\r\nEtag: \"x\"\r\nContent-Length: 7\r\n\r\n",
		"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
		"HTTP/1.1 200\r\nContent-Type: \r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
		"\r\nHTTP/1.1 200 OK\n\nx",
	} {
		f.Add([]byte(seed), "GET")
		f.Add([]byte(seed), "HEAD")
	}
	var answer atomic.Pointer[[]byte]
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(f, err)
	f.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			if _, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
				_, _ = conn.Write(*answer.Load())
			}
			_ = conn.(*net.TCPConn).CloseWrite()
			_, _ = io.Copy(io.Discard, conn)
			_ = conn.Close()
		}
	}()
	f.Fuzz(func(t *testing.T, bytesOut []byte, method string) {
		if method != http.MethodGet && method != http.MethodHead {
			return
		}
		answer.Store(&bytesOut)
		// Without a server ReverseProxy would take a broken answer for a whole one.
		served := context.WithValue(t.Context(), http.ServerContextKey, &http.Server{})
		run := func(way func(*Proxy, *recorder, *http.Request, *exchange)) *seen {
			p := New(Config{Domain: domain, Port: 8443, UIURL: "http://ui.example", Log: zerolog.Nop()})
			defer p.upstream.close()
			r, err := http.NewRequestWithContext(served, method, homeA+"/", nil)
			require.NoError(t, err)
			r.RequestURI, r.RemoteAddr, r.Body = "/", "192.0.2.7:1", http.NoBody
			s := &seen{header: http.Header{}}
			func() {
				defer func() { s.broken = recover() != nil }()
				way(p, &recorder{ResponseWriter: s}, r, &exchange{route: pool.Route{Label: labelA, Target: listener.Addr().String()}, home: homeA})
			}()
			return s
		}
		ours := run(func(p *Proxy, w *recorder, r *http.Request, e *exchange) { p.carry(r.Context(), w, r, e) })
		theirs := run(func(p *Proxy, w *recorder, r *http.Request, e *exchange) {
			transport := newTransport()
			defer transport.CloseIdleConnections()
			p.newForwarder(transport).ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), exchangeKey{}, e)))
		})
		if slices.ContainsFunc(theirs.early, func(status int) bool { return status < 100 }) {
			require.Equal(t, http.StatusBadGateway, ours.status) // net/http panics
			return
		}
		require.Equal(t, theirs, ours)
	})
}

// seen is what a client would be sent.
type seen struct {
	header http.Header
	early  []int
	status int
	sent   http.Header // with the status
	body   bytes.Buffer
	broken bool
}

func (s *seen) Header() http.Header { return s.header }

func (s *seen) WriteHeader(status int) {
	if status < 200 {
		s.early = append(s.early, status)
		return
	}
	s.status, s.sent = status, s.header.Clone()
	for name, values := range s.sent {
		if len(values) == 0 { // which only keeps net/http from guessing one
			delete(s.sent, name)
			delete(s.header, name)
		}
	}
	slices.Sort(s.sent["Trailer"])
}

func (s *seen) Write(p []byte) (int, error) { return s.body.Write(p) }

func (s *seen) Flush() {}
