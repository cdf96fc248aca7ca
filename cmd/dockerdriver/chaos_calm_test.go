//go:build hosts

package main

import (
	"context"
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"dockerdriver/actors/pool"
)

const (
	// calmLimit is how long the pool may take to come to rest when all is healed,
	// and nobody changes anything.
	calmLimit  = 2 * time.Minute
	calmPace   = 500 * time.Millisecond
	drainLimit = 3 * time.Minute
	// peace is how long people go on without a fault before the next one comes.
	peace = 6 * time.Second
)

// tellsOfOrphan are words with which an invariant says that there is something of
// ours that no record speaks for.
var tellsOfOrphan = []string{"is there, and its instance", "nothing speaks for", "is a stray", "and recorded on"}

func isOrphan(words string) bool {
	return slices.ContainsFunc(tellsOfOrphan, func(part string) bool { return strings.Contains(words, part) })
}

// calm lets nobody change anything until all invariants hold, and then lets people
// work for a while in which nothing may go wrong.
func (c *chaos) calm(ctx context.Context) {
	c.comesToRest(ctx)
	rest(ctx, peace)
}

func (c *chaos) comesToRest(ctx context.Context) {
	c.gate.Lock()
	defer c.gate.Unlock()
	began := time.Now()
	c.chronicle.note("calm")
	var wrong []string
	for end := began.Add(calmLimit); ; rest(ctx, calmPace) {
		wrong = c.wrong(ctx)
		if c.watch.isPaused() && time.Since(began) < 2*calmLimit {
			end = began.Add(2 * calmLimit)
		}
		if len(wrong) == 0 || time.Now().After(end) || ctx.Err() != nil {
			break
		}
	}
	if len(wrong) == 0 {
		c.calms++
		c.chronicle.rest()
		c.chronicle.note("all invariants hold after %s", time.Since(began).Round(100*time.Millisecond))
		return
	}
	for _, words := range wrong {
		if isOrphan(words) {
			c.orphans = append(c.orphans, words)
		}
		c.chronicle.breach("%s after all was healed: %s", time.Since(began).Round(time.Second), words)
	}
}

// wrong is what does not hold now.
func (c *chaos) wrong(ctx context.Context) (all []string) {
	if !c.server.isUp() || !c.proxy.isUp() {
		return []string{"the server is not ready"}
	}
	p, ok := c.look(ctx)
	if !ok {
		return []string{"the server does not answer"}
	}
	s, err := c.inventory(ctx, p)
	if err != nil {
		return []string{err.Error()}
	}
	all = s.breaks()
	if p.pool.State != pool.PoolRunning {
		all = append(all, fmt.Sprintf("the pool is %s", p.pool.State))
	}
	for _, h := range p.hosts {
		if h.Silent != nil {
			all = append(all, fmt.Sprintf("host %s is silent since %s", h.Name, h.Silent.Format(time.TimeOnly)))
		}
	}
	return append(all, c.forgotten(p)...)
}

// forgotten are launches that were accepted, and of which nothing is known.
func (c *chaos) forgotten(p picture) (all []string) {
	there := map[string]bool{}
	for _, i := range p.instances {
		there[i.ID] = true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for id, name := range c.known {
		if !there[id] {
			all = append(all, fmt.Sprintf("instance %s (%s) was accepted, and is not known any more", name, id))
		}
	}
	return all
}

// inventory gathers what the invariants are about.
func (c *chaos) inventory(ctx context.Context, p picture) (s inventory, err error) {
	s.pool = inventoryPool{State: p.pool.State, SetAside: p.pool.SetAside, Strays: p.pool.Strays}
	ids := map[string]string{}
	for _, h := range p.hosts {
		ids[h.Name] = h.ID
		s.hosts = append(s.hosts, inventoryHost{ID: h.ID, Name: h.Name, State: h.State, Stage: h.Stage, Address: h.Address, SlotsUsed: h.SlotsUsed, Cloud: h.Cloud})
	}
	for _, i := range p.instances {
		s.instances = append(s.instances, inventoryInstance{
			ID: i.ID, Name: i.Name, State: i.State, Stage: i.Stage, HostID: i.HostID, URL: i.URL, Slots: i.Slots, EndReason: i.EndReason,
		})
	}
	for id := range c.things() {
		s.things = append(s.things, id)
	}
	for _, server := range c.hall.cloud.Servers() {
		found, err := c.containersOn(ctx, server.Address)
		if err != nil {
			return s, fmt.Errorf("the engine of %s cannot be asked: %w", server.Name, err)
		}
		for _, x := range found {
			s.containers = append(s.containers, inventoryContainer{HostID: ids[server.Name], Instance: x.instance, Name: x.name, Running: x.state == "running"})
		}
	}
	s.entered = c.enter(ctx, p)
	return s, nil
}

// enter goes to the address of each instance in the browser of whoever was let into
// it: its owner's, or else an administrator's.
func (c *chaos) enter(ctx context.Context, p picture) map[string]string {
	entered, asked := map[string]string{}, map[string]bool{}
	for _, person := range c.people {
		for _, i := range person.notebooks() {
			if person.mayBeForgotten(i) {
				continue
			}
			asked[i.ID] = true
			if status, text, err := person.page(ctx, i.URL+"env"); err == nil && status == http.StatusOK {
				if entered[i.ID] = "another one"; isOwn(text, i) {
					entered[i.ID] = i.Name
				}
			}
		}
	}
	for _, i := range p.instances {
		if asked[i.ID] || i.State != pool.InstanceRunning {
			continue
		}
		var way struct{ URL string }
		if status, _ := c.admin.call(ctx, http.MethodPost, "/instances/"+i.ID+"/open", map[string]any{"reason": "a look after the storm"}, &way); status != http.StatusOK {
			continue
		}
		if status, _, err := c.admin.page(ctx, way.URL); err == nil && status == http.StatusOK {
			entered[i.ID] = i.Name
		}
	}
	return entered
}

// things are what the cloud holds besides what was there before, by id.
func (c *chaos) things() map[string]string {
	all := map[string]string{}
	for _, s := range c.hall.cloud.Servers() {
		all[s.ID] = "server " + s.Name + ", which is " + s.Status
	}
	for _, v := range c.hall.cloud.Volumes() {
		all[v.ID] = "volume " + v.Name + ", which is " + v.Status
	}
	for _, g := range c.hall.cloud.Groups() {
		if g.Name != "pb_server" && g.Name != "default" {
			all[g.ID] = "security group " + g.Name
		}
	}
	return all
}

// drains has everything end, as an operator does: nothing must be left anywhere.
func (c *chaos) drains(ctx context.Context) {
	began := time.Now()
	c.chronicle.note("the drain begins")
	program, err := builtProgram() // it was built before
	if err != nil {
		c.chronicle.breach("%v", err)
		return
	}
	said, err := exec.CommandContext(ctx, program, "drain", "--force", "--wait", "--timeout", drainLimit.String(), "--data-dir", c.dir).CombinedOutput()
	if err != nil {
		c.chronicle.breach("drain --force --wait: %v: %s", err, said)
	}
	for _, what := range c.things() {
		c.orphans = append(c.orphans, "after the drain there is "+what)
	}
	var left []string
	if !within(ctx, time.Minute, calmPace, func() bool { // the cloud deletes machines behind its word
		left, _ = filepath.Glob("/run/netns/" + hallName + "*")
		return len(left) == 0
	}) {
		c.chronicle.breach("machines are left after the drain: %v", left)
	}
	slices.Sort(c.orphans)
	c.chronicle.note("drained after %s", time.Since(began).Round(100*time.Millisecond))
}
