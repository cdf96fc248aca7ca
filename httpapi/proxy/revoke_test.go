package proxy

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

// endings are the ways in which a session ends (line 6 of the checklist).
func endings(h *house, mine string) map[string]func() {
	return map[string]func(){
		"logout":             func() { delete(h.sessions, hashOf(mine)) },
		"the notebook's end": func() { delete(h.routes, labelA) },
		"another notebook's label": func() {
			h.routes[labelA] = pool.Route{Label: labelA, InstanceID: "other", Target: h.routes[labelA].Target}
		},
		"the container's new address":  func() { r := h.routes[labelA]; r.Target = "127.0.0.1:1"; h.routes[labelA] = r },
		"a session for something else": func() { h.sessions[hashOf(mine)] = pool.NotebookSession{InstanceID: "other"} },
		"an empty table":               func() { clear(h.routes); clear(h.sessions) },
	}
}

func TestRevocationClosesWebsocketsWithinASecond(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, outer *house) {
		for why := range endings(&house{}, "") {
			t.Run(why, func(t *testing.T) {
				t.Parallel()
				h := outer.another(t)
				var gone atomic.Bool
				mine := h.notebook(labelA, func(w http.ResponseWriter, r *http.Request) { echo(w, r); gone.Store(true) })
				theirs := h.notebook(labelB, echo)
				conn, other := h.dial(labelA, mine), h.dial(labelB, theirs)
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				defer cancel()
				require.NoError(t, conn.Write(ctx, websocket.MessageText, []byte("hello")))
				_, _, err := conn.Read(ctx)
				require.NoError(t, err)

				began := time.Now()
				h.change(endings(h, mine)[why])
				_, _, err = conn.Read(ctx)
				require.Error(t, err)
				require.NoError(t, ctx.Err())
				require.Less(t, time.Since(began), time.Second)
				require.Eventually(t, gone.Load, time.Second, time.Millisecond, "the container's side is closed too")
				if why != "an empty table" {
					require.NoError(t, other.Write(ctx, websocket.MessageText, []byte("still there")))
					_, message, err := other.Read(ctx)
					require.NoError(t, err)
					require.Equal(t, "still there", string(message))
				}
			})
		}
	})
}

func TestRevocationEndsEventStreams(t *testing.T) {
	t.Parallel()
	for protocol := 1; protocol <= 2; protocol++ {
		h := newHouse(t)
		mine := h.notebook(labelA, drip("text/event-stream", nil))
		res, err := h.client(protocol).Do(h.request("GET", labelA, "/", session(mine)))
		require.NoError(t, err)
		lines := bufio.NewReader(res.Body)
		_, err = lines.ReadString('\n')
		require.NoError(t, err)
		began := time.Now()
		h.change(func() { delete(h.sessions, hashOf(mine)) })
		_, err = lines.ReadString('\n')
		require.Error(t, err)
		require.Less(t, time.Since(began), time.Second)
		require.NoError(t, res.Body.Close())
		require.InDelta(t, 1, h.measured("dockerdriver_proxy_revoked_total"), 0)
		next, _ := h.get(labelA, "/", session(mine))
		require.Equal(t, http.StatusUnauthorized, next.StatusCode)
	}
}

// A browser that does not read, or an upload that does not go on, is not waited for.
func TestRevocationDoesNotWaitForAStuckBrowser(t *testing.T) {
	t.Parallel()
	for protocol := 1; protocol <= 2; protocol++ {
		for why, method := range map[string]string{"a download nobody reads": "GET", "an upload that stands still": "POST"} {
			h := newHouse(t)
			reached := make(chan struct{})
			mine := h.notebook(labelA, func(w http.ResponseWriter, r *http.Request) {
				close(reached)
				if r.Method == http.MethodPost {
					_, _ = io.Copy(io.Discard, r.Body)
					return
				}
				_, _ = io.Copy(w, zeros{})
			})
			r := h.request(method, labelA, "/", session(mine), "Origin: "+homeA)
			hand, never := io.Pipe()
			if method == http.MethodPost {
				r.Body, r.ContentLength = hand, -1
			}
			done := make(chan struct{})
			go func() {
				defer close(done)
				res, err := h.client(protocol).Do(r)
				if err != nil {
					return
				}
				if method == http.MethodGet {
					<-t.Context().Done() // it reads nothing
				}
				_ = res.Body.Close()
			}()
			<-reached
			require.Equal(t, 1, h.proxy.exchanges.count(false))
			h.change(func() { delete(h.routes, labelA) })
			require.Eventually(t, func() bool { return h.proxy.exchanges.count(false) == 0 }, time.Second, time.Millisecond, why)
			require.NoError(t, never.CloseWithError(io.ErrClosedPipe))
			if method == http.MethodPost {
				<-done
			}
		}
	}
}

