//go:build !race

// Without the race detector, which 500 notebooks are slow with: .ci/test runs it so.
package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	// crowd is how many notebooks run.
	crowd = 500
	// openSockets are websockets into as many of them.
	openSockets = 30
)

// TestRestartWithACrowd kills a server with hundreds of notebooks: when the next one
// takes its first connection, their routes are there, each open websocket is cut
// once and not again, and nothing is lost.
func TestRestartWithACrowd(t *testing.T) {
	long(t, "500 notebooks are launched")
	t.Parallel()
	args, dockerHost := emulatorProcess(t)
	s := newSite(t, []string{"DOCKER_HOST=" + dockerHost}, append(args, "--local-slots", fmt.Sprint(crowd+10))...)
	for left := crowd; left > 0; left -= 100 { // the most of one environment that a user may have
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
	require.Len(t, urls, crowd)

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
	wrong := make(chan string, crowd)
	for part := range 8 {
		served.Go(func() {
			for n := part; n < crowd; n += 8 {
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
	require.Len(t, s.containers(dockerHost), crowd, "nothing is lost, and nothing made twice")
	t.Logf("%d notebooks: after %s the listener was open, after %s each had been served", crowd, listens.Round(time.Millisecond), all.Round(time.Millisecond))
}
