package persistence

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"

	"dockerdriver/actors/pool"
)

func update(db *DB, writes ...write) error {
	return db.bolt.Update(func(tx *bolt.Tx) error { return apply(tx, writes) })
}

func TestFileOfANewerVersionIsRefused(t *testing.T) {
	t.Parallel()
	path := file(t)
	db := open(t, path)
	require.NoError(t, update(db, write{bucket: metaBucket, key: metaSchema, value: []byte("99")}))
	require.NoError(t, db.Close())
	_, err := Open(t.Context(), path, Options{NoSync: true})
	require.ErrorContains(t, err, "newer DockerDriver (schema 99")
}

func TestFileOfSomeoneElseIsRefused(t *testing.T) {
	t.Parallel()
	path := file(t)
	b, err := bolt.Open(path, fileMode, nil)
	require.NoError(t, err)
	require.NoError(t, b.Close())
	_, err = Open(t.Context(), path, Options{NoSync: true})
	require.ErrorContains(t, err, "not one of DockerDriver's")
}

func TestMigrationKeepsTheFileAsItWasBeside(t *testing.T) {
	t.Parallel()
	path := file(t)
	db := open(t, path)
	require.NoError(t, db.Save(t.Context(), pool.Changes{Hosts: []pool.Host{{ID: "h1"}}}))
	require.NoError(t, db.Close())

	steps := append(append([]migration{}, migrations...), migration{"hosts go", func(tx *bolt.Tx) error {
		return apply(tx, hosts.drop("h1"))
	}})
	migrated, err := openWith(t.Context(), path, Options{NoSync: true}, steps)
	require.NoError(t, err)
	t.Cleanup(func() { _ = migrated.Close() })
	records, err := migrated.Load(t.Context())
	require.NoError(t, err)
	require.Empty(t, records.Hosts)

	before, err := open(t, backupName(path, len(migrations))).Load(t.Context())
	require.NoError(t, err)
	require.Len(t, before.Hosts, 1)
	require.Equal(t, migrated.Installation(), before.Installation)
}

func TestMigrationThatFailsChangesNothing(t *testing.T) {
	t.Parallel()
	path := file(t)
	require.NoError(t, open(t, path).Close())
	steps := append(append([]migration{}, migrations...), migration{"breaks", func(tx *bolt.Tx) error {
		return errors.Join(tx.DeleteBucket([]byte(hosts.name)), errors.New("no luck"))
	}})
	_, err := openWith(t.Context(), path, Options{NoSync: true}, steps)
	require.ErrorContains(t, err, "to schema 3 (breaks): no luck")
	_, err = open(t, path).Load(t.Context())
	require.NoError(t, err)
}

func TestBackupOpensAsItIs(t *testing.T) {
	t.Parallel()
	db := open(t, file(t))
	require.NoError(t, db.Save(t.Context(), pool.Changes{Hosts: []pool.Host{{ID: "h1"}}}))
	var copied bytes.Buffer
	require.NoError(t, db.Backup(t.Context(), &copied))
	require.NoError(t, db.Save(t.Context(), pool.Changes{Hosts: []pool.Host{{ID: "h2"}}}))

	path := filepath.Join(t.TempDir(), "copy.db")
	require.NoError(t, os.WriteFile(path, copied.Bytes(), 0o600))
	records, err := open(t, path).Load(t.Context())
	require.NoError(t, err)
	require.Len(t, records.Hosts, 1)
}
