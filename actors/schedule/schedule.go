package schedule

import (
	"cmp"
	"slices"
	"time"

	"dockerdriver/actors/pool"
)

// StartsPerHost is how many instances may be on their way to running on one
// host at once: an engine starts about one and a half a second on two cores
// (performance.md, "Container launch"), more at once only slows each.
const StartsPerHost = 16

// MaxAge is how old a rented host may become, used or not: its certificate ends
// after a year (pki.HostLifetime) and is not replaced on a running host.
const MaxAge = 300 * 24 * time.Hour

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
	// Strays are what the cloud holds of ours without a record. Swept tells that it
	// was asked since the pool became empty, and had none; ListFault is why it could
	// not be asked.
	Strays    []pool.Stray
	Swept     bool
	ListFault string
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
	Blockers   []pool.Blocker // what a drain still waits for
	// End names the instances that a drain's deadline ends.
	End []string
}

// Decide makes the plan.
func Decide(in Input) Plan {
	p := planner{
		in: in, plan: Plan{Waiting: map[string]pool.Queue{}},
		used: map[string]int{}, starting: map[string]int{}, out: map[string]bool{}, revived: map[string]bool{},
	}
	for _, i := range in.Instances {
		if i.HostID != "" && i.State.Live() {
			p.used[i.HostID] += i.Spec.Slots
			if i.State != pool.InstanceRunning && i.State != pool.InstanceDeleting {
				p.starting[i.HostID]++
			}
		}
	}
	p.queue = queueOf(in.Instances)
	if in.Settings.ShutdownMode {
		p.drain()
		p.measure()
		return p.plan
	}
	p.revive()
	p.retire()
	p.place()
	p.giveBack()
	p.grow()
	p.startClocks()
	p.explain()
	return p.plan
}

type planner struct {
	in       Input
	plan     Plan
	queue    []*pool.Instance // that wait for a place, first come first served
	waiting  []wait           // those that this plan does not place
	used     map[string]int   // slots held, by host
	starting map[string]int   // instances on their way to running, by host
	out      map[string]bool  // active hosts that this plan takes out of service
	revived  map[string]bool  // inactive ones that it brings back
}

// wait is an instance that goes on queueing; reason is empty where the pool's
// state as a whole is the reason.
type wait struct {
	instance *pool.Instance
	reason   string
}

func (p *planner) decide(action, subject, because string) {
	p.plan.Decisions = append(p.plan.Decisions, pool.Decision{At: p.in.Now, Action: action, Subject: subject, Because: because})
}

func queueOf(instances []*pool.Instance) []*pool.Instance {
	var waiting []*pool.Instance
	for _, i := range instances {
		if i.State == pool.InstanceQueueing && i.HostID == "" {
			waiting = append(waiting, i)
		}
	}
	slices.SortStableFunc(waiting, func(a, b *pool.Instance) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
	return waiting
}

// serves tells whether a host takes instances under this plan.
func (p *planner) serves(h *pool.Host) bool {
	return (h.State.Takes() && !p.out[h.ID]) || p.revived[h.ID]
}

// comes tells whether a host is on its way to active.
func comes(h *pool.Host) bool {
	return h.State == pool.HostRequested || h.State == pool.HostBuilding || h.State == pool.HostPreparing
}

// slotsOf is a host's size, from its plan while nobody has seen its machine.
func slotsOf(h *pool.Host) int { return cmp.Or(h.Slots, h.Plan.Slots) }

// limit is the most hosts that there may be.
func (p *planner) limit() int {
	if cloud := p.in.CloudMaxHosts; cloud > 0 {
		return min(p.in.Settings.MaxHosts, cloud)
	}
	return p.in.Settings.MaxHosts
}

// hosts counts those of any state that still are something.
func (p *planner) hosts() (n int) {
	for _, h := range p.in.Hosts {
		if h.State != pool.HostRemoved {
			n++
		}
	}
	return n
}

func (p *planner) errors(h *pool.Host) int {
	return h.ErrorsSince(p.in.Now.Add(-p.in.Settings.Hosts.ErrorDecay))
}

// lifetime is how long a host goes on taking instances; ok is false where it has no end.
func (p *planner) lifetime(h *pool.Host) (left time.Duration, ok bool) {
	if !h.IsRented() {
		return 0, false
	}
	ends := h.CreatedAt.Add(MaxAge)
	if expires := h.ExpiresAt(p.in.Settings.Hosts.Lifetime); !expires.IsZero() && expires.Before(ends) {
		ends = expires
	}
	return ends.Sub(p.in.Now), true
}

// isLow tells whether a host's lifetime is nearly over.
func (p *planner) isLow(h *pool.Host) bool {
	left, ends := p.lifetime(h)
	return ends && left <= p.in.Settings.Hosts.LowLifetime
}
