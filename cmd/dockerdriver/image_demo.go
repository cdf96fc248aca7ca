package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/docker/go-units"

	"dockerdriver/actors/images"
)

type imageDemoCommand struct {
	Out     string `env:"-" placeholder:"FILE" help:"The file to write, instead of one in an image directory."`
	DataDir string `placeholder:"DIR" help:"The server whose image directory gets it (default ${demo_dir})." default:"${demo_dir}"`
}

// Run is called by kong.
func (c *imageDemoCommand) Run(p *program) error {
	path := c.Out
	if path == "" {
		path = filepath.Join(c.DataDir, imagesDir, images.DemoFile)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return fmt.Errorf("cannot make the image directory: %v", err)
		}
	}
	binary, err := os.Executable()
	if err != nil {
		return fmt.Errorf("cannot find this program on disk: %v", err)
	}
	demo, err := images.WriteDemo(p.ctx, path, binary, images.DemoOptions{})
	if err != nil {
		return err
	}
	verb := "wrote"
	if !demo.Written {
		verb = "kept"
	}
	_, err = fmt.Fprintf(p.out, "%s %s: %s, %s, %s\n", verb, demo.Path, demo.Tag, demo.Digest, units.HumanSize(float64(demo.Size)))
	return err
}
