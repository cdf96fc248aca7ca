package proxy

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"sync/atomic"
	"time"
)

// upload is a request's body on its way to the container. It gives up on a
// client that sends nothing for bodyStall, and counts what comes as use.
type upload struct {
	from     io.Reader
	ctx      context.Context // of the exchange
	exchange *exchange
	client   *http.ResponseController
	stall    time.Duration
	next     time.Time                 // when the deadline is set anew
	over     atomic.Pointer[time.Time] // nothing is wanted that comes later
}

// Read reads on, for at most the time that an upload may stand still. An eighth
// of that spares most reads the setting of a deadline.
func (u *upload) Read(p []byte) (int, error) {
	if now := time.Now(); now.After(u.next) {
		u.next = now.Add(u.stall / 8)
		u.limit(now.Add(u.stall))
	}
	n, err := u.from.Read(p)
	if n > 0 && u.exchange.use != nil {
		u.exchange.use.touch()
	}
	switch {
	case err == io.EOF:
		u.limit(time.Time{}) // the answer may take as long as it likes
	case errors.Is(err, os.ErrDeadlineExceeded) && !isCut(u.ctx) && u.over.Load() == nil:
		// The error itself does not reach the error's handler: net/http cancels
		// the request's context as soon as its connection has one.
		u.exchange.stalled.Store(true)
	case err != nil && u.ctx.Err() == nil && u.over.Load() == nil: // the client is still there
		u.exchange.malformed.Store(true)
	}
	return n, err
}

// stop ends a Read, and whatever follows it, within lingerTime.
func (u *upload) stop() {
	until := time.Now().Add(lingerTime)
	u.over.Store(&until)
	u.limit(until)
}

// limit sets a deadline, unless the exchange was cut or the upload stopped: then
// its deadline is over.
func (u *upload) limit(at time.Time) {
	// Not every ResponseWriter has deadlines; those of real connections do.
	_ = u.client.SetReadDeadline(at)
	if until := u.over.Load(); until != nil {
		_ = u.client.SetReadDeadline(*until)
	}
	if isCut(u.ctx) {
		_ = u.client.SetReadDeadline(time.Unix(1, 0))
	}
}

// isCut tells whether an exchange was ended by us.
func isCut(ctx context.Context) bool {
	cause := context.Cause(ctx)
	return errors.Is(cause, errRevoked) || errors.Is(cause, errShutdown)
}
