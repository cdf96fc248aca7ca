package httpapi

import (
	"context"
	"time"

	"github.com/rs/zerolog"

	"dockerdriver/actors/pool"
)

// backup is a stored copy of the database. Its content never leaves the server by
// this API: every secret is in it.
type backup struct {
	Path  string    `json:"path" doc:"On the server"`
	At    time.Time `json:"at"`
	Size  int64     `json:"size" doc:"Bytes"`
	Fault string    `json:"fault" doc:"Why it cannot be restored; empty: it can"`
}

func backupOf(b pool.Backup) backup {
	return backup{Path: b.Path, At: b.At.UTC(), Size: b.Size, Fault: b.Fault}
}

func (s *server) listBackups(context.Context, *WholeInput) (*listOutput[backup], error) {
	all, err := s.Backups.StoredBackups()
	if err != nil {
		return nil, err
	}
	items := make([]backup, 0, len(all))
	for _, b := range all {
		items = append(items, backupOf(b))
	}
	return whole(items), nil
}

func (s *server) makeBackup(ctx context.Context, _ *emptyInput) (*bodyOutput[backup], error) {
	made, err := s.Backups.BackUp(ctx, time.Now())
	if err != nil {
		if pool.CodeOf(err) == pool.CodeInternal { // the words name files, which administrators may know
			zerolog.Ctx(ctx).Error().Err(err).Msg("cannot back up")
			err = pool.Refuse(pool.CodeUnavailable, "The backup failed: "+err.Error()+".", "Look at the server's disk.")
		}
		return nil, err
	}
	s.note(ctx, "backup.make", made.Path, "")
	return &bodyOutput[backup]{Body: backupOf(made)}, nil
}
