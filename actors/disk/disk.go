// Package disk tells how much room a file system of this machine has.
package disk

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"dockerdriver/actors/pool"
)

// At looks at the file system that path is on. Free is what anybody may fill;
// what is kept for root is not counted.
func At(path string) (pool.Disk, error) {
	var said unix.Statfs_t
	if err := unix.Statfs(path, &said); err != nil {
		return pool.Disk{}, fmt.Errorf("cannot tell the room on the disk of %s: %w", path, err)
	}
	block := int64(said.Bsize)
	return pool.Disk{Total: int64(said.Blocks) * block, Free: int64(said.Bavail) * block, At: time.Now().Round(0).UTC()}, nil
}
