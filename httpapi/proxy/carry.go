package proxy

import (
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"strings"
	"sync"
)

// isLight tells whether a request can go over a line of our own: it has no body
// that would have to be sent while the answer is already read, and may be sent
// again if a connection that was used before turns out to be closed. That is
// nearly everything; the rest goes through httputil.ReverseProxy.
func isLight(r *http.Request) bool {
	return isSafe(r.Method) && (r.Body == nil || r.Body == http.NoBody)
}

// maxInformational is how many 1xx answers may come before the real one.
const maxInformational = 5

var (
	errChatter  = errors.New("too many informational answers")
	errNoStatus = errors.New("the status of its answer is none")
	errUnasked  = errors.New("it switched to a protocol that it was not asked for")
	errBadField = errors.New("a field of the request cannot be written")
)

// carry takes a light request to the container and its answer back. It tells
// whether the connection has become a websocket's, and the exchange lives on.
func (p *Proxy) carry(ctx context.Context, w *recorder, r *http.Request, e *exchange) (joined bool) {
	l, res, release, err := p.ask(ctx, w, r, e)
	if err != nil {
		p.notAnswering(ctx, w, r, e, err)
		return false
	}
	if res.StatusCode == http.StatusSwitchingProtocols {
		if !release() {
			_ = l.conn.Close()
			return false
		}
		return p.join(ctx, w, r, e, l, res)
	}
	whole := false
	defer func() {
		// The answer may have been broken off by a panic as well.
		if release() && whole && !res.Close {
			p.upstream.put(l)
		} else {
			_ = l.conn.Close()
		}
	}()
	p.deliver(w, e, l, res)
	whole = true
	return false
}

// ask sends the request and reads the answer's head. Until release is called,
// the end of ctx aborts the line; release tells whether it has not.
func (p *Proxy) ask(ctx context.Context, w *recorder, r *http.Request, e *exchange) (l *line, res *http.Response, release func() bool, err error) {
	head := heads.Get().(*[]byte)
	defer heads.Put(head)
	if *head, err = appendHead((*head)[:0], r, e); err != nil {
		return nil, nil, nil, err
	}
	for fresh := false; ; fresh = true {
		if l, err = p.upstream.get(ctx, e.route.Target, fresh); err != nil {
			return nil, nil, nil, err
		}
		release = context.AfterFunc(ctx, l.abort)
		if _, err = l.conn.Write(*head); err == nil {
			res, err = p.answer(w, r, l)
		}
		if err == nil {
			return l, res, release, nil
		}
		release()
		_ = l.conn.Close()
		// The container may close a connection that idles in the moment in which
		// it is used again; it has not seen the request then.
		if !l.reused || l.heard || ctx.Err() != nil {
			return nil, nil, nil, err
		}
	}
}

// answer reads heads up to the one that is final, and passes the others on.
func (p *Proxy) answer(w *recorder, r *http.Request, l *line) (*http.Response, error) {
	l.bound()
	for range maxInformational + 1 {
		res, err := http.ReadResponse(l.in, r)
		if err != nil {
			return nil, err
		}
		if res.StatusCode < 100 {
			return nil, errNoStatus
		}
		if res.StatusCode >= 200 || res.StatusCode == http.StatusSwitchingProtocols {
			l.unbound()
			return res, nil
		}
		h := w.Header()
		dropHops(res.Header)
		maps.Copy(h, res.Header)
		w.WriteHeader(res.StatusCode)
		clear(h)
	}
	return nil, errChatter
}

// deliver passes an answer on. It panics where the answer breaks off, so that a
// part does not look like the whole.
func (p *Proxy) deliver(w *recorder, e *exchange, l *line, res *http.Response) {
	dropHops(res.Header)
	cleanResponse(res.Header, e, p.name(e.route.Label))
	h := w.Header()
	maps.Copy(h, res.Header)
	if _, typed := h["Content-Type"]; !typed {
		h["Content-Type"] = nil // what the container leaves open is not ours to guess
	}
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

var heads = sync.Pool{New: func() any { return new([]byte) }}

// appendHead writes a request's head as the container gets it. Path and query
// stay as the client wrote them. It changes the request's header in place.
func appendHead(b []byte, r *http.Request, e *exchange) ([]byte, error) {
	trailers := takesTrailers(r.Header)
	dropHops(r.Header)
	cleanRequest(r, r, e)
	delete(r.Header, "Content-Length")
	delete(r.Header, "Expect") // without a body there is nothing to wait for
	b = append(b, r.Method...)
	b = append(b, ' ')
	b = append(b, r.RequestURI...)
	b = append(b, " HTTP/1.1\r\nHost: "...)
	b = append(b, r.Host...)
	b = append(b, "\r\n"...)
	for name, values := range r.Header {
		for _, value := range values {
			if strings.ContainsAny(value, "\r\n\x00") {
				return b, errBadField // net/http has refused those of clients
			}
			b = append(b, name...)
			b = append(b, ": "...)
			b = append(b, value...)
			b = append(b, "\r\n"...)
		}
	}
	if trailers {
		b = append(b, "Te: trailers\r\n"...)
	}
	if e.upgrade {
		b = append(b, "Connection: Upgrade\r\nUpgrade: websocket\r\n"...)
	}
	return append(b, "\r\n"...), nil
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
// waited for.
func pour(w *recorder, res *http.Response, l *line) error {
	var buffer []byte
	if res.ContentLength > shortBuffer {
		long := longBuffers.Get().(*[longBuffer]byte)
		defer longBuffers.Put(long)
		buffer = long[:]
	} else {
		short := shortBuffers.Get().(*[shortBuffer]byte)
		defer shortBuffers.Put(short)
		buffer = short[:]
	}
	flusher := http.NewResponseController(w)
	for {
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
		if n < len(buffer) && l.in.Buffered() == 0 {
			if err := flusher.Flush(); err != nil {
				return err
			}
		}
	}
}
