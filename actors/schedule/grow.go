package schedule

import (
	"fmt"

	"dockerdriver/actors/pool"
)

// room is what the pool has, or will have when the hosts on their way are there.
type room struct {
	bins   []int // free slots, by host that counts
	coming int
	unmet  []int // slots of those that queue and fit into no bin
}

// grow asks for hosts while the headroom is missing (ancestor.md, "Policy"): not
// enough slots free after all that queue, or the largest active blueprint would
// find no room. Hosts on their way count as if they were there, so that one
// shortage is not answered twice; those whose lifetime is nearly over do not, so
// that they are replaced before they go.
func (p *planner) grow() {
	if !p.in.Rented {
		p.growMachine()
		return
	}
	r := p.look()
	hosts := p.hosts()
	for {
		need, why := p.missing(r)
		paused := p.in.Now.Before(p.in.PausedUntil)
		if why == "" || paused || hosts >= p.limit() || r.coming >= p.in.Settings.Hosts.BuildsAtOnce {
			break
		}
		flavor := p.flavorFor(need, p.loaded())
		p.plan.Build = append(p.plan.Build, flavor)
		p.decide("build", flavor.Name, fmt.Sprintf("%s; %d of %d hosts", why, hosts, p.limit()))
		hosts++
		r.coming++
		r.add(flavor.Slots)
	}
	p.plan.Headroom = p.headroom(r, hosts)
}

func (p *planner) look() room {
	r := room{}
	for _, h := range p.in.Hosts {
		switch {
		case p.serves(h) && !p.isLow(h):
			r.bins = append(r.bins, slotsOf(h)-p.used[h.ID])
		case comes(h):
			r.coming++
			r.bins = append(r.bins, slotsOf(h)-p.used[h.ID])
		}
	}
	for _, w := range p.waiting {
		if slots := w.instance.Spec.Slots; slots <= p.largest() && !r.fit(slots) {
			r.unmet = append(r.unmet, slots)
		}
	}
	return r
}

// fit puts slots into the first bin that holds them.
func (r *room) fit(slots int) bool {
	for n, free := range r.bins {
		if free >= slots {
			r.bins[n] -= slots
			return true
		}
	}
	return false
}

// add is one more bin, which takes what it can of the unmet.
func (r *room) add(slots int) {
	left := r.unmet[:0]
	for _, wants := range r.unmet {
		if wants <= slots {
			slots -= wants
		} else {
			left = append(left, wants)
		}
	}
	r.unmet = left
	r.bins = append(r.bins, slots)
}

func (r *room) free() (slots int) {
	for _, n := range r.bins {
		slots += max(n, 0)
	}
	for _, n := range r.unmet {
		slots -= n
	}
	return slots
}

func (r *room) holds(slots int) bool {
	for _, n := range r.bins {
		if n >= slots {
			return true
		}
	}
	return slots == 0
}

// missing tells what one more host would have to hold, and why it is wanted; no
// reason: nothing is missing.
func (p *planner) missing(r room) (need int, why string) {
	target, largest := p.in.Settings.FreeSlotTarget, p.holdable(p.in.Largest)
	switch {
	case len(r.unmet) > 0:
		return r.unmet[0], fmt.Sprintf("%d instances wait for more room than there is", len(r.unmet))
	case r.free() < target:
		return 1, fmt.Sprintf("%d slots free, %d wanted free", r.free(), target)
	case !r.holds(largest):
		return largest, fmt.Sprintf("no host has room for the largest environment, of %d slots", largest)
	}
	return 0, ""
}

// loaded tells whether anybody uses the pool, or wants to.
func (p *planner) loaded() bool {
	if len(p.queue) > 0 {
		return true
	}
	for _, n := range p.used {
		if n > 0 {
			return true
		}
	}
	return false
}

// flavorFor is the flavor of the next host: the large one under load, else the
// small one, and never one that is too small where the other is not.
func (p *planner) flavorFor(need int, loaded bool) pool.Flavor {
	first, other := p.in.Settings.Hosts.Small, p.in.Settings.Hosts.Large
	if loaded {
		first, other = other, first
	}
	if first.Slots < need && other.Slots >= need {
		return other
	}
	return first
}

func (p *planner) headroom(r room, hosts int) pool.Headroom {
	return pool.Headroom{
		Projected: r.free(), Target: p.in.Settings.FreeSlotTarget, Largest: p.in.Largest, Fits: r.holds(p.in.Largest),
		Hosts: hosts, MaxHosts: p.limit(), Building: r.coming,
	}
}

// measure is the headroom of a pool that does not grow.
func (p *planner) measure() {
	p.plan.Headroom = p.headroom(p.look(), p.hosts())
}

// growMachine asks for the machines that are there already, one at a time: how
// many slots one has is known only when it is built.
func (p *planner) growMachine() {
	r := p.look()
	hosts := p.hosts()
	waits := false
	for _, w := range p.waiting {
		most := p.largest()
		waits = waits || most == 0 || w.instance.Spec.Slots <= most
	}
	if (r.free() < p.in.Settings.FreeSlotTarget || waits) && hosts < p.limit() && r.coming == 0 {
		p.plan.Build = append(p.plan.Build, pool.Flavor{})
		p.decide("build", "", fmt.Sprintf("%d slots free, %d wanted free, %d of %d hosts", r.free(), p.in.Settings.FreeSlotTarget, hosts, p.limit()))
		hosts++
		r.coming++
	}
	p.plan.Headroom = p.headroom(r, hosts)
}
