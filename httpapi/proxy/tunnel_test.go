package proxy

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"
)

func TestTunnelCarriesEveryByte(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 1, smallBuffer - 1, smallBuffer, smallBuffer + 1, largeBuffer, smallBuffer + largeBuffer, 1 << 20} {
		content := make([]byte, size)
		_, _ = rand.Read(content)
		for why, wrap := range map[string]func(io.Reader) io.Reader{
			"at once": func(r io.Reader) io.Reader { return r }, "by halves": iotest.HalfReader, "with its end": iotest.DataErrReader,
		} {
			var out bytes.Buffer
			require.NoError(t, relay(&out, wrap(bytes.NewReader(content))), why)
			require.True(t, bytes.Equal(content, out.Bytes()), why)
		}
	}
}

func TestTunnelEndsWithEitherSide(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	for _, size := range []int{1, smallBuffer, smallBuffer + largeBuffer} {
		content := bytes.NewReader(make([]byte, size))
		err := relay(io.Discard, io.MultiReader(content, iotest.ErrReader(broken)))
		require.ErrorIs(t, err, broken)
	}
	hand, _ := io.Pipe()
	require.NoError(t, hand.CloseWithError(broken))
	for _, size := range []int{1, smallBuffer + largeBuffer} {
		read, write := io.Pipe()
		require.NoError(t, read.CloseWithError(broken))
		err := relay(write, bytes.NewReader(make([]byte, size)))
		require.ErrorIs(t, err, broken)
	}
}

func TestContainerThatSwitchesUnaskedIsNotFollowed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	closed := make(chan struct{}, 2)
	mine := h.notebook(labelA, func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: "+r.URL.Query().Get("to")+"\r\n\r\n")
		_, _ = io.Copy(io.Discard, conn) // ends when the proxy closes
		closed <- struct{}{}
	})
	res, _ := h.get(labelA, "/?to=websocket", session(mine))
	require.Equal(t, http.StatusBadGateway, res.StatusCode)
	<-closed
	res, _ = h.get(labelA, "/?to=h2c", session(mine), "Connection: Upgrade", "Upgrade: websocket", "Origin: "+homeA)
	require.Equal(t, http.StatusBadGateway, res.StatusCode)
	<-closed
	require.Zero(t, h.measured("dockerdriver_proxy_upgrades_total"))
}

// BenchmarkIdleWebsocket tells what an idle websocket holds in this process,
// which also has both its ends: see the figure as an upper bound.
func BenchmarkIdleWebsocket(b *testing.B) {
	h := newHouse(b)
	mine := h.notebook(labelA, echo)
	const count = 500
	before := inUse()
	for range count {
		conn := h.dial(labelA, mine)
		require.NoError(b, conn.Write(b.Context(), websocket.MessageText, []byte(strings.Repeat("x", 100))))
		_, _, err := conn.Read(b.Context())
		require.NoError(b, err)
	}
	through := inUse() - before
	for b.Loop() {
		_ = h.proxy.exchanges.count(true)
	}
	b.ReportMetric(float64(through)/1024/count, "KiB/websocket+ends")
}

func inUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse
}

// BenchmarkWebsocketRoundTrip compares 100 bytes there and back through the
// proxy with the same to the container itself.
func BenchmarkWebsocketRoundTrip(b *testing.B) {
	h := newHouse(b)
	mine := h.notebook(labelA, echo)
	direct, res, err := websocket.Dial(b.Context(), "ws://"+h.routes[labelA].Target+"/ws", nil)
	require.NoError(b, err)
	if res.Body != nil {
		_ = res.Body.Close()
	}
	b.Cleanup(func() { _ = direct.CloseNow() })
	message := []byte(strings.Repeat("x", 100))
	for _, c := range []struct {
		name string
		conn *websocket.Conn
	}{{"direct", direct}, {"proxy", h.dial(labelA, mine)}} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				trip(b, c.conn, message)
			}
		})
	}
}

func trip(b *testing.B, conn *websocket.Conn, message []byte) {
	if err := conn.Write(context.Background(), websocket.MessageBinary, message); err != nil {
		b.Fatal(err)
	}
	if _, _, err := conn.Read(context.Background()); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkGet compares 1 KiB through the proxy, over TLS and kept alive, with
// the same from the container itself over plain HTTP.
func BenchmarkGet(b *testing.B) {
	h := newHouse(b)
	body := []byte(strings.Repeat("x", 1024))
	mine := h.notebook(labelA, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(body) })
	direct, err := http.NewRequest(http.MethodGet, "http://"+h.routes[labelA].Target+"/", nil)
	require.NoError(b, err)
	straight := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	b.Cleanup(straight.CloseIdleConnections)
	one, two := h.client(1), h.client(2)
	one.Transport.(*http.Transport).MaxIdleConnsPerHost = 64
	for _, c := range []struct {
		name    string
		client  *http.Client
		request *http.Request
	}{
		{"direct", straight, direct},
		{"proxy-http1", one, h.request("GET", labelA, "/", session(mine))},
		{"proxy-http2", two, h.request("GET", labelA, "/", session(mine))},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetParallelism(8)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					res, err := c.client.Do(c.request.Clone(context.Background()))
					if err != nil {
						b.Error(err)
						return
					}
					_, _ = io.Copy(io.Discard, res.Body)
					_ = res.Body.Close()
				}
			})
		})
	}
}
