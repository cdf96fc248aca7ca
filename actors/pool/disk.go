package pool

// sparedAbove is the percentage of a disk that stays free of what nobody needs yet.
const sparedAbove = 20

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

// Spares tells whether enough stays free when that many bytes are taken, as far
// as is known.
func (d Disk) Spares(bytes int64) bool {
	return !d.Known() || d.Free-bytes >= d.Total/100*sparedAbove
}
