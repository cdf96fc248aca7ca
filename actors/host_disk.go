package actors

import (
	"context"
	"maps"
	"slices"

	"github.com/asynkron/protoactor-go/actor"

	"dockerdriver/actors/pool"
	"dockerdriver/actors/schedule"
)

// diskLooks is what a host knows of its looks at its engine's disk. A look that
// finds the disk tight is followed by a removal of images, and that by a look.
type diskLooks struct {
	looking bool       // or removing
	asked   uint64     // the timer of a question to the supervisor; 0: none is open
	fault   string     // of the last look, so that the same one is logged once
	serving []makeRoom // what this look is for
	waiting []makeRoom // what came during this look
}

// watchDisk looks at the engine's disk now, and again every now and then. A look
// that fails is no fault of the host: the next one may tell.
func (h *host) watchDisk(c actor.Context) {
	if h.deps.Disks == nil {
		return
	}
	h.beginLook(c)
	h.fx.later(c, diskEvery, h.watchDisk)
}

// makeRoom looks and removes what it may until so much is free, and tells the
// supervisor how it stands then.
func (h *host) makeRoom(c actor.Context, m makeRoom) {
	h.disk.waiting = append(h.disk.waiting, m)
	h.beginLook(c)
}

func (h *host) beginLook(c actor.Context) {
	if h.disk.looking {
		return
	}
	h.disk.looking = true
	h.disk.serving, h.disk.waiting = h.disk.waiting, nil
	h.lookAtDisk(c)
}

// endLook answers those that the look was for.
func (h *host) endLook(c actor.Context) {
	for _, m := range h.disk.serving {
		c.Send(c.Parent(), roomMade{hostID: h.rec.ID, imageID: m.imageID, disk: h.rec.Disk})
	}
	h.disk.looking, h.disk.serving = false, nil
	if len(h.disk.waiting) > 0 {
		h.beginLook(c)
	}
}

func (h *host) lookAtDisk(c actor.Context) {
	if h.deps.Disks == nil || h.releasing {
		h.endLook(c)
		return
	}
	rec := h.rec
	run(h.fx, c, diskLimit, func(ctx context.Context) (pool.Disk, error) {
		return h.deps.Disks.Disk(ctx, rec)
	}, func(c actor.Context, found pool.Disk, err error) {
		if err != nil || h.releasing {
			h.diskUnknown(err)
			h.endLook(c)
			return
		}
		h.disk.fault = ""
		h.save(c, func(next *pool.Host) { next.Disk = found }, h.relieve)
	})
}

func (h *host) diskUnknown(err error) {
	if err == nil || h.releasing {
		return
	}
	if words := wordsOf(err); words != h.disk.fault {
		h.disk.fault = words
		h.log.Warn().Err(err).Msg("cannot look at the engine's disk yet")
	}
}

// diskNeed is the most bytes that anything waits for.
func (h *host) diskNeed() (most int64) {
	for _, m := range h.disk.serving {
		most = max(most, m.need)
	}
	return most
}

// relieve asks what must stay, if the disk is tight. The supervisor may be between
// two incarnations: the question has a limit.
func (h *host) relieve(c actor.Context) {
	if h.releasing || !schedule.Tight(h.rec.Disk, h.diskNeed()) {
		h.endLook(c)
		return
	}
	c.Send(c.Parent(), diskWants{h.rec.ID})
	h.disk.asked = h.fx.later(c, askLimit, func(c actor.Context) {
		h.disk.asked = 0
		h.endLook(c)
	})
}

// collect removes from the engine what is not needed, as far as it takes.
func (h *host) collect(c actor.Context, m diskNeeds) {
	if h.disk.asked == 0 {
		return // too late
	}
	h.fx.drop(h.disk.asked)
	h.disk.asked = 0
	engines, at := h.deps.Engines, h.rec.Endpoint
	from := schedule.Collection{
		Disk: h.rec.Disk, Need: h.diskNeed(), Needed: m.needed, KeptTags: m.keptTags, IsRented: h.rec.IsRented(), Ours: m.ours,
	}
	run(h.fx, c, collectLimit, func(ctx context.Context) ([]pool.EngineImage, error) {
		engine, err := engines.Engine(at)
		if err != nil {
			return nil, err
		}
		gone, err := removeImages(ctx, engine, from)
		if err != nil { // what went before is gone all the same
			h.log.Warn().Err(err).Msg("cannot remove images from the engine yet")
		}
		return gone, nil
	}, h.collected)
}

// removeImages removes one image after another. One that a container uses after
// all is passed over.
func removeImages(ctx context.Context, engine Engine, from schedule.Collection) (gone []pool.EngineImage, err error) {
	if from.Images, err = engine.ListImages(ctx); err != nil {
		return nil, err
	}
	from.Needed = maps.Clone(from.Needed)
	for {
		chosen := schedule.Collect(from)
		if len(chosen) == 0 {
			return gone, nil
		}
		oldest := chosen[0]
		err := engine.RemoveImage(ctx, oldest.ID)
		if pool.CodeOf(err) == pool.CodeImageInUse {
			from.Needed[oldest.ID] = true
			continue
		}
		if err != nil {
			return gone, err
		}
		gone = append(gone, oldest)
		from.Disk.Free += oldest.Size
		from.Images = slices.DeleteFunc(from.Images, func(i pool.EngineImage) bool { return i.ID == oldest.ID })
	}
}

// collected looks again after a removal: layers that images share free less than
// their sizes say.
func (h *host) collected(c actor.Context, gone []pool.EngineImage, err error) {
	if err != nil {
		h.log.Warn().Err(err).Msg("cannot remove images from the engine yet")
	}
	if len(gone) == 0 {
		h.endLook(c)
		return
	}
	ids := make([]string, 0, len(gone))
	for _, i := range gone {
		h.log.Info().Str("image", i.ID).Strs("tags", i.Tags).Int64("bytes", i.Size).Int64("free", h.rec.Disk.Free).Int64("total", h.rec.Disk.Total).
			Msg("image removed from engine, for room on its disk")
		ids = append(ids, i.ID)
	}
	c.Send(c.Parent(), imagesCollected{hostID: h.rec.ID, ids: ids})
	h.lookAtDisk(c)
}
