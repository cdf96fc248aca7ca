package main

import (
	"context"
	"fmt"
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

const (
	// crowd is how many notebooks run, and fewCrowd where tests are to be quick.
	crowd    = 500
	fewCrowd = 60
	// openSockets are websockets into as many of them.
	openSockets = 30
)

// TestRestartWithACrowd kills a server with hundreds of notebooks: when the next one
// takes its first connection, their routes are there, each open websocket is cut
// once and not again, and nothing is lost.
func TestRestartWithACrowd(t *testing.T) {
	t.Parallel()
	many := fewCrowd
	if longWalks() {
		many = crowd
	}
	args, dockerHost := emulatorProcess(t)
	s := newSite(t, []string{"DOCKER_HOST=" + dockerHost}, append(args, "--local-slots", fmt.Sprint(many+10))...)
	for left := many; left > 0; left -= 100 { // the most of one environment that a user may have
		s.fill(s.make(fmt.Sprint("many-", left), map[string]any{"maximum_instances_per_user": 100}), min(left, 100))
	}
	_, list := s.call(s.browser, http.MethodGet, "/instances", nil)
	var urls []string
	for _, item := range list["items"].([]any) {
		i := item.(map[string]any)
		require.Equal(t, "running", i["state"])
		urls = append(urls, i["url"].(string))
		_, ticket := s.call(s.browser, http.MethodPost, "/instances/"+i["id"].(string)+"/open", map[string]any{})
		resp, _ := s.get(s.browser, ticket["url"].(string))
		require.Equal(t, http.StatusOK, resp.StatusCode)
	}
	require.Len(t, urls, many)

	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var sockets sync.WaitGroup
	var connected, cuts atomic.Int64
	for _, url := range urls[:openSockets] {
		sockets.Go(func() { s.holdSocket(ctx, url, &connected, &cuts) })
	}
	require.Eventually(t, func() bool { return connected.Load() == openSockets }, 20*time.Second, 50*time.Millisecond)

	s.stop(syscall.SIGKILL)
	began := time.Now()
	s.startWithoutWaiting()
	// As soon as anybody can connect, the first request is served.
	require.Eventually(t, func() bool {
		connection, err := net.Dial("tcp", s.notebooks)
		if err == nil {
			_ = connection.Close()
		}
		return err == nil
	}, time.Minute, 2*time.Millisecond)
	listens := time.Since(began)
	var served sync.WaitGroup
	wrong := make(chan string, many)
	for part := range 8 {
		served.Go(func() {
			for n := part; n < many; n += 8 {
				resp, err := s.browser.Get(urls[n] + "healthz")
				if err != nil {
					wrong <- err.Error()
					continue
				}
				resp.Body.Close()
				if resp.StatusCode != http.StatusOK {
					wrong <- fmt.Sprintf("%s answers %d", urls[n], resp.StatusCode)
				}
			}
		})
	}
	served.Wait()
	all := time.Since(began)
	close(wrong)
	for words := range wrong {
		require.Empty(t, words, "every route serves from the first connection on")
	}
	require.Eventually(t, func() bool {
		resp, err := http.Get("http://" + s.ops + "/readyz")
		if err != nil {
			return false
		}
		resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	}, time.Minute, 5*time.Millisecond)
	require.Eventually(t, func() bool { return connected.Load() == openSockets }, 20*time.Second, 50*time.Millisecond)
	time.Sleep(3 * time.Second) // what cuts them again would do so when the engine has been asked
	require.EqualValues(t, openSockets, cuts.Load(), "each open websocket is cut once")
	stop()
	sockets.Wait()
	require.Len(t, s.containers(dockerHost), many, "nothing is lost, and nothing made twice")
	t.Logf("%d notebooks: after %s the listener was open, after %s each had been served", many, listens.Round(time.Millisecond), all.Round(time.Millisecond))
}

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
