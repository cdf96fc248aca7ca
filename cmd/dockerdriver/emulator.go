package main

import (
	"fmt"
	"net/netip"
	"net/url"
	"os"

	"github.com/rs/zerolog"

	"dockerdriver/actors/emulator"
)

// emulatorCommand runs engines that a server can be killed and restarted against.
type emulatorCommand struct {
	Listen   string `env:"DOCKERDRIVER_EMULATOR_LISTEN" placeholder:"URL" help:"Where the first engine listens: unix:///path or tcp://127.0.0.1:port (default: engine.sock in the state directory)."`
	StateDir string `env:"DOCKERDRIVER_EMULATOR_STATE_DIR" default:"${emulator_dir}" placeholder:"DIR" help:"Directory of images and containers (default ${default})."`
	Engines  int    `env:"DOCKERDRIVER_EMULATOR_ENGINES" default:"1" placeholder:"N" help:"How many engines, 1 to 64 (default ${default})."`
}

// Validate is called by kong.
func (c *emulatorCommand) Validate() error {
	switch {
	case c.StateDir == "":
		return fmt.Errorf("--state-dir is empty: name a directory")
	case c.Engines < 1 || c.Engines > 64:
		return fmt.Errorf("--engines cannot be %d: write 1 to 64", c.Engines)
	case c.Listen == "":
		return nil
	}
	if err := checkEndpoint("--listen", c.Listen); err != nil {
		return err
	}
	u, err := url.Parse(c.Listen)
	if err != nil || u.Scheme == "unix" {
		return err
	}
	if at, err := netip.ParseAddrPort(u.Host); err != nil || !at.Addr().IsLoopback() {
		return fmt.Errorf("--listen cannot be %q: an engine does what anybody who reaches it says, so only 127.0.0.1 and [::1] are taken", c.Listen)
	}
	return nil
}

// Run is called by kong. It prints the engines' addresses once they answer.
func (c *emulatorCommand) Run(p *program) error {
	if err := os.MkdirAll(c.StateDir, 0o700); err != nil {
		return fmt.Errorf("cannot make the state directory: %v", err)
	}
	listen := c.Listen
	if listen == "" {
		listen = "unix://" + emulatorSocket(c.StateDir)
	}
	log := zerolog.New(p.err).With().Timestamp().Logger()
	running, err := emulator.Start(p.ctx, emulator.Config{StateDir: c.StateDir, Listen: listen, Engines: c.Engines, Log: log})
	if err != nil {
		return err
	}
	for _, endpoint := range running.Endpoints() {
		fmt.Fprintln(p.out, endpoint)
	}
	<-p.ctx.Done()
	return running.Close()
}
