//go:build linux

package shim_test

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/emulator/engine/shim"
)

// rootfs holds the engine's test program as /web.
var rootfs string

func TestMain(m *testing.M) {
	shim.Run()
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(code)
}

func run(m *testing.M) (int, error) {
	var err error
	if rootfs, err = os.MkdirTemp("", "shim-"); err != nil {
		return 0, err
	}
	defer os.RemoveAll(rootfs)
	build := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", filepath.Join(rootfs, "web"), "../testdata/web")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("cannot build the test program: %v: %s", err, out)
	}
	return m.Run(), nil
}

// isolations are those that this machine can have; root may use all three.
func isolations(t *testing.T) []shim.Isolation {
	t.Helper()
	switch available := shim.Available(); {
	case available == shim.Root:
		return []shim.Isolation{shim.Root, shim.User, shim.None}
	default:
		return []shim.Isolation{available, shim.None}
	}
}

func spec(t *testing.T, isolation shim.Isolation, arguments ...string) shim.Spec {
	t.Helper()
	return shim.Spec{
		Isolation: isolation, Rootfs: rootfs, Dir: t.TempDir(), Path: "/web", Args: append([]string{"/web"}, arguments...),
		WorkDir: "/work", Hostname: "box", Address: "172.17.0.9", NoNewPrivileges: true,
	}
}

// begin starts a container whose output goes to a file.
func begin(t *testing.T, s shim.Spec) (*shim.Process, func() string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "output")
	output, err := os.Create(path)
	require.NoError(t, err)
	defer output.Close()
	process, err := shim.Start(s, output, output)
	require.NoError(t, err)
	t.Cleanup(func() { process.Kill(); <-process.Done() })
	return process, func() string {
		said, err := os.ReadFile(path)
		require.NoError(t, err)
		return string(said)
	}
}

func ended(t *testing.T, process *shim.Process) int {
	t.Helper()
	select {
	case <-process.Done():
	case <-time.After(20 * time.Second):
		require.Fail(t, "the container does not end")
	}
	return process.ExitCode()
}

func TestAProgramRunsInAWorldOfItsOwn(t *testing.T) {
	t.Parallel()
	for _, isolation := range isolations(t) {
		t.Run(string(isolation), func(t *testing.T) {
			t.Parallel()
			process, said := begin(t, spec(t, isolation, "about"))
			require.Zero(t, ended(t, process), said())
			require.Contains(t, said(), "NoNewPrivs: 1\n")
			if isolation == shim.None {
				require.Contains(t, said(), "/merged/work\n")
				return
			}
			require.Contains(t, said(), "dir /work\nuid 0 gid 0\nhost box\n")
			require.Contains(t, said(), "CapEff: 0000000000000000\n")
			require.Contains(t, said(), "exists /tmp false\n")
			entries, err := os.ReadDir(rootfs)
			require.NoError(t, err)
			require.Len(t, entries, 1, "the image's own files are never written")
		})
	}
}

func TestASignalReachesTheProgramAndItsExitCodeComesBack(t *testing.T) {
	t.Parallel()
	for _, isolation := range isolations(t) {
		t.Run(string(isolation), func(t *testing.T) {
			t.Parallel()
			process, said := begin(t, spec(t, isolation, "polite"))
			require.Eventually(t, func() bool { return strings.Contains(said(), "ready") }, 20*time.Second, 10*time.Millisecond)
			require.NoError(t, process.Signal(syscall.SIGTERM))
			require.Equal(t, 7, ended(t, process))
		})
	}
}

func TestAKilledContainerLeavesNothing(t *testing.T) {
	t.Parallel()
	for _, isolation := range isolations(t) {
		t.Run(string(isolation), func(t *testing.T) {
			t.Parallel()
			process, said := begin(t, spec(t, isolation, "stubborn"))
			require.Eventually(t, func() bool { return strings.Contains(said(), "ready") }, 20*time.Second, 10*time.Millisecond)
			children, err := os.ReadFile(fmt.Sprintf("/proc/%[1]d/task/%[1]d/children", process.PID()))
			require.NoError(t, err)
			program := strings.TrimSpace(string(children))
			if program == "" { // it is another thread's child
				program = strconv.Itoa(process.PID())
			}
			require.NoError(t, process.Signal(syscall.SIGKILL))
			require.Equal(t, 137, ended(t, process))
			require.Eventually(t, func() bool {
				_, err := os.Stat("/proc/" + program)
				return os.IsNotExist(err)
			}, 20*time.Second, 10*time.Millisecond)
		})
	}
}

func TestAConnectionIsDialledInsideAndUsedOutside(t *testing.T) {
	t.Parallel()
	for _, isolation := range isolations(t) {
		if isolation == shim.None {
			continue
		}
		t.Run(string(isolation), func(t *testing.T) {
			t.Parallel()
			process, said := begin(t, spec(t, isolation, "half"))
			_, err := process.Dial(t.Context(), "172.17.0.9:1")
			require.ErrorContains(t, err, "refused")
			require.Eventually(t, func() bool { return strings.Contains(said(), "listening") }, 20*time.Second, 10*time.Millisecond)
			conn, err := process.Dial(t.Context(), "172.17.0.9:8787")
			require.NoError(t, err)
			defer conn.Close()
			_, err = io.WriteString(conn, "words")
			require.NoError(t, err)
			require.NoError(t, conn.(*net.TCPConn).CloseWrite())
			heard, err := io.ReadAll(conn)
			require.NoError(t, err)
			require.Equal(t, "heard words", string(heard))
			process.Kill()
			require.Equal(t, 137, ended(t, process))
			_, err = process.Dial(t.Context(), "172.17.0.9:8787")
			require.Error(t, err)
		})
	}
}

func TestAContainerThatCannotStartSaysWhy(t *testing.T) {
	t.Parallel()
	for _, isolation := range isolations(t) {
		s := spec(t, isolation)
		s.Path = "/nope"
		_, err := shim.Start(s, os.Stderr, os.Stderr)
		require.ErrorContains(t, err, "no such file or directory", isolation)
		s.Rootfs = filepath.Join(t.TempDir(), "nope")
		s.Dir = t.TempDir()
		_, err = shim.Start(s, os.Stderr, os.Stderr)
		require.Error(t, err, isolation)
	}
}

func TestAFileSystemThatTakesNoOverlayGetsACopy(t *testing.T) {
	t.Parallel()
	if shim.Available() == shim.None {
		return
	}
	s := spec(t, shim.Available(), "about")
	// An overlay's options cannot name such a folder.
	s.Dir = filepath.Join(t.TempDir(), "with:colon")
	for range 2 {
		process, said := begin(t, s)
		require.Zero(t, ended(t, process), said())
		require.Contains(t, said(), "dir /work\n")
	}
	require.FileExists(t, filepath.Join(s.Dir, "merged", "web"))
}

func TestPrivilegesAreOnlyThoseAsked(t *testing.T) {
	t.Parallel()
	if shim.Available() == shim.None {
		return
	}
	s := spec(t, shim.Available(), "about")
	s.Capabilities = []string{"CAP_CHOWN", "CAP_KILL"}
	s.NoNewPrivileges = false
	process, said := begin(t, s)
	require.Zero(t, ended(t, process))
	require.Contains(t, said(), "CapEff: 0000000000000021\n")
	require.Contains(t, said(), "NoNewPrivs: 0\n")
}
