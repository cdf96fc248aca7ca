package docker_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// wire stands between a client and an engine, and can be cut.
type wire struct {
	url    string
	server *httptest.Server
	lose   atomic.Pointer[string]
}

func newWire(t *testing.T, engineURL string) *wire {
	t.Helper()
	// Paths of sockets are short; t.TempDir is not.
	dir, err := os.MkdirTemp("/tmp", "dd-wire-")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	w := &wire{url: "unix://" + filepath.Join(dir, "s")}
	proxy := engineProxy(t, engineURL)
	proxy.ModifyResponse = func(r *http.Response) error {
		if part := w.lose.Load(); part != nil && strings.Contains(r.Request.URL.Path, *part) {
			w.lose.Store(nil)
			panic(http.ErrAbortHandler)
		}
		return nil
	}
	w.server = httptest.NewUnstartedServer(proxy)
	require.NoError(t, w.server.Listener.Close())
	w.server.Listener, err = net.Listen("unix", strings.TrimPrefix(w.url, "unix://"))
	require.NoError(t, err)
	w.server.Start()
	t.Cleanup(w.server.Close)
	return w
}

// engineProxy passes everything on to an engine.
func engineProxy(t *testing.T, engineURL string) *httputil.ReverseProxy {
	t.Helper()
	network, address, _ := strings.Cut(engineURL, "://")
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}}
	t.Cleanup(transport.CloseIdleConnections)
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host, r.Out.Host = "http", "engine", r.In.Host
		},
		Transport:     transport,
		FlushInterval: -1,
	}
}

// loseReplyTo lets the next request whose path contains part reach the engine,
// but not its answer come back.
func (w *wire) loseReplyTo(part string) { w.lose.Store(&part) }

// cut ends every connection, and refuses new ones.
func (w *wire) cut() {
	_ = w.server.Listener.Close()
	w.server.CloseClientConnections()
}

// bareContext outlives the test's own context, for what is done in its cleanup.
func bareContext(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}
