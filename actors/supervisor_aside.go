package actors

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"dockerdriver/actors/pool"
)

// putAside lets a child rest that failed again and again. It takes no other with it:
// notebooks of a Host go on, the last route table of a Proxy serves. A launch that
// cannot go on is failed in its actor's place, so that its owner is told.
func (s *supervisor) putAside(c actor.Context, key string, k *kid) {
	kind, id, _ := strings.Cut(key, "-")
	a := pool.SetAside{Actor: key, At: time.Now(), Tries: len(k.fails), Reason: failedAgain(len(k.fails)), Hint: "Try it again, on the Pool page or with dockerdriver retry; if it stays so, look into the server's log."}
	if k.fault != nil {
		a.Error = fmt.Sprint(k.fault)
	}
	switch kind {
	case "Host":
		a.Hint = "Notebooks on this host go on, and it takes no new ones. Try it again, on the Pool page or with dockerdriver retry; if it stays so, look into the server's log, and release the host."
	case "Instance":
		a.Hint = "A notebook that runs goes on. Try it again, on the Pool page or with dockerdriver retry, or destroy it; if it stays so, look into the server's log."
		s.failAside(c, id, 1)
	case proxyKey:
		a.Hint = "Whoever is in a notebook stays in; nobody new gets in, and no new notebook is opened. Try it again, on the Pool page or with dockerdriver retry; if it stays so, look into the server's log, and restart the server."
	case feedKey:
		a.Hint = "Pages show changes only when they are loaded anew. Try it again, on the Pool page or with dockerdriver retry; if it stays so, look into the server's log, and restart the server."
	}
	s.setAside[key] = a
	s.log.Error().Str("actor", key).Int("attempt", len(k.fails)).Str("reason", a.Error).Msg("actor set aside")
	s.poolVisible(c)
	s.wantReplan(c) // a host without an actor takes nothing
}

// failAside stores that a launch has failed whose actor was set aside. What there is
// of its container is removed as a stray.
func (s *supervisor) failAside(c actor.Context, id string, attempt int) {
	i := s.instances[id]
	if i == nil || (i.State != pool.InstanceQueueing && i.State != pool.InstanceProvisioning) || s.ending[id] != nil {
		return
	}
	next := i.At(pool.InstanceFailed, "", time.Now())
	next.Failure = &pool.Failure{
		Code: pool.CodeTooManyRestarts, Message: "The server failed again and again at this launch.",
		Hint: "Launch again; if it stays so, tell an administrator: the Pool page and the server's log have more.",
	}
	run(s.fx, c, saveLimit, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, s.deps.Store.Save(ctx, pool.Changes{Instances: []pool.Instance{next}})
	}, func(c actor.Context, _ struct{}, err error) {
		if _, aside := s.setAside[instanceKey(id)]; !aside || s.instances[id] != i {
			return // it was tried again meanwhile
		}
		if err != nil {
			s.log.Error().Err(err).Str("instance", id).Int("attempt", attempt).Msg("cannot store instance")
			s.fx.later(c, backoff(attempt, time.Second, time.Minute), func(c actor.Context) { s.failAside(c, id, attempt+1) })
			return
		}
		s.instanceChanged(c, next)
	})
}

// takeUp tries a child anew that was set aside: somebody wants something of it. It
// returns false for one that was not.
func (s *supervisor) takeUp(c actor.Context, key string) bool {
	if _, aside := s.setAside[key]; !aside {
		return false
	}
	s.log.Info().Str("actor", key).Msg("actor is tried again")
	delete(s.setAside, key)
	delete(s.kids, key)
	s.respawn(c, key)
	s.poolVisible(c)
	s.wantReplan(c)
	return true
}

// takeUpRested tries a child anew that somebody waits for and that has rested for a
// while. Nothing waits for ever for an actor.
func (s *supervisor) takeUpRested(c actor.Context, key string) {
	if a, aside := s.setAside[key]; aside && time.Since(a.At) > respawnWindow {
		s.takeUp(c, key)
	}
}

// withResting tells of what a drain waits for that its actor is set aside.
func (s *supervisor) withResting(blockers []pool.Blocker) []pool.Blocker {
	for n, b := range blockers {
		key := hostKey(b.ID)
		if b.Kind == pool.BlockerInstance {
			key = instanceKey(b.ID)
		}
		if a, aside := s.setAside[key]; aside {
			blockers[n].Words += "; " + a.Reason + ", and is tried again at " + a.At.Add(respawnWindow).UTC().Format(time.RFC3339) + " or by hand on the Pool page"
		}
	}
	return blockers
}

// takeUpAsked is takeUp by hand.
func (s *supervisor) takeUpAsked(c actor.Context, m tryAgain) {
	if !s.takeUp(c, m.actor) {
		reply(c, c.Sender(), nil, pool.Refuse(pool.CodeNotFound, "No actor "+m.actor+" is set aside.", "It may be tried again already; look at the Pool page."))
		return
	}
	s.log.Warn().Str("actor", m.actor).Str("user", m.by.ID).Msg("actor is tried again by hand")
	reply(c, c.Sender(), nil, nil)
}
