package actors

import (
	"sync"
	"time"
)

// bell tells an actor something, again and again until it is stopped: an outcome or
// a timer that nobody heard would leave the actor waiting for ever.
type bell struct {
	mu      sync.Mutex
	timer   *time.Timer
	stopped bool
}

// after rings after d, in place of what it was to ring before; 0 is now.
func (b *bell) after(d time.Duration, ring func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.timer != nil {
		b.timer.Stop()
	}
	if b.stopped {
		return
	}
	if d <= 0 {
		ring()
		d = ringAgain
	}
	b.timer = time.AfterFunc(d, func() { b.after(0, ring) })
}

// heard lets it rest until it is rung anew.
func (b *bell) heard() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.timer != nil {
		b.timer.Stop()
	}
}

// stop ends it. Calling it again is fine.
func (b *bell) stop() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stopped = true
	if b.timer != nil {
		b.timer.Stop()
	}
}
