package main

import "fmt"

type imageRemoveCommand struct {
	connection
	Image string `arg:"" name:"tag-or-digest-or-file" help:"The image, or the name of a file in the image directory."`
}

// Run is called by kong.
func (c *imageRemoveCommand) Run(p *program) error {
	cl, err := c.dial()
	if err != nil {
		return err
	}
	image, err := findImage(p.ctx, cl, c.Image)
	if err != nil {
		return advise("remove", err)
	}
	named := image.ID
	if named == "" { // a file with a fault
		named = image.File
	}
	if err := cl.RemoveImage(p.ctx, named); err != nil {
		return advise("remove "+nameOf(image), err)
	}
	_, err = fmt.Fprintf(p.out, "removed %s\n", printable(image.File))
	return err
}
