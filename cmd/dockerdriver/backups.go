package main

import (
	"context"
	"time"

	"dockerdriver/persistence"
)

const (
	// backupEvery is how often the database is backed up, if it has changed.
	backupEvery = time.Hour
	// backupAgain is how old the last backup must be for a start to make another (a
	// server that falls over again and again must not fill its disk with them), and
	// when one that failed is tried again.
	backupAgain = 10 * time.Minute
)

// keepBackups backs the database up now, and every hour in which something was
// written, until ctx ends. A backup that fails is an error in the log, and is tried
// again; the pool goes on.
func (s *server) keepBackups(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx) // a server also ends because it cannot serve any longer
	done := make(chan struct{})
	s.later(func() error { cancel(); <-done; return nil })
	go func() {
		defer close(done)
		written := -1 // as of the last backup
		wait := time.NewTimer(s.firstBackup(time.Now()))
		defer wait.Stop()
		for {
			select {
			case <-wait.C:
			case <-ctx.Done():
				return
			}
			next := backupEvery
			if now := s.db.Changed(); now != written {
				if s.backUp(ctx) {
					written = now
				} else {
					next = backupAgain
				}
			}
			wait.Reset(next)
		}
	}()
}

// firstBackup is how long the first one waits: until the last is old enough.
func (s *server) firstBackup(now time.Time) time.Duration {
	last, ok := persistence.LastGood(s.options.DataDir)
	if !ok {
		return 0
	}
	return max(0, backupAgain-now.Sub(last.At))
}

func (s *server) backUp(ctx context.Context) (done bool) {
	made, err := s.db.BackUp(ctx, time.Now())
	if err != nil {
		s.log.Error().Err(err).Msg("cannot back up the database")
		return false
	}
	s.log.Info().Str("path", made.Path).Int64("bytes", made.Size).Msg("database backed up")
	return true
}
