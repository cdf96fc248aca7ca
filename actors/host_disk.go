package actors

import (
	"context"

	"github.com/asynkron/protoactor-go/actor"

	"dockerdriver/actors/pool"
)

// diskLooks is what a host knows of its looks at its engine's disk.
type diskLooks struct {
	looking bool
	fault   string // of the last look, so that the same one is logged once
}

// watchDisk looks at the engine's disk now, and again every now and then. A look
// that fails is no fault of the host: the next one may tell.
func (h *host) watchDisk(c actor.Context) {
	if h.deps.Disks == nil {
		return
	}
	h.lookAtDisk(c)
	h.fx.later(c, diskEvery, h.watchDisk)
}

func (h *host) lookAtDisk(c actor.Context) {
	if h.disk.looking || h.releasing {
		return
	}
	h.disk.looking = true
	rec := h.rec
	run(h.fx, c, diskLimit, func(ctx context.Context) (pool.Disk, error) {
		return h.deps.Disks.Disk(ctx, rec)
	}, func(c actor.Context, found pool.Disk, err error) {
		h.disk.looking = false
		if h.releasing {
			return
		}
		if err != nil {
			h.diskUnknown(err)
			return
		}
		h.disk.fault = ""
		h.save(c, func(next *pool.Host) { next.Disk = found }, nothing)
	})
}

func (h *host) diskUnknown(err error) {
	if words := wordsOf(err); words != h.disk.fault {
		h.disk.fault = words
		h.log.Warn().Err(err).Msg("cannot look at the engine's disk yet")
	}
}
