package probe

import (
	"encoding/json"
	"fmt"
	"io"

	"dockerdriver/actors/disk"
)

// Room is the one line that Disk prints.
type Room struct {
	Run   string `json:"run"`   // as the caller named it
	Total int64  `json:"total"` // bytes
	Free  int64  `json:"free"`  // bytes
}

// Disk prints a Room as a line of JSON: that of the file system that the root
// directory is on. In a container it is the one where the engine keeps its images
// and containers, as the overlay of a root tells of the file system below it.
func Disk(out io.Writer, run string) error {
	told, err := disk.At("/")
	if err != nil {
		return err
	}
	if err := json.NewEncoder(out).Encode(Room{Run: run, Total: told.Total, Free: told.Free}); err != nil {
		return fmt.Errorf("cannot tell the room on the disk: %w", err)
	}
	return nil
}
