//go:build hosts

package main

import (
	"context"
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"slices"
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

// finding is what is wrong at a look.
type finding struct {
	words  string
	orphan bool // something is there that no record speaks for
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
	var wrong []finding
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
	for _, f := range wrong {
		if f.orphan {
			c.orphans = append(c.orphans, f.words)
		}
		c.chronicle.breach("%s after all was healed: %s", time.Since(began).Round(time.Second), f.words)
	}
}

// wrong is what does not hold now.
func (c *chaos) wrong(ctx context.Context) (all []finding) {
	if !c.server.isUp() {
		return []finding{{words: "the server is not ready"}}
	}
	p, ok := c.look(ctx)
	if !ok {
		return []finding{{words: "the server does not answer"}}
	}
	all = append(all, c.wrongStates(p)...)
	all = append(all, c.wrongSlots(p)...)
	all = append(all, c.wrongContainers(ctx, p)...)
	all = append(all, c.wrongThings(p)...)
	return append(all, c.wrongRoutes(ctx, p)...)
}

func wrongf(format string, values ...any) finding {
	return finding{words: fmt.Sprintf(format, values...)}
}

// wrongStates holds that nothing is on its way, and nothing forgotten.
func (c *chaos) wrongStates(p picture) (all []finding) {
	if p.pool.State != pool.PoolRunning {
		all = append(all, wrongf("the pool is %s", p.pool.State))
	}
	for _, aside := range p.pool.SetAside {
		all = append(all, wrongf("%s is set aside: %s", aside.Actor, aside.Reason))
	}
	for _, stray := range p.pool.Strays {
		all = append(all, finding{fmt.Sprintf("the server tells of a stray %s %s", stray.Kind, stray.ID), true})
	}
	for _, h := range p.hosts {
		retires := h.State == pool.HostInactive && h.Stage == pool.HostStageRetiring
		if h.State != pool.HostActive && !retires {
			all = append(all, wrongf("host %s is %s %s", h.Name, h.State, h.Stage))
		}
		if h.Silent != nil {
			all = append(all, wrongf("host %s is silent since %s", h.Name, h.Silent.Format(time.TimeOnly)))
		}
	}
	there := map[string]bool{}
	for _, i := range p.instances {
		there[i.ID] = true
		if i.State == pool.InstanceQueueing || i.State == pool.InstanceProvisioning || i.State == pool.InstanceDeleting {
			all = append(all, wrongf("instance %s is %s %s", i.Name, i.State, i.Stage))
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for id, name := range c.known {
		if !there[id] {
			all = append(all, wrongf("instance %s (%s) was accepted, and is not known any more", name, id))
		}
	}
	return all
}

// wrongSlots holds that the slots that are taken are those of what runs.
func (c *chaos) wrongSlots(p picture) (all []finding) {
	used := map[string]int{}
	for _, i := range p.instances {
		if i.State.HoldsSlots() {
			used[i.HostID] += i.Slots
		}
	}
	for _, h := range p.hosts {
		if h.SlotsUsed != used[h.ID] {
			all = append(all, wrongf("host %s has %d slots taken, and %d by its instances", h.Name, h.SlotsUsed, used[h.ID]))
		}
		delete(used, h.ID)
	}
	for host, slots := range used {
		all = append(all, wrongf("%d slots are taken on host %q, which is not there", slots, host))
	}
	return all
}

// wrongContainers holds that each engine runs what is recorded, and nothing else of
// ours: one container for each running instance.
func (c *chaos) wrongContainers(ctx context.Context, p picture) (all []finding) {
	of := map[string][]string{} // containers by instance
	instances, hosts := map[string]seenInstance{}, map[string]string{}
	for _, h := range p.hosts {
		hosts[h.ID] = h.Name
	}
	for _, i := range p.instances {
		instances[i.ID] = i
	}
	for _, server := range c.hall.cloud.Servers() {
		found, err := c.containersOn(ctx, server.Address)
		if err != nil {
			all = append(all, wrongf("the engine of %s cannot be asked: %v", server.Name, err))
			continue
		}
		for _, x := range found {
			i, recorded := instances[x.instance]
			switch {
			case !recorded || i.State != pool.InstanceRunning:
				all = append(all, finding{fmt.Sprintf("container %s on %s is %s, and its instance %q is %q", x.name, server.Name, x.state, x.instance, i.State), true})
			case hosts[i.HostID] != server.Name:
				all = append(all, finding{fmt.Sprintf("container %s is on %s, and recorded on %s", x.name, server.Name, hosts[i.HostID]), true})
			case x.state != "running":
				all = append(all, wrongf("container %s on %s is %s, and recorded as running", x.name, server.Name, x.state))
			}
			of[x.instance] = append(of[x.instance], x.name+" on "+server.Name)
		}
	}
	for id, i := range instances {
		if i.State == pool.InstanceRunning && len(of[id]) != 1 {
			all = append(all, wrongf("instance %s is running on %s and has %d containers: %v", i.Name, hosts[i.HostID], len(of[id]), of[id]))
		}
	}
	return all
}

// wrongThings holds that the cloud has what is recorded, and nothing else of ours.
func (c *chaos) wrongThings(p picture) (all []finding) {
	recorded := map[string]string{}
	for _, h := range p.hosts {
		for _, id := range append([]string{h.Cloud.ServerID, h.Cloud.SecurityGroupID}, h.Cloud.VolumeIDs...) {
			recorded[id] = h.Name
		}
	}
	delete(recorded, "")
	for id, what := range c.things() {
		if recorded[id] == "" {
			all = append(all, finding{"nothing speaks for " + what, true})
		}
		delete(recorded, id)
	}
	for id, host := range recorded {
		all = append(all, wrongf("host %s records %s, which the cloud does not have", host, id))
	}
	return all
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

// wrongRoutes holds that whoever was let into a notebook is in it as long as it
// runs, and not a moment longer.
func (c *chaos) wrongRoutes(ctx context.Context, p picture) (all []finding) {
	now := map[string]seenInstance{}
	for _, i := range p.instances {
		now[i.ID] = i
	}
	for _, person := range c.people {
		for _, i := range person.notebooks() {
			status, text, err := person.page(ctx, i.URL+"env")
			isIn := err == nil && status == http.StatusOK && isOwn(text, i)
			if isRunning := now[i.ID].State == pool.InstanceRunning; isIn != isRunning && !(isRunning && person.mayBeForgotten(i)) {
				all = append(all, wrongf("instance %s is %q, and its address answers its owner with %d %s (%v)", i.Name, now[i.ID].State, status, firstLine(text), err))
			}
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
