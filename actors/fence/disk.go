package fence

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"dockerdriver/actors/fence/probe"
	"dockerdriver/actors/pool"
)

// Disk tells the room that the host's engine has for images and containers, as a
// container there sees it. Engines do not tell it themselves. Cold it takes the
// load of the probe's image, warm the start of one container.
func (f *Fence) Disk(ctx context.Context, host pool.Host) (pool.Disk, error) {
	var found pool.Disk
	err := f.visit(ctx, host, "look at the disk of", func(r *run) (err error) {
		found, err = r.disk(ctx)
		return err
	})
	return found, err
}

func (r *run) disk(ctx context.Context) (pool.Disk, error) {
	if err := r.clear(ctx); err != nil { // what a killed server left
		return pool.Disk{}, err
	}
	imageID, err := r.fence.ensureImage(ctx, r.engine)
	if err != nil {
		return pool.Disk{}, err
	}
	look, err := r.start(ctx, imageID, "disk", "fence", "disk", "--run="+r.id)
	if err != nil {
		return pool.Disk{}, err
	}
	if look, err = r.awaitEnd(ctx, look); err != nil {
		return pool.Disk{}, err
	}
	if look.Error != "" || look.ExitCode != 0 {
		return pool.Disk{}, r.ended(ctx, "the probe", look)
	}
	said, err := r.engine.Logs(ctx, look.ID, logLines)
	if err != nil {
		return pool.Disk{}, err
	}
	for _, line := range said {
		var room probe.Room
		if json.Unmarshal([]byte(line), &room) == nil && room.Run == r.id && room.Total > 0 {
			return pool.Disk{Total: room.Total, Free: room.Free, At: time.Now().Round(0).UTC()}, nil
		}
	}
	return pool.Disk{}, fmt.Errorf("the probe did not tell of the disk; it said: %s", quoted(said))
}
