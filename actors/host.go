package actors

import (
	"context"
	"fmt"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/rs/zerolog"

	"dockerdriver/actors/pool"
)

// host is the actor of one notebook host: one machine and its engine, from
// intent to released. It is the only writer of the host's record.
type host struct {
	deps   *deps
	log    zerolog.Logger
	fx     *effects
	closed bool

	rec       pool.Host
	step      uint64
	saving    bool
	queue     []func(actor.Context) // what came in during a write
	fails     int
	missed    int // heartbeats without an answer, in a row
	waitUntil time.Time
	releasing bool
}

func newHost(d *deps, rec pool.Host) *host {
	log := d.log.With().Str("actor", "host").Str("host", rec.ID).Logger()
	return &host{deps: d, log: log, fx: newEffects(log), rec: rec}
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
		h.list(c)
	case deactivate:
		h.idle(c, func(c actor.Context) { h.setInactive(c, m.stage) })
	case reactivate:
		h.idle(c, h.setActive)
	case release:
		h.idle(c, h.release)
	case removeStray:
		h.removeStray(c, m.containerID)
	case noted:
		h.save(c, func(next *pool.Host) { next.Cloud = m.made }, func(actor.Context) { close(m.done) })
	}
}

// resume builds what is not built, and finds again what is.
func (h *host) resume(c actor.Context) {
	switch h.rec.State {
	case pool.HostRequested:
		h.save(c, to(pool.HostBuilding, ""), h.build)
	case pool.HostBuilding:
		h.build(c)
	case pool.HostRemoving, pool.HostStuck:
		h.releasing = true
		h.remove(c)
	case pool.HostRemoved:
		c.Send(c.Parent(), hostChanged{h.rec})
	default:
		h.build(c) // Build finds the machine; its address may be another one now
	}
}

