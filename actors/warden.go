package actors

import (
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/rs/zerolog"

	"dockerdriver/actors/pool"
)

// warden is the root: its one duty is that there is a PoolSupervisor. Nobody is
// above it, so it goes on after a panic of its own: all that it knows can be looked
// at again.
type warden struct {
	deps   *deps
	log    zerolog.Logger
	fx     *effects
	super  *atomic.Pointer[actor.PID] // for Clients; nil between two incarnations
	ready  func(error)
	closed bool

	pid    *actor.PID // the PoolSupervisor; nil between two incarnations
	reason any        // of its last panic
	fails  []time.Time
	pause  uint64 // the timer of the next incarnation
	tick   uint64
}

func newWarden(d *deps, super *atomic.Pointer[actor.PID], ready func(error)) *warden {
	log := d.log.With().Str("actor", "warden").Logger()
	return &warden{deps: d, log: log, fx: newEffects(log, d.trial), super: super, ready: ready}
}

// wake has the Warden look whether all is as it should be.
type wake struct{}

// wakeOnFailure lets the Warden go on after a panic, a moment later.
type wakeOnFailure struct{}

func (wakeOnFailure) HandleFailure(sys *actor.ActorSystem, parent actor.Supervisor, child *actor.PID, _ *actor.RestartStatistics, _, _ any) {
	parent.ResumeChildren(child)
	time.AfterFunc(wakeAfter, func() { sys.Root.Send(child, wake{}) })
}

// HandleFailure notes why the PoolSupervisor failed, and ends it: a new one follows.
func (w *warden) HandleFailure(_ *actor.ActorSystem, parent actor.Supervisor, child *actor.PID, _ *actor.RestartStatistics, reason, _ any) {
	w.reason = reason
	parent.StopChildren(child)
}

// Receive is the mailbox.
func (w *warden) Receive(c actor.Context) {
	if w.closed || w.fx.handle(c) {
		return
	}
	switch m := c.Message().(type) {
	case *actor.Started, wake:
		w.look(c)
	case *actor.Stopping:
		w.closed = true
		w.fx.close()
	case *actor.Terminated:
		w.gone(c, m.Who)
	}
}

// look is repeated with a slow tick, for what was not heard.
func (w *warden) look(c actor.Context) {
	w.fx.drop(w.tick)
	w.tick = w.fx.later(c, reconcileEvery, w.look)
	switch {
	case w.pid == nil && w.pause == 0:
		w.spawn(c)
	case w.pid != nil && !alive(c, w.pid):
		w.gone(c, w.pid)
	}
}

// alive tells whether an actor is there, running or on its way out.
func alive(c actor.Context, pid *actor.PID) bool {
	_, there := c.ActorSystem().ProcessRegistry.GetLocal(pid.Id)
	return there
}

func (w *warden) spawn(c actor.Context) {
	w.pause = 0
	props := actor.PropsFromProducer(func() actor.Actor { return newSupervisor(w.deps, w.ready) },
		append(w.deps.trial.sender("PoolSupervisor"), actor.WithReceiverMiddleware(guard(w.deps.log, "PoolSupervisor", w.deps.trial)),
			// Before its first message, for it may be ready before SpawnPrefix returns.
			actor.WithOnInit(func(its actor.Context) { w.super.Store(its.Self()) }))...)
	w.pid = c.SpawnPrefix(props, "PoolSupervisor-")
}

// gone begins a new PoolSupervisor after a pause that grows while it fails again and
// again. It cannot be set aside; the last view stays readable and tells of it.
func (w *warden) gone(c actor.Context, who *actor.PID) {
	if w.pid == nil || w.pid.Id != who.Id {
		return
	}
	w.pid = nil
	w.super.Store(nil)
	now := time.Now()
	w.fails = append(recent(w.fails, now), now)
	pause := backoff(len(w.fails), respawnFirst, respawnLimit)
	w.log.Error().Str("actor", "supervisor").Int("attempt", len(w.fails)).Dur("dur", pause).Msg("actor failed")
	w.pause = w.fx.later(c, pause, w.spawn)
	if len(w.fails) > respawnAtMost {
		w.tellOfFailure(now)
	}
}

// recent are the failures that still count.
func recent(fails []time.Time, now time.Time) []time.Time {
	return slices.DeleteFunc(fails, func(at time.Time) bool { return now.Sub(at) > respawnWindow })
}

func (w *warden) tellOfFailure(now time.Time) {
	view := *w.deps.view.Load()
	view.SetAside = append([]pool.SetAside{{
		Actor: "PoolSupervisor", At: now, Tries: len(w.fails), IsRetried: true, Error: fmt.Sprint(w.reason), Reason: failedAgain(len(w.fails)),
		Hint: fmt.Sprintf("Nothing is launched or ended meanwhile; notebooks that run can be used. It is tried again every %d seconds. The server's log has the stack.", int(respawnLimit.Seconds())),
	}}, slices.DeleteFunc(slices.Clone(view.SetAside), func(a pool.SetAside) bool { return a.Actor == "PoolSupervisor" })...)
	w.deps.view.Store(&view)
}

func failedAgain(times int) string {
	return fmt.Sprintf("it failed %d times within %d minutes", times, int(respawnWindow.Minutes()))
}
