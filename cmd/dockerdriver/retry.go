package main

import "fmt"

type retryCommand struct {
	connection
	Actor string `arg:"" name:"actor" help:"As status names it, such as Proxy or Host-<id>."`
}

// Run is called by kong.
func (c *retryCommand) Run(p *program) error {
	cl, err := c.dial()
	if err != nil {
		return err
	}
	if _, err := cl.RetryActor(p.ctx, c.Actor); err != nil {
		return advise("try "+c.Actor+" again", err)
	}
	_, err = fmt.Fprintf(p.out, "%s is tried again; status tells if it is set aside anew\n", printable(c.Actor))
	return err
}
