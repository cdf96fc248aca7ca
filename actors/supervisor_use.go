package actors

import (
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"dockerdriver/actors/pool"
)

// toldOfUse takes what is told of instances' use; it returns false for any other
// message.
func (s *supervisor) toldOfUse(c actor.Context) bool {
	switch m := c.Message().(type) {
	case used:
		for id, at := range m.when {
			s.tell(c, instanceKey(id), usedAt{at})
		}
	case unwatched:
		for id, i := range s.instances {
			if i.State.Live() {
				s.tell(c, instanceKey(id), m)
			}
		}
	case instanceUsed:
		s.instances[m.record.ID] = &m.record
		s.usesToShow = append(s.usesToShow, m.record.ID)
		if !s.showsUses {
			s.showsUses = true
			c.Send(c.Self(), showUses{})
		}
	case showUses:
		s.showUses(c)
	default:
		return false
	}
	return true
}

// showUses shows some of the instances that were used, in one view: a batch of a
// data plane may hold all that run, a view costs as much as there are, and
// subscribers' queues are bounded. The rest, and what comes meanwhile, has its
// turn a moment later.
func (s *supervisor) showUses(c actor.Context) {
	now := s.usesToShow[:min(len(s.usesToShow), usesShownAtOnce)]
	s.publishView()
	for _, id := range now {
		if i := s.instances[id]; i != nil {
			s.tell(c, feedKey, publish{pool.Event{At: time.Now(), Kind: pool.EventInstance, Instance: s.shown(i)}})
		}
	}
	s.usesToShow = s.usesToShow[len(now):]
	s.fx.later(c, usesShownPause, func(c actor.Context) {
		s.showsUses = len(s.usesToShow) > 0
		if s.showsUses {
			s.showUses(c)
		}
	})
}
