package openstack

import (
	"slices"
	"time"
)

// event is something that the cloud does by itself, later.
type event struct {
	at   time.Time
	run  func()
	stop func() bool
}

// later runs f, with the lock held, d from now. What is due at once still happens after the request that asks for it.
func (c *Cloud) later(d time.Duration, f func()) {
	c.agenda = append(c.agenda, &event{at: c.clock.Now().Add(d), run: f, stop: c.clock.AfterFunc(d, c.tick)})
}

func (c *Cloud) tick() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.settle()
}

// settle does what fell due, in its order; it is called with the lock held, before each request is looked at.
func (c *Cloud) settle() {
	for !c.closed {
		now, next := c.clock.Now(), -1
		for n, e := range c.agenda {
			if !e.at.After(now) && (next < 0 || e.at.Before(c.agenda[next].at)) {
				next = n
			}
		}
		if next < 0 {
			return
		}
		e := c.agenda[next]
		c.agenda = slices.Delete(c.agenda, next, next+1)
		e.stop()
		e.run()
	}
}

// tell hands a call of a hook to the one goroutine that makes them.
func (c *Cloud) tell(hook func(Server), s *server) {
	if hook == nil || c.closed {
		return
	}
	view := c.view(s)
	c.calls = append(c.calls, func() { hook(view) })
	select {
	case c.called <- struct{}{}:
	default:
	}
}

func (c *Cloud) runHooks() {
	defer close(c.hooksDone)
	for range c.called {
		for {
			c.mu.Lock()
			calls := c.calls
			c.calls = nil
			c.mu.Unlock()
			if len(calls) == 0 {
				break
			}
			for _, call := range calls {
				call()
			}
		}
	}
}
