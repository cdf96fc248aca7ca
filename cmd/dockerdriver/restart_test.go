package main

import (
	"context"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"
)

// holdSocket keeps a websocket into a notebook, begins it anew when it is cut, and
// counts how many are connected, and were cut.
func (s *site) holdSocket(ctx context.Context, url string, connected, cuts *atomic.Int64) {
	for ctx.Err() == nil {
		socket, _, err := websocket.Dial(ctx, strings.Replace(url, "https", "wss", 1)+"ws", &websocket.DialOptions{
			HTTPClient: s.browser, HTTPHeader: http.Header{"Origin": {strings.TrimSuffix(url, "/")}},
		})
		if err != nil {
			time.Sleep(20 * time.Millisecond)
			continue
		}
		connected.Add(1)
		for err == nil {
			_, _, err = socket.Read(ctx)
		}
		connected.Add(-1)
		if ctx.Err() == nil {
			cuts.Add(1)
		}
		_ = socket.CloseNow()
	}
}

// TestStopIsQuickAndGraceful sends SIGTERM to a server with everything under way
// that could hold it up.
func TestStopIsQuickAndGraceful(t *testing.T) {
	t.Parallel()
	args, dockerHost := emulatorProcess(t)
	s := newSite(t, nil, args...)
	i := s.launch(s.blueprint("demo-notebook"), "running")
	open(t, s, s.browser, i)
	s.hear() // an event stream
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var connected, cuts atomic.Int64
	var socket sync.WaitGroup
	socket.Go(func() { s.holdSocket(ctx, i["url"].(string), &connected, &cuts) })
	require.Eventually(t, func() bool { return connected.Load() == 1 }, 10*time.Second, 20*time.Millisecond)
	// A launch that never answers is probed all the while.
	silent := s.make("silent", map[string]any{"environment_vars": "NOTEBOOK_NEVER_LISTEN=1"})
	_, probed := s.call(s.browser, http.MethodPost, "/instances", map[string]any{"blueprint_id": silent})
	require.Eventually(t, func() bool {
		_, now := s.call(s.browser, http.MethodGet, "/instances/"+probed["id"].(string), nil)
		return now["stage"] == "probing"
	}, 10*time.Second, 20*time.Millisecond)
	require.Len(t, s.containers(dockerHost), 2)
	// A request of half a second is under way, and one without an end.
	answers := make(chan int, 2)
	for _, path := range []string{"slow?ms=500", "slow?ms=60000"} {
		go func() {
			resp, err := s.browser.Get(i["url"].(string) + path)
			if err != nil {
				answers <- 0
				return
			}
			resp.Body.Close()
			answers <- resp.StatusCode
		}()
	}
	time.Sleep(200 * time.Millisecond)
	process := s.process
	require.Less(t, s.stop(syscall.SIGTERM), 5*time.Second)
	require.Zero(t, process.ProcessState.ExitCode())
	got := []int{<-answers, <-answers}
	require.Contains(t, got, http.StatusOK, "a request under way ends well: %v", got)
	_, err := net.Dial("tcp", s.ui)
	require.ErrorContains(t, err, "refused")
	require.Len(t, s.containers(dockerHost), 2, "containers run on")
	cancel()
	socket.Wait()
	s.start()
	require.Equal(t, "running", s.await(i["id"].(string), "running")["state"])
}
