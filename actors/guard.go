package actors

import (
	"fmt"
	"runtime/debug"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/rs/zerolog"
)

// guard logs a panic once, with its stack, and lets it go on to the
// supervisor. Panics while stopping are swallowed, also at the end of a child: the
// library would hang the parent for ever (protoactor.md, trap 4).
func guard(log zerolog.Logger, key string, t *trial) actor.ReceiverMiddleware {
	stopping := false // each incarnation has a guard of its own
	return func(next actor.ReceiverFunc) actor.ReceiverFunc {
		return func(c actor.ReceiverContext, env *actor.MessageEnvelope) {
			defer func() {
				r := recover()
				if r == nil {
					return
				}
				log.Error().Interface("reason", r).Str("msg_type", fmt.Sprintf("%T", env.Message)).
					Bytes("stack", debug.Stack()).Msg("actor panicked")
				if _, stops := env.Message.(*actor.Stopping); stops {
					tryOnce(next, c, env) // what it has begun must end with it
				}
				if !stopping {
					panic(r)
				}
			}()
			if _, stops := env.Message.(*actor.Stopping); stops {
				stopping = true
			}
			if t.delivers(key, c, env.Message) {
				next(c, env)
			}
		}
	}
}

func tryOnce(next actor.ReceiverFunc, c actor.ReceiverContext, env *actor.MessageEnvelope) {
	defer func() { _ = recover() }()
	next(c, env)
}
