package persistence

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/rs/zerolog"
	bolt "go.etcd.io/bbolt"

	"dockerdriver/actors/pool"
)

// BackupsDir is the name of the folder of backups in the data directory.
const BackupsDir = "backups"

// Backups are kept for the last day each, and one a day for two weeks before that.
const (
	keepAll   = 24 * time.Hour
	keepDaily = 14 * 24 * time.Hour
)

const (
	backupPrefix = "dockerdriver-"
	backupSuffix = ".db"
	backupStamp  = "20060102T150405Z"
)

// BackUp puts a copy of the file, as it is at this moment, into the folder of
// backups beside it, and removes those that are too old to be kept. Writers are not
// held up. The copy is complete and on disk, or not there.
func (db *DB) BackUp(ctx context.Context, now time.Time) (pool.Backup, error) {
	if err := ctx.Err(); err != nil {
		return pool.Backup{}, fmt.Errorf("cannot back up %s: %w", db.path, err)
	}
	dir := backupsOf(db.path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return pool.Backup{}, fmt.Errorf("cannot make the folder of backups: %v", err)
	}
	path := filepath.Join(dir, backupPrefix+now.UTC().Format(backupStamp)+backupSuffix)
	if err := copyTo(db.bolt, path); err != nil {
		return pool.Backup{}, err
	}
	made := stored(path)
	if made.Fault != "" {
		return made, fmt.Errorf("cannot back up to %s: the copy is damaged: %s. The disk may be failing", path, made.Fault)
	}
	prune(dir, now)
	return made, nil
}

// Changed is a number that every write makes larger.
func (db *DB) Changed() (n int) {
	_ = db.bolt.View(func(tx *bolt.Tx) error { n = tx.ID(); return nil })
	return n
}

func backupsOf(database string) string { return filepath.Join(filepath.Dir(database), BackupsDir) }

// Backups lists what can be restored into a data directory, newest first: the
// folder of backups, and what migrations have left beside the database.
func Backups(dataDir string) ([]pool.Backup, error) {
	var paths []string
	for _, pattern := range []string{
		filepath.Join(BackupsDir, backupPrefix+"*"+backupSuffix), FileName + ".schema*.backup",
	} {
		found, err := fs.Glob(os.DirFS(dataDir), filepath.ToSlash(pattern))
		if err != nil {
			return nil, fmt.Errorf("cannot list the backups in %s: %v", dataDir, err)
		}
		paths = append(paths, found...)
	}
	all := make([]pool.Backup, 0, len(paths))
	for _, path := range paths {
		all = append(all, stored(filepath.Join(dataDir, path)))
	}
	slices.SortFunc(all, func(a, b pool.Backup) int { return b.At.Compare(a.At) })
	return all, nil
}

// StoredBackups lists what can be restored into this database's place, newest first.
func (db *DB) StoredBackups() ([]pool.Backup, error) { return Backups(filepath.Dir(db.path)) }

// LastGood is the newest backup that can be restored; ok is false where there is none.
func LastGood(dataDir string) (last pool.Backup, ok bool) {
	all, _ := Backups(dataDir)
	n := slices.IndexFunc(all, func(b pool.Backup) bool { return b.Fault == "" })
	if n < 0 {
		return pool.Backup{}, false
	}
	return all[n], true
}

// stored looks at a backup's structure.
func stored(path string) pool.Backup {
	b := pool.Backup{Path: path}
	info, err := os.Stat(path)
	if err != nil {
		b.Fault = err.Error()
		return b
	}
	b.Size, b.At = info.Size(), info.ModTime().UTC()
	stamp := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(path), backupPrefix), backupSuffix)
	if at, err := time.Parse(backupStamp, stamp); err == nil {
		b.At = at
	}
	if err := examine(path, zerolog.Nop()); err != nil {
		b.Fault = err.Error()
	}
	return b
}

// prune removes what is older than it need be; what cannot be removed stays.
func prune(dir string, now time.Time) {
	found, _ := filepath.Glob(filepath.Join(dir, backupPrefix+"*"+backupSuffix))
	slices.Sort(found)
	slices.Reverse(found) // newest first
	days := map[string]bool{}
	for _, path := range found {
		at, err := time.Parse(backupPrefix+backupStamp+backupSuffix, filepath.Base(path))
		if err != nil || now.Sub(at) < keepAll {
			continue // not ours to judge, or young
		}
		day := at.Format(time.DateOnly)
		if now.Sub(at) < keepDaily && !days[day] {
			days[day] = true
			continue
		}
		_ = os.Remove(path)
	}
}

// Restored tells what Restore did.
type Restored struct {
	From pool.Backup
	// Kept is where the file is that was there before; empty: there was none.
	Kept string
}

// Restore puts a backup in the place of a data directory's database, which must not
// be in use (LockDir). An empty path is the last good one. The file that was there
// is kept beside. What cannot be opened by this version is refused, and nothing changed.
func Restore(ctx context.Context, dataDir, path string, now time.Time) (Restored, error) {
	var r Restored
	if path == "" {
		last, ok := LastGood(dataDir)
		if !ok {
			return r, fmt.Errorf("cannot restore: there is no backup in %s that can be opened. Name another file", filepath.Join(dataDir, BackupsDir))
		}
		path = last.Path
	}
	if r.From = stored(path); r.From.Fault != "" {
		return r, fmt.Errorf("cannot restore %s: %s. Nothing was changed; `dockerdriver restore --list` shows others", path, r.From.Fault)
	}
	target := filepath.Join(dataDir, FileName)
	draft := target + ".restored"
	_ = os.Remove(draft) // of one that was cut off; what cannot be removed is told by the next step
	if err := CopyBackup(path, draft); err != nil {
		return r, fmt.Errorf("cannot restore %s: %v. Nothing was changed", path, err)
	}
	defer os.Remove(draft) // is gone already when it could be renamed
	if err := opens(ctx, draft); err != nil {
		return r, fmt.Errorf("cannot restore %s: %v. Nothing was changed", path, err)
	}
	if _, err := os.Lstat(target); err == nil {
		r.Kept = target + ".replaced-" + now.UTC().Format(backupStamp)
		if err := os.Link(target, r.Kept); err != nil {
			return r, fmt.Errorf("cannot keep %s beside the backup: %v. Nothing was changed", target, err)
		}
	}
	if err := os.Rename(draft, target); err != nil {
		return r, fmt.Errorf("cannot restore %s: %v", path, err)
	}
	return r, syncDir(dataDir)
}

// opens opens a copy as a server would, with its migrations and all its records.
func opens(ctx context.Context, path string) error {
	defer func() { // the copy of a copy that a migration made
		left, _ := filepath.Glob(path + ".schema*")
		for _, file := range left {
			_ = os.Remove(file)
		}
	}()
	db, err := Open(ctx, path, Options{Log: zerolog.Nop()})
	if err != nil {
		return err
	}
	return db.Close()
}

// CopyBackup copies a backup to a file that is not there yet, complete and on disk
// or not at all. Nobody else can read it: every secret is in it.
func CopyBackup(from, to string) error {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	target, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
	if err != nil {
		return err
	}
	_, err = target.ReadFrom(source)
	if err = errors.Join(err, target.Sync(), target.Close()); err != nil {
		_ = os.Remove(to)
	}
	return err
}
