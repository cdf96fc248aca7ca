package proxy

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	bulk = 64 << 20
	// bulkMemory is what the heap may grow by for a body of any size. The test's
	// client, HTTP/2 windows of up to 4 MiB, and container are within.
	bulkMemory = 24 << 20
)

// bulkBlock is what the content repeats. Its odd length makes pieces that are
// lost, doubled or exchanged show.
var bulkBlock = sync.OnceValue(func() []byte {
	block := make([]byte, 1<<20-3)
	_, _ = rand.Read(block)
	return block
})

type bulkContent struct{ at int }

func (b *bulkContent) Read(p []byte) (int, error) {
	n := copy(p, bulkBlock()[b.at:])
	b.at = (b.at + n) % len(bulkBlock())
	return n, nil
}

func newBulk() io.Reader { return io.LimitReader(&bulkContent{}, bulk) }

// TestBulkGoesThroughWhole carries 64 MiB up and down on every way. What comes
// out is what went in; in ours it does not gather in memory.
func TestBulkGoesThroughWhole(t *testing.T) {
	container := newPlainContainer(t, func(c *call) bool {
		c.readBody()
		if c.line == "GET /down HTTP/1.1" {
			c.say(fmt.Sprintf("HTTP/1.1 200 OK\r\n%sContent-Length: %d\r\n\r\n", someDay, int64(bulk)))
			_, err := io.Copy(c.conn, newBulk())
			return err == nil
		}
		c.say(ok(c.body, "Content-Type: text/plain"))
		return true
	})
	whole := newDigest()
	_, err := io.Copy(whole, newBulk())
	require.NoError(t, err)
	h := newHouse(t)
	name, cookie := h.routeTo(container)
	ways := []way{{name: "direct"}, {name: "ours over HTTP/1.1", address: h.address}, {name: "ours over HTTP/2", address: h.address, http2: true}}
	if path, _ := findNginx(t); path != "" {
		ways = append(ways, way{name: "nginx over HTTP/1.1", address: startNginx(t, path, []*plainContainer{container})})
	}
	for _, w := range ways {
		t.Run(w.name, func(t *testing.T) {
			client := bulkClient(t, w, container)
			scheme := map[bool]string{true: "http", false: "https"}[w.address == ""]
			send := func(method, path string, body io.Reader) *http.Response {
				r, err := http.NewRequestWithContext(t.Context(), method, scheme+"://"+name+path, body)
				require.NoError(t, err)
				r.Header.Set("Cookie", SessionCookie+"="+cookie)
				res, err := client.Do(r)
				require.NoError(t, err)
				require.Equal(t, http.StatusOK, res.StatusCode)
				return res
			}
			grown := heapGrowth(func() {
				res := send(http.MethodPost, "/up", io.NopCloser(newBulk()))
				answer, err := io.ReadAll(res.Body)
				require.NoError(t, err)
				require.NoError(t, res.Body.Close())
				require.Equal(t, whole.String(), string(answer))

				res = send(http.MethodGet, "/down", nil)
				got := newDigest()
				_, err = io.Copy(got, res.Body)
				require.NoError(t, err)
				require.NoError(t, res.Body.Close())
				require.Equal(t, whole.String(), got.String())
			})
			require.Less(t, grown, int64(bulkMemory))
		})
	}
}

// heapGrowth is how far beyond its size before the heap is seen while do runs.
func heapGrowth(do func()) int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	before, most := int64(m.HeapInuse), int64(0)
	done, over := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(over)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				runtime.ReadMemStats(&m)
				most = max(most, int64(m.HeapInuse)-before)
			}
		}
	}()
	do()
	close(done)
	<-over
	return most
}

func bulkClient(t *testing.T, w way, container *plainContainer) *http.Client {
	t.Helper()
	address := w.address
	if address == "" {
		address = container.address()
	}
	tr := &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, address)
		},
		TLSClientConfig:    &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // a certificate of the test's own
		Protocols:          new(http.Protocols),
		DisableCompression: true,
	}
	tr.Protocols.SetHTTP1(!w.http2)
	tr.Protocols.SetHTTP2(w.http2)
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr, Timeout: 4 * patience}
}
