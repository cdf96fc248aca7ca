package proxy

import "time"

// lookEvery is the pause between two looks at what is open, for machines that
// have vanished.
const lookEvery = 5 * time.Second

// A machine that is switched off, or behind a line that is cut, says nothing
// more, not even that it goes. Where nothing is on its way to it, keep-alive
// notices that (newDialer). Where something is, the kernel sends that again and
// again for a quarter of an hour, and whoever asked would wait for so long. That
// the program on a machine does not answer, or reads nothing, is another thing:
// its kernel still says that it is there.

// lookAround gives up what waits for machines that have vanished, and comes
// again while anything is open.
func (x *exchanges) lookAround() {
	x.mu.Lock()
	asked := make([]*exchange, 0, len(x.open))
	for e := range x.open {
		if e.line.Load() != nil {
			asked = append(asked, e)
		}
	}
	x.look = nil
	x.lookAgain()
	x.mu.Unlock()
	for _, e := range asked {
		if l := e.line.Load(); x.isVanished(l.raw) {
			x.vanished(l.target)
			e.giveUp(l)
		}
	}
}

// lookAgain is called with the lock held.
func (x *exchanges) lookAgain() {
	if x.look == nil && len(x.open) > 0 && !x.closing {
		x.look = time.AfterFunc(x.lookEvery, x.lookAround)
	}
}

// giveUp ends what waits for the container: a request is then answered by us, a
// websocket closed.
func (e *exchange) giveUp(l *line) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.tunnel != nil {
		go e.tunnel() // closing TLS may take seconds
		return
	}
	l.abort()
}

// forget closes what idles to a target: it would be tried first.
func (u *upstream) forget(target string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, l := range u.idle[target] {
		_ = l.conn.Close()
	}
	delete(u.idle, target)
}
