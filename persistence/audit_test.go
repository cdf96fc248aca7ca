package persistence

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"

	"dockerdriver/actors/pool"
)

func TestAuditIsReadNewestFirstPageByPage(t *testing.T) {
	t.Parallel()
	db := open(t, file(t))
	for i := range 7 {
		require.NoError(t, db.AppendAudit(t.Context(), pool.AuditEntry{At: noon, Actor: "system", Target: fmt.Sprint(i)}))
	}
	var read, cursor string
	for pages := 1; ; pages++ {
		entries, next, err := db.AuditPage(t.Context(), cursor, 3)
		require.NoError(t, err)
		for _, e := range entries {
			read += e.Target
		}
		// what comes in meanwhile moves nothing
		require.NoError(t, db.AppendAudit(t.Context(), pool.AuditEntry{Target: "x"}))
		if cursor = next; cursor == "" {
			require.Equal(t, 3, pages)
			break
		}
	}
	require.Equal(t, "6543210", read)
	_, _, err := db.AuditPage(t.Context(), "yesterday", 3)
	require.Equal(t, pool.CodeInvalid, pool.CodeOf(err))
}

func TestEmptyAuditHasNoPages(t *testing.T) {
	t.Parallel()
	entries, next, err := open(t, file(t)).AuditPage(t.Context(), "", 10)
	require.NoError(t, err)
	require.Empty(t, entries)
	require.Empty(t, next)
}

func TestAuditKeepsTheNewest(t *testing.T) {
	t.Parallel()
	db := open(t, file(t))
	require.NoError(t, db.AppendAudit(t.Context(), pool.AuditEntry{Target: "oldest"}))
	require.NoError(t, db.bolt.Update(func(tx *bolt.Tx) error {
		return tx.Bucket([]byte(audit.name)).SetSequence(MaxAuditEntries - 1)
	}))
	for i := range 2 {
		entries, err := db.AuditEntries(t.Context(), 10)
		require.NoError(t, err)
		require.Equal(t, "oldest", entries[len(entries)-1].Target)
		require.Len(t, entries, i+1)
		require.NoError(t, db.AppendAudit(t.Context(), pool.AuditEntry{Target: "newer"}))
	}
	entries, err := db.AuditEntries(t.Context(), 10)
	require.NoError(t, err)
	require.Len(t, entries, 2, "the oldest made room")
	require.Equal(t, "newer", entries[1].Target)
}
