package proxy

import (
	"bufio"
	"context"
	"errors"
	"math"
	"net"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	dialLimit = 5 * time.Second
	// idlePerTarget keeps a connection for every request that one notebook has
	// at once: opening one anew costs more than a request.
	idlePerTarget = 1024
	idleLife      = 90 * time.Second
	// surelyOpen is how long a connection that idles is not closed by any server
	// that keeps connections at all.
	surelyOpen        = time.Second
	maxResponseHeader = 1 << 20 // bytes, informational answers included
)

// newDialer connects to containers. A machine that vanished while nothing was on
// its way to it is noticed within half a minute.
func newDialer() *net.Dialer {
	return &net.Dialer{
		Timeout:         dialLimit,
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 15 * time.Second, Interval: 5 * time.Second, Count: 3},
	}
}

// upstream keeps HTTP/1.1 connections to containers, by target. Unlike
// http.Transport's, a connection has no goroutine of its own: whoever asks also
// reads the answer, which halves the CPU of a small request.
type upstream struct {
	dialer *net.Dialer

	mu     sync.Mutex
	idle   map[string][]*line // the one used last is at the end, and used next
	closed bool
	sweep  *time.Timer // runs while anything is idle
}

func newUpstream() *upstream { return &upstream{dialer: newDialer(), idle: map[string][]*line{}} }

// line is a connection to a container. It belongs to one request at a time.
type line struct {
	conn   net.Conn
	raw    syscall.RawConn
	in     *bufio.Reader // of the line itself
	target string
	// budget is how many bytes may still be read: answers' heads are bounded.
	budget int64
	heard  bool // anything, since it was asked last
	reused bool
	since  time.Time // idle since
}

var errHeadTooLarge = errors.New("the header of its answer is too large")

// Read is for the line's own buffer.
func (l *line) Read(p []byte) (int, error) {
	if l.budget <= 0 {
		return 0, errHeadTooLarge
	}
	if int64(len(p)) > l.budget {
		p = p[:l.budget]
	}
	n, err := l.conn.Read(p)
	l.budget -= int64(n)
	l.heard = l.heard || n > 0
	return n, err
}

// bound limits what may be read until unbound. What one read brings beyond the
// head counts too, so that much is added.
func (l *line) bound() { l.budget = maxResponseHeader + int64(l.in.Size()) }

func (l *line) unbound() { l.budget = math.MaxInt64 }

// abort ends reads and writes that wait for the container.
func (l *line) abort() { _ = l.conn.SetDeadline(time.Unix(1, 0)) }

// isQuiet tells whether an idle connection is still open, and the container has
// said nothing on it: that could only be taken for the answer to the next request.
func (l *line) isQuiet() bool {
	var one [1]byte
	quiet := false
	err := l.raw.Read(func(fd uintptr) bool {
		_, _, err := unix.Recvfrom(int(fd), one[:], unix.MSG_PEEK|unix.MSG_DONTWAIT)
		quiet = errors.Is(err, unix.EAGAIN)
		return true
	})
	return err == nil && quiet
}

// get returns a connection that has idled for at most a time, or a fresh one.
func (u *upstream) get(ctx context.Context, target string, idled time.Duration) (*line, error) {
	for idled > 0 {
		l := u.take(target, idled)
		if l == nil {
			break
		}
		if l.isQuiet() {
			l.reused, l.heard = true, false
			return l, nil
		}
		_ = l.conn.Close()
	}
	conn, err := u.dialer.DialContext(ctx, "tcp", target)
	if err != nil {
		return nil, err
	}
	raw, err := conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	l := &line{conn: conn, raw: raw, target: target}
	l.in = bufio.NewReader(l)
	return l, nil
}

func (u *upstream) take(target string, idled time.Duration) *line {
	u.mu.Lock()
	defer u.mu.Unlock()
	idle := u.idle[target]
	last := len(idle) - 1
	if last < 0 || time.Since(idle[last].since) > idled {
		return nil
	}
	l := idle[last]
	idle[last] = nil
	u.idle[target] = idle[:last]
	return l
}

// put keeps a connection for the next request, or closes it.
func (u *upstream) put(l *line) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.closed || l.in.Buffered() > 0 || len(u.idle[l.target]) >= idlePerTarget {
		_ = l.conn.Close()
		return
	}
	l.since = time.Now()
	u.idle[l.target] = append(u.idle[l.target], l)
	if u.sweep == nil {
		u.sweep = time.AfterFunc(idleLife/2, u.clean)
	}
}

// clean closes what has been idle for too long, and comes again while anything is idle.
func (u *upstream) clean() {
	u.mu.Lock()
	defer u.mu.Unlock()
	for target, idle := range u.idle {
		old := 0
		for old < len(idle) && time.Since(idle[old].since) > idleLife {
			_ = idle[old].conn.Close()
			old++
		}
		if old == len(idle) {
			delete(u.idle, target)
		} else {
			u.idle[target] = append([]*line(nil), idle[old:]...)
		}
	}
	u.sweep = nil
	if len(u.idle) > 0 && !u.closed {
		u.sweep = time.AfterFunc(idleLife/2, u.clean)
	}
}

// close closes what is idle, and lets nothing become idle any more.
func (u *upstream) close() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.closed = true
	for _, idle := range u.idle {
		for _, l := range idle {
			_ = l.conn.Close()
		}
	}
	clear(u.idle)
	if u.sweep != nil {
		u.sweep.Stop()
	}
}
