package actors

import (
	"context"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"dockerdriver/actors/pool"
)

func (s *supervisor) armTick(c actor.Context) {
	s.fx.later(c, reconcileEvery, func(c actor.Context) {
		c.Send(c.Self(), reconcileTick{})
		s.armTick(c)
	})
}

// tick heals what a lost message or a missed event left behind.
func (s *supervisor) tick(c actor.Context) {
	s.countKids(c)
	if s.scanned {
		s.pinAgain(c)
	}
	s.startPushes(c) // a place that is free because room was no longer wanted is told by nobody
	for id, h := range s.hosts {
		s.lookAtHost(c, id, h)
	}
	now := time.Now()
	for _, i := range s.instances {
		s.lookAt(c, i, now)
	}
	s.forgetEnded(c, now)
	s.replanned = false // it may have been lost
	s.wantReplan(c)
}

// lookAtHost has a host look at its engine, and asks again for what it was asked for
// and has not stored.
func (s *supervisor) lookAtHost(c actor.Context, id string, h *pool.Host) {
	s.tell(c, hostKey(id), observe{h})
	s.goOnHandBack(c, id)
	if s.releasing[id] && !leaves(h) {
		s.tell(c, hostKey(id), release{})
	}
	if s.releasing[id] || h.State == pool.HostRemoving || h.State == pool.HostRequested || h.State == pool.HostBuilding || h.State == pool.HostPreparing {
		s.takeUpRested(c, hostKey(id)) // somebody waits for it
	}
	if isLost(h) {
		s.loseInstances(c, h)
	}
}

// lookAt has an instance look at itself. A place that it was given and did not take is
// given again.
func (s *supervisor) lookAt(c actor.Context, i *pool.Instance, now time.Time) {
	key, host := instanceKey(i.ID), s.hosts[i.HostID]
	if i.State.Live() && i.HostID != "" && host == nil {
		s.tell(c, key, hostLost{"its machine is gone"})
		return
	}
	m := look{now: now, known: i}
	if host != nil {
		m.host = *host
	}
	s.tell(c, key, m)
	if given := s.hosts[s.assigned[i.ID]]; given != nil && i.State == pool.InstanceQueueing {
		s.tell(c, key, assign{*given})
	}
	if e := s.ending[i.ID]; e != nil {
		s.tell(c, key, end{e.reason})
	}
	if (i.State == pool.InstanceRunning && i.Expired(now)) || i.State == pool.InstanceDeleting || s.ending[i.ID] != nil {
		s.takeUpRested(c, key) // nobody else would end it
	}
}

// forgetEnded forgets instances that ended a day ago.
func (s *supervisor) forgetEnded(c actor.Context, now time.Time) {
	var gone []string
	for id, i := range s.instances {
		if k := s.kids[instanceKey(id)]; !i.State.Live() && now.Sub(i.EndedAt) > keepEnded && (k == nil || k.pid == nil) {
			gone = append(gone, id)
		}
	}
	if len(gone) == 0 {
		return
	}
	run(s.fx, c, saveLimit, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, s.deps.Store.Save(ctx, pool.Changes{GoneInstances: gone})
	}, func(_ actor.Context, _ struct{}, err error) {
		if err != nil {
			s.log.Warn().Err(err).Msg("cannot forget ended instances yet")
			return
		}
		for _, id := range gone {
			delete(s.instances, id)
			delete(s.kids, instanceKey(id))
			delete(s.setAside, instanceKey(id))
		}
		s.publishView()
	})
}

// compare looks for containers without a record and records without a container.
func (s *supervisor) compare(c actor.Context, m hostContainers) {
	there := map[string]bool{}
	for _, found := range m.containers {
		there[found.InstanceID] = true
		i := s.instances[found.InstanceID]
		if i == nil || !i.State.Live() || i.HostID != m.hostID {
			if s.launching[found.InstanceID] == nil {
				s.log.Warn().Str("host", m.hostID).Str("instance", found.InstanceID).Str("container", found.ID).Msg("stray container found")
				s.tell(c, hostKey(m.hostID), removeStray{found.ID})
			}
			continue
		}
		s.tell(c, instanceKey(i.ID), seen{asked: m.asked, container: found})
	}
	for id, i := range s.instances {
		if i.HostID == m.hostID && i.State == pool.InstanceRunning && !there[id] {
			s.tell(c, instanceKey(id), seen{asked: m.asked, gone: true})
		}
	}
}
