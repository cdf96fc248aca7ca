package main

import (
	"github.com/rs/zerolog"

	"dockerdriver/cmd/dockerdriver/notebook"
)

// notebookCommand is what runs in containers of the demo image.
type notebookCommand struct {
	Listen string `name:"listen" env:"-" placeholder:"ADDRESS" help:"Where to listen (default: the port in PORT, else :8787)."`
	Dir    string `name:"dir" env:"-" placeholder:"DIR" help:"Directory of uploaded files (default: NOTEBOOK_DIR, else ./files)."`
}

// Run is called by kong.
func (c *notebookCommand) Run(p *program) error {
	return notebook.Run(p.ctx, notebook.Config{
		Addr: c.Listen, Dir: c.Dir, Log: zerolog.New(p.out).With().Timestamp().Logger(),
	})
}
