package persistence

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"

	bolt "go.etcd.io/bbolt"
)

// Backup writes a consistent copy of the whole file while the server runs on;
// it can be opened as it is. Writers are not held up.
func (db *DB) Backup(ctx context.Context, w io.Writer) error {
	return db.view(ctx, "back up "+db.path, func(tx *bolt.Tx) error {
		_, err := tx.WriteTo(&stopping{ctx: ctx, to: w})
		return err
	})
}

// stopping ends a copy that nobody waits for any longer.
type stopping struct {
	ctx context.Context
	to  io.Writer
}

func (s *stopping) Write(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.to.Write(p)
}

func backupName(path string, schema int) string {
	return path + ".schema" + strconv.Itoa(schema) + ".backup"
}

// copyTo puts a copy of the file at path, complete and on disk or not at all.
func copyTo(b *bolt.DB, path string) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("cannot back up to %s: %v", path, err)
		}
	}()
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name()) // is gone already when it could be renamed
	err = b.View(func(tx *bolt.Tx) error {
		_, err := tx.WriteTo(file)
		return err
	})
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	if err := os.Rename(file.Name(), path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
