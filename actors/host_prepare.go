package actors

import (
	"context"
	"fmt"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"dockerdriver/actors/pool"
)

// prepare goes on with the step that the record names: the engine's first
// answer, the images that are wanted, the proof that containers are fenced in.
func (h *host) prepare(c actor.Context) {
	if h.rec.State == pool.HostPreparing && h.rec.IsRented() {
		h.armDeadline(c)
	}
	switch {
	case h.rec.State == pool.HostPreparing && h.rec.Stage == pool.HostStageImages:
		h.fetchImages(c)
	case h.rec.State == pool.HostPreparing && h.rec.Stage == pool.HostStageProbe:
		h.fence(c)
	default:
		h.greet(c)
	}
}

// greet waits for the engine's first answer. A machine that was serving before
// a restart takes nothing new until it has answered.
func (h *host) greet(c actor.Context) {
	if h.releasing {
		return
	}
	h.step = run(h.fx, c, heartbeatLimit, h.info(), func(c actor.Context, info pool.EngineInfo, err error) {
		if err != nil {
			h.notGreeted(c, err)
			return
		}
		h.fails = 0
		h.known(info)
		h.save(c, func(next *pool.Host) {
			next.EngineID, next.EngineVersion, next.SilentSince = info.ID, info.Version, time.Time{}
			switch {
			case next.State == pool.HostPreparing && next.IsRented():
				to(pool.HostPreparing, pool.HostStageImages)(next)
			case next.State == pool.HostPreparing || quarantined(*next):
				to(pool.HostActive, "")(next)
			}
		}, func(c actor.Context) {
			if h.rec.State == pool.HostPreparing {
				h.fetchImages(c)
				return
			}
			h.attend(c)
		})
	})
}

// notGreeted is patient with a machine that boots: until its time is over,
// silence is no fault. A certificate that is not ours is told at once.
func (h *host) notGreeted(c actor.Context, err error) {
	words := fmt.Sprintf("the engine does not answer: %v", err)
	switch {
	case h.rec.State == pool.HostPreparing && h.rec.IsRented() && h.timeLeft() <= time.Second:
		h.giveUp(c, pool.CodeBuildFailed, words)
	case h.rec.State == pool.HostPreparing && h.fails < bootPatience:
		h.fails++
		h.step = h.fx.later(c, bootLook, h.greet)
	default:
		h.retry(c, words, engineRetry, h.greet)
	}
}

func (h *host) known(info pool.EngineInfo) {
	if h.rec.EngineID != "" && h.rec.EngineID != info.ID {
		h.log.Warn().Str("from", h.rec.EngineID).Str("to", info.ID).Msg("another engine answers at the host's address")
	}
}

// fetchImages has the images that are wanted brought here. One that cannot be
// had holds up nobody: who launches it is told.
func (h *host) fetchImages(c actor.Context) {
	if h.releasing {
		return
	}
	c.Send(c.Parent(), wantImages{h.rec.ID})
	h.step = h.fx.later(c, imageReask, h.fetchImages)
}

func (h *host) imagesSettled(c actor.Context) {
	if h.releasing || h.rec.State != pool.HostPreparing || h.rec.Stage != pool.HostStageImages {
		return
	}
	h.fx.drop(h.step)
	if h.deps.Fence == nil {
		h.activate(c)
		return
	}
	h.save(c, to(pool.HostPreparing, pool.HostStageProbe), h.fence)
}

// fence lets a container on the host try to reach what none may reach. A host's
// own rules may be there a moment after its engine, so a hole is looked at
// again until the time is over.
func (h *host) fence(c actor.Context) {
	if h.releasing {
		return
	}
	rec := h.rec
	h.step = run(h.fx, c, min(fenceLimit, h.timeLeft()), func(ctx context.Context) (struct{}, error) {
		return struct{}{}, h.deps.Fence.Holds(ctx, rec)
	}, func(c actor.Context, _ struct{}, err error) {
		switch {
		case err == nil:
			h.fails = 0
			h.activate(c)
		case h.timeLeft() <= time.Second:
			h.giveUp(c, pool.CodeNotFenced, err.Error())
		default:
			h.retry(c, err.Error(), engineRetry, h.fence)
		}
	})
}

func (h *host) activate(c actor.Context) {
	h.fx.drop(h.deadline)
	h.save(c, func(next *pool.Host) {
		to(pool.HostActive, "")(next)
		next.ReadyBy = time.Time{}
	}, func(c actor.Context) {
		c.Send(c.Parent(), cloudWorks{})
		h.attend(c)
	})
}
