//go:build hosts

package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// counter counts by name. It is safe for concurrent use.
type counter struct {
	mu sync.Mutex
	n  map[string]int
}

func (c *counter) count(what string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n == nil {
		c.n = map[string]int{}
	}
	c.n[what]++
}

func (c *counter) all() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.n)
}

// summary is what the run prints in the end.
func (c *chaos) summary() string {
	var out strings.Builder
	row := func(what string, n any) { fmt.Fprintf(&out, "  %-58s %6v\n", what, n) }
	done := c.tally.all()
	serves := "the server itself serves notebooks"
	if c.proxy != c.server {
		serves = "a process of its own serves notebooks"
	}
	fmt.Fprintf(&out, "chaos of %s with seed %d, %s:\n", time.Since(c.chronicle.began).Round(time.Second), c.seed, serves)
	for _, what := range []string{"launches asked for", "launches", "ran", "opened", "pages", "websocket answers", "destroyed", "destroyed before they ran", "left behind"} {
		row(what, done[what])
		delete(done, what)
	}
	for _, what := range slices.SortedFunc(maps.Keys(done), func(a, b string) int { return cmp.Or(done[b]-done[a], strings.Compare(a, b)) }) {
		row("  "+what, done[what])
	}
	counts, all := c.chronicle.counts(), 0
	for _, n := range counts {
		all += n
	}
	row("faults", all)
	for _, k := range kinds {
		row("  "+string(k), counts[k])
	}
	unexplained := c.watch.unexplained(c.chronicle)
	row("times that all invariants held in calm", c.calms)
	looks, engines := c.watch.looked()
	row("looks at what must hold at every moment, in the records", looks)
	row("looks at what must hold at every moment, on an engine", engines)
	row("instances lost or failed by faults", c.watch.lost()-len(unexplained))
	row("lost instances not explained by a fault", len(unexplained))
	for _, end := range unexplained {
		fmt.Fprintf(&out, "    %s on %s is %s (%s): %s\n", end.id, end.host, end.state, end.code, end.words)
	}
	row("orphans", len(c.orphans))
	for _, orphan := range c.orphans {
		fmt.Fprintf(&out, "    %s\n", orphan)
	}
	broken := c.chronicle.broken()
	row("invariant breaks", len(broken))
	for _, words := range broken {
		fmt.Fprintf(&out, "    %s\n", words)
	}
	return out.String()
}
