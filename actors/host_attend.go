package actors

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"dockerdriver/actors/pool"
)

// attend begins what goes on for as long as the host serves.
func (h *host) attend(c actor.Context) {
	h.watch(c)
	h.list(c)
	h.check(c, h.beat)
	h.watchDisk(c)
	if h.rec.IsRented() {
		h.tendAgain(c, rand.N(tendEvery)) // not all hosts after a restart at once
	}
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

// beat asks the engine again and again.
func (h *host) beat(c actor.Context) {
	h.fx.later(c, heartbeatEvery, func(c actor.Context) {
		h.check(c, h.beat)
	})
}

func (h *host) check(c actor.Context, then func(actor.Context)) {
	run(h.fx, c, heartbeatLimit, h.info(), func(c actor.Context, info pool.EngineInfo, err error) {
		if !h.releasing {
			h.beaten(c, info, err)
		}
		then(c)
	})
}

// beaten makes of missed heartbeats: suspect with the first one, quarantined
// with a few, lost when they go on for too long.
func (h *host) beaten(c actor.Context, info pool.EngineInfo, err error) {
	if err == nil {
		h.missed = 0
		if !h.rec.SilentSince.IsZero() || h.rec.EngineID != info.ID {
			h.known(info)
			h.save(c, func(next *pool.Host) {
				next.SilentSince = time.Time{}
				next.EngineID, next.EngineVersion = info.ID, info.Version
			}, h.list)
		}
		return
	}
	if time.Since(h.missedAt) < heartbeatEvery/2 {
		return // an event stream that broke asks too: one silence is one miss
	}
	h.missed++
	h.missedAt = time.Now()
	h.log.Warn().Err(err).Int("attempt", h.missed).Msg("engine missed a heartbeat")
	if quarantine := h.missed >= missedBeats && h.rec.State == pool.HostActive; quarantine || h.rec.SilentSince.IsZero() {
		h.save(c, func(next *pool.Host) {
			if next.SilentSince.IsZero() {
				next.SilentSince = time.Now().Round(0)
			}
			if quarantine && next.State == pool.HostActive {
				to(pool.HostInactive, pool.HostStageErrors)(next)
				trouble(fmt.Sprintf("the engine does not answer: %v", err))(next)
			}
		}, nothing)
	}
	if h.missed >= missedBeats && h.rec.IsRented() && time.Since(h.tended) > min(tendSilent, h.settings().LostAfter/3) {
		h.tend(c)
	}
}

func quarantined(h pool.Host) bool {
	return h.State == pool.HostInactive && h.Stage == pool.HostStageErrors
}

// tendAgain looks after the machine every now and then.
func (h *host) tendAgain(c actor.Context, after time.Duration) {
	h.fx.later(c, after, func(c actor.Context) {
		h.tend(c)
		h.tendAgain(c, tendEvery)
	})
}

// tend asks the cloud whether the machine is still there, and has put right what
// somebody changed by hand. Only with the cloud's own word is a host given up:
// where the cloud cannot be reached either, it is more likely us who are cut off.
func (h *host) tend(c actor.Context) {
	if h.tending || h.releasing || !h.rec.IsRented() || h.onItsWay() {
		return
	}
	h.tending, h.tended = true, time.Now()
	rec := h.rec
	run(h.fx, c, tendLimit, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, h.deps.Cloud.Tend(ctx, rec)
	}, func(c actor.Context, _ struct{}, err error) {
		h.tending = false
		switch {
		case h.releasing:
		case err == nil:
			h.silentForLong(c)
		case pool.CodeOf(err) == pool.CodeHostLost:
			h.lose(c, wordsOf(err))
		default:
			h.log.Warn().Err(err).Msg("cannot look after host yet")
		}
	})
}

// wordsOf is what a person reads of an error: the words made for that, if it has any.
func wordsOf(err error) string {
	if refused, ok := errors.AsType[*pool.Error](err); ok {
		return refused.Error()
	}
	return err.Error()
}

// silentForLong gives up a host whose engine has not answered for too long. Its
// machine is there; what is on it cannot be told.
func (h *host) silentForLong(c actor.Context) {
	since := h.rec.SilentSince
	if since.IsZero() || h.missed < missedBeats {
		return
	}
	if h.began.After(since) {
		since = h.began
	}
	if limit := h.settings().LostAfter; time.Since(since) > limit {
		h.lose(c, fmt.Sprintf("the engine has not answered for %s", time.Since(since).Round(time.Second)))
	}
}

// lose gives the host up: the supervisor tells its instances and replaces it.
func (h *host) lose(c actor.Context, words string) {
	if h.rec.State != pool.HostActive && h.rec.State != pool.HostInactive || h.rec.Stage == pool.HostStageLost {
		return
	}
	h.log.Error().Str("name", h.rec.Name).Str("reason", words).Msg("host lost")
	h.save(c, func(next *pool.Host) {
		to(pool.HostInactive, pool.HostStageLost)(next)
		trouble(words)(next)
	}, nothing)
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
		h.check(c, nothing)
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
		// A probe's containers are no instance's, and go with the probe.
		found = slices.DeleteFunc(found, func(c pool.Container) bool { return c.InstanceID == h.rec.ProbeID() })
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
