//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"syscall"

	"github.com/alecthomas/kong"
)

type commandLine struct {
	Run     runCommand     `cmd:"" default:"withargs" help:"Measures and prints the tables (this is what happens without a command)."`
	Ours    oursCommand    `cmd:"" hidden:"" help:"Our proxy as a process of its own."`
	Backend backendCommand `cmd:"" hidden:"" help:"What the proxies lead to."`
}

func init() {
	// The kernel ends a child whose parent's thread ends (process.go), so all are
	// started by the one thread that lasts.
	runtime.LockOSThread()
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	cli := kong.Parse(&commandLine{}, kong.Name("bench-proxy"), kong.BindTo(ctx, (*context.Context)(nil)))
	err := raiseFileLimit()
	if err == nil {
		err = cli.Run()
	}
	if err != nil {
		if errors.Is(ctx.Err(), context.Canceled) {
			err = errors.New("interrupted; all processes were ended")
		}
		fmt.Fprintln(os.Stderr, "bench-proxy:", err)
		os.Exit(1)
	}
}

// raiseFileLimit lets us and our children open what the machine allows: an idle
// websocket is two files of a proxy.
func raiseFileLimit() error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("cannot read the limit of open files: %w", err)
	}
	limit.Cur = limit.Max
	// Go gives children the limit that it found unless it is set here.
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("cannot raise the limit of open files to %d: %w", limit.Max, err)
	}
	return nil
}
