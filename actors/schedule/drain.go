package schedule

import (
	"fmt"
	"time"

	"dockerdriver/actors/pool"
)

// How long a container may take to end once its instance's end is stored. Then a
// machine that holds nothing else goes with it: an engine that cannot end a
// container must not keep a whole host (ancestor.md, 11). A machine that was there
// before us stays, and is waited for.
const (
	RunawayPatience = 10 * time.Minute
	// DeadlinePatience is the same once a drain's deadline is over.
	DeadlinePatience = 30 * time.Second
)

// drain empties the pool: no host takes instances, and each is released as soon
// as its last instance has ended (DESIGN.md, "Shutdown mode"). What is left at the
// deadline is ended then.
func (p *planner) drain() {
	for n, i := range p.queue {
		p.plan.Waiting[i.ID] = pool.Queue{Position: n + 1, Reason: "the pool is in shutdown mode"}
	}
	on := p.instancesByHost()
	for _, h := range p.in.Hosts {
		if h.State == pool.HostRemoved {
			continue
		}
		p.drainHost(h, on[h.ID])
		delete(on, h.ID)
	}
	for _, i := range p.in.Instances { // of hosts that have no record any more
		if left := on[i.HostID]; i.HostID != "" && left != nil {
			p.drainInstances(nil, left)
			delete(on, i.HostID)
		}
	}
	p.drainCloud()
}

func (p *planner) instancesByHost() map[string][]*pool.Instance {
	on := map[string][]*pool.Instance{}
	for _, i := range p.in.Instances {
		if i.HostID != "" && i.State.Live() {
			on[i.HostID] = append(on[i.HostID], i)
		}
	}
	return on
}

func (p *planner) drainHost(h *pool.Host, instances []*pool.Instance) {
	if h.State == pool.HostActive {
		p.plan.Deactivate = append(p.plan.Deactivate, Deactivation{h.ID, pool.HostStageDraining})
		p.out[h.ID] = true
	}
	words, remove := "", []string(nil)
	switch {
	case h.State == pool.HostStuck:
		words, remove = "it cannot be released yet", p.removalOf(h)
		if n := len(h.Trouble); n > 0 {
			words += ": " + h.Trouble[n-1].Message
		}
	case h.State == pool.HostRemoving:
		words = "it is being released"
	case p.mayGo(h):
		words = "it is about to be released"
		p.release(h, "shutdown mode, and "+p.nothingLeft(h))
	case len(instances) == 1:
		words = "it has an instance"
	default:
		words = fmt.Sprintf("it has %d instances", len(instances))
	}
	p.plan.Blockers = append(p.plan.Blockers, pool.Blocker{
		Kind: pool.BlockerHost, ID: h.ID, Name: h.Name, HostID: h.ID, Words: words, Remove: remove,
	})
	p.drainInstances(h, instances)
}

// drainInstances ends what the deadline is over for, and tells what is waited for.
func (p *planner) drainInstances(h *pool.Host, instances []*pool.Instance) {
	for _, i := range instances {
		if p.isOver() && i.State != pool.InstanceDeleting && i.Stage != pool.StageScheduled && i.Stage != pool.StageImage {
			p.plan.End = append(p.plan.End, i.ID) // the others have nothing there yet, and queue again
		}
		b := pool.Blocker{
			Kind: pool.BlockerInstance, ID: i.ID, Name: i.Name, HostID: i.HostID, UserID: i.UserID,
			EndsAt: pool.ByDeadline(i.ExpiresAt, p.in.Settings.ShutdownDeadline),
		}
		switch {
		case i.State == pool.InstanceDeleting:
			b.Words, b.EndsAt = "it is being ended since "+i.StageSince.UTC().Format(time.RFC3339), time.Time{}
			b.Remove = p.killing(h, i)
		case b.EndsAt.IsZero():
			b.Words = fmt.Sprintf("it is %s, and has no end", i.State)
			b.Remove = []string{"dockerdriver instance stop " + i.Name}
		default:
			b.Words = fmt.Sprintf("it is %s, and ends at %s", i.State, b.EndsAt.UTC().Format(time.RFC3339))
		}
		p.plan.Blockers = append(p.plan.Blockers, b)
	}
}

// drainCloud waits for the cloud's own word that nothing of ours is left.
func (p *planner) drainCloud() {
	if !p.in.Rented {
		return
	}
	for _, s := range p.in.Strays {
		p.plan.Blockers = append(p.plan.Blockers, pool.Blocker{
			Kind: pool.BlockerStray, ID: s.ID, Name: s.Name, HostID: s.HostID, Words: "this " + s.Kind + " is ours, and no record speaks for it",
			Remove: []string{removal(s.Kind, s.ID)},
		})
	}
	if len(p.plan.Blockers) == 0 && !p.in.Swept {
		words := "the cloud is asked whether anything of ours is left"
		if p.in.ListFault != "" {
			words = "the cloud cannot be asked whether anything of ours is left: " + p.in.ListFault
		}
		p.plan.Blockers = append(p.plan.Blockers, pool.Blocker{Kind: pool.BlockerCloud, Words: words})
	}
}

// isOver tells whether the drain's deadline is.
func (p *planner) isOver() bool {
	at := p.in.Settings.ShutdownDeadline
	return !at.IsZero() && !p.in.Now.Before(at)
}

// mayGo tells whether a host that takes nothing more can be released: nothing is
// left on it, or only containers that its engine could not end in time, which go
// with a machine of the cloud.
func (p *planner) mayGo(h *pool.Host) bool {
	if p.used[h.ID] == 0 {
		return true
	}
	patience := RunawayPatience
	if p.isOver() {
		patience = DeadlinePatience
	}
	if !h.IsRented() {
		return false
	}
	for _, i := range p.in.Instances {
		if i.HostID == h.ID && i.State.Live() && (i.State != pool.InstanceDeleting || p.in.Now.Sub(i.StageSince) < patience) {
			return false
		}
	}
	return true
}

// nothingLeft says why mayGo.
func (p *planner) nothingLeft(h *pool.Host) string {
	if p.used[h.ID] > 0 {
		return "its engine does not end what is left on it"
	}
	return "no instance is left on it"
}

// removalOf are the commands that remove by hand what a host has in the cloud, in
// the order in which the cloud allows it. They read the ids from the record: what
// is gone already is refused by the cloud, and no harm.
func (p *planner) removalOf(h *pool.Host) []string {
	if !p.in.Rented {
		return nil
	}
	var commands []string
	add := func(kind, id string) {
		if id != "" {
			commands = append(commands, removal(kind, id))
		}
	}
	add(pool.ThingServer, h.Cloud.ServerID)
	for _, id := range h.Cloud.VolumeIDs {
		add(pool.ThingVolume, id)
	}
	add(pool.ThingGroup, h.Cloud.SecurityGroupID)
	return commands
}

// removal is OpenStack's own command (docs.openstack.org/python-openstackclient).
func removal(kind, id string) string { return "openstack " + kind + " delete " + id }

// killing are the commands that end by hand a container that its engine does not end.
func (p *planner) killing(h *pool.Host, i *pool.Instance) []string {
	switch {
	case h == nil:
		return nil
	case h.IsRented():
		return []string{"dockerdriver host release " + h.Name}
	}
	return []string{"docker -H " + h.Endpoint.URL + " rm --force " + i.Name}
}
