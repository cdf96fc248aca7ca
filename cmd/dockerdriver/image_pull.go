package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/rs/zerolog"

	"dockerdriver/actors/images"
	"dockerdriver/actors/pool"
	"dockerdriver/cmd/dockerdriver/client"
)

type imagePullCommand struct {
	connection
	output
	Local     bool   `env:"-" help:"Pull without a server, with this user's docker login, into the image directory of --data-dir."`
	Platform  string `env:"-" placeholder:"OS/ARCH" help:"Platform of the image, such as linux/arm64 (default: Linux on the server's architecture)."`
	Reference string `arg:"" name:"image" help:"The image, such as rocker/rstudio:4.4 or registry.example.org/team/image@sha256:…."`
}

// cancelLimit is how long a pull that is interrupted is waited for.
const cancelLimit = 5 * time.Second

// Run is called by kong.
func (c *imagePullCommand) Run(p *program) error {
	if c.Local {
		return c.local(p)
	}
	cl, err := c.dial()
	if err != nil {
		return err
	}
	begun, err := cl.PullImage(p.ctx, c.Reference, c.Platform)
	if err != nil {
		return advise("pull "+c.Reference, err)
	}
	ended, err := c.follow(p, cl, begun)
	if err != nil {
		return advise("pull "+c.Reference, err)
	}
	if ended.Value.State == string(pool.PullFailed) {
		return fmt.Errorf("cannot pull %s: %s", c.Reference, ended.Value.Failure)
	}
	return c.print(p.out, ended.Raw, row("IMAGE", "PLATFORM", "FILE"), []string{row(ended.Value.Reference, ended.Value.Platform, ended.Value.File)})
}

// follow shows a pull until it has ended. Who interrupts the command cancels the pull.
func (c *imagePullCommand) follow(p *program, cl *client.Client, now client.One[client.Pull]) (client.One[client.Pull], error) {
	shown := newMeter(p.err, c.Reference)
	defer shown.close()
	ticker := time.NewTicker(askInterval)
	defer ticker.Stop()
	for {
		shown.show(now.Value.Got, now.Value.Total)
		if now.Value.State != string(pool.PullPulling) {
			return now, nil
		}
		select {
		case <-ticker.C:
		case <-p.ctx.Done():
			ctx, cancel := context.WithTimeout(context.WithoutCancel(p.ctx), cancelLimit)
			defer cancel()
			if err := cl.CancelPull(ctx, now.Value.ID); err != nil {
				return now, fmt.Errorf("interrupted, but the pull could not be cancelled and goes on: %w", err)
			}
			return now, errors.New("interrupted: the pull was cancelled, nothing of it is left")
		}
		next, err := pullOf(p.ctx, cl, now.Value.ID)
		if err != nil && p.ctx.Err() == nil {
			return now, err
		}
		if err == nil {
			now = next
		}
	}
}

// pullOf finds a pull among the last ones.
func pullOf(ctx context.Context, cl *client.Client, id string) (client.One[client.Pull], error) {
	found, err := cl.Pulls(ctx)
	if err != nil {
		return client.One[client.Pull]{}, err
	}
	at := slices.IndexFunc(found.Items, func(p client.Pull) bool { return p.ID == id })
	if at < 0 {
		return client.One[client.Pull]{}, errors.New("the server knows nothing of the pull any more: it was started anew, and nothing of the pull is left. Pull again")
	}
	raw, err := itemOf(found.Raw, at)
	return client.One[client.Pull]{Value: found.Items[at], Raw: raw}, err
}

// local pulls without a server. One that runs sees the file by itself.
func (c *imagePullCommand) local(p *program) error {
	dir, err := directoryIn(c.DataDir)
	if err != nil {
		return err
	}
	platform := c.Platform
	if platform == "" {
		platform = "linux/" + runtime.GOARCH
	}
	if err := pool.CheckPull(c.Reference, platform); err != nil {
		return fmt.Errorf("cannot pull %s: %w", c.Reference, err)
	}
	directory, err := images.Open(dir, zerolog.Nop())
	if err != nil {
		return err
	}
	shown := newMeter(p.err, c.Reference)
	drawn := time.Time{}
	file, err := images.NewPuller(directory).Pull(p.ctx, c.Reference, platform, func(got, total int64) {
		if now := time.Now(); got == total || now.Sub(drawn) > askInterval {
			drawn = now
			shown.show(got, total)
		}
	})
	shown.close()
	if err != nil {
		if p.ctx.Err() != nil {
			return errors.New("interrupted: the pull was cancelled, nothing of it is left")
		}
		return fmt.Errorf("cannot pull %s: %w", c.Reference, err)
	}
	raw, err := json.Marshal(map[string]string{"reference": c.Reference, "platform": platform, "state": string(pool.PullDone), "file": filepath.Join(dir, file)})
	if err != nil {
		return err
	}
	return c.print(p.out, raw, row("IMAGE", "PLATFORM", "FILE"), []string{row(c.Reference, platform, filepath.Join(dir, file))})
}
