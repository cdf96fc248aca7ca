package main

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"

	"github.com/rs/zerolog"

	"dockerdriver/actors/emulator"
)

// emulatorCommand runs engines that a server can be killed and restarted against.
type emulatorCommand struct {
	Listen    string `env:"DOCKERDRIVER_EMULATOR_LISTEN" placeholder:"URL" help:"Where the first engine listens: unix:///path or tcp://127.0.0.1:port (default: engine.sock in the state directory)."`
	StateDir  string `env:"DOCKERDRIVER_EMULATOR_STATE_DIR" default:"${emulator_dir}" placeholder:"DIR" help:"Directory of images and containers (default ${default})."`
	OpenStack string `name:"openstack" env:"DOCKERDRIVER_EMULATOR_OPENSTACK" placeholder:"ADDRESS" help:"Run an OpenStack at this ip:port of loopback too, whose servers are engines on addresses of 127.0.0.0/8."`
	Engines   int    `env:"DOCKERDRIVER_EMULATOR_ENGINES" default:"1" placeholder:"N" help:"How many engines, 1 to 64 (default ${default})."`
}

// Validate is called by kong.
func (c *emulatorCommand) Validate() error {
	switch {
	case c.StateDir == "":
		return fmt.Errorf("--state-dir is empty: name a directory")
	case c.Engines < 1 || c.Engines > 64:
		return fmt.Errorf("--engines cannot be %d: write 1 to 64", c.Engines)
	}
	if at, err := netip.ParseAddrPort(c.OpenStack); c.OpenStack != "" && (err != nil || !at.Addr().IsLoopback()) {
		return fmt.Errorf("--openstack cannot be %q: its machines do what anybody who reaches it says, so write an ip:port of 127.0.0.1", c.OpenStack)
	}
	if c.Listen == "" {
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
	config := emulator.Config{StateDir: c.StateDir, Listen: listen, Engines: c.Engines, Log: log}
	if c.OpenStack != "" {
		config.Cloud = &emulator.CloudConfig{Listen: c.OpenStack, BuildDelay: emulatedBuild, BootDelay: emulatedBoot}
	}
	running, err := emulator.Start(p.ctx, config)
	if err != nil {
		return err
	}
	if err := c.tellCloud(p, running); err != nil {
		return errors.Join(err, running.Close())
	}
	for _, endpoint := range running.Endpoints() {
		fmt.Fprintln(p.out, endpoint)
	}
	<-p.ctx.Done()
	return running.Close()
}

// tellCloud writes the credentials of the OpenStack where its clients look for
// them, and says how to use them.
func (c *emulatorCommand) tellCloud(p *program, running *emulator.Emulator) error {
	if running.AuthURL() == "" {
		return nil
	}
	path := filepath.Join(c.StateDir, "clouds.yaml")
	text := fmt.Sprintf(`clouds:
  emulator:
    region_name: RegionOne
    auth:
      auth_url: %s
      username: %s
      password: %s
      project_name: %s
      user_domain_name: %s
      project_domain_name: %s
`, running.AuthURL(), emulator.CloudUser, emulator.CloudPassword, emulator.CloudProject, emulator.CloudDomain, emulator.CloudDomain)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return fmt.Errorf("cannot write the cloud's credentials: %v", err)
	}
	fmt.Fprintf(p.out, "%s\nUse it: OS_CLIENT_CONFIG_FILE=%s OS_CLOUD=emulator dockerdriver serve --cloud openstack\n", running.AuthURL(), path)
	return nil
}
