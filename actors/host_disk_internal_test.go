package actors

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

// cellar is all that a host needs to make room: an engine with images of 10 bytes.
type cellar struct {
	Engine
	mu     sync.Mutex
	free   int64
	images []pool.EngineImage
	looks  int
	fail   error
}

func (l *cellar) Disk(context.Context, pool.Host) (pool.Disk, error) {
	time.Sleep(time.Second)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.looks++
	return pool.Disk{Total: 100, Free: l.free, At: time.Now()}, l.fail
}

func (l *cellar) ListImages(context.Context) ([]pool.EngineImage, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]pool.EngineImage{}, l.images...), nil
}

func (l *cellar) RemoveImage(context.Context, string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.images = l.images[1:]
	l.free += 10
	return nil
}

// stores is a Store that takes everything.
type stores struct{ Store }

func (stores) Save(context.Context, pool.Changes) error { return nil }

// cellarEngines has the one engine.
type cellarEngines struct{ engine Engine }

func (e cellarEngines) Engine(pool.Endpoint) (Engine, error) { return e.engine, nil }
func (cellarEngines) Answers(context.Context, string) error  { return nil }

// landlord is a host's parent: it knows what is needed, or is silent.
type landlord struct {
	host   func() actor.Actor
	silent bool
	made   chan roomMade
	gone   chan imagesCollected
	child  *actor.PID
}

func (l *landlord) Receive(c actor.Context) {
	switch m := c.Message().(type) {
	case *actor.Started:
		l.child = c.Spawn(actor.PropsFromProducer(l.host))
	case makeRoom:
		c.Send(l.child, m)
	case diskWants:
		if !l.silent {
			c.Send(l.child, diskNeeds{needed: map[string]bool{}})
		}
	case imagesCollected:
		l.gone <- m
	case roomMade:
		l.made <- m
	}
}

func TestRoomIsMadeForWhatWaits(t *testing.T) {
	for _, c := range []struct {
		why     string
		needs   []int64
		noDisks bool
		fail    error
		silent  bool
		free    int64 // as answered, to each
		removed int
		looks   int
	}{
		{"there is room", []int64{50}, false, nil, false, 50, 0, 1},
		{"two images are in the way", []int64{65}, false, nil, false, 70, 2, 2},
		{"it can never fit", []int64{100}, false, nil, false, 80, 3, 2},
		{"two at once each have their answer", []int64{45, 65}, false, nil, false, 70, 2, 3},
		{"the disk cannot be looked at", []int64{65}, false, errors.New("no"), false, 0, 0, 1},
		{"nobody looks at disks", []int64{65}, true, nil, false, 0, 0, 0},
		{"the supervisor does not tell what is needed", []int64{65}, false, nil, true, 50, 0, 1},
	} {
		t.Run(c.why, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := &cellar{free: 50, fail: c.fail, images: make([]pool.EngineImage, 3)}
				for n := range l.images {
					l.images[n] = pool.EngineImage{ID: string(rune('a' + n)), Size: 10}
				}
				d := &deps{Options: Options{Engines: cellarEngines{l}, Store: stores{}, Disks: l}, log: zerolog.Nop(), view: &atomic.Pointer[pool.View]{}}
				if c.noDisks {
					d.Disks = nil
				}
				rec := pool.Host{ID: "h", State: pool.HostPreparing, Stage: pool.HostStageImages, Plan: pool.HostPlan{Flavor: "m"}, ReadyBy: time.Now().Add(time.Hour)}
				above := &landlord{host: func() actor.Actor { return newHost(d, rec) }, silent: c.silent, made: make(chan roomMade, 9), gone: make(chan imagesCollected, 9)}
				system := actor.NewActorSystem()
				pid := system.Root.Spawn(actor.PropsFromProducer(func() actor.Actor { return above }))
				defer func() { _ = system.Root.StopFuture(pid).Wait() }()
				for _, need := range c.needs {
					system.Root.Send(pid, makeRoom{imageID: "wanted", need: need})
				}
				time.Sleep(time.Minute)
				synctest.Wait()
				require.Len(t, above.made, len(c.needs))
				var last roomMade
				for range c.needs {
					last = <-above.made
				}
				require.Equal(t, "wanted", last.imageID)
				require.Equal(t, c.free, last.disk.Free)
				removed := 0
				for range len(above.gone) {
					removed += len((<-above.gone).ids)
				}
				require.Equal(t, c.removed, removed)
				l.mu.Lock()
				defer l.mu.Unlock()
				require.Equal(t, c.looks, l.looks)
			})
		})
	}
}
