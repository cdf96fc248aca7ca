//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// process is a child of ours with its own log.
type process struct {
	name   string
	pid    int
	log    string // path
	exited chan struct{}
}

// start runs a program until stop. Should we be killed, the kernel ends it.
func start(dir, name string, command ...string) (*process, error) {
	log, err := os.CreateTemp(dir, name+"-*.log")
	if err != nil {
		return nil, fmt.Errorf("cannot make a log for %s: %w", name, err)
	}
	defer log.Close()
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Stdout, cmd.Stderr, cmd.Dir = log, log, dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("cannot start %s: %w. .ci/bench-tools installs what is missing", name, err)
	}
	p := &process{name: name, pid: cmd.Process.Pid, log: log.Name(), exited: make(chan struct{})}
	go func() {
		_ = cmd.Wait() // how it ended is in its log
		close(p.exited)
	}()
	return p, nil
}

// stop asks the process to end, and ends it and its children after some seconds.
func (p *process) stop() {
	_ = syscall.Kill(p.pid, syscall.SIGTERM)
	select {
	case <-p.exited:
	case <-time.After(5 * time.Second):
	}
	_ = syscall.Kill(-p.pid, syscall.SIGKILL) // its group, which is its own
	<-p.exited
}

// await polls until ready says so, the process ends, or ten seconds are over.
func (p *process) await(ctx context.Context, ready func() error) error {
	deadline := time.Now().Add(10 * time.Second)
	for {
		err := ready()
		if err == nil {
			return nil
		}
		select {
		case <-p.exited:
			return fmt.Errorf("%s ended at once: %s", p.name, p.lastWords())
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%s does not answer: %w: %s", p.name, err, p.lastWords())
		}
	}
}

// lastWords are the end of the log.
func (p *process) lastWords() string {
	text, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	return string(bytes.TrimSpace(text[max(0, len(text)-2000):]))
}

// output runs a tool to its end and returns what it printed.
func output(ctx context.Context, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	text, err := cmd.CombinedOutput()
	if errors.Is(err, exec.ErrNotFound) {
		return "", fmt.Errorf("cannot find %s: .ci/bench-tools installs it", name)
	}
	if err != nil {
		return "", fmt.Errorf("%s failed: %w: %s", filepath.Base(name), err, bytes.TrimSpace(text))
	}
	return string(text), nil
}
