package proxy

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"dockerdriver/actors/pool"
)

var (
	errRevoked  = errors.New("the session or the notebook ended")
	errShutdown = errors.New("the server is stopping")
)

// exchange is one request that was let through, with its answer or, once it is
// upgraded, its connection.
type exchange struct {
	route     pool.Route
	session   string // cookie hash
	home      string // the origin that it belongs to
	prefix    string // what stood before its path there: "", in path mode "/<label>"
	upgrade   bool
	use       *lastUse // of its instance; nil where the route says that such requests are no use
	cancel    context.CancelCauseFunc
	isCut     bool                 // guarded by exchanges.mu
	stalled   atomic.Bool          // its upload stood still for too long
	malformed atomic.Bool          // its upload was no body of HTTP
	line      atomic.Pointer[line] // the connection that it was sent over last

	mu     sync.Mutex
	client *http.ResponseController // nil once the handler has returned
	tunnel func()                   // ends it; nil before it is one
	hung   bool                     // hangUp was called
}

// isAllowed tells whether the table still lets the exchange go on.
func (e *exchange) isAllowed(table *pool.RouteTable) bool {
	route, routed := table.Routes[e.route.Label]
	session, known := table.Sessions[e.session]
	return routed && known && session.InstanceID == e.route.InstanceID &&
		route.InstanceID == e.route.InstanceID && route.Target == e.route.Target
}

// hangUp ends what waits for the client: a blocked read of an upload, a blocked
// write to a browser that does not read. Cancelling alone ends only the
// container's side.
func (e *exchange) hangUp() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.hung = true
	if e.tunnel != nil {
		e.tunnel()
		return
	}
	if e.client == nil {
		return
	}
	// Not every ResponseWriter has deadlines; cancelling does for the others. A
	// browser that reads is told why.
	_ = e.client.SetReadDeadline(time.Unix(1, 0))
	_ = e.client.SetWriteDeadline(time.Now().Add(lastWords))
}

// lastWords is how long a browser may take to be told that it was cut off.
const lastWords = 500 * time.Millisecond

// becomes makes the exchange a tunnel, which cut ends, unless it was cut already.
func (e *exchange) becomes(cut func()) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.hung {
		return false
	}
	e.tunnel, e.client = cut, nil
	return true
}

// exchanges are all that are open.
type exchanges struct {
	mu      sync.Mutex
	open    map[*exchange]struct{}
	of      map[string]int // how many of each session
	closing bool
	emptied chan struct{} // closed when closing and nothing is open

	look       *time.Timer // for machines that have vanished; runs while anything is open
	lookEvery  time.Duration
	isVanished func(syscall.RawConn) bool
	vanished   func(target string)
}

// newExchanges lets vanished know of targets whose machine has vanished.
func newExchanges(vanished func(target string)) *exchanges {
	return &exchanges{
		open: map[*exchange]struct{}{}, of: map[string]int{}, emptied: make(chan struct{}),
		lookEvery: lookEvery, isVanished: isVanished, vanished: vanished,
	}
}

// begin enters an exchange, unless the server is stopping or its session has
// too many.
func (x *exchanges) begin(e *exchange) *page {
	x.mu.Lock()
	defer x.mu.Unlock()
	switch {
	case x.closing:
		return &pageLater
	case x.of[e.session] >= maxPerSession:
		return &pageTooMany
	}
	x.open[e] = struct{}{}
	x.of[e.session]++
	x.lookAgain()
	return nil
}

func (x *exchanges) end(e *exchange) {
	e.mu.Lock()
	if e.hung && e.client != nil {
		// The answer was whole before it could be cut: the next one needs time again.
		_ = e.client.SetWriteDeadline(time.Time{})
	}
	e.client = nil
	e.mu.Unlock()
	x.mu.Lock()
	defer x.mu.Unlock()
	delete(x.open, e)
	if x.of[e.session]--; x.of[e.session] == 0 {
		delete(x.of, e.session)
	}
	if x.closing && len(x.open) == 0 {
		close(x.emptied)
	}
}

// close lets nothing more begin.
func (x *exchanges) close() {
	x.mu.Lock()
	defer x.mu.Unlock()
	if !x.closing {
		x.closing = true
		if len(x.open) == 0 {
			close(x.emptied)
		}
	}
}

// cut ends the exchanges that which names, and tells how many. It does not wait
// for them.
func (x *exchanges) cut(cause error, which func(*exchange) bool) int {
	x.mu.Lock()
	defer x.mu.Unlock()
	cut := 0
	for e := range x.open {
		if !e.isCut && which(e) {
			e.isCut = true
			cut++
			e.cancel(cause)
			// Deadlines of HTTP/2 streams wait for the connection's loop.
			go e.hangUp()
		}
	}
	return cut
}

// count tells how many exchanges are open.
func (x *exchanges) count(upgrade bool) int {
	x.mu.Lock()
	defer x.mu.Unlock()
	n := 0
	for e := range x.open {
		if e.upgrade == upgrade {
			n++
		}
	}
	return n
}
