package main

// demoCommand is serve with development defaults, and something to launch.
type demoCommand struct {
	ServerOptions
	StartOver bool `name:"fresh" env:"-" help:"Start over: remove the data of earlier runs, and the containers that they left."`
}

// Run is called by kong.
func (c *demoCommand) Run(p *program) error {
	o := c.ServerOptions
	o.Demo, o.Fresh = true, c.StartOver
	o.Out, o.Err = p.out, p.err
	return p.serve(p.ctx, o)
}
