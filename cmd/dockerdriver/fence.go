package main

import "dockerdriver/actors/fence/probe"

// fenceCommands are what the fence's probe runs in its containers.
type fenceCommands struct {
	Listen fenceListenCommand `cmd:"" help:"Be the neighbour that is not to be reached."`
	Reach  fenceReachCommand  `cmd:"" help:"Try to reach targets (host:port; the host is an IP or gateway). Ends with 0 if none was reached."`
	Disk   fenceDiskCommand   `cmd:"" help:"Tell the room on the disk of the root directory."`
}

// fenceListenCommand is the neighbour. The emulated engine tells the port in PORT
// where it has no namespaces.
type fenceListenCommand struct {
	Port int `name:"port" env:"PORT" default:"${fence_port}" help:"TCP port to listen on."`
}

// Run is called by kong.
func (c *fenceListenCommand) Run(p *program) error { return probe.Listen(p.ctx, p.out, c.Port) }

type fenceReachCommand struct {
	Name      string   `name:"run" env:"-" required:"" help:"Name of this run, for its lines."`
	Unproven  []string `name:"unproven" env:"-" sep:"none" placeholder:"TARGET" help:"Target whose refusal counts as reached."`
	Listening []string `name:"listening" env:"-" sep:"none" placeholder:"TARGET" help:"Target that is known to listen."`
}

// Run is called by kong.
func (c *fenceReachCommand) Run(p *program) error {
	return probe.Reach(p.ctx, p.out, c.Name, probe.Targets{Unproven: c.Unproven, Listening: c.Listening})
}

type fenceDiskCommand struct {
	Name string `name:"run" env:"-" required:"" help:"Name of this run, for its line."`
}

// Run is called by kong.
func (c *fenceDiskCommand) Run(p *program) error { return probe.Disk(p.out, c.Name) }
