package proxy

import (
	"context"
	"errors"
	"maps"
	"net/http"
)

// maxInformational is how many 1xx answers may come before the real one: enough
// for a program that says for hours that it is at work.
const maxInformational = 1000

var (
	errChatter  = errors.New("too many informational answers")
	errNoStatus = errors.New("the status of its answer is none")
	errUnasked  = errors.New("it switched to a protocol that it was not asked for")
	errBadField = errors.New("a field of the request cannot be written")
)

// carry takes a request to the container and its answer back. It tells whether
// the connection has become a websocket's, and the exchange lives on.
func (p *Proxy) carry(ctx context.Context, w *recorder, r *http.Request, e *exchange) (joined bool) {
	body := p.newSending(ctx, r, e)
	w.body = body
	defer body.stop()
	l, res, release, err := p.ask(ctx, w, r, e, body)
	if err != nil {
		body.settle()
		p.notAnswering(ctx, w, r, e, err)
		body.flushFirst()
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
	body.flushFirst()
	whole = body.stop()
	return false
}

// ask sends the request, begins to send its body, and reads the answer's head.
// Until release is called, the end of ctx aborts the line; release tells whether
// it has not.
//
// A request that changes nothing goes over a connection that was used before,
// and again over a fresh one if the container closed that in the very moment in
// which it was used. Of others nobody could tell then whether they had been
// carried out, so they go over one that is surely open.
func (p *Proxy) ask(ctx context.Context, w *recorder, r *http.Request, e *exchange, body *sending) (l *line, res *http.Response, release func() bool, err error) {
	head := heads.Get().(*[]byte)
	defer heads.Put(head)
	if *head, err = appendHead((*head)[:0], r, e); err != nil {
		return nil, nil, nil, err
	}
	again := body == nil && isSafe(r.Method)
	idled := surelyOpen
	if again {
		idled = idleLife
	}
	for ; ; idled = 0 {
		if l, err = p.upstream.get(ctx, e.route.Target, idled); err != nil {
			return nil, nil, nil, err
		}
		e.line.Store(l)
		release = context.AfterFunc(ctx, l.abort)
		if _, err = l.conn.Write(*head); err == nil {
			body.begin(l)
			res, err = p.answer(w, r, l, body)
		}
		if err == nil {
			return l, res, release, nil
		}
		release()
		_ = l.conn.Close()
		if !again || !l.reused || l.heard || ctx.Err() != nil {
			return nil, nil, nil, err
		}
	}
}

// answer reads heads up to the one that is final, and passes the others on.
func (p *Proxy) answer(w *recorder, r *http.Request, l *line, body *sending) (*http.Response, error) {
	for range maxInformational + 1 {
		l.bound()
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
		if res.StatusCode == http.StatusContinue {
			body.goOn()
			continue
		}
		h := w.Header()
		dropHops(res.Header)
		maps.Copy(h, res.Header)
		w.WriteHeader(res.StatusCode)
		if err := r.Context().Err(); err != nil {
			return nil, err // net/http may still read the header of a stream that was reset
		}
		clear(h)
	}
	return nil, errChatter
}
