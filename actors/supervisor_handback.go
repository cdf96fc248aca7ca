package actors

import (
	"github.com/asynkron/protoactor-go/actor"

	"dockerdriver/actors/pool"
)

// handBack is a host that is to go because somebody said so. It is remembered until
// that is stored: the host's actor may fall over before it comes to it.
type handBack struct {
	ends bool         // what is on it as well
	to   []*actor.PID // who waits for it, at most maxEnders
}

// retireHost answers when it is stored that the host takes nothing more.
func (s *supervisor) retireHost(c actor.Context, m retireHost) {
	if h := s.knownHost(c, m.id); h != nil {
		s.log.Info().Str("host", h.ID).Str("user", m.by.ID).Msg("host is retired by hand")
		s.beginHandBack(c, h.ID, false, c.Sender())
	}
}

// releaseHost ends what is on the host too, and answers when all that is stored.
func (s *supervisor) releaseHost(c actor.Context, m releaseHost) {
	if h := s.knownHost(c, m.id); h != nil {
		s.log.Warn().Str("host", h.ID).Str("user", m.by.ID).Msg("host is released by hand")
		s.beginHandBack(c, h.ID, true, c.Sender())
	}
}

func (s *supervisor) beginHandBack(c actor.Context, id string, ends bool, to *actor.PID) {
	b := s.handBacks[id]
	if b == nil {
		b = &handBack{}
		s.handBacks[id] = b
	}
	b.ends = b.ends || ends
	if to != nil && len(b.to) < maxEnders {
		b.to = append(b.to, to)
	}
	s.takeUp(c, hostKey(id))
	s.goOnHandBack(c, id)
	s.handBackStored(c, id)
}

// goOnHandBack tells those concerned; it is repeated with the tick and to actors
// that came back. A host that does not serve is released at once, and one that is
// stuck tried again.
func (s *supervisor) goOnHandBack(c actor.Context, id string) {
	b, h := s.handBacks[id], s.hosts[id]
	if b == nil || h == nil {
		return
	}
	switch {
	case h.State == pool.HostActive || h.State == pool.HostInactive:
		if !goes(h) {
			s.tell(c, hostKey(id), deactivate{pool.HostStageRetiring})
		}
	case h.State == pool.HostStuck || !goes(h):
		if s.tell(c, hostKey(id), release{}) {
			s.releasing[id] = true
		}
	}
	for _, i := range s.staysOn(b, id) {
		s.beginEnd(c, i, pool.EndByHost, nil)
	}
}

// goes tells whether it is stored that the host takes nothing more, for good.
func goes(h *pool.Host) bool {
	retired := h.State == pool.HostInactive && (h.Stage == pool.HostStageRetiring || h.Stage == pool.HostStageLost)
	return retired || leaves(h)
}

// leaves tells whether it is stored that the host is released.
func leaves(h *pool.Host) bool {
	return h.State == pool.HostRemoving || h.State == pool.HostRemoved || h.State == pool.HostStuck
}

// staysOn are the instances whose end is not stored yet.
func (s *supervisor) staysOn(b *handBack, hostID string) (ids []string) {
	for id, i := range s.instances {
		if b.ends && i.HostID == hostID && i.State.Live() && i.State != pool.InstanceDeleting {
			ids = append(ids, id)
		}
	}
	return ids
}

// handBackStored answers once all of it is stored.
func (s *supervisor) handBackStored(c actor.Context, id string) {
	b, h := s.handBacks[id], s.hosts[id]
	if b == nil || h == nil || !goes(h) || len(s.staysOn(b, id)) > 0 {
		return
	}
	delete(s.handBacks, id)
	for _, to := range b.to {
		reply(c, to, *h, nil)
	}
}
