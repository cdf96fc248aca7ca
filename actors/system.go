package actors

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/rs/zerolog"

	"dockerdriver/actors/pool"
)

// Options are what the tree needs of the outside. All ports but Consoles, Fence, Disks and Registry are required.
type Options struct {
	Cloud   Cloud
	Engines Engines
	Images  Images
	Store   Store
	Routes  Routes
	// Registry pulls images; nil: nobody does.
	Registry Registry
	// Consoles reads what machines write on their consoles; nil: they have none.
	Consoles Consoles
	// Fence proves that containers are fenced in on each machine that a cloud has
	// made; nil: nobody proves it.
	Fence Fence
	// Disks looks at the disks of engines; nil: nobody looks, and no image is
	// removed from an engine.
	Disks Disks
	// AnswerLimit is how long a started notebook has until it must answer HTTP;
	// 0 means DefaultAnswerLimit.
	AnswerLimit time.Duration
	// ProxyPath returns the path that a label's notebook is served at, with a slash
	// at its end; nil: each has an origin of its own, and is at "/".
	ProxyPath func(label string) string
	Log       zerolog.Logger
	trial     *trial // of this package's own tests only
}

// deps is what every actor is born with. It is written to before the first
// child exists and then only read; view is the exception, and atomic.
type deps struct {
	Options
	log          zerolog.Logger
	installation string
	view         *atomic.Pointer[pool.View]
	uplink       *uplink // of all pushes; it has a lock of its own
}

// System is a running supervision tree.
type System struct {
	actors *actor.ActorSystem
	warden *actor.PID
	deps   *deps
	super  *atomic.Pointer[actor.PID]
	ended  chan struct{}
	stop   sync.Once
}

// Start brings the tree up from the store. When it returns without an error
// the routes of all running instances are published.
func Start(ctx context.Context, o Options) (*System, error) {
	o.AnswerLimit = cmp.Or(o.AnswerLimit, DefaultAnswerLimit)
	if o.ProxyPath == nil {
		o.ProxyPath = func(string) string { return "/" }
	}
	d := &deps{Options: o, log: o.Log, view: &atomic.Pointer[pool.View]{}, uplink: newUplink()}
	d.Images = shipped{Images: o.Images, uplink: d.uplink}
	d.view.Store(&pool.View{})
	sys := &System{
		actors: actor.NewActorSystem(actor.WithLoggerFactory(func(*actor.ActorSystem) *slog.Logger {
			return slog.New(zerolog.NewSlogHandler(o.Log.With().Str("lib", "protoactor").Logger()))
		})),
		deps: d, super: &atomic.Pointer[actor.PID]{}, ended: make(chan struct{}),
	}
	ready := make(chan error, 1)
	tell := func(err error) {
		select {
		case ready <- err:
		default:
		}
	}
	props := actor.PropsFromProducer(func() actor.Actor {
		return newWarden(d, sys.super, tell)
	}, actor.WithGuardian(wakeOnFailure{}), actor.WithReceiverMiddleware(guard(d.log, "Warden", d.trial)))
	pid, err := sys.actors.Root.SpawnNamed(props, "Warden")
	if err != nil {
		return nil, err
	}
	sys.warden = pid
	select {
	case err = <-ready:
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		return nil, errors.Join(err, sys.Stop(context.WithoutCancel(ctx)))
	}
	return sys, nil
}

// stopLimit is how long Stop waits for the actors.
const stopLimit = 5 * time.Second

// Stop ends the actors. It touches no container, no host and no record: the
// next Start takes over. Calling it again is fine.
func (s *System) Stop(ctx context.Context) error {
	var err error
	s.stop.Do(func() {
		close(s.ended)
		done := make(chan error, 1)
		go func() { done <- s.actors.Root.StopFuture(s.warden).Wait() }()
		select {
		case err = <-done:
		case <-time.After(stopLimit):
			err = errors.New("cannot stop actors within 5 s")
		case <-ctx.Done():
			err = ctx.Err()
		}
	})
	return err
}

// Client returns the door into the tree.
func (s *System) Client() *Client {
	return &Client{deps: s.deps, root: s.actors.Root, super: s.super, ended: s.ended}
}
