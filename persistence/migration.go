package persistence

import (
	"errors"
	"fmt"
	"strconv"

	bolt "go.etcd.io/bbolt"
)

// migration brings a file from the version before it to its own, which is its
// place in the list, counted from 1. One that was released is never changed.
type migration struct {
	what string
	run  func(*bolt.Tx) error
}

var migrations = []migration{
	{"the first schema", func(tx *bolt.Tx) error {
		for _, name := range []string{
			hosts.name, instances.name, blueprints.name, variables.name, notebookSessions.name,
			accounts.name, accountsByEmail, loginSessions.name, tokens.name, tokensByHash, audit.name,
		} {
			if _, err := tx.CreateBucket([]byte(name)); err != nil {
				return fmt.Errorf("cannot make the bucket %s: %v", name, err)
			}
		}
		return nil
	}},
	{"announcements", func(tx *bolt.Tx) error {
		if _, err := tx.CreateBucket([]byte(announcements.name)); err != nil {
			return fmt.Errorf("cannot make the bucket %s: %v", announcements.name, err)
		}
		return nil
	}},
}

// migrate brings the file to the newest version, all steps in one transaction,
// after a copy of it as it was has been put beside it.
func migrate(b *bolt.DB, path string, steps []migration) (from int, err error) {
	err = b.View(func(tx *bolt.Tx) error {
		from, err = schemaOf(tx)
		return err
	})
	switch {
	case errors.Is(err, errForeign):
		return 0, fmt.Errorf("cannot open %s: %w", path, err)
	case err != nil:
		return 0, damaged(path, err)
	}
	switch {
	case from > len(steps):
		return from, fmt.Errorf("cannot open %s: it was written by a newer DockerDriver (schema %d, this one knows %d). Install that version, or restore a backup made by this one: `dockerdriver restore --list` shows what there is",
			path, from, len(steps))
	case from == len(steps):
		return from, nil
	}
	if from > 0 {
		if err := copyTo(b, backupName(path, from)); err != nil {
			return from, err
		}
	}
	return from, b.Update(func(tx *bolt.Tx) error {
		for i, step := range steps[from:] {
			if err := step.run(tx); err != nil {
				return fmt.Errorf("cannot bring %s to schema %d (%s): %v", path, from+i+1, step.what, err)
			}
		}
		return tx.Bucket([]byte(metaBucket)).Put([]byte(metaSchema), []byte(strconv.Itoa(len(steps))))
	})
}
