package actors

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"dockerdriver/actors/pool"
)

// kid is one child of the supervisor, through all its incarnations.
type kid struct {
	pid   *actor.PID // nil between two incarnations
	ended bool       // it reported its end and was given the pill
	pills time.Time  // since when
	fails []time.Time
	fault any // its last panic
}

// Keys of children.
const (
	proxyKey = "Proxy"
	feedKey  = "Feed"
)

func hostKey(id string) string     { return "Host-" + id }
func instanceKey(id string) string { return "Instance-" + id }
func pushKey(hostID, imageID string) string {
	return "ImagePush-" + hostID + "-" + strings.TrimPrefix(imageID, "sha256:")
}

// spawn starts an incarnation under a name of its own: a name used again can
// hit the library's window between registration and readiness (protoactor.md,
// traps 5 and 6).
func (s *supervisor) spawn(c actor.Context, key string, produce func() actor.Actor) {
	k := s.kids[key]
	if k == nil {
		k = &kid{}
		s.kids[key] = k
	}
	if k.pid != nil {
		return
	}
	log := s.deps.log.With().Str("actor", key).Logger()
	props := actor.PropsFromProducer(produce, append(s.deps.trial.sender(key), actor.WithReceiverMiddleware(guard(log, key, s.deps.trial)))...)
	pid, err := c.SpawnNamed(props, fmt.Sprintf("%s.%d", key, lastToken.Add(1)))
	if err != nil {
		s.log.Error().Err(err).Str("actor", key).Msg("cannot spawn actor")
		s.respawnLater(c, key, k)
		return
	}
	k.pid, k.ended = pid, false
	s.keyOf[pid.Id] = key
}

func (s *supervisor) spawnFeed(c actor.Context) {
	s.spawn(c, feedKey, func() actor.Actor { return newFeed() })
}

// spawnProxy starts the Proxy with the routes of running instances and the
// sessions that belong to them.
func (s *supervisor) spawnProxy(c actor.Context, stored []pool.NotebookSession) {
	routes := s.routes()
	sessions := map[string]pool.NotebookSession{}
	var stale []string
	for _, session := range stored {
		if i := s.instances[session.InstanceID]; i != nil && i.State == pool.InstanceRunning {
			sessions[session.CookieHash] = session
		} else {
			stale = append(stale, session.CookieHash)
		}
	}
	s.spawn(c, proxyKey, func() actor.Actor { return newProxy(s.deps, routes, sessions, stale) })
	for id, i := range s.instances {
		if i.Stage == pool.StageProbing {
			s.tell(c, instanceKey(id), reroute{})
		}
	}
}

func (s *supervisor) spawnHost(c actor.Context, id string) {
	rec := *s.hosts[id]
	delete(s.releasing, id) // the last incarnation may not have come to it
	s.spawn(c, hostKey(id), func() actor.Actor { return newHost(s.deps, rec) })
	s.goOnHandBack(c, id) // asked of an incarnation that did not come to it
}

func (s *supervisor) spawnInstance(c actor.Context, id string) {
	rec := *s.instances[id]
	var host pool.Host
	if h := s.hosts[rec.HostID]; h != nil {
		host = *h
	}
	// A reservation that did not reach the record died with the last incarnation.
	delete(s.assigned, id)
	s.spawn(c, instanceKey(id), func() actor.Actor { return newInstance(s.deps, rec, host) })
	if e := s.ending[id]; e != nil { // asked of an incarnation that did not come to it
		s.tell(c, instanceKey(id), end{e.reason})
	}
}

// tell sends to a child that is there; one between two incarnations starts
// from its record and needs no old message.
func (s *supervisor) tell(c actor.Context, key string, message any) bool {
	k := s.kids[key]
	if k == nil || k.pid == nil || k.ended {
		return false
	}
	c.Send(k.pid, message)
	return true
}

// forward hands the message on with its sender. Where nobody is there to
// answer, the asker is told at once.
func (s *supervisor) forward(c actor.Context, key string) {
	k := s.kids[key]
	if k != nil && k.pid != nil && !k.ended {
		c.Forward(k.pid)
		return
	}
	switch c.Message().(type) {
	case mint, redeem, revoke, subscribe:
		c.Respond(answer{err: unavailable})
	}
}

// pill ends a child that has reported its end.
func (s *supervisor) pill(c actor.Context, key string) {
	if k := s.kids[key]; k != nil && k.pid != nil && !k.ended {
		k.ended, k.pills = true, time.Now()
		s.log.Debug().Str("kid", key).Msg("actor gets the pill")
		c.Poison(k.pid)
	}
}

