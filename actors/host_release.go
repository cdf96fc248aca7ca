package actors

import (
	"context"
	"fmt"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"dockerdriver/actors/pool"
)

// release gives the machine back. The supervisor has checked that no instance
// holds slots on it; a build under way is cut off, what it made is found by
// name. One that is stuck is tried again at once.
func (h *host) release(c actor.Context) {
	if h.releasing {
		if h.rec.State == pool.HostStuck {
			h.fx.drop(h.step)
			h.fails = 0
			h.remove(c)
		}
		return
	}
	h.releasing = true
	h.fx.drop(h.step)
	h.fx.drop(h.deadline)
	h.fails = 0
	h.save(c, to(pool.HostRemoving, ""), h.remove)
}

// remove first ends every container of ours that is still there (a runaway),
// then releases the machine. A machine of the cloud takes its containers with
// it, so an engine there that does not answer holds up nothing; on a machine
// that stays, they must be seen to be gone.
func (h *host) remove(c actor.Context) {
	rec, failed := h.rec, h.givenUp
	h.givenUp = false
	h.step = run(h.fx, c, releaseLimit, func(ctx context.Context) (struct{}, error) {
		if failed {
			h.logConsole(ctx, rec)
		}
		if err := h.removeContainers(ctx, rec); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, h.deps.Cloud.Release(ctx, rec)
	}, func(c actor.Context, _ struct{}, err error) {
		if err != nil {
			h.stuck(c, err)
			return
		}
		h.save(c, to(pool.HostRemoved, ""), nothing) // the supervisor gives the pill
	})
}

// consoleLogged is how many lines of a machine's console go into the log.
const consoleLogged = 40

// logConsole keeps the last words of a machine that did not become a host: it goes,
// and nobody could read them any more.
func (h *host) logConsole(ctx context.Context, rec pool.Host) {
	if h.deps.Consoles == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, consoleLimit)
	defer cancel()
	text, missing, err := h.deps.Consoles.Console(ctx, rec, pool.ConsoleLines)
	if err != nil || missing != "" {
		h.log.Info().Err(err).Str("reason", missing.Words()).Msg("host given up leaves no console")
		return
	}
	lines := pool.NewConsole(text, rec.Plan.ExtraUserData).Lines
	h.log.Info().Str("name", rec.Name).Strs("lines", lines[max(0, len(lines)-consoleLogged):]).Msg("console of host given up")
}

func (h *host) stuck(c actor.Context, err error) {
	h.fails++
	h.log.Error().Err(err).Int("attempt", h.fails).Msg("cannot release host")
	h.save(c, func(next *pool.Host) {
		to(pool.HostStuck, "")(next)
		trouble(fmt.Sprintf("cannot release: %v", err))(next)
	}, func(c actor.Context) {
		h.step = h.fx.later(c, backoff(h.fails, time.Second, time.Minute), h.remove)
	})
}

func (h *host) removeContainers(ctx context.Context, rec pool.Host) error {
	if rec.EngineID == "" {
		return nil // its engine never answered: no container was ever made there
	}
	if !rec.IsRented() {
		return h.endContainers(ctx, rec)
	}
	limit := runawayLimit
	if !rec.SilentSince.IsZero() {
		limit = heartbeatLimit // it is asked once more; its replacement may wait for its place
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	if err := h.endContainers(ctx, rec); err != nil {
		h.log.Warn().Err(err).Msg("containers end with their machine")
	}
	return nil
}

func (h *host) endContainers(ctx context.Context, rec pool.Host) error {
	engine, err := h.deps.Engines.Engine(rec.Endpoint)
	if err != nil {
		return err
	}
	left, err := engine.List(ctx, h.deps.installation)
	if err != nil {
		return err
	}
	for _, found := range left {
		if err := engine.Remove(ctx, found.ID); err != nil {
			return err
		}
	}
	return nil
}
