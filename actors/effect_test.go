package actors

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
)

// busy does effects one after another and says when it has done them all.
type busy struct {
	fx   *effects
	left int
	done chan struct{}
}

func (b *busy) Receive(c actor.Context) {
	if b.fx.handle(c) {
		return
	}
	if _, ok := c.Message().(*actor.Started); ok {
		b.next(c)
	}
}

func (b *busy) next(c actor.Context) {
	if b.left--; b.left < 0 {
		close(b.done)
		return
	}
	run(b.fx, c, time.Minute, func(context.Context) (int, error) { return 0, nil },
		func(c actor.Context, _ int, _ error) { b.next(c) })
}

// A host asks its engine every ten seconds for as long as it lives: nothing of
// an effect may stay behind.
func TestEffectsThatEndedLeaveNothing(t *testing.T) {
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	system := actor.NewActorSystem()
	fx := newEffects(zerolog.Nop(), nil)
	before := heap()
	const many = 20_000
	done := make(chan struct{})
	pid := system.Root.Spawn(actor.PropsFromProducer(func() actor.Actor { return &busy{fx: fx, left: many, done: done} }))
	<-done
	require.NoError(t, system.Root.StopFuture(pid).Wait())
	after := heap()
	require.Less(t, after, before+many*20, "less than 20 bytes of each")
	fx.close()
}
