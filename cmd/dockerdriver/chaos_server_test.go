//go:build hosts

package main

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/stretchr/testify/require"
)

// keeper keeps a server running as a service manager would: one that ends by
// itself is started again a moment later, and that is told.
type keeper struct {
	start func(more ...string) *exec.Cmd // with more of an environment
	ready string                         // its readiness, as a URL
	ended func(error, bool)              // called when it ended by itself; true: it was to
	after func(time.Duration)            // called when it is ready, with the time it took

	mu      sync.Mutex
	process *exec.Cmd
	wanted  bool
	mortal  bool      // it dies at one of its writes
	upSince time.Time // when it was ready; zero: it is not
	downAt  time.Time // the last moment at which it was not
	work    sync.WaitGroup
}

const (
	restartPause = time.Second
	readyPace    = 50 * time.Millisecond
	// noticed is how long the end of a process may take to be seen.
	noticed = 500 * time.Millisecond
)

// begin starts the server, unless it is there, and keeps it running until kill.
func (k *keeper) begin() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.wanted = true
	if k.process != nil {
		return nil
	}
	return k.launch()
}

// beginMortal starts a server that dies at a write, as its environment says; the
// next one lives.
func (k *keeper) beginMortal(when string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.wanted = true
	err := k.launch(when)
	k.mortal = true
	return err
}

func (k *keeper) isMortal() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.mortal
}

// launch is called with the lock held.
func (k *keeper) launch(more ...string) error {
	process := k.start(more...)
	k.mortal = false
	k.downAt = time.Now()
	if err := process.Start(); err != nil {
		return err
	}
	k.process = process
	gone := make(chan struct{})
	k.work.Go(func() {
		err := process.Wait()
		close(gone)
		k.mu.Lock()
		byItself, asTold := k.wanted && k.process == process, k.mortal
		k.upSince, k.downAt = time.Time{}, time.Now()
		k.mu.Unlock()
		if !byItself {
			return
		}
		k.ended(err, asTold)
		time.Sleep(restartPause)
		k.mu.Lock()
		defer k.mu.Unlock()
		if k.wanted && k.process == process {
			if err := k.launch(); err != nil {
				k.ended(err, false)
			}
		}
	})
	began := time.Now()
	k.work.Go(func() {
		for !answersOK(k.ready) {
			select {
			case <-gone:
				return
			case <-time.After(readyPace):
			}
		}
		k.mu.Lock()
		if k.process == process {
			k.upSince, k.downAt = time.Now(), time.Now()
		}
		k.mu.Unlock()
		k.after(time.Since(began))
	})
	return nil
}

func answersOK(url string) bool {
	resp, err := (&http.Client{Timeout: time.Second}).Get(url)
	if err != nil {
		return false
	}
	resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// kill ends the server by a signal; it stays away until begin.
func (k *keeper) kill(sig syscall.Signal) {
	k.mu.Lock()
	process := k.process
	k.wanted, k.mortal, k.process = false, false, nil
	k.upSince, k.downAt = time.Time{}, time.Now()
	k.mu.Unlock()
	if process != nil {
		_ = process.Process.Signal(sig)
	}
	k.work.Wait()
}

// isUp tells whether the server is ready.
func (k *keeper) isUp() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return !k.upSince.IsZero()
}

// staysUpSince tells whether the server was ready all the time since a moment, and
// a moment longer: whoever speaks to it is the first to see it die.
func (k *keeper) staysUpSince(moment time.Time) bool {
	time.Sleep(noticed)
	k.mu.Lock()
	defer k.mu.Unlock()
	return !k.upSince.IsZero() && k.downAt.Before(moment)
}

