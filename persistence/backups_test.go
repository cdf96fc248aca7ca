package persistence

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

// backed is a data directory whose database has one host, a backup of that, and
// one more host since.
func backed(t *testing.T) (dir string) {
	t.Helper()
	path := file(t)
	db := open(t, path)
	require.NoError(t, db.Save(t.Context(), pool.Changes{Hosts: []pool.Host{{ID: "h1"}}}))
	made, err := db.BackUp(t.Context(), noon)
	require.NoError(t, err)
	require.Equal(t, noon, made.At)
	require.NoError(t, db.Save(t.Context(), pool.Changes{Hosts: []pool.Host{{ID: "h2"}}}))
	require.NoError(t, db.Close())
	return filepath.Dir(path)
}

func hostsIn(t *testing.T, path string) int {
	t.Helper()
	db := open(t, path)
	records, err := db.Load(t.Context())
	require.NoError(t, err)
	require.NoError(t, db.Close())
	return len(records.Hosts)
}

func TestRestoreTakesTheLastGoodBackupAndKeepsWhatWasThere(t *testing.T) {
	t.Parallel()
	dir := backed(t)
	cut := filepath.Join(dir, BackupsDir, backupPrefix+noon.Add(time.Hour).Format(backupStamp)+backupSuffix)
	require.NoError(t, os.WriteFile(cut, []byte("half a fi"), 0o600))
	all, err := Backups(dir)
	require.NoError(t, err)
	require.Len(t, all, 2)
	require.NotEmpty(t, all[0].Fault, "newest first: the one that was cut short")

	path := filepath.Join(dir, FileName)
	require.NoError(t, os.Truncate(path, 20_000))
	_, err = Open(t.Context(), path, Options{NoSync: true})
	require.ErrorContains(t, err, "the file is damaged")
	require.ErrorContains(t, err, "`dockerdriver restore --data-dir "+dir+"` takes the last good one, of 2026-03-01T12:00:00Z")

	require.NoError(t, os.WriteFile(path+".restored", []byte("of a restore that was killed"), 0o600))
	restored, err := Restore(t.Context(), dir, "", noon.Add(2*time.Hour))
	require.NoError(t, err)
	require.Equal(t, noon, restored.From.At)
	kept, err := os.ReadFile(restored.Kept)
	require.NoError(t, err)
	require.Len(t, kept, 20_000, "what was there is kept as it was")
	require.Equal(t, 1, hostsIn(t, path))
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}

func TestRestoreRefusesWhatCannotBeOpenedAndChangesNothing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		content func([]byte) []byte
		words   string
	}{
		"a backup that is cut short":   {func(b []byte) []byte { return b[:len(b)/2] }, "are missing"},
		"a text":                       {func([]byte) []byte { return []byte("# notes\n") }, "too short"},
		"a database of a newer schema": {func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("schema2"), []byte("schema9")) }, "newer DockerDriver"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := backed(t)
			last, ok := LastGood(dir)
			require.True(t, ok)
			content, err := os.ReadFile(last.Path)
			require.NoError(t, err)
			other := filepath.Join(t.TempDir(), "other.db")
			require.NoError(t, os.WriteFile(other, c.content(content), 0o600))
			_, err = Restore(t.Context(), dir, other, noon)
			require.ErrorContains(t, err, c.words)
			require.ErrorContains(t, err, "Nothing was changed")
			require.Equal(t, 2, hostsIn(t, filepath.Join(dir, FileName)))
			left, err := filepath.Glob(filepath.Join(dir, "*restored*"))
			require.NoError(t, err)
			require.Empty(t, left)
		})
	}
	_, err := Restore(t.Context(), t.TempDir(), "", noon)
	require.ErrorContains(t, err, "there is no backup")
}

func TestBackupsOfADayAndThenOneADayForTwoWeeksAreKept(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	last := noon.Add((30*24 - 1) * time.Hour)
	for at := noon; !at.After(last); at = at.Add(time.Hour) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, backupPrefix+at.Format(backupStamp)+backupSuffix), nil, 0o600))
	}
	notes := filepath.Join(dir, backupPrefix+"notes"+backupSuffix)
	require.NoError(t, os.WriteFile(notes, nil, 0o600))
	prune(dir, last)
	require.FileExists(t, notes, "what is not ours stays")
	require.NoError(t, os.Remove(notes))
	kept, err := filepath.Glob(filepath.Join(dir, "*"))
	require.NoError(t, err)
	require.InDelta(t, 24+13, len(kept), 1)
	oldest := stored(kept[0])
	require.Less(t, last.Sub(oldest.At), keepDaily)
	require.Greater(t, last.Sub(oldest.At), keepDaily-2*24*time.Hour)
	require.Equal(t, last, stored(kept[len(kept)-1]).At)
}

func TestWritesAreToldByTheirNumber(t *testing.T) {
	t.Parallel()
	db := open(t, file(t))
	before := db.Changed()
	require.Equal(t, before, db.Changed())
	require.NoError(t, db.Save(t.Context(), pool.Changes{Hosts: []pool.Host{{ID: "h1"}}}))
	require.Greater(t, db.Changed(), before)
}

// A file may be cut at any page, and any page may be overwritten: it is refused
// with words, or, where the page held nothing, opens whole. bbolt alone would end
// the process or take another file for it.
func TestEveryPageCutOrSpoiledIsNoticed(t *testing.T) {
	t.Parallel()
	whole := filled(t)
	page := os.Getpagesize()
	meta, _, err := readMeta(bytes.NewReader(whole))
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), FileName)
	opens := func(data []byte) bool {
		require.NoError(t, os.WriteFile(path, data, 0o600))
		db, err := Open(t.Context(), path, Options{NoSync: true})
		if err != nil {
			require.ErrorContains(t, err, "cannot open "+path+": the file is damaged")
			return false
		}
		records, err := db.Load(t.Context())
		require.NoError(t, err)
		require.Len(t, records.Hosts, 120)
		require.NoError(t, db.Close())
		return true
	}
	// Pages of the tree, as the examination itself walks it, must be noticed.
	walked := &examination{file: bytes.NewReader(whole), meta: meta, used: map[uint64]bool{}}
	require.NoError(t, walked.tree(meta.root, maxDepth))
	cut, spoiled, spare := 0, 0, 0
	for n := range int(meta.pages) {
		require.False(t, opens(whole[:n*page]), "cut at page %d of %d", n, meta.pages)
		cut++
		data := bytes.Clone(whole)
		for i := range page {
			data[n*page+i] ^= 0xFF
		}
		if opens(data) {
			require.False(t, walked.used[uint64(n)], "page %d is in use", n)
			spare++ // a page that holds nothing now, or one of the two first, of which one is enough
		} else {
			spoiled++
		}
	}
	require.Greater(t, spoiled, spare/2)
	t.Logf("%d pages: each cut refused, %d spoiled ones refused, %d hold nothing", cut, spoiled, spare)
}
