package main

import (
	"context"
	"time"

	"dockerdriver/persistence"
)

const (
	// backupEvery is how often the database is backed up, if it has changed.
	backupEvery = time.Hour
	// backupAgain is how old the last backup must be for a start to make another: a
	// server that falls over again and again must not fill its disk with them.
	backupAgain = 10 * time.Minute
)

// keepBackups backs the database up now, and every hour in which something was
// written, until ctx ends. A backup that fails is an error in the log and no more:
// the pool goes on.
func (s *server) keepBackups(ctx context.Context) {
	done := make(chan struct{})
	s.later(func() error { <-done; return nil })
	go func() {
		defer close(done)
		last := -1
		if b, ok := persistence.LastGood(s.options.DataDir); ok && time.Since(b.At) < backupAgain {
			last = s.db.Changed()
		}
		hourly := time.NewTicker(backupEvery)
		defer hourly.Stop()
		for {
			if now := s.db.Changed(); now != last {
				last = now
				s.backUp(ctx)
			}
			select {
			case <-hourly.C:
			case <-ctx.Done():
				return
			}
		}
	}()
}

func (s *server) backUp(ctx context.Context) {
	made, err := s.db.BackUp(ctx, time.Now())
	if err != nil {
		s.log.Error().Err(err).Msg("cannot back up the database")
		return
	}
	s.log.Info().Str("path", made.Path).Int64("bytes", made.Size).Msg("database backed up")
}
