package actors

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/rs/zerolog"
)

// lastToken is process-wide, so that a token of a crashed incarnation never
// fits its successor.
var lastToken atomic.Uint64

// effectDone brings the outcome of slow work back to the actor that began it.
// It may carry a record, and records hold passwords, so it stays out of the
// dead-letter log.
type effectDone struct {
	token uint64
	val   any
	err   error
}

// IgnoreDeadLetterLogging keeps results of effects out of the log.
func (effectDone) IgnoreDeadLetterLogging() {}

// due tells an actor that a timer it set has run out.
type due struct{ token uint64 }

// IgnoreDeadLetterLogging keeps timers of stopped actors out of the log.
func (due) IgnoreDeadLetterLogging() {}

var errLate = errors.New("it did not return within its time limit")

// effects is an actor's slow work and timers. All its methods are called from
// the actor's own turn; outcomes come back as messages and are dropped when the
// incarnation that began them is gone.
type effects struct {
	ctx     context.Context // ends with the incarnation
	stop    context.CancelFunc
	log     zerolog.Logger
	trial   *trial
	pending map[uint64]pendingEffect
	timers  map[uint64]pendingTimer
}

type pendingEffect struct {
	name    string // for a trial
	cancel  context.CancelFunc
	outcome *bell
	then    func(c actor.Context, val any, err error)
}

type pendingTimer struct {
	name string // for a trial
	bell *bell
	then func(c actor.Context)
}

func newEffects(log zerolog.Logger, t *trial) *effects {
	ctx, stop := context.WithCancel(context.Background())
	return &effects{ctx: ctx, stop: stop, log: log, trial: t, pending: map[uint64]pendingEffect{}, timers: map[uint64]pendingTimer{}}
}

// run does fn in a goroutine, within limit, and then calls then in the actor's
// turn. It returns a token for drop. A limit of 0 means as long as the actor lives.
func run[T any](fx *effects, c actor.Context, limit time.Duration, fn func(context.Context) (T, error), then func(actor.Context, T, error)) uint64 {
	token := lastToken.Add(1)
	self, root := c.Self(), c.ActorSystem().Root
	ctx, cancel := within(fx.ctx, limit)
	outcome := &bell{}
	if limit > 0 {
		// fn may ignore its context: the actor goes on all the same.
		outcome.after(limit+limit/4, func() { root.Send(self, effectDone{token: token, err: errLate}) })
	}
	trial, name := fx.trial, fx.trial.nameOf(fn)
	fx.pending[token] = pendingEffect{name: name, cancel: cancel, outcome: outcome, then: func(c actor.Context, val any, err error) {
		typed, _ := val.(T)
		then(c, typed, err)
	}}
	go func() {
		val, err := protect(ctx, fx.log, func(ctx context.Context) (T, error) {
			trial.effect(name)
			return fn(ctx)
		})
		outcome.after(0, func() { root.Send(self, effectDone{token: token, val: val, err: err}) })
	}()
	return token
}

func within(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	if limit == 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, limit)
}

// protect turns a panic of fn into an error, logged once with its stack.
func protect[T any](ctx context.Context, log zerolog.Logger, fn func(context.Context) (T, error)) (val T, err error) {
	defer func() {
		if r := recover(); r != nil {
			log.Error().Interface("reason", r).Bytes("stack", debug.Stack()).Msg("effect panicked")
			err = fmt.Errorf("cannot finish: internal fault: %v", r)
		}
	}()
	return fn(ctx)
}

// later calls then in the actor's turn after d.
func (fx *effects) later(c actor.Context, d time.Duration, then func(actor.Context)) uint64 {
	token := lastToken.Add(1)
	self, root := c.Self(), c.ActorSystem().Root
	b := &bell{}
	b.after(d, func() { root.Send(self, due{token: token}) })
	fx.timers[token] = pendingTimer{name: fx.trial.nameOf(then), bell: b, then: then}
	return token
}

// drop forgets an effect or timer: its context ends, its outcome is ignored.
// Zero and tokens already used are fine.
func (fx *effects) drop(token uint64) {
	if p, ok := fx.pending[token]; ok {
		p.end()
		delete(fx.pending, token)
	}
	if t, ok := fx.timers[token]; ok {
		t.bell.stop()
		delete(fx.timers, token)
	}
}

func (p pendingEffect) end() {
	p.cancel()
	p.outcome.stop()
}

// handle takes effectDone and due messages; it returns false for any other.
func (fx *effects) handle(c actor.Context) bool {
	switch m := c.Message().(type) {
	case effectDone:
		if p, ok := fx.pending[m.token]; ok {
			delete(fx.pending, m.token)
			p.end()
			p.then(c, m.val, m.err)
		}
		return true
	case due:
		if t, ok := fx.timers[m.token]; ok {
			delete(fx.timers, m.token)
			t.bell.stop()
			t.then(c)
		}
		return true
	}
	return false
}

// close ends the incarnation's work. Nothing it began comes back afterwards.
func (fx *effects) close() {
	fx.stop()
	for token := range fx.pending {
		fx.drop(token)
	}
	for token := range fx.timers {
		fx.drop(token)
	}
}

// backoff returns how long to wait before attempt n (from 1): first, doubled
// each time, at most limit.
func backoff(n int, first, limit time.Duration) time.Duration {
	d := first << min(max(n-1, 0), 16)
	if d <= 0 || d > limit {
		return limit
	}
	return d
}
