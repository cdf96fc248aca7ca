package client

import (
	"context"
	"encoding/json"
	"net/http"
	"time"
)

// Backup is a copy of a server's database, on the server's machine.
type Backup struct {
	Path  string     `json:"path"`
	At    *time.Time `json:"at"`
	Size  int64      `json:"size"`  // bytes
	Fault string     `json:"fault"` // why it cannot be restored; empty: it can
}

// BackUp has the server copy its database into its folder of backups.
func (c *Client) BackUp(ctx context.Context) (One[Backup], error) {
	return one[Backup](ctx, c, http.MethodPost, "/backups", nil)
}

// BackupOf is a backup that was made without a server, as one would tell it.
func BackupOf(path string, at time.Time, size int64) (One[Backup], error) {
	b := Backup{Path: path, At: &at, Size: size}
	raw, err := json.Marshal(b)
	return One[Backup]{Value: b, Raw: raw}, err
}
