package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/docker/go-units"
	"github.com/rs/zerolog"

	"dockerdriver/actors/images"
	"dockerdriver/actors/pool"
)

type imageVerifyCommand struct {
	output
	DataDir string   `placeholder:"DIR" help:"Data directory whose image directory is read when no file is named (default: ${system_dir}, then the demo's)."`
	Files   []string `arg:"" optional:"" name:"file" help:"Files to read."`
}

// Run is called by kong.
func (c *imageVerifyCommand) Run(p *program) error {
	found, err := c.read(p)
	if err != nil {
		return err
	}
	if err := p.ctx.Err(); err != nil {
		return fmt.Errorf("interrupted before all was read: %w", err)
	}
	faulty := 0
	rows := make([]string, 0, len(found))
	for _, i := range found {
		state := "good"
		if i.Fault != "" {
			faulty++
			state = i.Fault
		}
		rows = append(rows, row(i.File, strings.Join(i.Tags, ", "), shortDigest(i.ID), units.HumanSize(float64(i.Size)), fmt.Sprint(len(i.Layers)), state))
	}
	raw, err := json.Marshal(map[string]any{"items": found})
	if err != nil {
		return err
	}
	if err := c.print(p.out, raw, row("FILE", "IMAGE", "ID", "SIZE", "LAYERS", "STATE"), rows); err != nil {
		return err
	}
	if faulty > 0 {
		return fmt.Errorf("%d of %d cannot be used", faulty, len(found))
	}
	return nil
}

// read reads the files that are named, else all of the image directory, where one
// file can be wrong because of another.
func (c *imageVerifyCommand) read(p *program) ([]pool.Image, error) {
	found := []pool.Image{}
	for _, file := range c.Files {
		of, err := images.Read(p.ctx, file)
		if err != nil {
			return nil, err
		}
		found = append(found, of...)
	}
	if len(c.Files) > 0 {
		return found, nil
	}
	dir, err := directoryIn(c.DataDir)
	if err != nil {
		return nil, err
	}
	directory, err := images.Open(dir, zerolog.Nop())
	if err != nil {
		return nil, err
	}
	return directory.Scan(p.ctx)
}
