package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"dockerdriver/actors/pool"
	"dockerdriver/cmd/dockerdriver/client"
)

type instanceCommands struct {
	List   instanceListCommand   `cmd:"" help:"List your instances."`
	Launch instanceLaunchCommand `cmd:"" help:"Launch an instance of a blueprint."`
	Stop   instanceStopCommand   `cmd:"" help:"End an instance."`
	Extend instanceExtendCommand `cmd:"" help:"Begin an instance's lifetime anew, as far as its blueprint allows."`
	Logs   instanceLogsCommand   `cmd:"" help:"Show an instance's log."`
}

type instanceListCommand struct {
	connection
	output
	All   bool `env:"-" help:"Everybody's (admins)."`
	Ended bool `env:"-" help:"Those that have ended too."`
}

// Run is called by kong.
func (c *instanceListCommand) Run(p *program) error {
	cl, err := c.dial()
	if err != nil {
		return err
	}
	found, err := cl.Instances(p.ctx, c.All, c.Ended)
	if err != nil {
		return advise("list the instances", err)
	}
	rows := instanceRows(found.Items)
	if !c.All || c.Output == "json" {
		return c.print(p.out, found.Raw, instanceHeader, rows)
	}
	email := map[string]string{}
	if users, err := cl.Users(p.ctx); err == nil { // without them the ids must do
		for _, u := range users.Items {
			email[u.ID] = u.Email
		}
	}
	for n, i := range found.Items {
		rows[n] = row(cmp.Or(email[i.UserID], i.UserID)) + "\t" + rows[n]
	}
	return c.print(p.out, found.Raw, "USER\t"+instanceHeader, rows)
}

var instanceHeader = row("NAME", "STATE", "BLUEPRINT", "CREATED", "ENDS", "URL")

func instanceRows(items []client.Instance) []string {
	var rows []string
	for _, i := range items {
		rows = append(rows, row(i.Name, standing(i, time.Now()), i.BlueprintName, localTime(i.CreatedAt), localTime(i.ExpiresAt), i.URL))
	}
	return rows
}

// idleWorthAWord is from when on want of use is shown: use is told by the minute.
const idleWorthAWord = 3 * time.Minute

// standing says in a few words where an instance is.
func standing(i client.Instance, now time.Time) string {
	state := i.State
	switch {
	case state == string(pool.InstanceRunning) && i.LastUsedAt != nil && now.Sub(*i.LastUsedAt) >= idleWorthAWord:
		return fmt.Sprintf("%s (idle for %s)", state, idleSpan(now.Sub(*i.LastUsedAt)))
	case i.Failure != nil:
		return state + " (" + i.Failure.Code + ")"
	case i.Queue != nil:
		return fmt.Sprintf("%s (%d: %s)", state, i.Queue.Position, i.Queue.Reason)
	case i.Stage != "" && i.Stage != state:
		return state + " (" + i.Stage + ")"
	}
	return state
}

// idleSpan is a time in minutes, from two hours on in hours: 12 min, 3 h.
func idleSpan(d time.Duration) string {
	if d < 2*time.Hour {
		return fmt.Sprintf("%d min", d/time.Minute)
	}
	return fmt.Sprintf("%d h", d/time.Hour)
}

type instanceLogsCommand struct {
	connection
	output
	Instance string `arg:"" name:"name-or-id" help:"The instance."`
	Type     string `env:"-" enum:"running,provisioning" default:"running" help:"${enum}: the container's output, or how the launch went (default ${default})."`
	Lines    int    `env:"-" default:"200" placeholder:"N" help:"Last lines, 1 to 2000 (default ${default})."`
}

// Validate is called by kong.
func (c *instanceLogsCommand) Validate() error {
	if c.Lines < 1 || c.Lines > 2000 {
		return fmt.Errorf("--lines cannot be %d: write 1 to 2000", c.Lines)
	}
	return nil
}

// Run is called by kong.
func (c *instanceLogsCommand) Run(p *program) error {
	cl, err := c.dial()
	if err != nil {
		return err
	}
	instance, err := findInstance(p.ctx, cl, c.Instance)
	if err != nil {
		return advise("show the log", err)
	}
	logs, err := cl.Logs(p.ctx, instance.ID, c.Type, c.Lines)
	if err != nil {
		return advise("show the log of "+instance.Name, err)
	}
	if c.Output == "json" {
		return c.print(p.out, logs.Raw, "", nil)
	}
	for _, line := range logs.Lines {
		if _, err := fmt.Fprintln(p.out, printable(line)); err != nil {
			return err
		}
	}
	return nil
}

// findInstance finds an instance by name or id: the caller's own first, then,
// for an admin, everybody's.
func findInstance(ctx context.Context, cl *client.Client, nameOrID string) (client.Instance, error) {
	for _, everybody := range []bool{false, true} {
		found, err := cl.Instances(ctx, everybody, false)
		if everybody && client.CodeOf(err) == string(pool.CodeForbidden) {
			break
		}
		if err != nil {
			return client.Instance{}, err
		}
		for _, i := range found.Items {
			if i.ID == nameOrID || i.Name == nameOrID {
				return i, nil
			}
		}
	}
	return client.Instance{}, fmt.Errorf("there is no instance %q. `dockerdriver instance list` shows them", nameOrID)
}

// findBlueprint finds a blueprint by id or name; the case of a name matters only
// where two differ in nothing else.
func findBlueprint(ctx context.Context, cl *client.Client, nameOrID string) (client.Blueprint, error) {
	found, err := cl.Blueprints(ctx)
	if err != nil {
		return client.Blueprint{}, err
	}
	var alike []client.Blueprint
	var names []string
	for _, b := range found.Items {
		if b.ID == nameOrID || b.Name == nameOrID {
			return b, nil
		}
		if strings.EqualFold(b.Name, nameOrID) {
			alike = append(alike, b)
		}
		names = append(names, b.Name)
	}
	switch {
	case len(alike) == 1:
		return alike[0], nil
	case len(names) == 0:
		return client.Blueprint{}, fmt.Errorf("there is no blueprint %q, and no other: an admin has to make one and activate it", nameOrID)
	}
	return client.Blueprint{}, fmt.Errorf("there is no blueprint %q. There are: %s", nameOrID, strings.Join(names, ", "))
}
