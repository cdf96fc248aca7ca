package pool

import "time"

// Backup is a stored copy of the whole database.
type Backup struct {
	Path string
	At   time.Time // by its name, or the file's own for one that a migration left
	Size int64     // bytes
	// Fault is why it cannot be restored, in words; empty: it can.
	Fault string
}
