package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/docker/go-units"

	"dockerdriver/actors/pool"
	"dockerdriver/cmd/dockerdriver/client"
)

type hostCommands struct {
	List    hostListCommand    `cmd:"" help:"List the notebook hosts."`
	Log     hostLogCommand     `cmd:"" help:"Show how a host was built, and the end of its machine's console."`
	Retire  hostRetireCommand  `cmd:"" help:"Let a host take no more instances; it is released when its last one has ended."`
	Release hostReleaseCommand `cmd:"" help:"End a host's instances now and release it."`
	Strays  hostStraysCommand  `cmd:"" help:"List what is ours in the cloud without a record, and when it will be released. Changes nothing."`
	Stray   hostStrayCommand   `cmd:"" name:"release-stray" help:"Release what is ours in the cloud without a record at once."`
}

type hostListCommand struct {
	connection
	output
}

// Run is called by kong.
func (c *hostListCommand) Run(p *program) error {
	cl, err := c.dial()
	if err != nil {
		return err
	}
	found, err := cl.Hosts(p.ctx)
	if err != nil {
		return advise("list the hosts", err)
	}
	return c.print(p.out, found.Raw, hostHeader, hostRows(found.Items))
}

var hostHeader = row("NAME", "STATE", "SLOTS", "ADDRESS", "CREATED", "ENDS", "DISK", "ERRORS", "ID")

func hostRows(items []client.Host) []string {
	var rows []string
	for _, h := range items {
		rows = append(rows, row(h.Name, hostStanding(h), fmt.Sprintf("%d/%d", h.SlotsUsed, h.Slots), h.Address,
			localTime(h.CreatedAt), localTime(h.ExpiresAt), diskRoom(h.Disk), fmt.Sprint(h.Errors), h.ID))
	}
	return rows
}

// diskRoom says how full a host's disk is; nothing while nobody has looked.
func diskRoom(d *client.Disk) string {
	if d == nil {
		return ""
	}
	return units.HumanSizeWithPrecision(float64(d.Free), 3) + " of " + units.HumanSizeWithPrecision(float64(d.Total), 3) + " free"
}

// hostStanding says in a few words where a host is.
func hostStanding(h client.Host) string {
	if h.Stage != "" && h.Stage != h.State {
		return h.State + " (" + h.Stage + ")"
	}
	return h.State
}

type hostRetireCommand struct {
	connection
	output
	waiting
	Host string `arg:"" name:"name-or-id" help:"The host."`
}

// Run is called by kong.
func (c *hostRetireCommand) Run(p *program) error {
	cl, err := c.dial()
	if err != nil {
		return err
	}
	host, err := findHost(p.ctx, cl, c.Host)
	if err != nil {
		return advise("retire", err)
	}
	retired, err := cl.Retire(p.ctx, host.ID)
	if err != nil {
		return advise("retire "+host.Name, err)
	}
	return endHost(p, cl, retired, c.waiting, c.output)
}

type hostReleaseCommand struct {
	connection
	output
	waiting
	Yes  bool   `short:"y" env:"-" help:"Do not ask."`
	Host string `arg:"" name:"name-or-id" help:"The host."`
}

// Run is called by kong.
func (c *hostReleaseCommand) Run(p *program) error {
	cl, err := c.dial()
	if err != nil {
		return err
	}
	host, err := findHost(p.ctx, cl, c.Host)
	if err != nil {
		return advise("release", err)
	}
	if !c.Yes && !confirmed(p, fmt.Sprintf("Release %s (%s, %d of %d slots used)? Its instances end now, with what people have not saved.",
		host.Name, hostStanding(host), host.SlotsUsed, host.Slots)) {
		return fmt.Errorf("%s was not released: nobody said yes. Answer y, or add --yes", host.Name)
	}
	released, err := cl.Release(p.ctx, host.ID)
	if err != nil {
		return advise("release "+host.Name, err)
	}
	return endHost(p, cl, released, c.waiting, c.output)
}

// confirmed asks a question and reads the answer; only yes is yes.
func confirmed(p *program, question string) bool {
	fmt.Fprintf(p.err, "%s [y/N] ", printable(question))
	line, _ := bufio.NewReader(p.in).ReadString('\n') // nobody there is no
	answer := strings.ToLower(strings.TrimSpace(line))
	return answer == "y" || answer == "yes"
}

// endHost waits, when told so, until nothing of a host is left, and prints it.
func endHost(p *program, cl *client.Client, host client.One[client.Host], w waiting, o output) error {
	if w.Wait {
		name := host.Value.Name
		ended, err := follow(p, host, w.Timeout, thing[client.Host]{
			name: name, standing: hostStanding,
			ask:  func(ctx context.Context) (client.One[client.Host], error) { return cl.Host(ctx, host.Value.ID) },
			done: func(h client.Host) bool { return h.State == string(pool.HostRemoved) },
		})
		if client.CodeOf(err) == string(pool.CodeNotFound) { // its record goes with it
			ended, err = removed(ended)
		}
		if err != nil {
			return advise("wait until "+name+" is released", err)
		}
		host = ended
	}
	return o.print(p.out, host.Raw, hostHeader, hostRows([]client.Host{host.Value}))
}

// removed is a host as it was last seen, with the state that it must have now.
func removed(h client.One[client.Host]) (client.One[client.Host], error) {
	object := map[string]any{}
	if err := json.Unmarshal(h.Raw, &object); err != nil {
		return h, err
	}
	h.Value.State, h.Value.Stage = string(pool.HostRemoved), ""
	object["state"], object["stage"] = h.Value.State, h.Value.Stage
	raw, err := json.Marshal(object)
	h.Raw = raw
	return h, err
}

// findHost finds a host by name or id.
func findHost(ctx context.Context, cl *client.Client, nameOrID string) (client.Host, error) {
	found, err := cl.Hosts(ctx)
	if err != nil {
		return client.Host{}, err
	}
	for _, h := range found.Items {
		if h.ID == nameOrID || h.Name == nameOrID {
			return h, nil
		}
	}
	return client.Host{}, fmt.Errorf("there is no host %q. `dockerdriver host list` shows them", nameOrID)
}
