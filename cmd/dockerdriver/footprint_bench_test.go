package main

import (
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	manyUsers     = 1000
	manyInstances = 100
)

// BenchmarkFootprint is the server's memory with many users and instances on
// the emulator, which runs in a process of its own, and how long after a kill -9
// the first request reaches a notebook again.
func BenchmarkFootprint(b *testing.B) {
	args, dockerHost := emulatorProcess(b)
	s := newSite(b, []string{"DOCKER_HOST=" + dockerHost}, append(args, "--local-slots", "200")...)
	for b.Loop() {
		b.ReportMetric(float64(memoryOf(b, s.process.Process.Pid))/(1<<20), "empty-MiB")
		s.addUsers(manyUsers)
		blueprint := s.make("many", map[string]any{"maximum_instances_per_user": 100})
		last := s.fill(blueprint, manyInstances)
		open(b, s, s.browser, last)
		b.ReportMetric(float64(memoryOf(b, s.process.Process.Pid))/(1<<20), "full-MiB")
		s.stop(syscall.SIGKILL)
		began := time.Now()
		s.startWithoutWaiting()
		for {
			resp, err := s.browser.Get(last["url"].(string) + "healthz")
			if err == nil {
				resp.Body.Close()
				require.Equal(b, http.StatusOK, resp.StatusCode)
				break
			}
			time.Sleep(5 * time.Millisecond)
		}
		b.ReportMetric(float64(time.Since(began).Milliseconds()), "restart-ms")
		b.ReportMetric(0, "ns/op")
	}
}

func (s *site) addUsers(n int) {
	s.Helper()
	var all sync.WaitGroup
	work := make(chan int)
	for range 4 {
		all.Go(func() {
			for i := range work {
				status, answer := s.call(s.browser, http.MethodPost, "/users", map[string]any{
					"email": fmt.Sprintf("user%d@example.org", i), "name": "Somebody", "role": "user", "password": "not-a-secret-1",
				})
				require.Equal(s, http.StatusCreated, status, answer)
			}
		})
	}
	for i := range n {
		work <- i
	}
	close(work)
	all.Wait()
}

// fill launches n instances, a few at a time, and returns the last that runs.
func (s *site) fill(blueprint string, n int) map[string]any {
	s.Helper()
	running := s.hear()
	var last map[string]any
	for range n / 10 {
		for range 10 {
			status, answer := s.call(s.browser, http.MethodPost, "/instances", map[string]any{"blueprint_id": blueprint})
			require.Equal(s, http.StatusAccepted, status, answer)
		}
		for range 10 {
			last = <-running
		}
	}
	return last
}

// memoryOf returns the resident memory of a process in bytes.
func memoryOf(tb testing.TB, pid int) int {
	tb.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	require.NoError(tb, err)
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, err := strconv.Atoi(strings.Fields(rest)[0])
			require.NoError(tb, err)
			return kb << 10
		}
	}
	require.FailNow(tb, "no VmRSS")
	return 0
}