// to is the change to another state.
func to(state pool.HostState, stage string) func(*pool.Host) {
	return func(h *pool.Host) {
		if h.State != state || h.Stage != stage {
			h.State, h.Stage, h.StateSince = state, stage, time.Now()
		}
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

// build asks the cloud for the machine. What the cloud makes is stored the
// moment its id is known, so that a crash leaves nothing unnamed; the actor
// writes it, between its other writes, so that none overwrites another.
func (h *host) build(c actor.Context) {
	if h.releasing {
		return
	}
	rec, self, root := h.rec, c.Self(), c.ActorSystem().Root
	h.step = run(h.fx, c, buildLimit, func(ctx context.Context) (pool.Machine, error) {
		return h.deps.Cloud.Build(ctx, rec, func(made pool.CloudResources) error {
			done := make(chan struct{})
			root.Send(self, noted{made, done})
			select {
			case <-done:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	}, func(c actor.Context, m pool.Machine, err error) {
		if err != nil {
			h.retry(c, err.Error(), buildRetry, h.build)
			return
		}
		h.fails = 0
		h.waitUntil = time.Now().Add(engineWait)
		h.save(c, func(next *pool.Host) {
			if next.State == pool.HostBuilding {
				to(pool.HostPreparing, pool.HostStageEngine)(next)
			}
			next.Endpoint, next.Slots, next.Cloud = m.Endpoint, m.Slots, m.Resources
		}, h.greet)
	})
}

// retry notes the fault for the operator and does the step again, more and
// more slowly up to a limit.
func (h *host) retry(c actor.Context, fault string, limit time.Duration, again func(actor.Context)) {
	h.fails++
	h.log.Warn().Str("reason", fault).Int("attempt", h.fails).Msg("host step will be tried again")
	h.save(c, func(next *pool.Host) {
		if next.State == pool.HostActive { // found again after a restart, but not working
			to(pool.HostInactive, pool.HostStageErrors)(next)
		}
		trouble(fault)(next)
	}, func(c actor.Context) {
		if h.releasing {
			return
		}
		h.step = h.fx.later(c, backoff(h.fails, time.Second, limit), again)
	})
}

func trouble(words string) func(*pool.Host) {
	return func(h *pool.Host) { *h = h.WithTrouble(time.Now(), words) }
}

// greet waits for the engine's first answer. A host that was serving before a
// restart takes nothing new until it has answered.
func (h *host) greet(c actor.Context) {
	if h.releasing {
		return
	}
	h.step = run(h.fx, c, heartbeatLimit, h.info(), func(c actor.Context, info pool.EngineInfo, err error) {
		if err != nil && time.Now().Before(h.waitUntil) && h.rec.State != pool.HostActive {
			h.step = h.fx.later(c, time.Second, h.greet)
			return
		}
		if err != nil {
			h.retry(c, fmt.Sprintf("the engine does not answer: %v", err), engineRetry, h.greet)
			return
		}
		h.fails = 0
		if h.rec.EngineID != "" && h.rec.EngineID != info.ID {
			h.log.Warn().Str("from", h.rec.EngineID).Str("to", info.ID).Msg("another engine answers at the host's address")
		}
		h.save(c, func(next *pool.Host) {
			if next.State == pool.HostPreparing || quarantined(*next) {
				to(pool.HostActive, "")(next)
			}
			next.EngineID, next.EngineVersion = info.ID, info.Version
		}, h.attend)
	})
}

// attend begins what goes on for as long as the host serves.
func (h *host) attend(c actor.Context) {
	h.watch(c)
	h.list(c)
	h.beat(c)
}

// info asks the engine who it is. The effect gets copies of what it needs,
// because it runs beside the actor.
func (h *host) info() func(context.Context) (pool.EngineInfo, error) {
	engines, at := h.deps.Engines, h.rec.Endpoint
	return func(ctx context.Context) (pool.EngineInfo, error) {
		engine, err := engines.Engine(at)
		if err != nil {
			return pool.EngineInfo{}, err
		}
		return engine.Info(ctx)
	}
}

// beat asks the engine again and again. One that misses several takes no new
// instances until it answers.
func (h *host) beat(c actor.Context) {
	h.fx.later(c, heartbeatEvery, func(c actor.Context) {
		h.check(c, h.beat)
	})
}

func (h *host) check(c actor.Context, then func(actor.Context)) {
	run(h.fx, c, heartbeatLimit, h.info(), func(c actor.Context, _ pool.EngineInfo, err error) {
		if !h.releasing {
			h.beaten(c, err)
		}
		then(c)
	})
}

func (h *host) beaten(c actor.Context, err error) {
	if err == nil {
		h.missed = 0
		if quarantined(h.rec) {
			h.idle(c, h.setActive)
		}
		return
	}
	h.missed++
	h.log.Warn().Err(err).Int("attempt", h.missed).Msg("engine missed a heartbeat")
	if h.missed >= missedBeats && h.rec.State == pool.HostActive {
		h.idle(c, func(c actor.Context) {
			h.save(c, func(next *pool.Host) {
				to(pool.HostInactive, pool.HostStageErrors)(next)
				trouble(fmt.Sprintf("the engine does not answer: %v", err))(next)
			}, func(actor.Context) {})
		})
	}
}

func quarantined(h pool.Host) bool {
	return h.State == pool.HostInactive && h.Stage == pool.HostStageErrors
}

// watch hears the engine's events for as long as the host lives. After each
// break it asks whether the engine is still there, and lists, because events
// between two streams are lost.
func (h *host) watch(c actor.Context) {
	supervisor, root, id, endpoint := c.Parent(), c.ActorSystem().Root, h.rec.ID, h.rec.Endpoint
	began := time.Now()
	run(h.fx, c, 0, func(ctx context.Context) (struct{}, error) {
		engine, err := h.deps.Engines.Engine(endpoint)
		if err != nil {
			return struct{}{}, err
		}
		return struct{}{}, engine.Watch(ctx, h.deps.installation, func(e pool.ContainerEvent) {
			root.Send(supervisor, hostEvent{hostID: id, event: e})
		})
	}, func(c actor.Context, _ struct{}, err error) {
		h.log.Debug().Err(err).Msg("event stream ended")
		pause := time.Second
		if time.Since(began) < pause {
			pause = heartbeatEvery
		}
		h.check(c, func(actor.Context) {})
		h.fx.later(c, pause, func(c actor.Context) {
			h.watch(c)
			h.list(c)
		})
	})
}

// list reports what the engine holds, for the supervisor to compare.
func (h *host) list(c actor.Context) {
	if h.rec.State != pool.HostActive && h.rec.State != pool.HostInactive {
		return
	}
	asked, endpoint := time.Now(), h.rec.Endpoint
	run(h.fx, c, logsLimit, func(ctx context.Context) ([]pool.Container, error) {
		engine, err := h.deps.Engines.Engine(endpoint)
		if err != nil {
			return nil, err
		}
		return engine.List(ctx, h.deps.installation)
	}, func(c actor.Context, found []pool.Container, err error) {
		if err != nil {
			h.log.Warn().Err(err).Msg("cannot list containers")
			return
		}
		c.Send(c.Parent(), hostContainers{hostID: h.rec.ID, asked: asked, containers: found})
	})
}

// removeStray removes a container that no record speaks for. If it fails, the
// next look finds it again.
func (h *host) removeStray(c actor.Context, containerID string) {
	endpoint := h.rec.Endpoint
	run(h.fx, c, removeLimit, func(ctx context.Context) (struct{}, error) {
		engine, err := h.deps.Engines.Engine(endpoint)
		if err != nil {
			return struct{}{}, err
		}
		return struct{}{}, engine.Remove(ctx, containerID)
	}, func(c actor.Context, _ struct{}, err error) {
		if err != nil {
			h.log.Warn().Err(err).Str("container", containerID).Msg("cannot remove stray container yet")
			return
		}
		h.log.Warn().Str("container", containerID).Msg("stray container removed")
	})
}
