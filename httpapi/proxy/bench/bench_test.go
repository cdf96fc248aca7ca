//go:build linux

package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestMain makes this binary the command, where it starts itself.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && slices.Contains([]string{"run", "ours", "backend"}, os.Args[1]) {
		main()
		return
	}
	os.Exit(m.Run())
}

// What needs a tool beside Go is left out: the machine may not have it.
func TestSmallRunMeasuresOursBesideTheBackend(t *testing.T) {
	t.Setenv("GORACE", "atexit_sleep_ms=0") // each child would wait a second before it ends
	var out bytes.Buffer
	only := []string{"downloads", "websockets", "handshakes", "idle", "publish", "churn"}
	r := &runCommand{Rounds: 1, Scale: 0.01, Only: only, Beside: []string{direct}, Cache: t.TempDir(), Out: &out}
	require.NoError(t, r.Validate())
	require.NoError(t, r.Run(t.Context()))
	_, summary, found := strings.Cut(out.String(), "\n| figure |")
	require.True(t, found, out.String())
	for _, f := range figures(newSizes(r.Scale)) {
		if !slices.Contains(only, f.name) {
			continue
		}
		for _, row := range f.rows {
			require.Contains(t, summary, "| "+row.name()+" |")
		}
	}
	require.Contains(t, summary, "requests that were refused after Publish had returned | 0 (0–0) |")
	require.Contains(t, summary, "≤ 45.0 KiB: ")
	require.Contains(t, summary, "≤ 1.10 × nginx: not measured")
}

func TestNothingRunsOnAfterTheEnd(t *testing.T) {
	for name, signal := range map[string]syscall.Signal{"an interrupt": syscall.SIGINT, "a kill": syscall.SIGKILL} {
		t.Run(name, func(t *testing.T) {
			self, err := os.Executable()
			require.NoError(t, err)
			cmd := exec.Command(self, "run", "--only", "websockets", "--beside", direct)
			cmd.Env = append(os.Environ(), "TMPDIR="+t.TempDir(), "GORACE=atexit_sleep_ms=0")
			require.NoError(t, cmd.Start())
			var children map[int]stat
			require.Eventually(t, func() bool {
				children, err = treeOf(cmd.Process.Pid)
				return err == nil && len(children) == 4 // itself, the backend, ours, direct
			}, 20*time.Second, 20*time.Millisecond)
			require.NoError(t, cmd.Process.Signal(signal))
			require.Error(t, cmd.Wait())
			for pid := range children {
				require.Eventually(t, func() bool { return syscall.Kill(pid, 0) == syscall.ESRCH }, 10*time.Second, 20*time.Millisecond, "process %d runs on", pid)
			}
		})
	}
}

func TestCPUAndMemoryAreThoseOfTheWholeTree(t *testing.T) {
	p, err := start(t.TempDir(), "tree", "sh", "-c", "sh -c 'while :; do :; done' & wait")
	require.NoError(t, err)
	defer p.stop()
	require.Eventually(t, func() bool {
		cpu, err := cpuOf(p.pid)
		return err == nil && cpu >= 0.2
	}, 20*time.Second, 20*time.Millisecond)
	alone, err := statOf(p.pid)
	require.NoError(t, err)
	require.Less(t, alone.ticks, 10, "the parent only waits")
	memory, err := memoryOf(p.pid)
	require.NoError(t, err)
	require.Greater(t, memory, 0.0)
}

func TestProcessThatEndsAtOnceIsToldWithItsLastWords(t *testing.T) {
	p, err := start(t.TempDir(), "peer", "sh", "-c", "echo no such option >&2; exit 1")
	require.NoError(t, err)
	defer p.stop()
	err = p.await(t.Context(), func() error { return os.ErrNotExist })
	require.ErrorContains(t, err, "peer ended at once: no such option")

	_, err = start(t.TempDir(), "peer", filepath.Join(t.TempDir(), "missing"))
	require.ErrorContains(t, err, ".ci/bench-tools")
}

func TestBarsAreJudgedByTheMedianOfRoundsAndTellTheSpread(t *testing.T) {
	for name, c := range map[string]struct {
		mine, theirs []float64
		bar          bar
		want         string
	}{
		"within in all rounds":              {[]float64{1, 2, 3}, []float64{1, 2, 3}, bar{nginx, 1.1}, "≤ 1.10 × nginx: yes"},
		"within, but for one round":         {[]float64{1, 2, 6}, []float64{1, 2, 3}, bar{nginx, 1.1}, "≤ 1.10 × nginx: yes, not in all rounds"},
		"beyond":                            {[]float64{2, 4, 3}, []float64{1, 2, 3}, bar{nginx, 1.1}, "≤ 1.10 × nginx: **no**"},
		"beside nobody":                     {[]float64{2, 4, 3}, nil, bar{nginx, 1.1}, "≤ 1.10 × nginx: not measured"},
		"by round, not by the medians' own": {[]float64{1, 10, 100}, []float64{100, 10, 1}, bar{nginx, 1}, "≤ 1.00 × nginx: yes, not in all rounds"},
		"absolute":                          {[]float64{20, 25, 22}, nil, bar{itself, 24}, "≤ 24.0 KiB: yes, not in all rounds"},
		"absolute and nothing":              {[]float64{0}, nil, bar{itself, 0}, "≤ 0 KiB: yes"},
		"no bar":                            {[]float64{1}, []float64{1}, bar{}, "–"},
	} {
		t.Run(name, func(t *testing.T) {
			r := results{"x": {ours: c.mine}}
			if c.theirs != nil {
				r["x"][nginx] = c.theirs
			}
			require.Equal(t, c.want, r.judge(row{key: "x", unit: "KiB"}, c.bar))
		})
	}
}

func TestBadFlagsAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		command runCommand
		want    string
	}{
		"an unknown figure":  {runCommand{Rounds: 1, Scale: 1, Only: []string{"speed"}}, `there is no figure "speed": choose among requests,`},
		"an unknown peer":    {runCommand{Rounds: 1, Scale: 1, Beside: []string{"caddy"}}, `nobody is called "caddy": choose among nginx,`},
		"ours beside itself": {runCommand{Rounds: 1, Scale: 1, Beside: []string{ours}}, `nobody is called "ours"`},
		"no rounds":          {runCommand{Scale: 1}, "--rounds must be 1 or more"},
		"too small a scale":  {runCommand{Rounds: 1, Scale: 0.001}, "--scale between 0.01 and 10"},
	} {
		t.Run(name, func(t *testing.T) { require.ErrorContains(t, c.command.Validate(), c.want) })
	}
}
