package main

import (
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dockerdriver/httpapi/history"
)

// TestHistoryOutlivesTheServer ends a server in every way, and damages the history
// between: each launch is in the charts once, and a damaged history costs itself only.
func TestHistoryOutlivesTheServer(t *testing.T) {
	long(t, "a dozen notebooks are launched")
	t.Parallel()
	args, dockerHost := emulatorProcess(t)
	s := newSite(t, []string{"DOCKER_HOST=" + dockerHost}, args...)
	blueprint := s.make("quick", map[string]any{"maximum_instances_per_user": 20})
	launched := func(many int) {
		for range many {
			s.launch(blueprint, "running")
		}
	}
	counted := func() int {
		status, told := s.call(s.browser, http.MethodGet, "/pool/history?span=week", nil)
		require.Equal(t, http.StatusOK, status, told)
		sum := 0
		for _, n := range told["launches"].([]any) {
			sum += int(n.(float64))
		}
		return sum
	}
	estimated := func() any {
		_, i := s.call(s.browser, http.MethodPost, "/instances", map[string]any{"blueprint_id": blueprint})
		s.await(i["id"].(string), "running")
		return i["launch_estimate"]
	}

	launched(2)
	require.Nil(t, estimated(), "two are too few")
	s.stop(syscall.SIGTERM)
	s.start()
	require.Equal(t, 3, counted(), "the last look was at the end")
	require.InDelta(t, 3, estimated().(map[string]any)["count"], 0)

	s.stop(syscall.SIGKILL)
	s.start()
	require.Eventually(t, func() bool { return counted() == 4 }, 30*time.Second, 200*time.Millisecond, "what was not written is found where it was launched")

	s.stop(syscall.SIGTERM)
	s.log.Reset()
	require.NoError(t, os.WriteFile(filepath.Join(s.dir, history.FileName), []byte("what a failing disk left"), 0o600))
	s.start()
	require.Contains(t, s.log.String(), "the charts begin anew")
	launched(1)
	require.Eventually(t, func() bool { return counted() > 0 }, 30*time.Second, 200*time.Millisecond)
}
