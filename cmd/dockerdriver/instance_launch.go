package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"dockerdriver/actors/pool"
	"dockerdriver/cmd/dockerdriver/client"
)

// askInterval is how often a waiting command asks how far things are.
const askInterval = 300 * time.Millisecond

// waiting is for commands that can wait until what they began is done.
type waiting struct {
	Wait    bool          `env:"-" help:"Wait until it is done."`
	Timeout time.Duration `env:"-" default:"10m" placeholder:"DURATION" help:"Wait no longer than this (default ${default}); then the exit code is 3."`
}

// Validate is called by kong.
func (w *waiting) Validate() error {
	if w.Timeout <= 0 {
		return fmt.Errorf("--timeout cannot be %s: write a duration such as 5m", w.Timeout)
	}
	return nil
}

type instanceLaunchCommand struct {
	connection
	output
	waiting
	Blueprint string `arg:"" name:"name-or-id" help:"The blueprint."`
}

// Run is called by kong.
func (c *instanceLaunchCommand) Run(p *program) error {
	cl, err := c.dial()
	if err != nil {
		return err
	}
	blueprint, err := findBlueprint(p.ctx, cl, c.Blueprint)
	if err != nil {
		return advise("launch", err)
	}
	launched, err := cl.Launch(p.ctx, blueprint.ID)
	if err != nil {
		return advise("launch "+blueprint.Name, err)
	}
	if c.Wait {
		launched, err = follow(p.ctx, cl, launched, c.Timeout, p.err, func(i client.Instance) bool {
			return i.State != string(pool.InstanceQueueing) && i.State != string(pool.InstanceProvisioning)
		})
		if err != nil {
			return advise("wait for "+launched.Value.Name, err)
		}
	}
	if err := c.print(p.out, launched.Raw, instanceHeader, instanceRows([]client.Instance{launched.Value})); err != nil {
		return err
	}
	if c.Wait && launched.Value.State != string(pool.InstanceRunning) {
		return launchFailed(launched.Value)
	}
	return nil
}

func launchFailed(i client.Instance) error {
	if i.Failure == nil {
		return fmt.Errorf("%s is %s instead of running", i.Name, i.State)
	}
	words := []string{fmt.Sprintf("%s failed: %s %s (%s)", i.Name, i.Failure.Message, i.Failure.Hint, i.Failure.Code)}
	for _, line := range i.Failure.Log {
		words = append(words, "  | "+printable(line))
	}
	return errors.New(strings.Join(words, "\n"))
}

type instanceStopCommand struct {
	connection
	output
	waiting
	Instance string `arg:"" name:"name-or-id" help:"The instance."`
}

// Run is called by kong.
func (c *instanceStopCommand) Run(p *program) error {
	cl, err := c.dial()
	if err != nil {
		return err
	}
	instance, err := findInstance(p.ctx, cl, c.Instance)
	if err != nil {
		return advise("stop", err)
	}
	stopped, err := cl.Stop(p.ctx, instance.ID)
	if err != nil {
		return advise("stop "+instance.Name, err)
	}
	if c.Wait {
		stopped, err = follow(p.ctx, cl, stopped, c.Timeout, p.err, func(i client.Instance) bool { return i.State == string(pool.InstanceDeleted) })
		if err != nil && client.CodeOf(err) != string(pool.CodeNotFound) {
			return advise("wait for the end of "+instance.Name, err)
		}
	}
	return c.print(p.out, stopped.Raw, instanceHeader, instanceRows([]client.Instance{stopped.Value}))
}

// follow asks for the instance until done says so, and tells each new standing.
// Its error is exitDeadline when the time is over first.
func follow(ctx context.Context, cl *client.Client, now client.One[client.Instance], limit time.Duration, told io.Writer, done func(client.Instance) bool) (client.One[client.Instance], error) {
	waited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	ticker := time.NewTicker(askInterval)
	defer ticker.Stop()
	last := ""
	for {
		if s := standing(now.Value); s != last {
			last = s
			fmt.Fprintf(told, "%s: %s\n", printable(now.Value.Name), printable(s))
		}
		if done(now.Value) {
			return now, nil
		}
		select {
		case <-ticker.C:
		case <-waited.Done():
			if ctx.Err() != nil {
				return now, fmt.Errorf("interrupted while it was %s; it goes on without us", last)
			}
			return now, &exitError{code: exitDeadline, why: fmt.Errorf("it is still %s after %s; it goes on without us", last, limit)}
		}
		next, err := cl.Instance(waited, now.Value.ID)
		if err != nil && waited.Err() == nil {
			return now, err
		}
		if err == nil {
			now = next
		}
	}
}
