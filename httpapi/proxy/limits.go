package proxy

import (
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"
)

// Limits bound what one client can take of the proxy. Together with
// maxHeaderBytes they bound the memory that headers take.
type Limits struct {
	// Connections is how many may be open in all; 0: no limit.
	Connections int
	// PerAddress is how many one client address may have open (for IPv6 its /64,
	// which one client commonly has whole); 0: no limit. A lecture hall behind one
	// address has many; a load balancer in front of us has all of them.
	PerAddress int
}

// maxPerSession is how many requests and websockets one session may have under
// way: a notebook with many tabs has some dozens.
const maxPerSession = 512

// Listener returns a listener that closes at once the connections beyond the
// proxy's limits.
func (p *Proxy) Listener(inner net.Listener, limits Limits) net.Listener {
	return &limited{Listener: inner, limits: limits, open: map[netip.Prefix]int{}, refused: p.metrics.refused.Inc}
}

// limited is a net.Listener.
type limited struct {
	net.Listener
	limits  Limits
	refused func()

	mu    sync.Mutex
	total int
	open  map[netip.Prefix]int // by client
}

// Accept returns the next connection that is within the limits.
func (l *limited) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		client := clientOf(conn.RemoteAddr())
		if l.take(client) {
			return &counted{Conn: conn, release: sync.OnceFunc(func() { l.release(client) })}, nil
		}
		l.refused()
		_ = conn.Close()
	}
}

func (l *limited) take(client netip.Prefix) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if over(l.total, l.limits.Connections) || over(l.open[client], l.limits.PerAddress) {
		return false
	}
	l.total++
	l.open[client]++
	return true
}

func over(n, limit int) bool { return limit > 0 && n >= limit }

func (l *limited) release(client netip.Prefix) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.total--
	if l.open[client]--; l.open[client] == 0 {
		delete(l.open, client)
	}
}

// clientOf is who a connection counts for.
func clientOf(addr net.Addr) netip.Prefix {
	at, err := netip.ParseAddrPort(addr.String())
	if err != nil {
		return netip.Prefix{} // not TCP: all count together
	}
	ip, bits := at.Addr().Unmap().WithZone(""), 32
	if ip.Is6() {
		bits = 64
	}
	client, _ := ip.Prefix(bits) // never fails with these
	return client
}

// counted gives its place back when it is closed.
type counted struct {
	net.Conn
	release func()
}

// Close closes the connection.
func (c *counted) Close() error {
	defer c.release()
	return c.Conn.Close()
}

// CloseWrite half-closes it, for crypto/tls.
func (c *counted) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}

// bodyStall is how long an upload may stand still. One that moves may take for ever.
const bodyStall = 2 * time.Minute
