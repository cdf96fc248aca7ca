package actors

import (
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/rs/zerolog"

	"dockerdriver/actors/pool"
)

// amendment is what somebody wants changed in the record of a running instance.
// It is a plain value: messages carry it.
type amendment interface {
	// refuse says in words for people why the instance cannot be amended so, also
	// because of the pool's drain; nil: it can.
	refuse(i pool.Instance, drains bool) error
	// amend is the record with it.
	amend(i pool.Instance, now time.Time) pool.Instance
	// done tells the log that it is stored.
	done(log zerolog.Logger, i pool.Instance)
}

// extension begins the lifetime anew, as far as the instance's blueprint allows.
type extension struct{}

func (extension) refuse(i pool.Instance, drains bool) error {
	if drains { // it would hold up the drain
		return pool.Refuse(pool.CodeShutdownMode, "Nothing is extended: the service is in shutdown mode.", "Save your work outside the notebook before it ends.")
	}
	return i.MayExtend()
}

func (extension) amend(i pool.Instance, now time.Time) pool.Instance {
	i.ExpiresAt = i.Extended(now)
	return i
}

func (extension) done(log zerolog.Logger, i pool.Instance) {
	log.Info().Time("until", i.ExpiresAt).Msg("instance extended")
}

// visit notes that an administrator is let in, and why; its owner is shown it.
type visit struct{ pool.Visit }

func (visit) refuse(i pool.Instance, _ bool) error { return i.MayVisit() }

func (v visit) amend(i pool.Instance, now time.Time) pool.Instance {
	v.At = now.Round(0)
	return i.Visited(v.Visit)
}

func (v visit) done(log zerolog.Logger, _ pool.Instance) {
	log.Info().Str("reason", v.Reason).Msg("an administrator is let in")
}

// amend changes the record. In the middle of a write it waits, as long as somebody
// waits for the answer.
func (a *instance) amend(c actor.Context, m amend) {
	now := time.Now()
	if a.saving && !a.leaving {
		if now.Before(m.until) {
			a.fx.later(c, eventRecheck, func(c actor.Context) { a.amend(c, m) })
		}
		return
	}
	known := a.rec
	if a.leaving { // the record does not tell yet
		known.State = pool.InstanceDeleting
	}
	if err := m.what.refuse(known, false); err != nil {
		c.Send(c.Parent(), amended{to: m.to, err: err})
		return
	}
	next := m.what.amend(a.rec, now)
	a.save(c, next, func(c actor.Context) {
		m.what.done(a.log.With().Str("user", m.userID).Logger(), next)
		a.armExpiry(c)
		c.Send(c.Parent(), amended{to: m.to, record: a.rec})
	})
}
