package actors

import (
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"dockerdriver/actors/pool"
)

// pause keeps the policy from asking for more hosts while the cloud refuses
// them, for longer with each refusal, and tells everybody why.
func (s *supervisor) pause(c actor.Context, m cloudFault) {
	now := time.Now()
	if m.givenUp != "" {
		s.remember(pool.Decision{At: now, Action: "give up", Subject: m.givenUp, Because: m.words})
	}
	p := s.status.Pause
	if p.Since.IsZero() {
		p.Since = now
	}
	if now.After(p.Until) {
		s.pauseFails++
		p.Until = now.Add(backoff(s.pauseFails, pauseFirst, pauseLongest))
	}
	p.Reason = m.words
	s.status.Pause = p
	s.log.Warn().Str("code", string(m.code)).Str("reason", m.words).Time("until", p.Until).Msg("no hosts are built for a while")
	s.fx.drop(s.resumeAt)
	s.resumeAt = s.fx.later(c, time.Until(p.Until), s.wantReplan)
	s.publishView()
	s.wantReplan(c)
}

// resume ends the pause: a host has become active, or what the cloud is asked for changed.
func (s *supervisor) resume(c actor.Context) {
	if s.status.Pause == (pool.Pause{}) {
		return
	}
	s.pauseFails = 0
	s.status.Pause = pool.Pause{}
	s.fx.drop(s.resumeAt)
	s.publishView()
	s.wantReplan(c)
}

func isLost(h *pool.Host) bool {
	return h.State == pool.HostInactive && h.Stage == pool.HostStageLost
}

// loseInstances tells the instances of a host that is given up. It is repeated
// with every tick, for those that were in the middle of something.
func (s *supervisor) loseInstances(c actor.Context, h *pool.Host) {
	words := "its machine cannot be reached"
	if n := len(h.Trouble); n > 0 {
		words = h.Trouble[n-1].Message
	}
	for id, i := range s.instances {
		if i.HostID == h.ID && i.State.Live() {
			s.tell(c, instanceKey(id), hostLost{words})
		}
	}
}

var noHost = pool.Refuse(pool.CodeNotFound, "There is no such host.", "It may be gone already; see the list of hosts.")

func (s *supervisor) knownHost(c actor.Context, id string) *pool.Host {
	h := s.hosts[id]
	if h == nil || h.State == pool.HostRemoved {
		c.Respond(answer{err: noHost})
		return nil
	}
	return h
}
