package main

import "dockerdriver/cmd/dockerdriver/client"

type instanceExtendCommand struct {
	connection
	output
	Instance string `arg:"" name:"name-or-id" help:"The instance."`
}

// Run is called by kong.
func (c *instanceExtendCommand) Run(p *program) error {
	cl, err := c.dial()
	if err != nil {
		return err
	}
	instance, err := findInstance(p.ctx, cl, c.Instance)
	if err != nil {
		return advise("extend", err)
	}
	extended, err := cl.Extend(p.ctx, instance.ID)
	if err != nil {
		return advise("extend "+instance.Name, err)
	}
	return c.print(p.out, extended.Raw, instanceHeader, instanceRows([]client.Instance{extended.Value}))
}
