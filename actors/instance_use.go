package actors

import (
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"dockerdriver/actors/pool"
)

// watchUse goes on with an instance that ran before this actor did. Of what
// happened meanwhile nobody told, so it counts as use.
func (a *instance) watchUse(c actor.Context) {
	a.useStored, a.useShown = a.rec.LastUsedAt, a.rec.LastUsedAt
	a.rec.WatchedSince = time.Now()
	if a.rec.Spec.IdleTime > 0 {
		c.Send(c.Parent(), instanceChanged{a.rec})
	}
	a.armIdle(c)
}

// used notes that a person did something. The record keeps it at once; it is
// shown each minute, and stored with whatever else is stored of the instance or
// each ten minutes: a loss of the rest ends nothing, see watchUse.
func (a *instance) used(c actor.Context, at time.Time) {
	if at = at.Round(0); a.rec.State != pool.InstanceRunning || a.leaving || !at.After(a.rec.LastUsedAt) {
		return
	}
	a.rec.LastUsedAt = at
	a.armIdle(c)
	switch {
	case at.Sub(a.useStored) >= useStoredEvery && !a.saving:
		a.save(c, a.rec, func(actor.Context) {})
	case at.Sub(a.useShown) >= useShownEvery:
		a.useShown = at
		c.Send(c.Parent(), instanceChanged{a.rec})
	}
}

// armIdle looks again when the instance will have idled for too long.
func (a *instance) armIdle(c actor.Context) {
	a.fx.drop(a.idle)
	if ends := a.rec.IdleEndsAt(); !ends.IsZero() {
		a.idle = a.fx.later(c, time.Until(ends)+useSlack, func(c actor.Context) { a.checkIdle(c, time.Now()) })
	}
}

// checkIdle ends an instance that nobody used for as long as its blueprint
// allows. The slow tick asks too, for clocks that were set and timers that slept.
func (a *instance) checkIdle(c actor.Context, now time.Time) {
	if ends := a.rec.IdleEndsAt(); !ends.IsZero() && now.Sub(ends) >= useSlack {
		a.endWanted(c, pool.EndByIdling)
	}
}
