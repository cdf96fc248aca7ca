package schedule

import (
	"fmt"
	"slices"

	"dockerdriver/actors/pool"
)

// revive takes back what a drain or errors began: hosts that are still there,
// and answer, serve again. A machine that was there before us is not held
// against its errors: there is no other.
func (p *planner) revive() {
	for _, h := range p.in.Hosts {
		if h.State != pool.HostInactive {
			continue
		}
		switch {
		case h.Stage == pool.HostStageDraining:
			p.reactivate(h, "shutdown mode is over")
		case h.Stage == pool.HostStageErrors && h.SilentSince.IsZero() && (!h.IsRented() || p.errors(h) <= pool.MaxHostErrors):
			p.reactivate(h, fmt.Sprintf("its engine answers, and %d of its errors still count", p.errors(h)))
		}
	}
}

func (p *planner) reactivate(h *pool.Host, because string) {
	p.plan.Reactivate = append(p.plan.Reactivate, h.ID)
	p.revived[h.ID] = true
	p.decide("reactivate", h.Name, because)
}

// retire takes hosts out of service whose lifetime is over or that had too many
// errors, and those that DD_MAX_HOSTS leaves no room for, if they are empty.
func (p *planner) retire() {
	surplus := p.hosts() - p.limit()
	for _, h := range slices.Backward(p.in.Hosts) { // the newest go first
		if !h.State.Takes() || !h.IsRented() {
			continue
		}
		left, ends := p.lifetime(h)
		switch {
		case ends && left <= 0:
			p.deactivate(h, pool.HostStageRetiring, "its lifetime is over")
		case p.errors(h) > pool.MaxHostErrors:
			p.deactivate(h, pool.HostStageErrors, fmt.Sprintf("it had %d errors within %s", p.errors(h), p.in.Settings.Hosts.ErrorDecay))
		case surplus > 0 && p.used[h.ID] == 0:
			surplus--
			p.deactivate(h, pool.HostStageRetiring, fmt.Sprintf("%d hosts are there, and at most %d may be", p.hosts(), p.limit()))
		}
	}
}

func (p *planner) deactivate(h *pool.Host, stage, because string) {
	p.plan.Deactivate = append(p.plan.Deactivate, Deactivation{h.ID, stage})
	p.out[h.ID] = true
	p.decide("deactivate", h.Name, because)
}

// giveBack releases hosts that take nothing more and hold nothing more.
func (p *planner) giveBack() {
	for _, h := range p.in.Hosts {
		if h.State != pool.HostInactive || p.revived[h.ID] || !p.mayGo(h) {
			continue
		}
		switch {
		case h.Stage == pool.HostStageRetiring:
			p.release(h, "it is retired, and "+p.nothingLeft(h))
		case h.Stage == pool.HostStageLost:
			p.release(h, "it is lost")
		case h.Stage == pool.HostStageErrors && h.SilentSince.IsZero() && h.IsRented():
			p.release(h, fmt.Sprintf("%d of its errors still count, and %s", p.errors(h), p.nothingLeft(h)))
		}
	}
}

func (p *planner) release(h *pool.Host, because string) {
	p.plan.Release = append(p.plan.Release, h.ID)
	p.decide("release", h.Name, because)
}

// startClocks begins the lifetime of hosts with their first instance. In an idle
// pool it also begins that of every host that the headroom does not need, so
// that an emptied pool shrinks to one small host; that one stays for ever, or
// idle hosts would be rotated for nothing (ancestor.md, fault 10).
func (p *planner) startClocks() {
	if !p.in.Rented {
		return
	}
	busy := len(p.queue) > 0
	for _, n := range p.used {
		busy = busy || n > 0
	}
	kept := map[string]bool{}
	if !busy {
		kept = p.kept()
	}
	for _, h := range p.in.Hosts {
		if !p.serves(h) || !h.IsRented() || !h.InUseSince.IsZero() {
			continue
		}
		if p.used[h.ID] > 0 || (!busy && !kept[h.ID]) {
			p.plan.StartClock = append(p.plan.StartClock, h.ID)
		}
	}
}

// kept are the hosts that an idle pool needs for its headroom: one that is
// enough alone, the smallest, and among equals the oldest; else as many as it
// takes. A host larger than the flavor that would be built anew is not kept.
func (p *planner) kept() map[string]bool {
	enough := p.wanted()
	best := p.flavorFor(enough, false)
	var idle []*pool.Host
	for _, h := range p.in.Hosts {
		if p.serves(h) && h.IsRented() && h.InUseSince.IsZero() {
			idle = append(idle, h)
		}
	}
	slices.SortStableFunc(idle, func(a, b *pool.Host) int { return a.Slots - b.Slots })
	for _, h := range idle {
		if h.Slots >= enough && h.Slots <= best.Slots {
			return map[string]bool{h.ID: true}
		}
	}
	kept := map[string]bool{}
	if best.Slots >= enough {
		return kept // one of that flavor will do, and replace all of these
	}
	for free := 0; len(idle) > 0 && free < p.in.Settings.FreeSlotTarget; idle = idle[:len(idle)-1] {
		h := idle[len(idle)-1]
		kept[h.ID] = true
		free += h.Slots
	}
	return kept
}

// wanted is the room that one empty host would need to be all of the headroom.
func (p *planner) wanted() int {
	return max(p.in.Settings.FreeSlotTarget, p.holdable(p.in.Largest))
}

// holdable is the slots of a blueprint, 0 for one that no flavor can hold.
func (p *planner) holdable(slots int) int {
	if slots > max(p.in.Settings.Hosts.Small.Slots, p.in.Settings.Hosts.Large.Slots) {
		return 0
	}
	return slots
}
