// Command dockerdriver is the whole program: the server, the demo notebook that
// runs in containers, and the command line that speaks to a server.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"dockerdriver/actors/emulator/engine"
)

func main() {
	engine.MaybeRunShim() // an emulated container's process begins here and never returns
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	code := run(ctx, os.Args[1:], streams{in: os.Stdin, out: os.Stdout, err: os.Stderr}, runServer)
	stop()
	os.Exit(code)
}
