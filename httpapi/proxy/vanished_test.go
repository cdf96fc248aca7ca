package proxy

import (
	"context"
	"io"
	"net/http"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"
)

// vanishing is a house that looks around often, and learns from the test whether
// machines have vanished.
func vanishing(t *testing.T) (h *house, vanished *atomic.Bool) {
	t.Helper()
	h, vanished = newHouse(t), &atomic.Bool{}
	h.proxy.exchanges.lookEvery = 5 * time.Millisecond
	h.proxy.exchanges.isVanished = func(syscall.RawConn) bool { return vanished.Load() }
	return h, vanished
}

func TestARequestToAMachineThatHasVanishedIsAnswered(t *testing.T) {
	t.Parallel()
	for why, uploads := range map[string]bool{"a page": false, "an upload": true} {
		t.Run(why, func(t *testing.T) {
			t.Parallel()
			h, vanished := vanishing(t)
			mine := h.notebook(labelA, func(_ http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				vanished.Store(true)
				<-r.Context().Done()
			})
			r := h.request(http.MethodGet, labelA, "/", session(mine))
			if uploads {
				r = h.request(http.MethodPost, labelA, "/", session(mine), "Origin: "+homeA)
				body := endless{make(chan struct{})}
				defer close(body.closed)
				r.Body, r.ContentLength = io.NopCloser(body), -1
				time.AfterFunc(50*time.Millisecond, func() { vanished.Store(true) })
			}
			res, said := h.do(r)
			require.Equal(t, http.StatusBadGateway, res.StatusCode)
			require.Contains(t, said, "The notebook is not answering")
		})
	}
}

func TestAWebsocketToAMachineThatHasVanishedIsClosed(t *testing.T) {
	t.Parallel()
	h, vanished := vanishing(t)
	conn := h.dial(labelA, h.notebook(labelA, echo))
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	require.NoError(t, conn.Write(ctx, websocket.MessageText, []byte("x")))
	_, _, err := conn.Read(ctx)
	require.NoError(t, err)
	time.Sleep(10 * h.proxy.exchanges.lookEvery) // it is looked at, and nothing is wrong
	require.Equal(t, 1, h.proxy.exchanges.count(true))
	vanished.Store(true)
	_, _, err = conn.Read(ctx)
	require.Error(t, err)
	require.NoError(t, ctx.Err())
}

// Connections that idle to a machine that has vanished would swallow one request
// each.
func TestAConnectionToAMachineThatHasVanishedIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	h, vanished := vanishing(t)
	var connections atomic.Int32
	reached := make(chan struct{})
	mine := h.notebook(labelA, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/hangs" {
			close(reached)
			<-r.Context().Done()
		}
		_, _ = io.WriteString(w, r.RemoteAddr)
	})
	_, before := h.get(labelA, "/", session(mine))
	go func() {
		defer connections.Add(1)
		_, _ = h.client(1).Do(h.request(http.MethodPost, labelA, "/hangs", session(mine), "Origin: "+homeA)) //nolint:bodyclose // a refusal
	}()
	<-reached
	_, again := h.get(labelA, "/", session(mine))
	vanished.Store(true)
	require.Eventually(t, func() bool { return connections.Load() == 1 }, patience, time.Millisecond)
	vanished.Store(false)
	_, after := h.get(labelA, "/", session(mine))
	require.NotContains(t, []string{before, again}, after)
}
