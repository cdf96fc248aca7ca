package engine

import (
	"net"
	"sync"
)

// Manner is how an engine's address answers.
type Manner int

// Manners of an engine's address.
const (
	Answering Manner = iota
	Hanging
	Refusing
)

// gate is a listener that can be made to hang or to refuse. Connections that
// are open when that begins are cut.
type gate struct {
	net.Listener

	mu   sync.Mutex
	how  Manner
	open map[net.Conn]bool
}

func newGate(l net.Listener) *gate { return &gate{Listener: l, open: map[net.Conn]bool{}} }

// Accept returns the next connection that is to be answered.
func (g *gate) Accept() (net.Conn, error) {
	for {
		conn, err := g.Listener.Accept()
		if err != nil {
			return nil, err
		}
		g.mu.Lock()
		how := g.how
		if how != Refusing {
			g.open[conn] = true
		}
		g.mu.Unlock()
		switch how {
		case Answering:
			return &gated{Conn: conn, gate: g}, nil
		case Refusing:
			conn.Close()
		}
	}
}

func (g *gate) set(how Manner) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.how = how
	for conn := range g.open {
		conn.Close()
	}
	clear(g.open)
}

// Close ends the listener with what hangs at it.
func (g *gate) Close() error {
	err := g.Listener.Close()
	g.mu.Lock()
	hangs := g.how == Hanging
	g.mu.Unlock()
	if hangs {
		g.set(Refusing)
	}
	return err
}

// gated is a connection that the gate forgets when it is closed.
type gated struct {
	net.Conn
	gate *gate
}

// Close closes the connection.
func (c *gated) Close() error {
	c.gate.mu.Lock()
	delete(c.gate.open, c.Conn)
	c.gate.mu.Unlock()
	return c.Conn.Close()
}
