package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/docker/go-units"

	"dockerdriver/actors/images"
)

// imagesDir is the image directory's name in the data directory.
const imagesDir = "docker_images"

type imageCommands struct {
	List imageListCommand `cmd:"" help:"List the image directory."`
	Demo imageDemoCommand `cmd:"" help:"Make the image of the demo notebook from this very program; needs no Docker engine."`
}

type imageListCommand struct {
	connection
	output
}

// Run is called by kong.
func (c *imageListCommand) Run(p *program) error {
	cl, err := c.dial()
	if err != nil {
		return err
	}
	found, err := cl.Images(p.ctx)
	if err != nil {
		return advise("list the images", err)
	}
	var rows []string
	for _, i := range found.Items {
		name, state := strings.Join(i.Tags, ", "), "ready"
		if i.Fault != "" {
			state = i.Fault
		}
		rows = append(rows, row(name, shortDigest(i.ID), i.File, units.HumanSize(float64(i.Size)), localTime(i.Changed), strings.Join(i.UsedBy, ", "), state))
	}
	return c.print(p.out, found.Raw, row("IMAGE", "ID", "FILE", "SIZE", "CHANGED", "USED BY", "STATE"), rows)
}

// shortDigest is what Docker shows of an image id.
func shortDigest(id string) string {
	hex := strings.TrimPrefix(id, "sha256:")
	return hex[:min(12, len(hex))]
}

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
