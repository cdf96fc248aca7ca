package actors

import (
	"context"
	"reflect"
	"slices"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/rs/zerolog"

	"dockerdriver/actors/pool"
)

// host is the actor of one notebook host: one machine and its engine, from
// intent to released. It is the only writer of the host's record. The way to a
// machine is in host_build.go, from there to active in host_prepare.go, the
// service in host_attend.go, the room on its disk in host_disk.go, the way out in
// host_release.go.
type host struct {
	deps   *deps
	log    zerolog.Logger
	fx     *effects
	closed bool
	began  time.Time // of this incarnation: what was before says nothing of silence

	rec       pool.Host
	step      uint64
	deadline  uint64 // the timer that ends a way to active that takes too long
	saving    bool
	queue     []func(actor.Context) // what came in during a write
	fails     int
	missed    int // heartbeats without an answer, in a row
	missedAt  time.Time
	tended    time.Time
	tending   bool
	releasing bool
	givenUp   bool // just now: its machine's console is logged before it goes
	disk      diskLooks
}

func newHost(d *deps, rec pool.Host) *host {
	log := d.log.With().Str("actor", "host").Str("host", rec.ID).Logger()
	return &host{deps: d, log: log, fx: newEffects(log, d.trial), rec: rec, began: time.Now()}
}

// Receive is the mailbox.
func (h *host) Receive(c actor.Context) {
	if h.closed || h.fx.handle(c) {
		return
	}
	switch m := c.Message().(type) {
	case *actor.Started:
		h.resume(c)
	case *actor.Stopping:
		h.closed = true
		h.fx.close()
	case observe:
		h.tellAgain(c, m.known)
		h.list(c)
	case deactivate:
		h.idle(c, func(c actor.Context) { h.setInactive(c, m.stage) })
	case reactivate:
		h.idle(c, h.setActive)
	case startClock:
		h.startClock(c)
	case release:
		h.idle(c, h.release)
	case removeStray:
		h.removeStray(c, m.containerID)
	case imagesThere:
		h.imagesSettled(c)
	case makeRoom:
		h.makeRoom(c, m)
	case diskNeeds:
		h.collect(c, m)
	case missing:
		h.tend(c)
	case engineFault:
		h.faulted(c, m.words)
	case noted:
		h.save(c, func(next *pool.Host) { next.Cloud = m.made }, func(actor.Context) { m.stored() })
	}
}

// resume builds what is not built, and finds again what is. A machine that was
// there before us is looked for anew at every start; one that a cloud made has
// its address in the record, and needs no cloud to be served.
func (h *host) resume(c actor.Context) {
	switch h.rec.State {
	case pool.HostRequested:
		h.save(c, func(next *pool.Host) {
			to(pool.HostBuilding, "")(next)
			if next.IsRented() {
				next.ReadyBy = time.Now().Add(h.settings().BuildLimit).Round(0)
			}
		}, h.build)
	case pool.HostBuilding:
		h.build(c)
	case pool.HostPreparing:
		if h.rec.IsRented() {
			h.prepare(c)
			return
		}
		h.build(c)
	case pool.HostRemoving, pool.HostStuck:
		h.releasing = true
		h.remove(c)
	case pool.HostRemoved:
		c.Send(c.Parent(), hostChanged{h.rec})
	default:
		if h.rec.IsRented() {
			h.attend(c)
			return
		}
		h.build(c) // its address may be another one now
	}
}

// settings are the newest ones: variables are effective at once.
func (h *host) settings() pool.HostSettings { return h.deps.view.Load().Settings.Hosts }

// to is the change to another state.
func to(state pool.HostState, stage string) func(*pool.Host) {
	return func(h *pool.Host) { *h = h.At(state, stage, time.Now()) }
}

// trouble notes a fault for the operator. The same words again and again, as
// retries bring them, are one fault.
func trouble(words string) func(*pool.Host) {
	return func(h *pool.Host) {
		if n := len(h.Trouble); n > 0 && h.Trouble[n-1].Message == words {
			h.Trouble = slices.Clone(h.Trouble)
			h.Trouble[n-1].At = time.Now()
			return
		}
		*h = h.WithTrouble(time.Now(), words)
	}
}

