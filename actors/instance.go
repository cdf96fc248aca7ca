package actors

import (
	"cmp"
	"context"
	"reflect"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/rs/zerolog"

	"dockerdriver/actors/pool"
)

// instance is the actor of one launched instance, from queueing to deleted. It
// is the only writer of the instance's record. Steps to running are in
// instance_launch.go, the ways out in instance_end.go.
type instance struct {
	deps   *deps
	log    zerolog.Logger
	fx     *effects
	closed bool

	rec  pool.Instance
	host pool.Host // where it is placed; zero while queueing

	step       uint64 // the effect or timer that is under way, cancelled by an end
	saving     bool
	saveFails  int
	tryFails   int
	tryUntil   time.Time
	routed     bool       // the Proxy may have a route of ours
	oomTold    bool       // the engine told that the container ran out of memory
	oomAwaited bool       // that was waited for
	endReason  string     // an end was asked for; empty: not
	leaving    bool       // on a way out: no step to running may follow
	pinning    bool       // another digest is being stored
	offered    *pool.Host // a place that came meanwhile
	expiry     uint64
	idle       uint64              // the timer of its end by idling
	useShown   time.Time           // the last use that the supervisor knows of
	useStored  time.Time           // and the one that is stored
	savesUse   bool                // what is being stored has nothing else that is new
	asked      any                 // what the Proxy was asked
	afterAck   func(actor.Context) // what waits for its answer
	ackTimer   uint64
}

func newInstance(d *deps, rec pool.Instance, host pool.Host) *instance {
	log := d.log.With().Str("actor", "instance").Str("instance", rec.ID).Logger()
	return &instance{
		deps: d, log: log, fx: newEffects(log, d.trial), rec: rec, host: host,
		routed: rec.State == pool.InstanceRunning || rec.Stage == pool.StageProbing,
	}
}

// Receive is the mailbox.
func (a *instance) Receive(c actor.Context) {
	if a.closed || a.fx.handle(c) {
		return
	}
	switch m := c.Message().(type) {
	case *actor.Started:
		a.resume(c)
	case *actor.Stopping:
		a.closed = true
		a.fx.close()
	case assign:
		a.assigned(c, m.host)
	case requeue:
		a.requeued(c)
	case moved:
		a.host = m.host
	case imageReady:
		a.imageIsThere(c, m.imageID)
	case imageFault:
		a.imageFailed(c, m.failure)
	case pinned:
		a.pinned(c, m)
	case unpinned:
		a.unpinned(c, m.failure)
	case routeUp:
		a.acknowledged(c, true, m.label)
	case routeGone:
		a.acknowledged(c, false, m.label)
	case reroute:
		a.reroute(c)
	case containerEvent:
		a.containerChanged(c, m.event, 1)
	case seen:
		a.containerSeen(c, m)
	case end:
		a.endWanted(c, m.reason)
	case amend:
		a.amend(c, m)
	case look:
		a.looked(c, m)
	case usedAt:
		a.used(c, m.at, time.Now())
	case unwatched:
		a.watchUse(c)
	case hostLost:
		a.hostGone(c, m.words)
	}
}

// resume goes on where the record says that the last incarnation was.
func (a *instance) resume(c actor.Context) {
	switch a.rec.State {
	case pool.InstanceProvisioning:
		switch a.rec.Stage {
		case pool.StageScheduled, pool.StageImage:
			a.needImage(c)
		case pool.StageCreating:
			a.create(c) // finds what an earlier life made
		default:
			a.start(c) // a started container is fine
		}
	case pool.InstanceRunning:
		a.useStored = a.rec.LastUsedAt
		a.watchUse(c)
		a.resumeLifetime(c)
	case pool.InstanceDeleting:
		a.leaving = true
		a.removeContainer(c)
	}
}

// save stores the next record, then makes it this actor's, reports it and goes
// on. Saves of one instance never overlap, so the last one is the newest. A
// write that fails (disk full) is tried again for as long as it takes: the
// instance stays in the state that is stored.
func (a *instance) save(c actor.Context, next pool.Instance, then func(actor.Context)) {
	a.saving = true
	run(a.fx, c, saveLimit, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, a.deps.Store.Save(ctx, pool.Changes{Instances: []pool.Instance{next}})
	}, func(c actor.Context, _ struct{}, err error) {
		if err != nil {
			a.saveFails++
			a.log.Error().Err(err).Int("attempt", a.saveFails).Msg("cannot store instance")
			a.fx.later(c, backoff(a.saveFails, time.Second, time.Minute), func(c actor.Context) { a.save(c, next, then) })
			return
		}
		a.saving, a.saveFails = false, 0
		a.stored(c, next)
		if a.endReason != "" && !a.leaving {
			a.leave(c)
			return
		}
		then(c)
	})
}

func (a *instance) stored(c actor.Context, next pool.Instance) {
	was := a.rec
	a.useStored = next.LastUsedAt
	if was.LastUsedAt.After(next.LastUsedAt) { // while it was being stored
		next.LastUsedAt = was.LastUsedAt
	}
	next.WatchedSince = was.WatchedSince
	a.rec = next
	a.useShown = next.LastUsedAt
	if a.savesUse {
		a.savesUse = false
		a.showUse(c)
		return
	}
	if next.HostID == "" {
		a.host = pool.Host{} // back in the queue: that host may go before this one does
	}
	if was.State != next.State || was.Stage != next.Stage {
		line := a.log.Info().Str("name", next.Name).Str("user", next.UserID).Str("host", next.HostID).
			Str("from", string(was.State)).Str("to", string(next.State)).Str("stage", next.Stage).
			Dur("dur", next.StageSince.Sub(was.StageSince))
		if next.Failure != nil {
			line = line.Str("reason", string(next.Failure.Code))
		}
		line.Msg("instance changed")
	}
	c.Send(c.Parent(), instanceChanged{next})
}

