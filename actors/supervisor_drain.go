package actors

import (
	"strings"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"dockerdriver/actors/pool"
)

// drainPool begins shutdown mode, or gives the one that is on another deadline.
// The mode and its deadline are stored in one write.
func (s *supervisor) drainPool(c actor.Context, to *actor.PID, m drainPool) {
	changes := []pool.Variable{s.changed(pool.VarShutdownMode, "True", m.by)}
	if m.deadline != nil {
		changes = append(changes, s.changed(pool.VarShutdownDeadline, pool.TimeText(*m.deadline), m.by))
	}
	s.storeVariables(c, to, m.by, changes, struct{}{})
}

// resumePool takes shutdown mode back, with its deadline.
func (s *supervisor) resumePool(c actor.Context, to *actor.PID, m resumePool) {
	s.storeVariables(c, to, m.by, s.withoutShutdown(m.by), struct{}{})
}

// withoutShutdown are the variables of a pool that runs.
func (s *supervisor) withoutShutdown(by pool.User) []pool.Variable {
	changes := []pool.Variable{s.changed(pool.VarShutdownMode, "False", by)}
	if s.variables[pool.VarShutdownDeadline].Value != "" {
		changes = append(changes, s.changed(pool.VarShutdownDeadline, "", by))
	}
	return changes
}

// drainOn does a drain's steps that are more than one plan: what is stuck is tried
// at once when the deadline is over, and the deadline itself is waited for.
func (s *supervisor) drainOn(c actor.Context) {
	deadline := s.settings.ShutdownDeadline
	if s.deadline.Equal(deadline) {
		return
	}
	s.deadline = deadline
	s.fx.drop(s.deadlineAt)
	if deadline.IsZero() {
		return
	}
	s.deadlineAt = s.fx.later(c, time.Until(deadline), func(c actor.Context) {
		for id, h := range s.hosts {
			if h.State == pool.HostStuck {
				s.tell(c, hostKey(id), release{})
			}
		}
		s.wantReplan(c)
	})
}

// isEmpty tells whether no actor of the pool is left that holds something outside:
// no host, no instance on one, no push that is still being cut off.
func (s *supervisor) isEmpty() bool {
	if len(s.hosts) > 0 {
		return false
	}
	for _, i := range s.instances {
		if i.HostID != "" && i.State.Live() {
			return false
		}
	}
	for key := range s.kids {
		if strings.HasPrefix(key, "ImagePush-") {
			return false
		}
	}
	return true
}

// noteEmpty keeps since when the pool is empty.
func (s *supervisor) noteEmpty() {
	switch {
	case !s.isEmpty():
		s.emptySince = time.Time{}
	case s.emptySince.IsZero():
		s.emptySince = time.Now()
	}
}

// isSwept tells whether the cloud has confirmed, after the pool had become empty,
// that it holds nothing of ours. Only then is a pool drained.
func (s *supervisor) isSwept() bool {
	return !s.rented() || (!s.emptySince.IsZero() && !s.listedAt.Before(s.emptySince) && len(s.strays) == 0)
}

// sweep has the cloud asked at once when a drain has become empty, instead of at
// the next of the looks that come every few minutes.
func (s *supervisor) sweep(c actor.Context) {
	if s.emptySince.IsZero() || s.isSwept() || s.sweptFor.Equal(s.emptySince) {
		return
	}
	s.sweptFor = s.emptySince
	if !s.listing { // else the look that is under way is followed by the next one soon
		s.fx.drop(s.listAgain)
		s.listThings(c)
	}
}
