package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"github.com/alecthomas/kong"

	"dockerdriver/actors/fence/probe"
)

// Exit codes, the same for every subcommand.
const (
	exitDone     = 0
	exitFailed   = 1
	exitUsage    = 2
	exitDeadline = 3
)

// exitError is a failure whose exit code is not exitFailed.
type exitError struct {
	code int
	why  error
}

func (e *exitError) Error() string { return e.why.Error() }
func (e *exitError) Unwrap() error { return e.why }
func (e *exitError) ExitCode() int { return e.code }

func usagef(format string, args ...any) error {
	return &exitError{code: exitUsage, why: fmt.Errorf(format, args...)}
}

type streams struct {
	in  io.Reader
	out io.Writer
	err io.Writer
}

// program is what every subcommand works with.
type program struct {
	streams
	ctx   context.Context
	serve func(context.Context, ServerOptions) error
}

// run is main without the process: it parses the arguments, does what they say
// and returns the exit code. Results go to out, everything else to err.
func run(ctx context.Context, args []string, s streams, serve func(context.Context, ServerOptions) error) int {
	helped := false
	parser, err := kong.New(&commands{},
		kong.Name("dockerdriver"),
		kong.Description("Launches notebooks in containers, and lets each user's browser, and nobody else's, into them."),
		kong.UsageOnError(),
		kong.Writers(s.out, s.err),
		kong.Exit(func(int) { helped = true }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 110}),
		kong.DefaultEnvars(variablePrefix),
		kong.Vars{"fence_port": strconv.Itoa(probe.Port), "demo_dir": demoDir(), "system_dir": systemDir, "emulator_dir": emulatorDir()},
	)
	if err != nil {
		fmt.Fprintf(s.err, "dockerdriver: the command line is not well defined: %v\n", err)
		return exitFailed
	}
	command, err := parser.Parse(args)
	switch {
	case helped:
		return exitDone
	case err != nil:
		fmt.Fprintf(s.err, "dockerdriver: %v\nTry `%s --help`.\n", err, helpPath(err))
		return exitUsage
	}
	err = command.Run(&program{streams: s, ctx: ctx, serve: serve})
	if err == nil {
		return exitDone
	}
	fmt.Fprintf(s.err, "dockerdriver: %v\n", err)
	if coded := kong.ExitCoder(nil); errors.As(err, &coded) {
		return coded.ExitCode()
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return exitDeadline
	}
	return exitFailed
}

// helpPath names the command whose help tells about a parse error.
func helpPath(err error) string {
	const name = "dockerdriver"
	if parse, ok := errors.AsType[*kong.ParseError](err); ok && parse.Context != nil {
		if node := parse.Context.Selected(); node != nil {
			return name + " " + node.Path()
		}
	}
	return name
}

// systemDir is the data directory of a server that an operator installed.
const systemDir = "/var/lib/pb"

// variablePrefix begins the variable of every flag.
const variablePrefix = "DOCKERDRIVER"

// demoDir is the data directory of the demo: the user's own, kept between runs.
func demoDir() string { return cacheDir("demo") }

// emulatorDir is where an emulator of its own keeps its engines.
func emulatorDir() string { return cacheDir("emulator") }

func cacheDir(name string) string {
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir() // no home directory, as in some containers
	}
	return filepath.Join(cache, "dockerdriver", name)
}
