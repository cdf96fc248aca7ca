package actors

import (
	"time"

	"github.com/asynkron/protoactor-go/actor"
)

// amendInstance has the instance's actor change its record. What cannot be done is
// refused here, and there again: its end may have begun in between.
func (s *supervisor) amendInstance(c actor.Context, m amendInstance) {
	i := s.instanceOf(m.by, m.instanceID)
	if i == nil {
		c.Respond(answer{err: noInstance})
		return
	}
	if err := m.what.refuse(*i, s.settings.ShutdownMode); err != nil {
		c.Respond(answer{err: err})
		return
	}
	s.takeUp(c, instanceKey(i.ID))
	if !s.tell(c, instanceKey(i.ID), amend{to: c.Sender(), userID: m.by.ID, until: time.Now().Add(askLimit), what: m.what}) {
		c.Respond(answer{err: unavailable})
	}
}
