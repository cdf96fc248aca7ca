package actors

import (
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"dockerdriver/actors/pool"
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
	if a.leaving { // the record does not tell yet
		err = beingEnded
	}
	next := a.rec
	next.ExpiresAt = a.rec.Extended(now)
	if err != nil || next.ExpiresAt.Equal(a.rec.ExpiresAt) {
		c.Send(c.Parent(), extended{to: m.to, record: a.rec, err: err})
		return
	}
	a.save(c, next, func(c actor.Context) {
		a.log.Info().Str("user", m.userID).Time("until", next.ExpiresAt).Msg("instance extended")
		a.armExpiry(c)
		c.Send(c.Parent(), extended{to: m.to, record: a.rec})
	})
}

var beingEnded = pool.Refuse(pool.CodeConflict, "It is being ended, so its lifetime cannot be extended.", "Launch a new one.")
