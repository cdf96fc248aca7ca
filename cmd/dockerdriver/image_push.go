package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/docker/go-units"

	"dockerdriver/cmd/dockerdriver/client"
)

type imagePushCommand struct {
	connection
	output
	waiting
	Host  []string `env:"-" placeholder:"NAME" help:"A host by name or id; may be repeated (default: every active one)."`
	Image string   `arg:"" name:"tag-or-digest" help:"The image."`
}

// Run is called by kong.
func (c *imagePushCommand) Run(p *program) error {
	cl, err := c.dial()
	if err != nil {
		return err
	}
	image, err := findImage(p.ctx, cl, c.Image)
	if err != nil {
		return advise("push", err)
	}
	if image.ID == "" {
		return fmt.Errorf("cannot push %s: %s", nameOf(image), image.Fault)
	}
	names, ids, err := c.hosts(p.ctx, cl)
	if err != nil {
		return advise("push "+nameOf(image), err)
	}
	pushed, err := cl.PushImage(p.ctx, image.ID, ids)
	if err != nil {
		return advise("push "+nameOf(image), err)
	}
	only := func(h client.Presence) bool {
		return len(ids) == 0 && h.State != "absent" || slices.Contains(ids, h.HostID)
	}
	if c.Wait {
		pushed, err = follow(p, pushed, c.Timeout, thing[client.Image]{
			name: nameOf(image), standing: func(i client.Image) string { return pushStanding(i, only) },
			ask:  func(ctx context.Context) (client.One[client.Image], error) { return imageByID(ctx, cl, image.ID) },
			done: func(i client.Image) bool { return pushEnded(i, only) },
		})
		if err != nil {
			return advise("wait until "+nameOf(image)+" is on the hosts", err)
		}
	}
	var rows, failed []string
	for _, h := range pushed.Value.Hosts {
		if !only(h) {
			continue
		}
		name := names[h.HostID]
		rows = append(rows, row(name, h.State, units.HumanSize(float64(h.Sent)), units.HumanSize(float64(h.Total)), units.HumanSize(float64(h.Skipped)), h.Failure))
		if h.State == "failed" {
			failed = append(failed, name)
		}
	}
	if err := c.print(p.out, pushed.Raw, row("HOST", "STATE", "SENT", "OF", "SKIPPED", "FAILURE"), rows); err != nil {
		return err
	}
	if c.Wait && len(failed) > 0 {
		return fmt.Errorf("cannot bring %s to %s", nameOf(image), strings.Join(failed, ", "))
	}
	return nil
}

// hosts tells the names of all hosts by id, and the ids of those that were named.
func (c *imagePushCommand) hosts(ctx context.Context, cl *client.Client) (names map[string]string, ids []string, err error) {
	found, err := cl.Hosts(ctx)
	if err != nil {
		return nil, nil, err
	}
	names = map[string]string{}
	for _, h := range found.Items {
		names[h.ID] = h.Name
	}
	for _, nameOrID := range c.Host {
		at := slices.IndexFunc(found.Items, func(h client.Host) bool { return h.ID == nameOrID || h.Name == nameOrID })
		if at < 0 {
			return nil, nil, fmt.Errorf("there is no host %q. `dockerdriver host list` shows them", nameOrID)
		}
		ids = append(ids, found.Items[at].ID)
	}
	return names, ids, nil
}

// pushStanding counts the hosts in each state.
func pushStanding(i client.Image, only func(client.Presence) bool) string {
	return presence(slices.DeleteFunc(slices.Clone(i.Hosts), func(h client.Presence) bool { return !only(h) }))
}

// pushEnded tells whether no host is waited for any more.
func pushEnded(i client.Image, only func(client.Presence) bool) bool {
	return !slices.ContainsFunc(i.Hosts, func(h client.Presence) bool {
		return only(h) && h.State != "present" && h.State != "failed"
	})
}

func imageByID(ctx context.Context, cl *client.Client, id string) (client.One[client.Image], error) {
	found, err := cl.Images(ctx)
	if err != nil {
		return client.One[client.Image]{}, err
	}
	at := slices.IndexFunc(found.Items, func(i client.Image) bool { return i.ID == id })
	if at < 0 {
		return client.One[client.Image]{}, errors.New("it is no longer in the image directory")
	}
	raw, err := itemOf(found.Raw, at)
	return client.One[client.Image]{Value: found.Items[at], Raw: raw}, err
}
