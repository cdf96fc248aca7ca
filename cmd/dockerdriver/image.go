package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/docker/go-units"

	"dockerdriver/actors/pool"
	"dockerdriver/cmd/dockerdriver/client"
)

// imagesDir is the image directory's name in the data directory.
const imagesDir = "docker_images"

type imageCommands struct {
	List   imageListCommand   `cmd:"" help:"List the image directory, and on how many hosts each image is."`
	Pull   imagePullCommand   `cmd:"" help:"Pull an image from a registry into the image directory; needs no Docker engine."`
	Push   imagePushCommand   `cmd:"" help:"Bring an image to hosts now, anew where it failed."`
	Remove imageRemoveCommand `cmd:"" help:"Remove an image's file from the image directory. Hosts keep what they have until they need the room."`
	Verify imageVerifyCommand `cmd:"" help:"Read image files in full and tell what each holds, or what is wrong with it. Speaks to no server."`
	Demo   imageDemoCommand   `cmd:"" help:"Make the image of the demo notebook from this very program; needs no Docker engine."`
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
		rows = append(rows, row(name, shortDigest(i.ID), i.File, units.HumanSize(float64(i.Size)), localTime(i.Changed), strings.Join(i.UsedBy, ", "), presence(i.Hosts), state))
	}
	return c.print(p.out, found.Raw, row("IMAGE", "ID", "FILE", "SIZE", "CHANGED", "USED BY", "HOSTS", "STATE"), rows)
}

// presence says on how many hosts an image is, and what is under way.
func presence(hosts []client.Presence) string {
	there, others := 0, map[string]int{}
	for _, h := range hosts {
		if h.State == "present" {
			there++
		} else if h.OnTheWay() {
			others[h.State]++
		}
	}
	if len(hosts) == 0 {
		return ""
	}
	words := []string{fmt.Sprintf("%d of %d", there, len(hosts))}
	for _, state := range slices.Sorted(maps.Keys(others)) {
		words = append(words, fmt.Sprintf("%d %s", others[state], state))
	}
	return strings.Join(words, ", ")
}

// findImage finds an image by tag, digest (the beginning that a listing shows is
// enough) or file.
func findImage(ctx context.Context, cl *client.Client, named string) (client.Image, error) {
	found, err := cl.Images(ctx)
	if err != nil {
		return client.Image{}, err
	}
	tag, short := pool.NormalizeRef(named), strings.TrimPrefix(named, "sha256:")
	var begin []client.Image
	for _, i := range found.Items {
		if i.ID != "" && (i.ID == named || slices.Contains(i.Tags, tag)) || i.File == named {
			return i, nil
		}
		if len(short) >= shortestDigest && strings.HasPrefix(strings.TrimPrefix(i.ID, "sha256:"), short) {
			begin = append(begin, i)
		}
	}
	if len(begin) == 1 {
		return begin[0], nil
	}
	return client.Image{}, fmt.Errorf("there is no image %q. `dockerdriver image list` shows them", named)
}

// shortestDigest is the fewest digits that name an image.
const shortestDigest = 6

// nameOf is what to call an image.
func nameOf(i client.Image) string {
	if len(i.Tags) > 0 {
		return strings.Join(i.Tags, ", ")
	}
	return i.File
}

// directoryIn is the image directory of a server on this machine: of the data
// directory that is named, else of the installation, else of the demo.
func directoryIn(dataDir string) (string, error) {
	dirs := []string{systemDir, demoDir()}
	if dataDir != "" {
		return filepath.Join(dataDir, imagesDir), nil
	}
	for _, dir := range dirs {
		if info, err := os.Stat(filepath.Join(dir, imagesDir)); err == nil && info.IsDir() {
			return filepath.Join(dir, imagesDir), nil
		}
	}
	return "", fmt.Errorf("cannot find an image directory in %s or %s: name one with --data-dir", dirs[0], dirs[1])
}

// shortDigest is what Docker shows of an image id.
func shortDigest(id string) string {
	hex := strings.TrimPrefix(id, "sha256:")
	return hex[:min(12, len(hex))]
}
