package pool

// Percentages of a disk that must stay free.
const (
	pressedBelow = 15 // then images that nobody uses are removed
	sparedAbove  = 20 // what nobody needs yet is sent only where that much is left
)

// Needs is the bytes of disk that an engine needs to load the image: it holds the
// archive unpacked, and then its layers. Where their size is not known, three
// times the file stands for it.
func (i Image) Needs() int64 {
	if i.Unpacked > 0 {
		return 2 * i.Unpacked
	}
	return 3 * i.Size
}

// Known tells whether anybody has looked at the disk.
func (d Disk) Known() bool { return d.Total > 0 }

// Pressed tells whether so little is free that room should be made. What is not
// known is not pressed.
func (d Disk) Pressed() bool { return d.Known() && d.Free < d.Total/100*pressedBelow }

// Fits tells whether that many bytes are free, as far as is known.
func (d Disk) Fits(bytes int64) bool { return !d.Known() || d.Free >= bytes }

// Spares tells whether enough stays free when that many bytes are taken, as far
// as is known.
func (d Disk) Spares(bytes int64) bool {
	return !d.Known() || d.Free-bytes >= d.Total/100*sparedAbove
}
