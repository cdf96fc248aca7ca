package proxy

import (
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A tunnel's buffers: small while it idles or carries short messages, large
// while it carries much. An idle websocket would otherwise hold 64 KiB.
const (
	smallBuffer = 2 << 10
	largeBuffer = 32 << 10
)

var largeBuffers = sync.Pool{New: func() any { return new([largeBuffer]byte) }}

// halfOpen is how long one side may go on after the other has ended. A
// websocket's ends say goodbye before that (RFC 6455 7.1.1).
const halfOpen = time.Minute

// tunnel is a websocket: a browser's connection and a container's, bytes of
// which go from one to the other until one of them ends. It outlives the
// handler that made it, whose memory is free meanwhile.
type tunnel struct {
	browser, container         net.Conn
	raw                        syscall.RawConn // the container's
	fromBrowser, fromContainer []byte          // what came too early
	use                        *lastUse        // nil: its traffic is no use
	end                        func()          // called once both directions have ended

	ended atomic.Int32 // directions
}

// run begins to carry. It does not wait for the end.
func (t *tunnel) run() {
	go t.carry(t.container, t.browser, func(to io.Writer) error {
		if err := write(to, t.fromBrowser); err != nil {
			return err
		}
		t.fromBrowser = nil
		return relay(to, t.browser)
	})
	go t.carry(t.browser, t.container, func(to io.Writer) error {
		if err := write(to, t.fromContainer); err != nil {
			return err
		}
		t.fromContainer = nil
		return relayReady(to, t.raw)
	})
}

// carry is one direction. Its regular end is told to the other side.
func (t *tunnel) carry(to, from net.Conn, relay func(io.Writer) error) {
	err := relay(t.watched(to))
	half, ok := to.(interface{ CloseWrite() error })
	if err != nil || !ok || half.CloseWrite() != nil {
		t.cut()
	} else {
		_ = to.SetReadDeadline(time.Now().Add(halfOpen))
	}
	if t.ended.Add(1) == 2 {
		t.cut()
		t.end()
	}
}

// cut ends both directions.
func (t *tunnel) cut() {
	// First the container: closing TLS says goodbye, which may take seconds where
	// a browser does not read.
	_ = t.container.Close()
	_ = t.browser.Close()
}

// watched notes the data that goes to a side.
func (t *tunnel) watched(to io.Writer) io.Writer {
	if t.use == nil {
		return to
	}
	return &watchedWriter{to: to, use: t.use}
}

// watchedWriter is one direction of a websocket whose data frames are use.
type watchedWriter struct {
	to     io.Writer
	use    *lastUse
	frames frames
}

func (w *watchedWriter) Write(p []byte) (int, error) {
	if w.frames.scan(p) {
		w.use.touch()
	}
	return w.to.Write(p)
}

// relay copies like io.Copy, with a large buffer only as long as reads fill it.
func relay(to io.Writer, from io.Reader) error {
	small := make([]byte, smallBuffer)
	for {
		n, err := from.Read(small)
		if werr := write(to, small[:n]); werr != nil {
			return werr
		}
		if err == nil && n == len(small) {
			err = relayMuch(to, from)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// relayMuch copies until a read leaves room in the large buffer, as one that
// has nothing more to read at the moment does.
func relayMuch(to io.Writer, from io.Reader) error {
	large := largeBuffers.Get().(*[largeBuffer]byte)
	defer largeBuffers.Put(large)
	for {
		n, err := from.Read(large[:])
		if werr := write(to, large[:n]); werr != nil {
			return werr
		}
		if err != nil || n < smallBuffer {
			return err
		}
	}
}

// relayReady copies from a socket, and holds no buffer while it waits for it.
func relayReady(to io.Writer, from syscall.RawConn) error {
	for {
		buffer, n, err := readReady(from)
		if err != nil {
			return err
		}
		if n > 0 {
			err = write(to, buffer[:n])
		}
		largeBuffers.Put(buffer)
		if n == 0 || err != nil {
			return err
		}
	}
}

// readReady waits until a socket can be read, and takes a buffer only then. At
// the end n is 0.
func readReady(from syscall.RawConn) (buffer *[largeBuffer]byte, n int, err error) {
	waited := from.Read(func(fd uintptr) bool {
		buffer = largeBuffers.Get().(*[largeBuffer]byte)
		for {
			n, err = unix.Read(int(fd), buffer[:])
			if !errors.Is(err, unix.EINTR) {
				break
			}
		}
		if errors.Is(err, unix.EAGAIN) {
			largeBuffers.Put(buffer)
			return false
		}
		return true
	})
	if waited != nil {
		return nil, 0, waited
	}
	if err != nil {
		largeBuffers.Put(buffer)
		return nil, 0, err
	}
	return buffer, n, nil
}

func write(to io.Writer, p []byte) error {
	if len(p) == 0 {
		return nil
	}
	_, err := to.Write(p)
	return err
}
