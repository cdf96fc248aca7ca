package persistence

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/rs/zerolog"
	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// FileName is the database's name in the data directory.
const FileName = "dockerdriver.db"

const (
	// batchDelay is how long a write waits for company. bbolt's own 10 ms make
	// two writers slower than one (shared/reference/performance.md, "bbolt").
	batchDelay  = time.Millisecond
	openTimeout = time.Second
	fileMode    = 0o600 // password hashes and instance passwords are inside
)

// Options of Open.
type Options struct {
	Log zerolog.Logger
	// NoSync gives up durability for speed; for tests only.
	NoSync bool
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// DB is the open database. All its methods may be called concurrently. Errors
// that a person is to read are *pool.Error.
type DB struct {
	bolt         *bolt.DB
	path         string
	installation string
}

// Open opens the database at path, or makes it, brings it to this version's
// schema and reads every record of it once. A file that is damaged, in use or
// of a newer version is refused with words that name it and what to do.
func Open(ctx context.Context, path string, o Options) (*DB, error) {
	return openWith(ctx, path, o, migrations)
}

func openWith(ctx context.Context, path string, o Options, steps []migration) (*DB, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("cannot open %s: %w", path, err)
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		if err := create(path, o, steps); err != nil {
			return nil, fmt.Errorf("cannot make %s: %v", path, err)
		}
	}
	b, err := openBolt(path, o)
	if err != nil {
		return nil, err
	}
	db := &DB{bolt: b, path: path}
	if err := db.prepare(o, steps); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return db, nil
}

// Close ends all use of the file; it waits for the transactions under way.
func (db *DB) Close() error {
	if err := db.bolt.Close(); err != nil {
		return fmt.Errorf("cannot close %s: %v", db.path, err)
	}
	return nil
}

// Installation returns the random id of this data directory in lower-case hex.
func (db *DB) Installation() string { return db.installation }

// create makes a complete file under another name first: one that is empty or
// half written under the real name is never ours, and is refused.
func create(path string, o Options, steps []migration) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	draft := path + ".new"
	if err := os.Remove(draft); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	b, err := bolt.Open(draft, fileMode, boltOptions(o))
	if err != nil {
		return err
	}
	err = initialise(b, o.Now())
	if err == nil {
		_, err = migrate(b, path, steps)
	}
	if err := errors.Join(err, b.Close()); err != nil {
		return err
	}
	if err := os.Rename(draft, path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

func openBolt(path string, o Options) (*bolt.DB, error) {
	if err := examineFile(path, o.Log); err != nil {
		return nil, err
	}
	var b *bolt.DB
	err := guarded(func() (err error) {
		b, err = bolt.Open(path, fileMode, boltOptions(o))
		return err
	})
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return nil, fmt.Errorf("cannot open %s: another process has it open. Stop that one, or choose another --data-dir", path)
	case err != nil:
		return nil, damaged(path, err)
	}
	b.MaxBatchDelay = batchDelay
	return b, nil
}

func boltOptions(o Options) *bolt.Options {
	return &bolt.Options{Timeout: openTimeout, NoSync: o.NoSync, FreelistType: bolt.FreelistMapType}
}

// prepare brings the schema up to date, reads all records and the installation id.
func (db *DB) prepare(o Options, steps []migration) error {
	from, err := migrate(db.bolt, db.path, steps)
	if err != nil {
		return err
	}
	if from < len(steps) {
		o.Log.Info().Str("path", db.path).Int("from", from).Int("to", len(steps)).
			Str("backup", backupName(db.path, from)).Msg("database migrated")
	}
	err = guarded(func() error {
		return db.bolt.View(func(tx *bolt.Tx) error {
			if db.installation, err = installationOf(tx); err != nil {
				return err
			}
			return checkRecords(tx)
		})
	})
	if err != nil {
		return damaged(db.path, err)
	}
	return nil
}
