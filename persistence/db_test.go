package persistence

import (
	"context"
	"encoding/hex"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"

	"dockerdriver/actors/pool"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func open(t testing.TB, path string) *DB {
	t.Helper()
	db, err := Open(t.Context(), path, Options{NoSync: true, Now: func() time.Time { return noon }})
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func file(t testing.TB) string { return filepath.Join(t.TempDir(), FileName) }

func TestInstallationIsMadeOnceAndKept(t *testing.T) {
	t.Parallel()
	path := file(t)
	first := open(t, path)
	id, err := hex.DecodeString(first.Installation())
	require.NoError(t, err)
	require.Len(t, id, 16)
	require.NoError(t, first.Close())

	again := open(t, path)
	records, err := again.Load(t.Context())
	require.NoError(t, err)
	require.Equal(t, first.Installation(), records.Installation)
	require.NotEqual(t, first.Installation(), open(t, file(t)).Installation())
}

func TestRecordsSurviveReopening(t *testing.T) {
	t.Parallel()
	path := file(t)
	db := open(t, path)
	want := pool.Changes{
		Hosts: []pool.Host{{ID: "h1", Name: "pb_dd_1", State: pool.HostActive, Slots: 8, CreatedAt: noon}},
		Instances: []pool.Instance{{
			ID: "i1", Label: "calm-otter", State: pool.InstanceRunning, HostID: "h1", Password: "hush",
			Spec: pool.Spec{Port: 8787, Slots: 2, Lifetime: time.Hour, Env: []string{"A=ü b"}}, CreatedAt: noon,
			Passed: []pool.StageTime{{Stage: pool.StageImage, Duration: 3 * time.Second}},
		}},
		Blueprints:    []pool.Blueprint{{ID: "b1", Name: "Demo", Plugin: pool.PluginDocker, Version: 3, CreatedAt: noon, UpdatedAt: noon}},
		Variables:     []pool.Variable{{Key: pool.VarMaxHosts, Value: "7", Version: 1, UpdatedAt: noon}},
		Announcements: []pool.Announcement{{ID: "a1", Text: "Break at noon.", Level: pool.LevelInfo, From: noon, Version: 1, CreatedAt: noon, UpdatedAt: noon}},
		Sessions:      []pool.NotebookSession{{CookieHash: "c1", InstanceID: "i1", UserID: "u1", Login: "l1", CreatedAt: noon}},
	}
	require.NoError(t, db.Save(t.Context(), want))
	require.NoError(t, db.Close())

	got, err := open(t, path).Load(t.Context())
	require.NoError(t, err)
	require.Equal(t, want.Hosts, got.Hosts)
	require.Equal(t, want.Instances, got.Instances)
	require.Equal(t, want.Blueprints, got.Blueprints)
	require.Equal(t, want.Variables, got.Variables)
	require.Equal(t, want.Sessions, got.Sessions)
	require.Equal(t, want.Announcements, got.Announcements)
}

func TestSaveStoresAllOrNone(t *testing.T) {
	t.Parallel()
	db := open(t, file(t))
	err := db.Save(t.Context(), pool.Changes{
		Hosts:     []pool.Host{{ID: "h1"}},
		Instances: []pool.Instance{{ID: ""}}, // bbolt takes no empty key
	})
	require.ErrorContains(t, err, "cannot save changes")
	records, err := db.Load(t.Context())
	require.NoError(t, err)
	require.Empty(t, records.Hosts)
}

func TestNothingIsDoneOnceTheCallerHasGone(t *testing.T) {
	t.Parallel()
	db := open(t, file(t))
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, db.Save(gone, pool.Changes{Hosts: []pool.Host{{ID: "h"}}}), context.Canceled)
	_, err := db.Load(gone)
	require.ErrorIs(t, err, context.Canceled)
}

func TestUseAfterCloseIsAnError(t *testing.T) {
	t.Parallel()
	db := open(t, file(t))
	require.NoError(t, db.Close())
	require.Error(t, db.Save(t.Context(), pool.Changes{Hosts: []pool.Host{{ID: "h"}}}))
	_, err := db.Load(t.Context())
	require.Error(t, err)
}

func TestConcurrentSavesAllLand(t *testing.T) {
	t.Parallel()
	db := open(t, file(t))
	failures := make(chan error)
	const writers = 64
	for i := range writers {
		go func() {
			failures <- db.Save(t.Context(), pool.Changes{Hosts: []pool.Host{{ID: hex.EncodeToString([]byte{byte(i)})}}})
		}()
	}
	for range writers {
		require.NoError(t, <-failures)
	}
	records, err := db.Load(t.Context())
	require.NoError(t, err)
	require.Len(t, records.Hosts, writers)
}

// Compare: BenchmarkSave/one_writer against /64_writers, in stores a second.
func BenchmarkSave(b *testing.B) {
	for name, writers := range map[string]int{"one_writer": 1, "64_writers": 64} {
		b.Run(name, func(b *testing.B) {
			db, err := Open(b.Context(), file(b), Options{})
			require.NoError(b, err)
			defer db.Close()
			record := pool.Changes{Instances: []pool.Instance{{ID: "i", State: pool.InstanceRunning, CreatedAt: noon}}}
			b.SetParallelism(writers)
			b.ResetTimer()
			if writers == 1 {
				writes, err := encode(record)
				require.NoError(b, err)
				for b.Loop() {
					require.NoError(b, db.bolt.Update(func(tx *bolt.Tx) error { return apply(tx, writes) }))
				}
				return
			}
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if err := db.Save(b.Context(), record); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}
