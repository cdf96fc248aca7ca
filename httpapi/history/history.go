package history

import (
	"context"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"dockerdriver/actors/pool"
)

// History is what is kept. All its methods may be called concurrently.
type History struct {
	path string
	log  zerolog.Logger

	mu    sync.Mutex
	rings [len(resolutions)]ring // in the order of resolutions
	seen  counter
	last  estimates
}

// Open reads the history that a file holds; without a readable one it begins
// empty, and says why. now is when it begins. It never fails.
func Open(path string, now time.Time, log zerolog.Logger) *History {
	h := &History{path: path, log: log, rings: newRings(), seen: counter{At: now, Counted: map[string]int64{}}, last: estimates{}}
	if err := h.read(); err != nil {
		log.Warn().Err(err).Str("path", path).Msg("cannot read the history of the pool: the charts begin anew")
	}
	return h
}

// Observe takes one look at the pool. A View of a pool that is not loaded yet is
// no look.
func (h *History) Observe(v *pool.View, now time.Time) {
	if v.Revision == 0 {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	launches := h.seen.fresh(v, now)
	for n := range h.rings {
		h.rings[n].look(now.Unix(), gaugesOf(v))
		h.rings[n].count(launches)
	}
	for _, l := range launches {
		h.last.add(l)
	}
	h.last.forget(v.Blueprints)
}

// Points returns the points of a span that ends now, oldest first; none for a span
// that is none. There is no point for a time at which the server was away.
func (h *History) Points(span Span, now time.Time) []Point {
	h.mu.Lock()
	defer h.mu.Unlock()
	for n, r := range resolutions {
		if r.span == span {
			return h.rings[n].since(now.Unix() - r.step*r.points)
		}
	}
	return nil
}

// Estimate returns how long launches of a blueprint take; false: too few are known.
func (h *History) Estimate(blueprintID string) (Estimate, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.last.of(blueprintID)
}

// Keep looks at the pool every ten seconds and writes the history every five
// minutes, until ctx ends; then once more. A write that fails is told in the log,
// and tried again at the next time.
func (h *History) Keep(ctx context.Context, snapshot func() *pool.View) {
	written, failing := time.Now(), false
	write := func() {
		written = time.Now()
		err := h.write()
		if err != nil && !failing {
			h.log.Warn().Err(err).Msg("cannot write the history of the pool: what is not written is lost at a restart")
		}
		failing = err != nil
	}
	for {
		// At whole steps, so that each has one look.
		next := time.NewTimer(time.Until(time.Now().Truncate(lookEvery).Add(lookEvery)))
		select {
		case <-next.C:
			h.Observe(snapshot(), time.Now())
			if time.Since(written) >= writeEvery {
				write()
			}
		case <-ctx.Done():
			next.Stop()
			h.Observe(snapshot(), time.Now())
			write()
			return
		}
	}
}