// startServer has the server kept running; apart, with a process of its own that
// serves notebooks. Their log is in a file beside the server's disk.
func (c *chaos) startServer(apart bool) {
	c.Helper()
	program, err := builtProgram()
	require.NoError(c, err)
	c.logAt = cmp.Or(os.Getenv("DOCKERDRIVER_CHAOS_LOG"), filepath.Join(os.TempDir(), fmt.Sprintf("dockerdriver-chaos-%d.log", c.seed)))
	log, err := os.OpenFile(c.logAt, os.O_CREATE|os.O_TRUNC|os.O_WRONLY|os.O_APPEND, 0o600)
	require.NoError(c, err)
	c.Cleanup(func() {
		log.Close()
		switch {
		case c.Failed():
			c.Logf("the server's log is in %s; its end:\n%s", c.logAt, lastLines(c.logAt, 10))
		case os.Getenv("DOCKERDRIVER_CHAOS_LOG") == "":
			_ = os.Remove(c.logAt)
		}
	})
	c.server = c.keeperOf("server", program, log, c.ops,
		append([]string{"serve", "--data-dir", c.dir, "--listen", c.ui, "--proxy-listen", c.notebooks, "--ops-listen", c.ops, "--log-format", "json"}, c.args...)...)
	c.proxy = c.server
	if apart {
		dir, err := os.MkdirTemp("", "dd") // a socket's path is short
		require.NoError(c, err)
		c.Cleanup(func() { _ = os.RemoveAll(dir) })
		socket, ops := filepath.Join(dir, "proxy.sock"), freePort(c)
		serve := c.server.start
		c.server.start = func(more ...string) *exec.Cmd {
			process := serve(more...)
			process.Args = append(process.Args, "--proxy-socket", socket)
			return process
		}
		c.proxy = c.keeperOf("notebook proxy", program, log, ops,
			"proxy", "--proxy-socket", socket, "--proxy-listen", c.notebooks, "--proxy-ops-listen", ops, "--data-dir", c.dir, "--log-format", "json")
	}
	for _, k := range []*keeper{c.server, c.proxy} {
		require.NoError(c, k.begin())
		require.True(c, within(c.Context(), time.Minute, readyPace, k.isUp), lastLines(c.logAt, 5))
	}
}

// keeperOf keeps one of our processes running.
func (c *chaos) keeperOf(name, program string, log *os.File, ops string, args ...string) *keeper {
	k := &keeper{
		ready: "http://" + ops + "/readyz",
		start: func(more ...string) *exec.Cmd {
			process := exec.Command(program, args...)
			process.Env = append(append(os.Environ(), "DOCKERDRIVER_ADMIN_PASSWORD="+adminPassword), more...)
			process.Stdout, process.Stderr = log, log
			return process
		},
		ended: func(err error, asTold bool) {
			switch {
			case asTold:
				c.chronicle.note("the %s died at its write", name)
			case c.chronicle.any(time.Now().Add(-time.Second), time.Now(), diskFull):
				c.tally.count("ends of the " + name + " with a full disk")
				c.chronicle.note("the %s ended by itself: %v: %s", name, err, lastLines(c.logAt, 1))
			default:
				c.chronicle.breach("the %s ended by itself: %v: %s", name, err, lastLines(c.logAt, 5))
			}
		},
		after: func(took time.Duration) {
			c.chronicle.note("the %s is ready after %s", name, took.Round(time.Millisecond))
		},
	}
	c.Cleanup(func() { k.kill(syscall.SIGTERM) })
	return k
}

// lastLines are the last lines of a file.
func lastLines(path string, n int) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

// neverSaid are messages of a server's log that tell of a defect whatever is wrong
// outside; "panic: " and "fatal error: " are the runtime's own.
var neverSaid = []string{`"actor panicked"`, `"handler panicked"`, `"actor failed"`, `"actor set aside"`, "panic: ", "fatal error: "}

// defects are the lines of a log that a server must never write.
func defects(path string) (lines []string) {
	text, err := os.ReadFile(path)
	if err != nil {
		return []string{err.Error()}
	}
	for line := range strings.Lines(string(text)) {
		if slices.ContainsFunc(neverSaid, func(words string) bool { return strings.Contains(line, words) }) {
			lines = append(lines, line[:min(len(line), 2000)])
		}
	}
	return lines
}

// within asks again and again until it is so or a time is over, and tells which.
func within(ctx context.Context, limit, pace time.Duration, is func() bool) bool {
	for end := time.Now().Add(limit); ; rest(ctx, pace) {
		switch {
		case is():
			return true
		case time.Now().After(end) || ctx.Err() != nil:
			return false
		}
	}
}
