package dockertest

import (
	"bufio"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/docker/docker/client"
)

// EnvEngine names a running engine (unix:///…) for the tests of all packages; make and CI start it with .ci/engine start.
const EnvEngine = "DOCKERDRIVER_TEST_ENGINE"

// EnvRequire makes a missing engine a failure, as CI=true does, when it is 1 or true.
const EnvRequire = "DOCKERDRIVER_TEST_REQUIRE"

// startLimit bounds the start of an engine of our own; Debian's takes about half a second.
const startLimit = 60 * time.Second

//go:embed engine.sh
var script string

// found is the one engine of this test process, looked for once.
var found = sync.OnceValues(find)

// RealEngine returns the DOCKER_HOST of a real Docker engine: the one in EnvEngine, else the one in DOCKER_HOST or at
// /var/run/docker.sock if it answers, else one that it starts and that ends with this test process. Without any the test is
// skipped, or fails where CI or EnvRequire is set. Tests share the engine: they remove what they make.
func RealEngine(tb testing.TB) string {
	tb.Helper()
	host, err := found()
	if err != nil {
		giveUp(tb, err)
	}
	return host
}

// giveUp skips the test, or fails it where an engine is required.
func giveUp(tb testing.TB, why error) {
	tb.Helper()
	if isTrue("CI") || isTrue(EnvRequire) || os.Getenv(EnvEngine) != "" {
		tb.Fatalf("no real Docker engine for this test: %v", why)
	}
	tb.Skipf("no real Docker engine for this test: %v", why)
}

// canStart tells why this process cannot start an engine.
func canStart() error {
	if runtime.GOOS != "linux" || os.Geteuid() != 0 {
		return errors.New("only root on Linux can start one")
	}
	return nil
}

func isTrue(variable string) bool {
	set, err := strconv.ParseBool(os.Getenv(variable))
	return err == nil && set
}

func find() (string, error) {
	if host := os.Getenv(EnvEngine); host != "" {
		if err := ping(host); err != nil {
			return "", fmt.Errorf("cannot use %s=%s: %v", EnvEngine, host, err)
		}
		return host, nil
	}
	for _, host := range []string{os.Getenv(client.EnvOverrideHost), "unix:///var/run/docker.sock"} {
		if host != "" && ping(host) == nil {
			return host, nil
		}
	}
	if err := canStart(); err != nil {
		return "", fmt.Errorf("none answers at DOCKER_HOST or /var/run/docker.sock, and %v", err)
	}
	dir, err := newFolder()
	if err != nil {
		return "", err
	}
	started, err := start(dir)
	if err != nil {
		return "", err
	}
	// Held by this goroutine, the pipe stays open for the life of the process: a collected one would be closed.
	go func() { _ = started.watch.Wait() }()
	return started.host, nil
}

func newFolder() (string, error) {
	dir, err := os.MkdirTemp("/tmp", "dockertest-")
	if err != nil {
		return "", fmt.Errorf("cannot make a folder for a Docker engine: %v", err)
	}
	return dir, nil
}

func ping(host string) error {
	engine, err := client.NewClientWithOpts(client.WithHost(host), client.WithAPIVersionNegotiation())
	if err != nil {
		return err
	}
	defer engine.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_, err = engine.Ping(ctx)
	return err
}

// running is an engine that lives until stdin is closed.
type running struct {
	host  string
	watch *exec.Cmd
	stdin io.Closer
}

// stop ends the engine, and waits until nothing of it is left.
func (r running) stop() error {
	return errors.Join(r.stdin.Close(), r.watch.Wait())
}

// start runs the script's watch, which ends the engine when its standard input ends: the kernel closes our end of that pipe
// however this process ends, so a panicking or killed test leaves no engine behind, and no TestMain is needed.
func start(dir string, environment ...string) (running, error) {
	log, err := os.Create(dir + ".log")
	if err != nil {
		return running{}, fmt.Errorf("cannot make the log of a Docker engine: %v", err)
	}
	defer log.Close()
	defer os.Remove(log.Name())

	watch := exec.Command("sh", "-c", script, "engine.sh", "watch", dir)
	watch.Env = append(os.Environ(), environment...)
	watch.Stderr = log
	// A group of its own, so that an interrupt from the keyboard leaves it the time to clean up.
	watch.SysProcAttr = ownGroup()
	stdin, err := watch.StdinPipe()
	if err != nil {
		return running{}, fmt.Errorf("cannot start a Docker engine: %v", err)
	}
	stdout, err := watch.StdoutPipe()
	if err != nil {
		return running{}, fmt.Errorf("cannot start a Docker engine: %v", err)
	}
	if err := watch.Start(); err != nil {
		return running{}, fmt.Errorf("cannot start a Docker engine: %v", err)
	}
	limit := time.AfterFunc(startLimit, func() { _ = stdin.Close() })
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if !limit.Stop() || err != nil {
		_ = stdin.Close()
		_ = watch.Wait()
		words, _ := os.ReadFile(log.Name())
		return running{}, fmt.Errorf("%s", strings.TrimSpace(string(words)))
	}
	return running{host: strings.TrimSpace(line), watch: watch, stdin: stdin}, nil
}
