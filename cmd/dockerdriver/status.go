package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/term"

	"dockerdriver/actors/pool"
	"dockerdriver/cmd/dockerdriver/client"
	"dockerdriver/cmd/dockerdriver/window"
)

type statusCommand struct {
	connection
	output
	Watch bool `short:"w" env:"-" help:"Show it live, in a window of this terminal, until you press q."`
}

// Validate is called by kong.
func (c *statusCommand) Validate() error {
	if c.Watch && c.Output == "json" {
		return errors.New("--watch is for people: leave it out with -o json, or follow /api/v1/events")
	}
	return nil
}

// Run is called by kong.
func (c *statusCommand) Run(p *program) error {
	if c.Watch && !(isTerminal(p.in) && isTerminal(p.out)) {
		return usagef("--watch needs a terminal to draw in, and this is none: leave it out to have the status once")
	}
	if c.Watch && os.Getenv("TERM") == "dumb" {
		return usagef("--watch cannot draw in this terminal, which calls itself dumb (TERM): leave it out to have the status once")
	}
	cl, err := c.dial()
	if err != nil {
		return err
	}
	if c.Output == "json" {
		return c.printObject(p, cl)
	}
	state, err := window.Read(p.ctx, cl)
	if err != nil {
		return advise("show the pool", err)
	}
	if c.Watch {
		return window.Watch(p.ctx, c.dial, p.in, p.out, state)
	}
	_, err = io.WriteString(p.out, window.Text(state, time.Now(), widthOf(p.out)))
	return err
}

// isTerminal tells whether a stream is a terminal.
func isTerminal(stream any) bool {
	file, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// widthOf is the columns of a stream, or 80 where it is no terminal.
func widthOf(out io.Writer) int {
	if file, ok := out.(*os.File); ok {
		if width, _, err := term.GetSize(int(file.Fd())); err == nil {
			return width
		}
	}
	return window.Width
}

// pushState is an image on its way to a host, or one that did not arrive.
type pushState struct {
	ImageID string   `json:"image_id"`
	Tags    []string `json:"tags"`
	HostID  string   `json:"host_id"`
	State   string   `json:"state"`
	Sent    int64    `json:"sent"`
	Total   int64    `json:"total"`
	Failure string   `json:"failure"`
}

// printObject prints one object: what the API says of the pool, and beside it
// the hosts and the image pushes, null where the caller may not see them.
func (c *statusCommand) printObject(p *program, cl *client.Client) error {
	status, err := cl.Pool(p.ctx)
	if err != nil {
		return advise("show the pool", err)
	}
	object := map[string]json.RawMessage{}
	if err := json.Unmarshal(status.Raw, &object); err != nil {
		return fmt.Errorf("cannot read what %s says of the pool: %v", cl.URL(), err)
	}
	object["hosts"], object["pushes"] = json.RawMessage("null"), json.RawMessage("null")
	if err := addHosts(p, cl, object); err != nil && client.CodeOf(err) != string(pool.CodeForbidden) {
		return advise("show the hosts", err)
	}
	text, err := json.Marshal(object)
	if err != nil {
		return err
	}
	return c.print(p.out, text, "", nil)
}

func addHosts(p *program, cl *client.Client, object map[string]json.RawMessage) error {
	hosts, err := cl.Hosts(p.ctx)
	if err != nil {
		return err
	}
	list := struct {
		Items json.RawMessage `json:"items"`
	}{}
	if err := json.Unmarshal(hosts.Raw, &list); err != nil {
		return err
	}
	images, err := cl.Images(p.ctx)
	if err != nil {
		return err
	}
	pushes := []pushState{}
	for _, i := range images.Items {
		for _, h := range i.Hosts {
			if h.OnTheWay() {
				pushes = append(pushes, pushState{i.ID, i.Tags, h.HostID, h.State, h.Sent, h.Total, h.Failure})
			}
		}
	}
	object["hosts"] = list.Items
	object["pushes"], err = json.Marshal(pushes)
	return err
}
