package actors

import (
	"time"

	"github.com/asynkron/protoactor-go/actor"
)

// extend gives the instance a later end, as far as its blueprint allows. In the
// middle of a write it waits, as long as somebody waits for the answer.
func (a *instance) extend(c actor.Context, m extend) {
	now := time.Now()
	if a.saving && !a.leaving {
		if now.Before(m.until) {
			a.fx.later(c, eventRecheck, func(c actor.Context) { a.extend(c, m) })
		}
		return
	}
	err := a.rec.MayExtend()
	next := a.rec
	next.ExpiresAt = a.rec.Extended(now)
	if err != nil || a.leaving || next.ExpiresAt.Equal(a.rec.ExpiresAt) {
		c.Send(c.Parent(), extended{to: m.to, record: a.rec, err: err})
		return
	}
	a.save(c, next, func(c actor.Context) {
		a.log.Info().Str("user", m.userID).Time("until", next.ExpiresAt).Msg("instance extended")
		a.armExpiry(c)
		c.Send(c.Parent(), extended{to: m.to, record: a.rec})
	})
}
