package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"dockerdriver/cmd/dockerdriver/client"
)

type hostStraysCommand struct {
	connection
	output
}

// Run is called by kong.
func (c *hostStraysCommand) Run(p *program) error {
	cl, err := c.dial()
	if err != nil {
		return err
	}
	status, err := cl.Pool(p.ctx)
	if err != nil {
		return advise("list the strays", err)
	}
	raw, err := straysOf(status.Raw)
	if err != nil {
		return advise("list the strays", err)
	}
	var rows []string
	for _, s := range status.Value.Strays {
		rows = append(rows, row(s.Kind, s.Name, s.ID, s.HostID, localTime(s.CreatedAt), localTime(s.ReleaseAt)))
	}
	if len(rows) == 0 && c.Output != "json" {
		_, err := fmt.Fprintln(p.err, "Nothing of ours in the cloud is without a record.")
		return err
	}
	return c.print(p.out, raw, row("KIND", "NAME", "ID", "HOST", "CREATED", "RELEASED AT"), rows)
}

// straysOf is the pool's strays as a list of their own.
func straysOf(raw json.RawMessage) (json.RawMessage, error) {
	var status struct {
		Strays []json.RawMessage `json:"strays"`
	}
	if err := json.Unmarshal(raw, &status); err != nil {
		return nil, err
	}
	if status.Strays == nil {
		status.Strays = []json.RawMessage{}
	}
	return json.Marshal(map[string]any{"items": status.Strays})
}

type hostStrayCommand struct {
	connection
	output
	waiting
	Yes bool   `short:"y" env:"-" help:"Do not ask."`
	ID  string `arg:"" name:"id" help:"The cloud's id of it."`
}

// Run is called by kong.
func (c *hostStrayCommand) Run(p *program) error {
	cl, err := c.dial()
	if err != nil {
		return err
	}
	status, err := cl.Pool(p.ctx)
	if err != nil {
		return advise("release", err)
	}
	doomed := goneWith(status.Value.Strays, c.ID)
	if len(doomed) == 0 {
		return fmt.Errorf("there is no stray %q. `dockerdriver host strays` shows them", c.ID)
	}
	if !c.Yes && !confirmed(p, "Delete "+strings.Join(doomed, ", ")+" in the cloud? What is on them is lost.") {
		return fmt.Errorf("%s was not released: nobody said yes. Answer y, or add --yes", c.ID)
	}
	released, err := cl.ReleaseStray(p.ctx, c.ID)
	if err != nil {
		return advise("release "+c.ID, err)
	}
	return endHost(p, cl, released, c.waiting, c.output)
}

// goneWith names a stray and what was made for the same host, which goes with it.
func goneWith(strays []client.Stray, id string) (names []string) {
	for _, one := range strays {
		for _, s := range strays {
			if one.ID == id && (s.ID == id || one.HostID != "" && s.HostID == one.HostID) {
				names = append(names, fmt.Sprintf("%s %s (%s)", s.Kind, s.Name, s.ID))
			}
		}
	}
	return names
}
