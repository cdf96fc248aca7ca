package main

// serveCommand runs the server until it is told to stop.
type serveCommand struct{ ServerOptions }

// Run is called by kong.
func (c *serveCommand) Run(p *program) error {
	o := c.ServerOptions
	o.Out, o.Err = p.out, p.err
	return p.serve(p.ctx, o)
}
