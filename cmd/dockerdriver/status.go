package main

import (
	"fmt"
	"strings"

	"dockerdriver/cmd/dockerdriver/client"
)

type statusCommand struct {
	connection
	output
}

// Run is called by kong.
func (c *statusCommand) Run(p *program) error {
	cl, err := c.dial()
	if err != nil {
		return err
	}
	found, err := cl.Pool(p.ctx)
	if err != nil {
		return advise("show the pool", err)
	}
	return c.print(p.out, found.Raw, row("SERVER", cl.URL()), poolRows(found.Value))
}

func poolRows(pool client.Pool) []string {
	state := pool.State
	if since := localTime(pool.Since); since != "" {
		state += " since " + since
	}
	rows := []string{row("POOL", state)}
	if pool.Reason != "" {
		rows = append(rows, row("BECAUSE", pool.Reason))
	}
	if len(pool.Blockers) > 0 {
		rows = append(rows, row("WAITS FOR", strings.Join(pool.Blockers, ", ")))
	}
	rows = append(rows,
		row("CLOUD", pool.Cloud),
		row("SLOTS", fmt.Sprintf("%d used, %d free, %d in all", pool.SlotsUsed, pool.SlotsFree, pool.Slots)),
		row("QUEUE", fmt.Sprint(len(pool.Queue))),
	)
	for _, q := range pool.Queue {
		rows = append(rows, row("", fmt.Sprintf("%d. %s: %s", q.Position, q.InstanceID, q.Reason)))
	}
	return rows
}
