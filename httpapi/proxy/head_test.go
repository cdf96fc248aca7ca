package proxy

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

// FuzzRequestHead holds the head that we write ourselves against what
// httputil.ReverseProxy and http.Transport make of the same request.
func FuzzRequestHead(f *testing.F) {
	for _, seed := range []string{
		"GET / HTTP/1.1\r\nHost: aaaaaaaa2345.nb.example:8443\r\n\r\n",
		"HEAD /a%20b/../c//d?x=%zz&y;z#f HTTP/1.1\r\nHost: aaaaaaaa2345.nb.example:8443\r\nAccept: */*\r\naccept: text/html\r\n\r\n",
		"GET //b HTTP/1.1\r\nHost: aaaaaaaa2345.nb.example:8443\r\nConnection: keep-alive, X-Secret\r\nX-Secret: 1\r\nKeep-Alive: 5\r\nTE: trailers, deflate\r\n\r\n",
		"OPTIONS /? HTTP/1.1\r\nHost: aaaaaaaa2345.nb.example:8443\r\nConnection: Host, Cookie\r\nCookie: a=b; __Host-dd_notebook=x\r\nX-Forwarded-For: 1.2.3.4\r\nX_Forwarded_For: 1\r\n\r\n",
		"GET /ws HTTP/1.1\r\nHost: aaaaaaaa2345.nb.example:8443\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Key: x\r\nOrigin: https://aaaaaaaa2345.nb.example:8443\r\n\r\n",
		"GET /ws HTTP/1.1\r\nHost: aaaaaaaa2345.nb.example:8443\r\nConnection: Upgrade, Sec-WebSocket-Key\r\nUpgrade: h2c\r\nProxy-Authorization: x\r\nContent-Length: 0\r\nExpect: 100-continue\r\nTrailer: a\r\n\r\n",
		"GET /|é\"<> HTTP/1.0\r\nHost: aaaaaaaa2345.nb.example:8443\r\nUser-Agent: b\xff\r\nRemote-User: root\r\nX-User: a\r\nReferer: x\r\nX-Request-Id: 7\r\n\r\n",
		"POST /api HTTP/1.1\r\nHost: aaaaaaaa2345.nb.example:8443\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\nabc",
		"PUT /api HTTP/1.1\r\nHost: aaaaaaaa2345.nb.example:8443\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n",
		"DELETE /api HTTP/1.1\r\nHost: aaaaaaaa2345.nb.example:8443\r\nContent-Length: 0\r\n\r\n",
	} {
		for _, setHost := range []bool{false, true} {
			f.Add(seed, setHost)
		}
	}
	p := New(Config{Domain: domain, Port: 8443, UIURL: "http://ui.example"})
	taken := make(chan *bytes.Buffer, 1)
	forwarder := p.newForwarder(roundTrip(func(r *http.Request) (*http.Response, error) {
		var wire bytes.Buffer
		if r.Write(&wire) != nil { // a body that is none
			wire.Reset()
		}
		taken <- &wire
		return nil, errors.New("seen")
	}))
	f.Fuzz(func(t *testing.T, head string, setHost bool) {
		read := func() *http.Request {
			r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(head)))
			if err != nil || !isOriginForm(r) || !isServed(r) {
				return nil
			}
			r.RemoteAddr = "192.0.2.7:1234"
			return r
		}
		in := read()
		if in == nil {
			return
		}
		e := &exchange{
			route: pool.Route{
				Label: labelA, InstanceID: "i", Target: "192.0.2.1:8888", Password: "secret",
				Proxy:   pool.ProxyOptions{SetHostHeader: setHost, BypassTokenAuthentication: setHost},
				Headers: []pool.HeaderField{{Name: "X-Tenant", Value: "42"}},
			},
			home: homeA, upgrade: isWebsocket(in) && !hasBody(in),
		}
		forwarder.ServeHTTP(httptest.NewRecorder(), in.WithContext(context.WithValue(t.Context(), exchangeKey{}, e)))
		wire := <-taken
		if wire.Len() == 0 {
			return
		}
		theirs, err := http.ReadRequest(bufio.NewReader(wire))
		require.NoError(t, err)
		written, err := appendHead(nil, read(), e)
		require.NoError(t, err)
		ours, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(written)))
		require.NoError(t, err, "%q", written)
		if !hasBody(in) {
			theirs.Header.Del("Expect") // there is nothing to wait for
		}
		if e.upgrade {
			theirs.Header.Set("Upgrade", "websocket") // however the browser spelt it
		}
		require.Equal(t, theirs.Method, ours.Method)
		require.Equal(t, theirs.Host, ours.Host)
		require.Equal(t, theirs.Header, ours.Header)
		require.Equal(t, theirs.ContentLength, ours.ContentLength)
		require.Equal(t, theirs.TransferEncoding, ours.TransferEncoding)
		path, _, _ := strings.Cut(in.RequestURI, "#")
		if !strings.HasPrefix(path, "//") { // which ReverseProxy writes anew
			require.Equal(t, theirs.RequestURI, ours.RequestURI)
		}
		require.Equal(t, in.RequestURI, ours.RequestURI)
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// isServed tells whether net/http's server would let a request through to us.
func isServed(r *http.Request) bool {
	for name, values := range r.Header {
		// Expect is net/http's business, all but one value of it.
		if strings.ContainsAny(name, " \t") || name == "Expect" && values[0] != "100-continue" || strings.ContainsFunc(strings.Join(values, ""), func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }) {
			return false
		}
	}
	_, err := ParseName(r.Host, domain)
	return err == nil
}
