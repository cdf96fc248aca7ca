package proxy

import (
	"io"
	"sync"
)

// A tunnel's buffers: small while it idles or carries short messages, large
// while it carries much. An idle websocket would otherwise hold 64 KiB.
const (
	smallBuffer = 2 << 10
	largeBuffer = 32 << 10
)

var largeBuffers = sync.Pool{New: func() any { return new([largeBuffer]byte) }}

// tunnel is the container's side of an upgraded connection. ReverseProxy copies
// with io.Copy, which leaves the copying to these methods.
type tunnel struct {
	io.ReadWriteCloser
	use *lastUse // nil: its traffic is no use
}

// WriteTo copies from the container until it ends.
func (t tunnel) WriteTo(browser io.Writer) (int64, error) {
	return relay(browser, t.watched(t.ReadWriteCloser))
}

// ReadFrom copies to the container until the browser ends.
func (t tunnel) ReadFrom(browser io.Reader) (int64, error) {
	return relay(t.ReadWriteCloser, t.watched(browser))
}

// watched notes the data that from says.
func (t tunnel) watched(from io.Reader) io.Reader {
	if t.use == nil {
		return from
	}
	return &watchedReader{from: from, use: t.use}
}

// watchedReader is one direction of a websocket whose data frames are use.
type watchedReader struct {
	from   io.Reader
	use    *lastUse
	frames frames
}

func (w *watchedReader) Read(p []byte) (int, error) {
	n, err := w.from.Read(p)
	if w.frames.scan(p[:n]) {
		w.use.touch()
	}
	return n, err
}

// CloseWrite tells the container that the browser says no more.
func (t tunnel) CloseWrite() error {
	if half, ok := t.ReadWriteCloser.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return t.Close()
}

// relay copies like io.Copy, with a large buffer only as long as reads fill it.
func relay(to io.Writer, from io.Reader) (total int64, err error) {
	small := make([]byte, smallBuffer)
	for {
		n, err := from.Read(small)
		total += int64(n)
		if werr := write(to, small[:n]); werr != nil {
			return total, werr
		}
		if err == nil && n == len(small) {
			var more int64
			more, err = relayMuch(to, from)
			total += more
		}
		if err == io.EOF {
			return total, nil
		}
		if err != nil {
			return total, err
		}
	}
}

// relayMuch copies until a read leaves room in the large buffer, as one that
// has nothing more to read at the moment does.
func relayMuch(to io.Writer, from io.Reader) (total int64, err error) {
	large := largeBuffers.Get().(*[largeBuffer]byte)
	defer largeBuffers.Put(large)
	for {
		n, err := from.Read(large[:])
		total += int64(n)
		if werr := write(to, large[:n]); werr != nil {
			return total, werr
		}
		if err != nil || n < smallBuffer {
			return total, err
		}
	}
}

func write(to io.Writer, p []byte) error {
	if len(p) == 0 {
		return nil
	}
	_, err := to.Write(p)
	return err
}
