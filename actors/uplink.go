package actors

import (
	"context"
	"io"

	"golang.org/x/time/rate"
)

// uplinkBurst is the most bytes that pass at once.
const uplinkBurst = 1 << 20

// uplink is what all pushes share of the server's line. It is safe for concurrent use.
type uplink struct{ limiter *rate.Limiter }

func newUplink() *uplink { return &uplink{rate.NewLimiter(rate.Inf, uplinkBurst)} }

// set bounds what passes from now on, in MB (10^6 bytes) a second; 0: nothing does.
func (u *uplink) set(megabytes int) {
	limit := rate.Inf
	if megabytes > 0 {
		limit = rate.Limit(megabytes) * 1e6
	}
	u.limiter.SetLimit(limit)
}

// reader passes on what r reads, no faster than the uplink allows.
func (u *uplink) reader(ctx context.Context, r io.Reader) io.Reader {
	return &uplinkReader{ctx: ctx, from: r, uplink: u}
}

type uplinkReader struct {
	ctx    context.Context
	from   io.Reader
	uplink *uplink
}

func (r *uplinkReader) Read(b []byte) (int, error) {
	n, err := r.from.Read(b[:min(len(b), uplinkBurst)])
	if n > 0 {
		if late := r.uplink.limiter.WaitN(r.ctx, n); late != nil {
			return n, late
		}
	}
	return n, err
}
