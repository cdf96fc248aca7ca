package main

import (
	"bufio"
	"context"
	"flag"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/emulator/engine"
)

func TestMain(m *testing.M) {
	engine.MaybeRunShim() // engines of this process start this program again
	flag.Parse()
	// Servers in processes of their own are waited for more than they work.
	_ = flag.Set("test.parallel", "4")
	code := m.Run()
	if builtIn != "" {
		_ = os.RemoveAll(builtIn) // what is left would only cost room
	}
	os.Exit(code)
}

// long leaves a test out where tests are to be quick (make check), but never in CI.
func long(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("CI") == "" && os.Getenv("DOCKERDRIVER_LONG_TESTS") == "" {
		t.Skip(why + ": make test runs this")
	}
}

func TestEmulatorTellsItsEnginesAndEndsWhenTold(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	read, write := io.Pipe()
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, []string{"emulator", "--state-dir", dir, "--engines=2", "--listen=unix://" + filepath.Join(dir, "e.sock")},
			streams{in: strings.NewReader(""), out: write, err: io.Discard}, nil)
		_ = write.Close()
	}()
	lines := bufio.NewScanner(read)
	for _, name := range []string{"e.sock", "e-1.sock"} {
		require.True(t, lines.Scan())
		require.Equal(t, "unix://"+filepath.Join(dir, name), lines.Text())
		connection, err := net.Dial("unix", filepath.Join(dir, name))
		require.NoError(t, err)
		require.NoError(t, connection.Close())
	}
	cancel()
	require.Equal(t, exitDone, <-code)
}