// HandleFailure notes why a child failed, and ends it. A Restart of this library
// keeps stale continuations and can outlive a stop (protoactor.md, traps 3 and 7): the
// child is respawned from its record when Terminated comes.
func (s *supervisor) HandleFailure(_ *actor.ActorSystem, parent actor.Supervisor, child *actor.PID, _ *actor.RestartStatistics, reason, _ any) {
	if k := s.kids[s.keyOf[child.Id]]; k != nil {
		k.fault = reason
	}
	parent.StopChildren(child)
}

// countKids finds children whose end was not heard, and gives the pill again to those
// that did not swallow it.
func (s *supervisor) countKids(c actor.Context) {
	for _, k := range s.kids {
		switch {
		case k.pid == nil:
		case !alive(c, k.pid):
			s.kidGone(c, k.pid)
		case k.ended && time.Since(k.pills) > reconcileEvery:
			c.Stop(k.pid)
		}
	}
}

// kidGone respawns a child that ended without having said so.
func (s *supervisor) kidGone(c actor.Context, who *actor.PID) {
	key, known := s.keyOf[who.Id]
	if !known {
		return
	}
	delete(s.keyOf, who.Id)
	k := s.kids[key]
	k.pid = nil
	if k.ended {
		delete(s.kids, key)
		s.afterEnd(c, key)
		return
	}
	s.respawnLater(c, key, k)
}

// respawnLater respawns with growing pauses; an actor that fails again and
// again is set aside, and takes no other with it.
func (s *supervisor) respawnLater(c actor.Context, key string, k *kid) {
	now := time.Now()
	k.fails = append(recent(k.fails, now), now)
	s.log.Error().Str("actor", key).Int("attempt", len(k.fails)).Msg("actor failed")
	if p, isPush := s.pushes[key]; isPush && len(k.fails) > respawnAtMost {
		p.State, p.Failure = pool.PushFailed, "it fell over again and again; the server's log tells why"
		s.pushChanged(c, p)
		delete(s.kids, key) // whoever needs it next begins a new one
		s.startPushes(c)
		return
	}
	if s.pullFellOver(c, key, k) {
		return
	}
	if len(k.fails) > respawnAtMost {
		s.putAside(c, key, k)
		return
	}
	s.fx.later(c, backoff(len(k.fails), respawnFirst, respawnLimit), func(c actor.Context) { s.respawn(c, key) })
}

func (s *supervisor) respawn(c actor.Context, key string) {
	kind, id, _ := strings.Cut(key, "-")
	switch kind {
	case feedKey:
		s.spawnFeed(c)
	case proxyKey:
		run(s.fx, c, saveLimit, s.deps.Store.Load, func(c actor.Context, r pool.Records, err error) {
			if err != nil {
				s.log.Error().Err(err).Str("actor", key).Msg("cannot load records")
				s.fx.later(c, respawnLimit, func(c actor.Context) { s.respawn(c, key) })
				return
			}
			s.spawnProxy(c, r.Sessions)
		})
	case "Host":
		if s.hosts[id] != nil {
			s.spawnHost(c, id)
			s.wantReplan(c)
		}
	case "Instance":
		if i := s.instances[id]; i == nil || (!i.State.Live() && s.ending[id] == nil) {
			delete(s.kids, key)
			return
		}
		s.spawnInstance(c, id)
		s.wantReplan(c)
	case "ImagePush":
		p := s.pushes[key]
		image, known := pool.FindImage(s.images, p.ImageID)
		if host := s.hosts[p.HostID]; known && host != nil {
			s.spawnPush(c, key, *host, image)
			return
		}
		delete(s.kids, key)
		s.pushLost(c, key)
	case "ImagePull":
		s.respawnPull(c, id)
	}
}

// afterEnd does what had to wait until a child was gone.
func (s *supervisor) afterEnd(c actor.Context, key string) {
	kind, id, _ := strings.Cut(key, "-")
	switch kind {
	case "Host":
		run(s.fx, c, saveLimit, func(ctx context.Context) (struct{}, error) {
			return struct{}{}, s.deps.Store.Save(ctx, pool.Changes{GoneHosts: []string{id}})
		}, func(c actor.Context, _ struct{}, err error) {
			if err != nil {
				s.log.Warn().Err(err).Str("host", id).Msg("cannot forget removed host yet")
				s.fx.later(c, respawnLimit, func(c actor.Context) { s.afterEnd(c, key) })
				return
			}
			s.forgetHost(c, id)
		})
	case "Instance":
		if s.ending[id] != nil && s.instances[id] != nil {
			s.spawnInstance(c, id) // it was on its way out when the end was asked for
		}
	case "ImagePush":
		s.startPushes(c) // its place is free, and it may be wanted again already
	case "ImagePull":
		s.startPulls(c)
	}
}
