//go:build !race

// Without the race detector, which emulated machines are slow with: .ci/test runs it so.
package main

import (
	"fmt"
	"net/http"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"dockerdriver/actors/emulator"
	"dockerdriver/actors/pool"
)

// walkers is how many walks go side by side: they wait more than they work.
const walkers = 4

// TestKilledBehindEveryWriteOfAPool kills the process behind each durable write
// (make test-kill; each fourth one by make test) of a host's way from intent to
// active and to released, one after another, and starts it again: the cloud then
// holds exactly what the records say, and in the end nothing.
func TestKilledBehindEveryWriteOfAPool(t *testing.T) {
	t.Parallel()
	long(t, "a machine for each kill takes minutes")
	step := killStep()
	points := make(chan bool, 200)
	next := make(chan int)
	ended := make(chan struct{})
	go func() {
		defer close(next)
		for n := 1; ; n += step {
			select {
			case next <- n:
			case <-ended:
				return
			}
		}
	}()
	t.Run("walk", func(t *testing.T) {
		over := make(chan struct{}, walkers)
		for range walkers {
			t.Run("", func(t *testing.T) {
				t.Parallel()
				for n := range next {
					if !killAtWrite(t, n) {
						over <- struct{}{}
						return
					}
					points <- true
				}
			})
		}
		go func() { <-over; close(ended) }()
	})
	require.GreaterOrEqual(t, len(points), 14/step, "the walk must have gone the whole way")
	t.Logf("%d kill points walked", len(points))
}

// killAtWrite lets a server die with its nth write, and returns false when it did
// all there is to do in fewer.
func killAtWrite(t *testing.T, n int) (died bool) {
	running, err := emulator.Start(t.Context(), emulator.Config{
		StateDir: t.TempDir(), Cloud: &emulator.CloudConfig{BuildDelay: 50 * time.Millisecond, BootDelay: 50 * time.Millisecond}, Log: zerolog.Nop(),
	})
	require.NoError(t, err)
	defer func() { require.NoError(t, running.Close()) }()
	s := prepareSite(t, "demo", t.TempDir(), []string{fmt.Sprint("DOCKERDRIVER_DIE_AFTER=", n)}, "--cloud", "emulator", "--emulator-url", running.AuthURL())
	defer s.stop(syscall.SIGTERM)
	s.startWithoutWaiting()
	dead := make(chan struct{})
	go func() { _ = s.process.Wait(); close(dead) }()
	if s.wayOfAHost(dead) {
		_ = s.process.Process.Signal(syscall.SIGTERM)
		<-dead
		s.process = nil
		return false
	}
	s.process, s.env = nil, nil
	s.start()
	s.browser = s.newBrowser()
	s.logIn(s.browser)
	s.set(pool.VarShutdownMode, "False")
	s.awaitHostState("active")
	require.ElementsMatch(t, s.recorded(), cloudHolds(running), "after a kill behind write %d", n)
	s.set(pool.VarShutdownMode, "True")
	s.awaitDrained(nil)
	require.Empty(t, cloudHolds(running), "after a kill behind write %d", n)
	return true
}

// wayOfAHost waits for a host and drains the pool, unless the server dies meanwhile.
func (s *site) wayOfAHost(dead chan struct{}) (whole bool) {
	s.Helper()
	for {
		select {
		case <-dead:
			return false
		case <-time.After(20 * time.Millisecond):
		}
		resp, err := http.Get("http://" + s.ops + "/readyz")
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				break
			}
		}
	}
	s.browser = s.newBrowser()
	try := func(method, path string, body any) map[string]any {
		_, answer, err := s.tryCall(s.browser, method, path, body)
		if err != nil {
			return nil
		}
		return answer
	}
	try(http.MethodPost, "/sessions", map[string]string{"email": "admin@localhost", "password": adminPassword})
	drains := false
	for {
		select {
		case <-dead:
			return false
		case <-time.After(50 * time.Millisecond):
		}
		if drains {
			if p := try(http.MethodGet, "/pool", nil); p["state"] == "drained" {
				return true
			}
			continue
		}
		list, _ := try(http.MethodGet, "/hosts", nil)["items"].([]any)
		drains = slices.ContainsFunc(list, func(h any) bool { return h.(map[string]any)["state"] == "active" })
		if drains {
			try(http.MethodPut, "/variables/"+pool.VarShutdownMode, map[string]any{"value": "True"})
		}
	}
}

// recorded are the ids that the records of hosts name.
func (s *site) recorded() (ids []string) {
	_, list := s.call(s.browser, http.MethodGet, "/hosts", nil)
	for _, item := range list["items"].([]any) {
		cloud := item.(map[string]any)["cloud"].(map[string]any)
		ids = append(ids, cloud["server_id"].(string), cloud["security_group_id"].(string))
		for _, id := range cloud["volume_ids"].([]any) {
			ids = append(ids, id.(string))
		}
	}
	return ids
}