func TestTableThatChangesOtherwiseCutsNobody(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	mine := h.notebook(labelA, echo)
	conn := h.dial(labelA, mine)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	h.notebook(labelB, echo)
	h.change(func() {
		r := h.routes[labelA]
		r.Proxy.SetHostHeader = true
		h.routes[labelA] = r
	})
	require.NoError(t, conn.Write(ctx, websocket.MessageText, []byte("x")))
	_, _, err := conn.Read(ctx)
	require.NoError(t, err)
	require.Zero(t, h.measured("dockerdriver_proxy_revoked_total"))
}

func TestShutdownClosesWebsocketsAndThenTheRest(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	mine := h.notebook(labelA, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") != "" {
			echo(w, r)
			return
		}
		drip("text/event-stream", nil)(w, r)
	})
	conn := h.dial(labelA, mine)
	stream, err := h.client(1).Do(h.request("GET", labelA, "/", session(mine)))
	require.NoError(t, err)
	defer stream.Body.Close()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	drained := make(chan struct{})
	go func() { h.proxy.drain(); close(drained) }()
	_, _, err = conn.Read(ctx)
	require.Error(t, err)
	require.NoError(t, ctx.Err())
	_, err = io.ReadAll(stream.Body)
	require.Error(t, err)
	<-drained
	require.NoError(t, h.proxy.Close(ctx))
	res, _ := h.get(labelA, "/", session(mine))
	require.Equal(t, http.StatusServiceUnavailable, res.StatusCode)
}

func TestCloseTellsWhatItCouldNotEnd(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	e := &exchange{cancel: func(error) {}}
	require.Nil(t, h.proxy.exchanges.begin(e))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorContains(t, h.proxy.Close(ctx), "cannot end 1 notebook connections")
	h.proxy.exchanges.end(e)
}

func TestMetricsCountAnswersAndOpenConnections(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	mine := h.notebook(labelA, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/ws" {
			echo(w, r)
			return
		}
		_, _ = io.WriteString(w, "x")
	})
	h.get(labelA, "/", session(mine))
	h.get(labelA, "/")
	h.dial(labelA, mine)
	require.Eventually(t, func() bool { return h.proxy.exchanges.count(true) == 1 && h.proxy.exchanges.count(false) == 0 }, time.Second, time.Millisecond)
	require.Eventually(t, func() bool { return h.measured("dockerdriver_proxy_requests_total", "2xx") == 1 }, time.Second, time.Millisecond)
	require.InDelta(t, 1, h.measured("dockerdriver_proxy_requests_total", "4xx"), 0)
	require.InDelta(t, 1, h.measured("dockerdriver_proxy_upgrades_total"), 0)
	require.InDelta(t, 1, h.measured("dockerdriver_proxy_upgrades_open"), 0)
	require.Zero(t, h.measured("dockerdriver_proxy_requests_open"))
	require.Zero(t, h.measured("dockerdriver_proxy_revoked_total"))
}

// measured reads a metric, with the label's value if it has one.
func (h *house) measured(name string, label ...string) float64 {
	h.t.Helper()
	families, err := h.metrics.Gather()
	require.NoError(h.t, err)
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			if family.GetName() == name && (len(label) == 0 || metric.GetLabel()[0].GetValue() == label[0]) {
				return metric.GetCounter().GetValue() + metric.GetGauge().GetValue()
			}
		}
	}
	h.t.Fatalf("no metric %s%v", name, label)
	return 0
}
