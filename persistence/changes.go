package persistence

import (
	"context"
	"errors"
	"fmt"
	"syscall"

	bolt "go.etcd.io/bbolt"

	"dockerdriver/actors/pool"
)

// Save stores all changes durably, or none; a record both changed and gone is
// gone. Concurrent calls share an fsync. It returns once the changes are on disk.
func (db *DB) Save(ctx context.Context, changes pool.Changes) error {
	writes, err := encode(changes)
	if err != nil {
		return err
	}
	return db.batch(ctx, "save changes", func(tx *bolt.Tx) error { return apply(tx, writes) })
}

// Load returns everything that the supervision tree starts from, each kind in
// the order of its keys.
func (db *DB) Load(ctx context.Context) (pool.Records, error) {
	records := pool.Records{Installation: db.installation}
	err := db.view(ctx, "load the records", func(tx *bolt.Tx) (err error) {
		if records.Hosts, err = hosts.all(tx, nil); err != nil {
			return err
		}
		if records.Instances, err = instances.all(tx, nil); err != nil {
			return err
		}
		if records.Blueprints, err = blueprints.all(tx, nil); err != nil {
			return err
		}
		if records.Variables, err = variables.all(tx, nil); err != nil {
			return err
		}
		if records.Sessions, err = notebookSessions.all(tx, nil); err != nil {
			return err
		}
		records.Announcements, err = announcements.all(tx, nil)
		return err
	})
	return records, err
}

func encode(c pool.Changes) ([]write, error) {
	var writes []write
	for _, kind := range []func() ([]write, error){
		func() ([]write, error) { return hosts.put(c.Hosts...) },
		func() ([]write, error) { return instances.put(c.Instances...) },
		func() ([]write, error) { return blueprints.put(c.Blueprints...) },
		func() ([]write, error) { return variables.put(c.Variables...) },
		func() ([]write, error) { return notebookSessions.put(c.Sessions...) },
		func() ([]write, error) { return announcements.put(c.Announcements...) },
	} {
		more, err := kind()
		if err != nil {
			return nil, err
		}
		writes = append(writes, more...)
	}
	writes = append(writes, hosts.drop(c.GoneHosts...)...)
	writes = append(writes, instances.drop(c.GoneInstances...)...)
	writes = append(writes, blueprints.drop(c.GoneBlueprints...)...)
	writes = append(writes, announcements.drop(c.GoneAnnouncements...)...)
	return append(writes, notebookSessions.drop(c.GoneSessions...)...), nil
}

func (db *DB) batch(ctx context.Context, what string, fn func(*bolt.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("cannot %s: %w", what, err)
	}
	return explain(what, db.bolt.Batch(fn))
}

func (db *DB) view(ctx context.Context, what string, fn func(*bolt.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("cannot %s: %w", what, err)
	}
	return explain(what, db.bolt.View(fn))
}

var errDiskFull = pool.Refuse(pool.CodeDiskFull, "The server's disk is full: nothing new can be stored.",
	"Notebooks that run go on. Try again later; an administrator makes room in the server's data directory.")

// explain says what failed; a refusal keeps its own words.
func explain(what string, err error) error {
	if err == nil || pool.CodeOf(err) != pool.CodeInternal {
		return err
	}
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return fmt.Errorf("cannot %s: %w (%w)", what, errDiskFull, err)
	}
	return fmt.Errorf("cannot %s: %w", what, err)
}
