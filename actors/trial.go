package actors

import (
	"reflect"
	"runtime"
	"strings"

	"github.com/asynkron/protoactor-go/actor"
)

// trial lets this package's own tests disturb the tree: panic at the receipt of a
// message or in an effect, or lose a message. The option that carries it is not
// exported: no server has one, and all methods do nothing then.
type trial struct {
	// receives is called in the actor's turn before each message; it may panic.
	// False: the message is lost.
	receives func(key string, c actor.ReceiverContext, message any) bool
	// sends is called in the actor's turn for each message it sends. False: it is lost.
	sends func(key string, message any) bool
	// begins is called in an effect's goroutine before the effect; it may panic.
	begins func(effect string)
}

func (t *trial) delivers(key string, c actor.ReceiverContext, message any) bool {
	return t == nil || t.receives(key, c, message)
}

func (t *trial) effect(name string) {
	if t != nil {
		t.begins(name)
	}
}

// nameOf tells one effect or timer from another by its function.
func (t *trial) nameOf(fn any) string {
	if t == nil {
		return ""
	}
	name := runtime.FuncForPC(reflect.ValueOf(fn).Pointer()).Name()
	return strings.TrimSuffix(strings.TrimPrefix(name, "dockerdriver/actors."), "-fm")
}

// sender is middleware of a trial for what an actor sends.
func (t *trial) sender(key string) []actor.PropsOption {
	if t == nil {
		return nil
	}
	return []actor.PropsOption{actor.WithSenderMiddleware(func(next actor.SenderFunc) actor.SenderFunc {
		return func(c actor.SenderContext, to *actor.PID, env *actor.MessageEnvelope) {
			if t.sends(key, env.Message) {
				next(c, to, env)
			}
		}
	})}
}
