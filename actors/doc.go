// Package actors is the supervision tree. It knows no network, no disk, no
// Docker and no database: what it needs of them stands in ports.go.
//
//	Warden                             sees to it that there is a PoolSupervisor
//	 └─ PoolSupervisor                 policy's one applier; its memory is a cache of the store
//	     ├─ Host-<id>                  one machine and its engine, from intent to released
//	     ├─ Instance-<id>              one launched instance, from queueing to deleted
//	     ├─ ImagePush-<host>-<digest>  one image to one host
//	     ├─ ImagePull-<id>             one image from a registry into the image directory
//	     ├─ Proxy                      only writer of the route table, owner of browser sessions
//	     └─ Feed                       bounded queues of events
//
// # Who restarts what
//
// Nobody restarts in place (protoactor.md, traps 3 and 7). A child that panics
// is stopped; its parent respawns it from its record, under a new name, with a
// growing pause. A PoolSupervisor that fails takes its children with it and loads
// everything anew; the data plane goes on with the last route table meanwhile. The
// Warden goes on after a panic of its own. Stopping an actor never stops a container.
//
// One that fails more than five times in ten minutes is set aside alone, and shown on
// the Pool page with its last panic and what to do (supervisor_aside.go). A launch
// that cannot go on so has failed, in words. There are three ways back: somebody asks
// for another try, or for something that only this actor can do; something waits for
// it, such as a drain or the end of a lifetime, then every ten minutes; the server
// restarts. A push or a pull fails in words instead, and a PoolSupervisor is tried
// again for ever.
//
// # What is not heard
//
// A message may be lost with the actor that it was for. Outcomes of effects and
// timers ring again until they are heard (bell.go). The slow tick tells every Host
// and Instance what the supervisor knows of it, to be told again what it does not,
// and counts its children. What somebody outside asked for is answered when it is
// stored; an answer that is lost ends as an error in words after askLimit.
//
// Both are held by tests that let each message and effect of a pool's life go wrong
// once (trial_test.go), and by one over these sources that finds what the life lacks.
//
// # Who writes what
//
// The Instance actor writes the instance's record, the Host actor the host's,
// the Proxy the notebook sessions, the supervisor blueprints, variables, announcements
// and the first record of hosts and instances. Order: store, then memory, then reply
// and publish. Slow work is an effect (effect.go): a goroutine whose outcome is
// a message to the actor that began it, dropped when that incarnation is gone.
//
// # Who says what to whom
//
// Children talk to the supervisor only. It forwards what is for the Proxy and
// the Feed, so that nobody holds a pid that may be old. A child that has ended
// reports it; the supervisor gives it the poison pill (trap 1). The Client is
// the only door in from outside; reads go to the published View and never queue
// behind a mailbox.
package actors
