package schedule

import (
	"cmp"
	"fmt"
	"slices"

	"dockerdriver/actors/pool"
)

// tightShare is the share of a disk, in percent, that is to be free.
const tightShare = 15

// Tight tells whether a disk has too little room: less than 15 % of it is free, or
// less than need bytes (0: none). A disk that nobody has looked at is not tight.
func Tight(disk pool.Disk, need int64) bool {
	return disk.Known() && (disk.Free < disk.Total/100*tightShare || disk.Free < need)
}

// Collection is what the choice of images to remove from an engine is made from.
type Collection struct {
	Disk   pool.Disk
	Need   int64 // bytes that something waits for; 0: nothing does
	Images []pool.EngineImage
	// Needed holds the ids of images that must stay: those of blueprints, of live
	// instances and of pushes under way.
	Needed map[string]bool
	// KeptTags are normalised names; an image that has one stays too.
	KeptTags map[string]bool
	// IsRented: the machine was made for us, so that every image there is ours. On
	// any other only those in Ours are.
	IsRented bool
	Ours     map[string]bool
}

// Collect chooses the images to remove from an engine, oldest first, and no more
// than it takes until the disk is not tight, as far as their sizes tell.
func Collect(c Collection) []pool.EngineImage {
	mayGo := slices.DeleteFunc(slices.Clone(c.Images), func(i pool.EngineImage) bool {
		kept := slices.ContainsFunc(i.Tags, func(tag string) bool { return c.KeptTags[pool.NormalizeRef(tag)] })
		return kept || c.Needed[i.ID] || !c.IsRented && !c.Ours[i.ID]
	})
	slices.SortFunc(mayGo, func(a, b pool.EngineImage) int {
		return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID))
	})
	disk := c.Disk
	for n, i := range mayGo {
		if !Tight(disk, c.Need) {
			return mayGo[:n]
		}
		disk.Free += i.Size
	}
	return mayGo
}

// Fits tells whether an image can be loaded with the room that a disk has; the
// error is a *pool.Error with CodeNoRoom and the figures. On a disk that nobody
// has looked at everything fits.
func Fits(disk pool.Disk, image pool.Image) error {
	need := image.Needs()
	if !disk.Known() || disk.Free >= need {
		return nil
	}
	name := image.ID
	if len(image.Tags) > 0 {
		name = image.Tags[0]
	}
	return pool.Refuse(pool.CodeNoRoom,
		fmt.Sprintf("The host has %s free; %s needs %s while it is loaded.", size(disk.Free), name, size(need)),
		"Make room on the host's disk, or have hosts built with more of it (DD_HOST_DATA_VOLUME_FACTOR or a larger flavor); images that no blueprint uses are removed there already.")
}

// size writes bytes as people read them, with one digit after the point.
func size(bytes int64) string {
	for _, unit := range []struct {
		name  string
		bytes float64
	}{{"GB", 1e9}, {"MB", 1e6}} {
		if float64(bytes) >= unit.bytes {
			return fmt.Sprintf("%.1f %s", float64(bytes)/unit.bytes, unit.name)
		}
	}
	return fmt.Sprintf("%d bytes", bytes)
}
