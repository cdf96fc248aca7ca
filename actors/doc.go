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
// growing pause. One that fails again and again is set aside and shown on the
// pool page. A PoolSupervisor that fails takes its children with it and loads
// everything anew; the data plane goes on with the last route table meanwhile.
// Stopping an actor never stops a container.
//
// # Who writes what
//
// The Instance actor writes the instance's record, the Host actor the host's,
// the Proxy the notebook sessions, the supervisor blueprints, variables and the
// first record of hosts and instances. Order: store, then memory, then reply
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
