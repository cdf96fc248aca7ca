package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"dockerdriver/actors/pool"
	"dockerdriver/cmd/dockerdriver/client"
)

type instanceLaunchCommand struct {
	connection
	output
	waiting
	Blueprint string `arg:"" name:"name-or-id" help:"The blueprint."`
	Test      bool   `env:"-" help:"Also one that is not active (admins)."`
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
	launched, err := cl.Launch(p.ctx, blueprint.ID, c.Test)
	if err != nil {
		return advise("launch "+blueprint.Name, err)
	}
	if c.Wait {
		launched, err = followInstance(p, cl, launched, c.Timeout, func(i client.Instance) bool {
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
		stopped, err = followInstance(p, cl, stopped, c.Timeout, func(i client.Instance) bool { return i.State == string(pool.InstanceDeleted) })
		if err != nil && client.CodeOf(err) != string(pool.CodeNotFound) {
			return advise("wait for the end of "+instance.Name, err)
		}
	}
	return c.print(p.out, stopped.Raw, instanceHeader, instanceRows([]client.Instance{stopped.Value}))
}

func followInstance(p *program, cl *client.Client, now client.One[client.Instance], limit time.Duration, done func(client.Instance) bool) (client.One[client.Instance], error) {
	return follow(p, now, limit, thing[client.Instance]{
		ask:  func(ctx context.Context) (client.One[client.Instance], error) { return cl.Instance(ctx, now.Value.ID) },
		name: now.Value.Name, standing: func(i client.Instance) string { return standing(i, time.Now()) }, done: done,
	})
}
