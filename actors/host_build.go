package actors

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"dockerdriver/actors/pool"
)

// build asks the cloud for the machine. What the cloud makes is stored the
// moment its id is known, so that a crash leaves nothing unnamed; the actor
// writes it, between its other writes, so that none overwrites another.
func (h *host) build(c actor.Context) {
	if h.releasing {
		return
	}
	limit := buildLimit
	if h.rec.IsRented() {
		limit = h.timeLeft()
		h.armDeadline(c)
	}
	rec, self, root := h.rec, c.Self(), c.ActorSystem().Root
	h.step = run(h.fx, c, limit, func(ctx context.Context) (pool.Machine, error) {
		return h.deps.Cloud.Build(ctx, rec, func(made pool.CloudResources) error {
			done := make(chan struct{})
			asked := &bell{}
			defer asked.stop()
			stored := sync.OnceFunc(func() { close(done) })
			asked.after(0, func() { root.Send(self, noted{made, stored}) })
			select {
			case <-done:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	}, func(c actor.Context, m pool.Machine, err error) {
		if err != nil {
			h.buildFailed(c, err)
			return
		}
		h.built(c, m)
	})
}

func (h *host) built(c actor.Context, m pool.Machine) {
	h.fails = 0
	h.save(c, func(next *pool.Host) {
		if next.State == pool.HostBuilding {
			to(pool.HostPreparing, pool.HostStageEngine)(next)
			if next.IsRented() {
				next.ReadyBy = time.Now().Add(h.settings().PrepareLimit).Round(0)
			}
		}
		next.Endpoint, next.Slots, next.Cloud = m.Endpoint, m.Slots, m.Resources
	}, h.prepare)
}

// buildFailed tries again what may pass, for as long as the time limit allows;
// a machine that was there before us is tried for ever. What cannot pass is
// given up at once: what there is of it goes, and another host is built.
func (h *host) buildFailed(c actor.Context, err error) {
	refused, final := errors.AsType[*pool.Error](err)
	if !h.rec.IsRented() {
		h.retry(c, err.Error(), buildRetry, h.build)
		return
	}
	code := pool.CodeUnavailable
	if final {
		code = refused.Code
	}
	if final || h.timeLeft() <= time.Second {
		h.giveUp(c, code, wordsOf(err))
		return
	}
	c.Send(c.Parent(), cloudFault{code: code, words: err.Error()})
	h.retry(c, err.Error(), buildRetry, h.build)
}

// timeLeft is what remains of the way to active, a moment at least: the time in
// which the server was down is given back to a host that was on its way.
func (h *host) timeLeft() time.Duration {
	grace := time.Until(h.began.Add(restartGrace))
	return max(time.Until(h.rec.ReadyBy), grace, time.Second)
}

// armDeadline ends what hangs although its own step should have ended it.
func (h *host) armDeadline(c actor.Context) {
	h.fx.drop(h.deadline)
	h.deadline = h.fx.later(c, h.timeLeft()+deadlineSlack, func(c actor.Context) {
		if !h.onItsWay() {
			return
		}
		why := fmt.Sprintf("it was not ready in time: it is still %s %s", h.rec.State, h.rec.Stage)
		if n := len(h.rec.Trouble); n > 0 {
			why += ": " + h.rec.Trouble[n-1].Message
		}
		h.giveUp(c, pool.CodeBuildFailed, why)
	})
}

func (h *host) onItsWay() bool {
	return !h.releasing && (h.rec.State == pool.HostBuilding || h.rec.State == pool.HostPreparing)
}

// giveUp releases a host that will not become active, and tells the supervisor
// why, so that the next one is not asked for in the same breath.
func (h *host) giveUp(c actor.Context, code pool.Code, words string) {
	h.log.Error().Str("name", h.rec.Name).Str("code", string(code)).Str("reason", words).Msg("host given up")
	h.releasing, h.givenUp = true, true
	h.fx.drop(h.step)
	h.fx.drop(h.deadline)
	h.fails = 0
	c.Send(c.Parent(), cloudFault{code: code, words: words, givenUp: h.rec.Name})
	h.save(c, func(next *pool.Host) {
		trouble(words)(next)
		to(pool.HostRemoving, "")(next)
	}, h.remove)
}