// askProxy sends the Proxy a question through the supervisor, which knows its
// pid, until it is acknowledged.
func (a *instance) askProxy(c actor.Context, question any, then func(actor.Context)) {
	a.asked, a.afterAck = question, then
	c.Request(c.Parent(), question)
	a.fx.drop(a.ackTimer)
	a.ackTimer = a.fx.later(c, routeAckLimit, func(c actor.Context) { a.askProxy(c, question, then) })
}

// acknowledged goes on after the answer to what was asked last: one that comes
// twice, because it was asked twice, says nothing of the next question.
func (a *instance) acknowledged(c actor.Context, up bool, label string) {
	if _, asked := a.asked.(setRoute); label != a.rec.Label || a.afterAck == nil || asked != up {
		return
	}
	then := a.afterAck
	a.afterAck = nil
	a.fx.drop(a.ackTimer)
	then(c)
}

// reroute tells a new Proxy of a route that the old one had acknowledged, and
// that no record speaks of yet.
func (a *instance) reroute(c actor.Context) {
	if a.routed && !a.leaving && a.afterAck == nil {
		c.Request(c.Parent(), setRoute{routeOf(a.rec)})
	}
}

// resumeLifetime gives an instance whose end fell into the server's absence a
// little more time: its owner could neither see it coming nor save anything.
func (a *instance) resumeLifetime(c actor.Context) {
	if !a.rec.Expired(time.Now()) {
		a.armExpiry(c)
		return
	}
	next := a.rec
	next.ExpiresAt = time.Now().Add(absenceGrace).Round(0)
	a.save(c, next, a.armExpiry)
}

func (a *instance) armExpiry(c actor.Context) {
	a.fx.drop(a.expiry)
	if a.rec.ExpiresAt.IsZero() {
		return
	}
	a.expiry = a.fx.later(c, time.Until(a.rec.ExpiresAt), func(c actor.Context) { a.checkDeadline(c, time.Now()) })
}

// checkDeadline ends an instance whose lifetime is over. The slow tick asks
// too, for clocks that were set and timers that slept.
func (a *instance) checkDeadline(c actor.Context, now time.Time) {
	if a.rec.State == pool.InstanceRunning && !a.leaving && a.rec.Expired(now) {
		a.endWanted(c, pool.EndByLifetime)
	}
}

// looked takes the slow tick.
func (a *instance) looked(c actor.Context, m look) {
	if m.host.ID != "" && m.host.ID == a.rec.HostID {
		a.host = m.host // it may have moved
	}
	known := *m.known
	known.LastUsedAt, known.WatchedSince = a.rec.LastUsedAt, a.rec.WatchedSince
	if !a.saving && !reflect.DeepEqual(known, a.rec) {
		a.log.Warn().Str("from", string(known.State)).Str("to", string(a.rec.State)).Msg("instance is reported again")
		c.Send(c.Parent(), instanceChanged{a.rec})
	}
	a.checkDeadline(c, m.now)
	a.checkIdle(c, m.now)
}

// containerSeen compares what the engine holds with the record. An answer to a
// question from before the container was started says nothing.
func (a *instance) containerSeen(c actor.Context, m seen) {
	if a.leaving || a.saving || (a.rec.State != pool.InstanceRunning && a.rec.Stage != pool.StageProbing) ||
		!a.rec.StageSince.Before(m.asked) {
		return
	}
	switch {
	case m.gone:
		a.fail(c, &pool.Failure{
			Code:    pool.CodeContainerGone,
			Message: "The container of this notebook is no longer there: somebody or something outside removed it.",
			Hint:    "Launch again.",
		})
	case m.container.ID != a.rec.ContainerID:
		return
	case !m.container.Running:
		a.containerEnded(c, m.container)
	case m.container.Target != "" && m.container.Target != a.rec.Target:
		next, then := a.rec, a.openRoute
		next.Target = m.container.Target
		if a.rec.Stage == pool.StageProbing {
			a.fx.drop(a.step)
			then = a.probe
		}
		a.save(c, next, then)
	}
}

// containerChanged looks closer when the engine tells that the container
// ended. While a step or a write is under way it waits for its end: a container
// that exits at once may do so before we have stored that it started. An engine
// tells of an end before its list shows it, so a look is repeated.
func (a *instance) containerChanged(c actor.Context, e pool.ContainerEvent, looks int) {
	if a.leaving || e.ContainerID != a.rec.ContainerID || e.Kind == pool.ContainerStarted {
		return
	}
	if e.Kind == pool.ContainerOOM {
		a.oomTold = true // the end itself is told by another event
		return
	}
	if a.saving || a.rec.Stage == pool.StageStarting {
		a.fx.later(c, eventRecheck, func(c actor.Context) { a.containerChanged(c, e, looks) })
		return
	}
	asked := time.Now()
	run(a.fx, c, logsLimit, a.hold().find, func(c actor.Context, found *pool.Container, err error) {
		switch {
		case err != nil:
			a.log.Warn().Err(err).Msg("cannot look at container")
			return // the next reconcile looks again
		case found != nil && found.Running && e.Kind == pool.ContainerDied && looks < eventLooks:
			a.fx.later(c, eventRecheck, func(c actor.Context) { a.containerChanged(c, e, looks+1) })
			return
		}
		a.containerSeen(c, seen{asked: asked, container: *cmp.Or(found, &pool.Container{}), gone: found == nil})
	})
}
