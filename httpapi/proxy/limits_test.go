package proxy

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

// greets tells whether a new connection is let as far as TLS.
func (h *house) greets(t *testing.T) (*tls.Conn, bool) {
	t.Helper()
	inner, err := net.Dial("tcp", h.address)
	require.NoError(t, err)
	t.Cleanup(func() { _ = inner.Close() })
	conn := tls.Client(inner, &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // a certificate of the test's own
	require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
	return conn, conn.Handshake() == nil
}

func TestConnectionsBeyondTheLimitAreClosedAtOnce(t *testing.T) {
	t.Parallel()
	for name, limits := range map[string]Limits{
		"of one address": {PerAddress: 2},
		"in all":         {Connections: 2, PerAddress: 100},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newLimitedHouse(t, limits)
			first, ok := h.greets(t)
			require.True(t, ok)
			_, ok = h.greets(t)
			require.True(t, ok)
			_, ok = h.greets(t)
			require.False(t, ok, "one too many")
			require.NoError(t, first.Close())
			require.Eventually(t, func() bool { _, ok := h.greets(t); return ok }, patience, 5*time.Millisecond, "a place that was given back")
		})
	}
}

func TestClientsAreCountedByWhatTheyCommonlyHold(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		a, b string
		same bool
	}{
		"two ports of one address":         {"192.0.2.1:1", "192.0.2.1:2", true},
		"two addresses":                    {"192.0.2.1:1", "192.0.2.2:1", false},
		"IPv4 written as IPv6":             {"[::ffff:192.0.2.1]:1", "192.0.2.1:1", true},
		"two addresses of one IPv6 subnet": {"[2001:db8::1]:1", "[2001:db8::ffff:2]:1", true},
		"two IPv6 subnets":                 {"[2001:db8:0:1::1]:1", "[2001:db8:0:2::1]:1", false},
		"zones of one link-local address":  {"[fe80::1%eth0]:1", "[fe80::1%eth1]:1", true},
	} {
		t.Run(name, func(t *testing.T) {
			client := func(addr string) netip.Prefix {
				return clientOf(net.TCPAddrFromAddrPort(netip.MustParseAddrPort(addr)))
			}
			require.Equal(t, c.same, client(c.a) == client(c.b))
		})
	}
}

func TestOneSessionHasABoundedNumberOfRequestsUnderWay(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	cookie, other := h.notebook(labelA, echo), h.notebook(labelB, echo)
	held := make([]*exchange, maxPerSession)
	for n := range held {
		held[n] = &exchange{session: hashOf(cookie)}
		require.Nil(t, h.proxy.exchanges.begin(held[n]))
	}
	res, body := h.get(labelA, "/", "Cookie: "+SessionCookie+"="+cookie)
	require.Equal(t, http.StatusTooManyRequests, res.StatusCode)
	require.Contains(t, body, "Close some of its tabs")
	h.dial(labelB, other)
	h.proxy.exchanges.end(held[0])
	h.dial(labelA, cookie)
	for _, e := range held[1:] {
		h.proxy.exchanges.end(e)
	}
}

// uploadSlowly sends the first half of a body and, when told, the rest.
func (h *house) uploadSlowly(cookie string, pieces <-chan string) (*http.Response, string) {
	body, writer := io.Pipe()
	go func() {
		for piece := range pieces {
			if _, err := io.WriteString(writer, piece); err != nil {
				return
			}
		}
		_ = writer.Close()
	}()
	r := h.request(http.MethodPost, labelA, "/upload", "Cookie: "+SessionCookie+"="+cookie)
	r.Body = body
	return h.do(r)
}

func TestAnUploadThatStandsStillIsGivenUp(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.proxy.bodyStall = 300 * time.Millisecond
	broken := make(chan error, 1)
	cookie := h.notebook(labelA, func(_ http.ResponseWriter, r *http.Request) {
		_, err := io.Copy(io.Discard, r.Body)
		broken <- err
	})
	answer := h.raw("POST /upload HTTP/1.1\r\nHost: " + labelA + "." + domain + ":8443\r\nCookie: " + SessionCookie + "=" + cookie +
		"\r\nContent-Length: 100\r\n\r\nbegun")
	require.Contains(t, answer, "HTTP/1.1 408 Request Timeout")
	require.Contains(t, answer, "stood still")
	require.Contains(t, answer, "Connection: close")
	require.Error(t, <-broken, "the container is not left waiting, nor told that this was all")
}

func TestAnUploadThatMovesMayTakeLongerThanOneMayStandStill(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.proxy.bodyStall = 400 * time.Millisecond
	cookie := h.notebook(labelA, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		time.Sleep(2 * h.proxy.bodyStall) // an answer may take long, too
		_, _ = w.Write(body)
	})
	pieces := make(chan string)
	go func() {
		defer close(pieces)
		for range 10 {
			pieces <- "x"
			time.Sleep(100 * time.Millisecond)
		}
	}()
	res, body := h.uploadSlowly(cookie, pieces)
	require.Equal(t, http.StatusOK, res.StatusCode)
	require.Equal(t, strings.Repeat("x", 10), body)
}

func TestWhatCountsAsUse(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/ws" {
			echo(w, r)
		}
	}))
	t.Cleanup(backend.Close)
	mine := h.notebookAt(pool.Route{Label: labelA, Target: backend.Listener.Addr().String(), IdlePaths: []string{"/api/*", "/poll"}})
	used := func() bool { return len(h.proxy.activity.news(h.proxy.table.Load())) > 0 }
	for name, c := range map[string]struct {
		path string
		want bool
	}{
		"a page":              {"/tree", true},
		"a poll":              {"/poll", false},
		"a poll of a pattern": {"/api/status", false},
	} {
		h.get(labelA, c.path, "Cookie: "+SessionCookie+"="+mine)
		require.Equal(t, c.want, used(), name)
		require.False(t, used(), "told once")
	}

	conn := h.dial(labelA, mine)
	require.True(t, used(), "the opening of a websocket")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	go func() { _, _, _ = conn.Read(ctx) }() // takes the pong
	require.NoError(t, conn.Ping(ctx))
	require.False(t, used(), "a ping and its pong")
	time.Sleep(2 * time.Millisecond) // use is told by the millisecond
	require.NoError(t, conn.Write(ctx, websocket.MessageText, []byte("print(1)")))
	require.Eventually(t, used, patience, time.Millisecond, "a message")
}
