//go:build cloud || hosts

package main

import (
	"net/http"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/images"
)

func makeDemoImage(t *testing.T, s *site) {
	t.Helper()
	program, err := builtProgram()
	require.NoError(t, err)
	out, err := exec.CommandContext(t.Context(), program, "image", "demo", "--data-dir", s.dir).CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Contains(t, string(out), images.DemoTag)
	require.Eventually(t, func() bool {
		_, list := s.call(s.browser, http.MethodGet, "/images", nil)
		return len(list["items"].([]any)) == 1
	}, time.Minute, 100*time.Millisecond)
}
