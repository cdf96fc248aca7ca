package actors

import (
	"context"
	"io"

	"golang.org/x/time/rate"

	"dockerdriver/actors/pool"
)

// uplinkChunk is the most bytes that one read lets through at once: small enough
// that all pushes get their turn, large enough that waiting costs next to nothing.
const uplinkChunk = 64 << 10

// uplink bounds what all pushes of the server send together. A changed bound is
// effective with the next read of each.
type uplink struct{ limiter *rate.Limiter }

func newUplink() *uplink { return &uplink{rate.NewLimiter(rate.Inf, uplinkChunk)} }

// limit sets the bound, in bytes a second; 0: none.
func (u *uplink) limit(bytes int64) {
	if bytes == 0 {
		u.limiter.SetLimit(rate.Inf)
		return
	}
	u.limiter.SetLimit(rate.Limit(bytes))
}

// shipped is the image directory whose tarballs leave within the uplink's bound.
type shipped struct {
	Images
	uplink *uplink
}

// Open is that of Images; its tarball is read no faster than the uplink allows,
// and not after ctx has ended.
func (s shipped) Open(ctx context.Context, imageID string, skip int) (io.ReadCloser, pool.Shipment, error) {
	tarball, shipment, err := s.Images.Open(ctx, imageID, skip)
	if err != nil {
		return nil, shipment, err
	}
	return uplinkReader{ctx: ctx, ReadCloser: tarball, uplink: s.uplink}, shipment, nil
}

type uplinkReader struct {
	ctx context.Context
	io.ReadCloser
	uplink *uplink
}

func (r uplinkReader) Read(b []byte) (int, error) {
	n, err := r.ReadCloser.Read(b[:min(len(b), uplinkChunk)])
	if n > 0 {
		if late := r.uplink.limiter.WaitN(r.ctx, n); late != nil {
			return n, late
		}
	}
	return n, err
}
