package actors

import (
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"dockerdriver/actors/pool"
)

// Bounds of the Feed.
const (
	feedHistory = 4096 // events kept for replay
	feedQueue   = 512  // events a slow subscriber may lag behind
)

// feed gives every subscriber a bounded queue of its own. One that does not
// keep up gets a resync marker instead of what it missed, and nobody waits.
type feed struct {
	closed  bool
	last    uint64
	history []pool.Event // newest last
	subs    map[uint64]*subscriber
}

type subscriber struct {
	to     chan pool.Event
	behind bool
}

func newFeed() *feed {
	return &feed{last: uint64(time.Now().UnixMicro()), subs: map[uint64]*subscriber{}}
}

// Receive is the mailbox.
func (f *feed) Receive(c actor.Context) {
	if f.closed {
		return
	}
	switch m := c.Message().(type) {
	case *actor.Stopping:
		f.closed = true
		for _, s := range f.subs {
			close(s.to)
		}
	case publish:
		f.publish(m.event)
	case subscribe:
		f.subscribe(m)
		c.Respond(answer{})
	case unsubscribe:
		if s, ok := f.subs[m.id]; ok {
			close(s.to)
			delete(f.subs, m.id)
		}
	}
}

func (f *feed) publish(e pool.Event) {
	f.last++
	e.ID = f.last
	f.history = append(f.history, e)
	if len(f.history) > feedHistory {
		f.history = append([]pool.Event(nil), f.history[feedHistory/2:]...)
	}
	for _, s := range f.subs {
		s.offer(e)
	}
}

// offer never blocks: the feed alone writes to the queue. Its last place is
// kept for the marker, so that who fell behind is told also when nothing
// follows. What happens until the marker is taken is covered by it.
func (s *subscriber) offer(e pool.Event) {
	if s.behind && len(s.to) > 0 {
		return
	}
	s.behind = len(s.to) == cap(s.to)-1
	if s.behind {
		e = pool.Event{ID: e.ID, At: e.At, Kind: pool.EventResync}
	}
	s.to <- e
}

// subscribe replays what came after an id, or says resync when that is no
// longer known (or was given by an earlier run of the server).
func (f *feed) subscribe(m subscribe) {
	s := &subscriber{to: m.to}
	f.subs[m.id] = s
	if m.after == 0 || m.after == f.last {
		return
	}
	first := f.last + 1 - uint64(len(f.history))
	if m.after > f.last || m.after+1 < first {
		s.offer(pool.Event{ID: f.last, At: time.Now(), Kind: pool.EventResync})
		return
	}
	for _, e := range f.history[m.after+1-first:] {
		s.offer(e)
	}
}
