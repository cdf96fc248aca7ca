package proxy

import (
	"io"
	"sync"
	"sync/atomic"
	"time"
)

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

// watched is a source that knows when nobody reads it any more.
type watched struct {
	io.Reader
	read    atomic.Int64
	atFull  atomic.Int64
	once    sync.Once
	full    chan struct{} // closed when reading has stalled
	stalled chan struct{} // closed to end watch
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.Reader.Read(p)
	w.read.Add(int64(n))
	return n, err
}

// watch waits until some bytes were read and for a while no more.
func (w *watched) watch() {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	last := int64(0)
	for {
		select {
		case <-w.stalled:
			return
		case <-tick.C:
		}
		now := w.read.Load()
		if now > 0 && now == last {
			w.atFull.Store(now)
			close(w.full)
			return
		}
		last = now
	}
}

func (w *watched) stop() { w.once.Do(func() { close(w.stalled) }) }

// ahead tells how many bytes had been read when reading stalled.
func (w *watched) ahead() int64 { return w.atFull.Load() }
