package actors

import (
	"fmt"
	"runtime/debug"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/rs/zerolog"
)

// guard logs a panic once, with its stack, and lets it go on to the
// supervisor. Panics while stopping are swallowed: the library would hang the
// parent for ever (protoactor.md, trap 4).
func guard(log zerolog.Logger, key string, t *trial) actor.ReceiverMiddleware {
	return func(next actor.ReceiverFunc) actor.ReceiverFunc {
		return func(c actor.ReceiverContext, env *actor.MessageEnvelope) {
			defer func() {
				r := recover()
				if r == nil {
					return
				}
				log.Error().Interface("reason", r).Str("msg_type", fmt.Sprintf("%T", env.Message)).
					Bytes("stack", debug.Stack()).Msg("actor panicked")
				switch env.Message.(type) {
				case *actor.Stopping, *actor.Stopped, *actor.Restarting:
					return
				}
				panic(r)
			}()
			if t.delivers(key, c, env.Message) {
				next(c, env)
			}
		}
	}
}

// stopOnFailure ends a child that panicked instead of restarting it: a Restart
// of this library keeps stale continuations and can outlive a stop
// (protoactor.md, traps 3 and 7). The parent respawns it from its record when
// Terminated comes.
type stopOnFailure struct{}

func (stopOnFailure) HandleFailure(_ *actor.ActorSystem, parent actor.Supervisor, child *actor.PID, _ *actor.RestartStatistics, _, _ any) {
	parent.StopChildren(child)
}
