package proxy

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"
)

const (
	// continueWait is how long a client that asked before it uploads waits for
	// the container's word.
	continueWait = time.Second
	// sendingGrace is for an upload whose last byte was sent while the answer to it
	// already came.
	sendingGrace = 50 * time.Millisecond
	// lingerTime and lingerBytes are what is still taken in of an upload that nobody
	// wants any more. A connection that is closed on what was sent loses the answer.
	lingerTime  = 500 * time.Millisecond
	lingerBytes = 256 << 10
	sendBuffer  = 32 << 10
	// chunkRoom is for the length before a chunk, and chunkEnd for what follows it.
	chunkRoom, chunkEnd = 8, 2
)

var sendBuffers = sync.Pool{New: func() any { return new([sendBuffer]byte) }}

// sending is a request's body on its way to the container, while the answer is
// read already. A nil one is of a request without a body.
type sending struct {
	ctx        context.Context
	exchange   *exchange
	from       *upload
	chunked    bool
	asks       bool // whether the body is wanted
	keepsAlive bool // the client's connection may bring another request (HTTP/1.1)
	line       *line

	wanted, over, done chan struct{}
	once               struct{ wanted, over sync.Once }
	whole              bool // read once done is closed
}

// newSending prepares it.
func (p *Proxy) newSending(ctx context.Context, r *http.Request, e *exchange) *sending {
	if !hasBody(r) {
		return nil
	}
	return &sending{
		ctx: ctx, exchange: e, chunked: r.ContentLength < 0, asks: hasToken(r.Header["Expect"], "100-continue"), keepsAlive: r.ProtoMajor == 1,
		from:   &upload{from: r.Body, ctx: ctx, exchange: e, client: e.client, stall: p.bodyStall},
		wanted: make(chan struct{}), over: make(chan struct{}), done: make(chan struct{}),
	}
}

// begin sends, and does not wait for its end. From then on the client's body is
// read while the answer is written.
func (s *sending) begin(l *line) {
	if s != nil {
		_ = s.exchange.client.EnableFullDuplex() // HTTP/2 always is
		s.line = l
		go s.run()
	}
}

// goOn tells that the container wants the body.
func (s *sending) goOn() {
	if s != nil {
		s.once.wanted.Do(func() { close(s.wanted) })
	}
}

func (s *sending) run() {
	defer close(s.done)
	if s.asks {
		select {
		case <-s.wanted:
		case <-time.After(continueWait): // it may not know the question
		case <-s.over:
			return
		case <-s.ctx.Done():
			return
		}
	}
	buffer := sendBuffers.Get().(*[sendBuffer]byte)
	defer sendBuffers.Put(buffer)
	unwanted := 0
	for {
		n, err := s.from.Read(buffer[chunkRoom : sendBuffer-chunkEnd])
		// The container may have said already why it takes no more.
		if unwanted > 0 || s.isOver() || n > 0 && s.write(buffer[:], n) != nil {
			unwanted += n + 1
		}
		switch {
		case unwanted > lingerBytes:
			return
		case err == io.EOF:
			s.whole = unwanted == 0 && s.end() == nil
			return
		case err != nil:
			// The container must not take a part for the whole.
			s.line.abort()
			return
		}
	}
}

func (s *sending) isOver() bool {
	select {
	case <-s.over:
		return true
	default:
		return false
	}
}

// write sends n bytes, which begin at chunkRoom.
func (s *sending) write(buffer []byte, n int) error {
	from, to := chunkRoom, chunkRoom+n
	if s.chunked {
		var digits [chunkRoom]byte
		length := append(strconv.AppendInt(digits[:0], int64(n), 16), "\r\n"...)
		from -= len(length)
		copy(buffer[from:], length)
		to += copy(buffer[to:], "\r\n")
	}
	_, err := s.line.conn.Write(buffer[from:to])
	return err
}

func (s *sending) end() error {
	if !s.chunked {
		return nil
	}
	_, err := io.WriteString(s.line.conn, "0\r\n\r\n")
	return err
}

// settle waits a moment for what the client's side has to say of a request that
// got no answer: whether its upload stood still or was malformed.
func (s *sending) settle() {
	if s != nil && s.line != nil {
		s.isDone(sendingGrace)
	}
}

// flushFirst sends the answer off before stop may cut the client's upload.
func (s *sending) flushFirst() {
	if s != nil {
		_ = s.exchange.client.Flush()
	}
}

// endsConnection tells, when the answer begins, whether no other request may
// follow on the client's connection: where the next one begins is known only once
// all of this one has come. It waits a moment for that.
func (s *sending) endsConnection() bool {
	if s == nil || !s.keepsAlive || s.line == nil { // net/http knows itself what it has not given out
		return false
	}
	return !s.isDone(sendingGrace) || !s.whole
}

func (s *sending) isDone(within time.Duration) bool {
	select {
	case <-s.done:
		return true
	case <-time.After(within):
		return false
	}
}

// stop ends the sending: nothing may read the client's body once its handler has
// returned. It tells whether all was sent. Calling it again is fine.
func (s *sending) stop() (whole bool) {
	switch {
	case s == nil:
		return true
	case s.line == nil: // it never began
		return false
	}
	s.once.over.Do(func() { close(s.over) })
	if !s.isDone(sendingGrace) {
		s.from.stop()
		s.line.abort()
		<-s.done
	}
	return s.whole
}
