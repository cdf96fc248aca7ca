package main

import (
	"bytes"
	"net"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The words are those that actors/fence gives its containers.
func TestFenceReachEndsByWhatItReached(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	for _, c := range []struct {
		why   string
		words []string
		code  int
		lines int
	}{
		{"nothing", []string{"--run=A"}, exitDone, 1},
		{"a target", []string{"--run=A", "--unproven=no-target", "--listening=" + listener.Addr().String()}, exitFailed, 3},
		{"no name of the run", nil, exitUsage, 0},
	} {
		t.Run(c.why, func(t *testing.T) {
			t.Parallel()
			var out, errs bytes.Buffer
			code := run(t.Context(), append([]string{"fence", "reach"}, c.words...), streams{out: &out, err: &errs}, nil)
			require.Equal(t, c.code, code, "%s", errs.String())
			require.Equal(t, c.lines, strings.Count(out.String(), "\n"), "%s", out.String())
		})
	}
}

func TestFenceDiskTellsTheRoom(t *testing.T) {
	t.Parallel()
	var out, errs bytes.Buffer
	require.Equal(t, exitDone, run(t.Context(), []string{"fence", "disk", "--run=A"}, streams{out: &out, err: &errs}, nil), "%s", errs.String())
	require.Regexp(t, `^\{"run":"A","total":[1-9][0-9]*,"free":[0-9]+\}\n$`, out.String())
}
