package schedule

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"dockerdriver/actors/pool"
)

// StartsPerHost is how many instances may be on their way to running on one
// host at once: an engine starts about one and a half a second on two cores
// (performance.md, "Container launch"), more at once only slows each.
const StartsPerHost = 16

// Input is what a plan is made from.
type Input struct {
	Now      time.Time
	Settings pool.Settings
	// CloudMaxHosts is the most hosts that the cloud can hold; 0: no limit of its own.
	CloudMaxHosts int
	// Rented tells that hosts are machines of a flavor, made when they are wanted;
	// else the cloud's machines are there already, and builds name no flavor.
	Rented bool
	// PausedUntil is when builds may go on after the cloud refused one; zero: now.
	PausedUntil time.Time
	PauseReason string
	// Largest is the slots of the largest active blueprint; 0: there is none.
	Largest int
	// HasImage tells whether a host is known to have an image (by id); nil: none has.
	HasImage func(hostID, imageID string) bool
	Hosts    []*pool.Host
	// Instances with their reservations: HostID says which host holds their slots.
	Instances []*pool.Instance
}

// Placement puts a queueing instance on a host.
type Placement struct{ InstanceID, HostID string }

// Deactivation takes an active host out of service for a reason, a host's stage.
type Deactivation struct{ HostID, Stage string }

// Plan is what to do now, and why.
type Plan struct {
	Place   []Placement
	Waiting map[string]pool.Queue // by instance id: what still queues
	Build   []pool.Flavor         // new hosts to request, each of its flavor
	// Release names hosts to give back to the cloud: they hold no instance.
	Release []string
	// Deactivate names active hosts that may take no more; Reactivate takes that back.
	Deactivate []Deactivation
	Reactivate []string
	// StartClock names hosts whose lifetime begins now.
	StartClock []string
	Headroom   pool.Headroom
	Decisions  []pool.Decision
	Blockers   []string // what a drain still waits for
}

// Decide makes the plan.
func Decide(in Input) Plan {
	p := planner{in: in, plan: Plan{Waiting: map[string]pool.Queue{}}, used: map[string]int{}, starting: map[string]int{}}
	for _, i := range in.Instances {
		if i.HostID != "" && i.State.Live() {
			p.used[i.HostID] += i.Spec.Slots
			if i.State != pool.InstanceRunning && i.State != pool.InstanceDeleting {
				p.starting[i.HostID]++
			}
		}
	}
	if in.Settings.ShutdownMode {
		p.drain()
	} else {
		p.revive()
		p.place()
		p.grow()
	}
	return p.plan
}

type planner struct {
	in       Input
	plan     Plan
	used     map[string]int // slots held, by host
	starting map[string]int // instances on their way to running, by host
	revived  []string
}

func (p *planner) decide(action, subject, because string) {
	p.plan.Decisions = append(p.plan.Decisions, pool.Decision{At: p.in.Now, Action: action, Subject: subject, Because: because})
}

