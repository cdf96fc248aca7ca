package schedule

import (
	"fmt"

	"dockerdriver/actors/pool"
)

// place packs: the oldest host with room, so that others empty (ancestor.md,
// "Placement"). The queue is strict: a small instance does not overtake a large
// one that waits, or the large one might wait for ever. What fits no host that
// there is or can be holds up nobody: it was taken before the sizes were known.
func (p *planner) place() {
	blocked := false
	for _, i := range p.queue {
		if most := p.largest(); most > 0 && i.Spec.Slots > most {
			p.waiting = append(p.waiting, wait{i, fmt.Sprintf("it takes %d slots, and the largest host has %d", i.Spec.Slots, most)})
			continue
		}
		host, reason := p.hostFor(i)
		if blocked {
			host, reason = nil, "others came first"
		}
		if host == nil {
			blocked = true
			p.waiting = append(p.waiting, wait{i, reason})
			continue
		}
		p.used[host.ID] += i.Spec.Slots
		p.starting[host.ID]++
		p.plan.Place = append(p.plan.Place, Placement{InstanceID: i.ID, HostID: host.ID})
		p.decide("place", i.Name, fmt.Sprintf("%s is the best host with room for %d more slots", host.Name, i.Spec.Slots))
	}
}

// largest is the size of the largest host that there is or can be; 0: nobody knows.
func (p *planner) largest() (slots int) {
	if p.in.Rented {
		slots = max(p.in.Settings.Hosts.Small.Slots, p.in.Settings.Hosts.Large.Slots)
	}
	for _, h := range p.in.Hosts {
		if h.State != pool.HostRemoved {
			slots = max(slots, h.Slots)
		}
	}
	return slots
}

// hostFor is the best host for the instance: one that has its image before one
// that would have to be sent it, one with lifetime left before one without,
// and then the oldest.
func (p *planner) hostFor(i *pool.Instance) (best *pool.Host, reason string) {
	rank := -1
	for _, h := range p.in.Hosts {
		if !p.serves(h) {
			continue
		}
		switch {
		case p.used[h.ID]+i.Spec.Slots > h.Slots:
			continue
		case p.starting[h.ID] >= StartsPerHost:
			reason = "others are starting on the same host"
			continue
		}
		r := 0
		if p.in.HasImage != nil && p.in.HasImage(h.ID, i.Spec.ImageID) {
			r += 2
		}
		if !p.isLow(h) {
			r++
		}
		if r > rank {
			best, rank = h, r
		}
	}
	return best, reason
}

// explain tells those that wait where they stand and why.
func (p *planner) explain() {
	for n, w := range p.waiting {
		reason := w.reason
		if reason == "" {
			reason = p.shortage()
		}
		p.plan.Waiting[w.instance.ID] = pool.Queue{Position: n + 1, Reason: reason}
	}
}

func (p *planner) shortage() string {
	there := p.hosts() + len(p.plan.Build)
	switch {
	case p.plan.Headroom.Building > 0:
		return "a notebook host is being made ready"
	case p.in.Now.Before(p.in.PausedUntil):
		return "all slots are taken, and no notebook host can be made at the moment"
	case there >= p.limit():
		return fmt.Sprintf("all slots are taken, and %d of at most %d notebook hosts are there", there, p.limit())
	}
	return "all slots are taken"
}
