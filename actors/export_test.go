package actors

import (
	"fmt"
	"strings"

	"github.com/asynkron/protoactor-go/actor"
)

// Trial disturbs a tree from tests outside this package. Actors are named by their
// keys (Host-<id>), messages by type and what tells them apart: an effect's outcome and a timer by the
// function that they belong to, a change by the state that it tells of.
type Trial struct {
	Receives func(key, message string) (delivered bool) // may panic
	Sends    func(key, message string) (delivered bool)
	Begins   func(effect string) // may panic
}

// Into puts the trial into the options.
func (t Trial) Into(o *Options) {
	o.trial = &trial{
		receives: func(key string, c actor.ReceiverContext, message any) bool {
			what, current := describe(c.Actor(), message)
			return !current || t.Receives(key, what)
		},
		sends:  func(key string, message any) bool { return t.Sends(key, typeOf(message)) },
		begins: t.Begins,
	}
}

func typeOf(message any) string {
	name := fmt.Sprintf("%T", message)
	return strings.TrimPrefix(strings.TrimPrefix(name, "*"), "actors.")
}

// describe names a message; false: it is an outcome or a timer that nobody waits for any more.
func describe(a actor.Actor, message any) (what string, current bool) {
	var fx *effects
	at := ""
	switch a := a.(type) {
	case *warden:
		fx = a.fx
	case *supervisor:
		fx = a.fx
	case *instance:
		fx, at = a.fx, fmt.Sprintf(" at %s/%s", a.rec.State, a.rec.Stage)
	case *host:
		fx, at = a.fx, fmt.Sprintf(" at %s/%s", a.rec.State, a.rec.Stage)
	case *imagePush:
		fx = a.fx
	case *imagePull:
		fx = a.fx
	case *proxy:
		fx = a.fx
	}
	what = typeOf(message)
	switch m := message.(type) {
	case effectDone:
		p, pending := fx.pending[m.token]
		return what + " " + p.name + at, pending
	case due:
		t, pending := fx.timers[m.token]
		return what + " " + t.name + at, pending
	case instanceChanged:
		return fmt.Sprintf("%s %s/%s", what, m.record.State, m.record.Stage), true
	case hostChanged:
		return fmt.Sprintf("%s %s/%s", what, m.record.State, m.record.Stage), true
	case pushChanged:
		return fmt.Sprintf("%s %s", what, m.push.State), true
	case pullChanged:
		return fmt.Sprintf("%s %s", what, m.pull.State), true
	case publish:
		return fmt.Sprintf("%s %s", what, m.event.Kind), true
	}
	return what, true
}
