package actors

import (
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"dockerdriver/actors/pool"
)

// watchUse begins to watch anew: this actor has just begun, or a data plane came
// or went. Of what happened until now perhaps nobody told, so it counts as use.
func (a *instance) watchUse(c actor.Context) {
	if a.rec.State != pool.InstanceRunning || a.leaving || a.rec.Spec.IdleTime <= 0 {
		return
	}
	a.rec.WatchedSince = time.Now()
	a.showUse(c)
	a.armIdle(c)
}

func (a *instance) showUse(c actor.Context) {
	a.useShown = a.rec.LastUsedAt
	c.Send(c.Parent(), instanceUsed{a.rec})
}

// used notes that a person did something. The record keeps it at once; it is
// shown each minute, and stored with whatever else is stored of the instance or
// each ten minutes: a loss of the rest ends nothing, see watchUse.
func (a *instance) used(c actor.Context, at, now time.Time) {
	if at.After(now) { // the clock was set back since
		at = now
	}
	if at = at.Round(0); a.rec.State != pool.InstanceRunning || a.leaving || !at.After(a.rec.LastUsedAt) {
		return
	}
	a.rec.LastUsedAt = at
	a.armIdle(c)
	switch {
	case at.Sub(a.useStored) >= useStoredEvery && !a.saving:
		a.savesUse = true
		a.save(c, a.rec, func(actor.Context) {})
	case at.Sub(a.useShown) >= useShownEvery:
		a.showUse(c)
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
	if ends := a.rec.IdleEndsAt(); !a.leaving && !ends.IsZero() && now.Sub(ends) >= useSlack {
		a.endWanted(c, pool.EndByIdling)
	}
}