// queue returns the instances that wait for a place, first come first served.
func (p *planner) queue() []*pool.Instance {
	var waiting []*pool.Instance
	for _, i := range p.in.Instances {
		if i.State == pool.InstanceQueueing && i.HostID == "" {
			waiting = append(waiting, i)
		}
	}
	slices.SortStableFunc(waiting, func(a, b *pool.Instance) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
	return waiting
}

// place packs: the oldest host with room, so that others empty (ancestor.md,
// "Placement"). The queue is strict: a small instance does not overtake a large
// one that waits, or the large one might wait for ever. What fits no host that
// there is holds up nobody: it was taken before the size of hosts was known.
func (p *planner) place() {
	blocked := false
	for _, i := range p.queue() {
		host, reason := p.hostFor(i.Spec.Slots)
		if blocked {
			host, reason = nil, "others came first"
		}
		fits := p.fits(i.Spec.Slots)
		if !fits {
			reason = fmt.Sprintf("it takes %d slots, and the largest host has %d", i.Spec.Slots, p.largest())
		}
		if host == nil {
			blocked = blocked || fits
			p.plan.Waiting[i.ID] = pool.Queue{Position: len(p.plan.Waiting) + 1, Reason: reason}
			continue
		}
		p.used[host.ID] += i.Spec.Slots
		p.starting[host.ID]++
		p.plan.Place = append(p.plan.Place, Placement{InstanceID: i.ID, HostID: host.ID})
		p.decide("place", i.Name, fmt.Sprintf("%s is the oldest host with room for %d more slots", host.Name, i.Spec.Slots))
	}
}

// largest is the size of the largest host whose size is known.
func (p *planner) largest() (slots int) {
	for _, h := range p.in.Hosts {
		if h.State != pool.HostRemoved {
			slots = max(slots, h.Slots)
		}
	}
	return slots
}

func (p *planner) fits(slots int) bool {
	largest := p.largest()
	return largest == 0 || slots <= largest
}

func (p *planner) hostFor(slots int) (*pool.Host, string) {
	reason := "no notebook host is ready yet"
	for _, h := range p.in.Hosts {
		if !h.State.Takes() && !slices.Contains(p.revived, h.ID) {
			continue
		}
		switch {
		case p.used[h.ID]+slots > h.Slots:
			reason = "all slots are taken"
		case p.starting[h.ID] >= StartsPerHost:
			reason = "others are starting on the same host"
		default:
			return h, ""
		}
	}
	return nil, reason
}

// grow asks for hosts while free slots, after all that queue, are fewer than
// the target (ancestor.md, "Policy"). Hosts on their way count as if they were
// there, so that one shortage is not answered twice.
func (p *planner) grow() {
	hosts, free, coming := 0, 0, 0
	for _, h := range p.in.Hosts {
		if h.State == pool.HostRemoved {
			continue
		}
		hosts++
		switch h.State {
		case pool.HostActive:
			free += h.Slots - p.used[h.ID]
		case pool.HostRequested, pool.HostBuilding, pool.HostPreparing:
			coming++
			free += h.Slots
		}
	}
	waiting := 0
	for _, i := range p.queue() {
		if _, waits := p.plan.Waiting[i.ID]; waits && p.fits(i.Spec.Slots) {
			waiting += i.Spec.Slots
		}
	}
	limit := p.in.Settings.MaxHosts
	if p.in.CloudMaxHosts > 0 {
		limit = min(limit, p.in.CloudMaxHosts)
	}
	short := free-waiting < p.in.Settings.FreeSlotTarget || waiting > 0
	if short && hosts < limit && coming == 0 {
		p.plan.Build = append(p.plan.Build, pool.Flavor{})
		p.decide("build", "", fmt.Sprintf("%d slots free, %d waited for, %d wanted free, %d of %d hosts", free, waiting, p.in.Settings.FreeSlotTarget, hosts, limit))
	}
}

// revive takes back what a drain began: hosts that are still there serve again.
func (p *planner) revive() {
	for _, h := range p.in.Hosts {
		if h.State == pool.HostInactive && h.Stage == pool.HostStageDraining {
			p.plan.Reactivate = append(p.plan.Reactivate, h.ID)
			p.revived = append(p.revived, h.ID)
			p.decide("reactivate", h.Name, "shutdown mode is over")
		}
		recovered := h.SilentSince.IsZero() && h.ErrorsSince(p.in.Now.Add(-p.in.Settings.Hosts.ErrorDecay)) <= pool.MaxHostErrors
		if h.State == pool.HostInactive && h.Stage == pool.HostStageErrors && recovered {
			p.plan.Reactivate = append(p.plan.Reactivate, h.ID)
			p.revived = append(p.revived, h.ID)
			p.decide("reactivate", h.Name, "its engine answers again")
		}
	}
}

// drain empties the pool: no host takes instances, and each is released as soon
// as its last instance has ended (DESIGN.md, "Shutdown mode").
func (p *planner) drain() {
	for n, i := range p.queue() {
		p.plan.Waiting[i.ID] = pool.Queue{Position: n + 1, Reason: "the pool is in shutdown mode"}
	}
	for _, h := range p.in.Hosts {
		switch h.State {
		case pool.HostRemoved:
			continue
		case pool.HostActive:
			p.plan.Deactivate = append(p.plan.Deactivate, Deactivation{h.ID, pool.HostStageDraining})
		}
		switch {
		case h.State == pool.HostRemoving || h.State == pool.HostStuck:
			p.plan.Blockers = append(p.plan.Blockers, fmt.Sprintf("host %s is being released", h.Name))
		case p.used[h.ID] > 0:
			p.plan.Blockers = append(p.plan.Blockers, fmt.Sprintf("host %s still has instances", h.Name))
		default:
			p.plan.Release = append(p.plan.Release, h.ID)
			p.decide("release", h.Name, "shutdown mode, and no instance is left on it")
		}
	}
	for _, i := range p.in.Instances {
		if i.HostID == "" || !i.State.Live() {
			continue
		}
		until := "it has no end"
		if !i.ExpiresAt.IsZero() {
			until = "it ends at " + i.ExpiresAt.UTC().Format(time.RFC3339)
		}
		p.plan.Blockers = append(p.plan.Blockers, fmt.Sprintf("instance %s is %s, %s", i.Name, i.State, until))
	}
}