// idle does f now, or after the write that is under way.
func (h *host) idle(c actor.Context, f func(actor.Context)) {
	if h.saving {
		h.queue = append(h.queue, f)
		return
	}
	f(c)
}

// save changes the record: first in the store, then here, then it is reported.
// Writes of one host never overlap, so each change sees the one before.
func (h *host) save(c actor.Context, change func(*pool.Host), then func(actor.Context)) {
	if h.saving {
		h.queue = append(h.queue, func(c actor.Context) { h.save(c, change, then) })
		return
	}
	next := h.rec
	change(&next)
	h.saving = true
	h.store(c, next, 1, then)
}

func (h *host) store(c actor.Context, next pool.Host, attempt int, then func(actor.Context)) {
	run(h.fx, c, saveLimit, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, h.deps.Store.Save(ctx, pool.Changes{Hosts: []pool.Host{next}})
	}, func(c actor.Context, _ struct{}, err error) {
		if err != nil {
			h.log.Error().Err(err).Int("attempt", attempt).Msg("cannot store host")
			h.fx.later(c, backoff(attempt, time.Second, time.Minute), func(c actor.Context) { h.store(c, next, attempt+1, then) })
			return
		}
		h.stored(c, next)
		h.saving = false
		then(c)
		for len(h.queue) > 0 && !h.saving {
			f := h.queue[0]
			h.queue = h.queue[1:]
			f(c)
		}
	})
}

func (h *host) stored(c actor.Context, next pool.Host) {
	was := h.rec
	h.rec = next
	if was.State != next.State || was.Stage != next.Stage {
		h.log.Info().Str("name", next.Name).Str("from", string(was.State)).Str("to", string(next.State)).
			Str("stage", next.Stage).Dur("dur", next.StateSince.Sub(was.StateSince)).Msg("host changed")
	}
	c.Send(c.Parent(), hostChanged{next})
}

// tellAgain reports the record if the supervisor has another one.
func (h *host) tellAgain(c actor.Context, known *pool.Host) {
	if !h.saving && !reflect.DeepEqual(*known, h.rec) {
		h.log.Warn().Str("from", string(known.State)).Str("to", string(h.rec.State)).Msg("host is reported again")
		c.Send(c.Parent(), hostChanged{h.rec})
	}
}

// nothing is what follows a write that nothing follows.
func nothing(actor.Context) {}

// retry notes the fault for the operator and does the step again, more and
// more slowly up to a limit.
func (h *host) retry(c actor.Context, fault string, limit time.Duration, again func(actor.Context)) {
	h.fails++
	h.log.Warn().Str("reason", fault).Int("attempt", h.fails).Msg("host step will be tried again")
	h.save(c, func(next *pool.Host) {
		if next.State == pool.HostActive { // found again after a restart, but not working
			to(pool.HostInactive, pool.HostStageErrors)(next)
		}
		if next.State == pool.HostInactive && next.SilentSince.IsZero() {
			next.SilentSince = time.Now().Round(0)
		}
		trouble(fault)(next)
	}, func(c actor.Context) {
		if h.releasing {
			return
		}
		h.step = h.fx.later(c, backoff(h.fails, time.Second, limit), again)
	})
}

func (h *host) setInactive(c actor.Context, stage string) {
	retired := h.rec.State == pool.HostInactive && stage == pool.HostStageRetiring && h.rec.Stage != pool.HostStageLost
	if h.rec.State == pool.HostActive || retired {
		h.save(c, to(pool.HostInactive, stage), nothing)
	}
}

// setActive lets the host take instances again. One that is lost is past that.
func (h *host) setActive(c actor.Context) {
	if h.rec.State == pool.HostInactive && h.rec.Stage != pool.HostStageLost && !h.releasing {
		h.missed = 0
		h.save(c, to(pool.HostActive, ""), h.list)
	}
}

// startClock begins the host's lifetime, once.
func (h *host) startClock(c actor.Context) {
	h.save(c, func(next *pool.Host) {
		if next.InUseSince.IsZero() {
			next.InUseSince = time.Now().Round(0)
		}
	}, nothing)
}

// faulted counts a fault that an instance met at this host's engine.
func (h *host) faulted(c actor.Context, words string) {
	h.save(c, func(next *pool.Host) { *next = next.WithTrouble(time.Now(), words) }, nothing)
}
