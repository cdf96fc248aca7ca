package proxy

import (
	"io"
	"maps"
	"net/http"
	"sync"
)

// deliver passes an answer on. It panics where the answer breaks off, so that a
// part does not look like the whole.
func (p *Proxy) deliver(w *recorder, e *exchange, l *line, res *http.Response) {
	dropHops(res.Header)
	cleanResponse(res.Header, e, p.name(e.route.Label))
	h := w.Header()
	maps.Copy(h, res.Header)
	announced := len(res.Trailer)
	for name := range res.Trailer {
		h.Add("Trailer", name)
	}
	w.WriteHeader(res.StatusCode)
	if res.Body != http.NoBody {
		if err := pour(w, res, l); err != nil {
			panic(http.ErrAbortHandler)
		}
	}
	if len(res.Trailer) == 0 {
		return
	}
	// Without this a short answer would get a length, and no trailers.
	_ = http.NewResponseController(w).Flush()
	for name, values := range res.Trailer {
		if len(res.Trailer) != announced {
			name = http.TrailerPrefix + name
		}
		for _, value := range values {
			h.Add(name, value)
		}
	}
}

// A body's buffers: one that is or may be long gets a large one.
const (
	shortBuffer = 16 << 10
	longBuffer  = 128 << 10
)

var (
	shortBuffers = sync.Pool{New: func() any { return new([shortBuffer]byte) }}
	longBuffers  = sync.Pool{New: func() any { return new([longBuffer]byte) }}
)

// pour copies an answer's body, and lets nothing wait in a buffer while more is
// waited for, its head neither.
func pour(w *recorder, res *http.Response, l *line) error {
	short := shortBuffers.Get().(*[shortBuffer]byte)
	defer shortBuffers.Put(short)
	buffer := short[:]
	flusher := http.NewResponseController(w)
	for full := res.ContentLength > shortBuffer; ; {
		if !full && l.in.Buffered() == 0 {
			if err := flusher.Flush(); err != nil {
				return err
			}
		}
		if full && len(buffer) == shortBuffer {
			long := longBuffers.Get().(*[longBuffer]byte)
			defer longBuffers.Put(long)
			buffer = long[:]
		}
		n, err := res.Body.Read(buffer)
		if n > 0 {
			if _, werr := w.Write(buffer[:n]); werr != nil {
				return werr
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		full = n == len(buffer)
	}
}
