package persistence

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

func hexOf(n int) string { return strconv.FormatInt(int64(n), 16) }

// filled is a file with buckets in pages of their own, branches and free pages.
func filled(t testing.TB) []byte {
	t.Helper()
	path := file(t)
	db := open(t, path)
	for round := range 4 {
		var c pool.Changes
		for i := range 120 {
			c.Instances = append(c.Instances, pool.Instance{ID: fmt.Sprintf("i%03d", i), Password: fmt.Sprint(round), Stage: pool.StageCreating})
			c.Hosts = append(c.Hosts, pool.Host{ID: fmt.Sprintf("h%03d", i), Slots: round})
		}
		require.NoError(t, db.Save(t.Context(), c))
	}
	require.NoError(t, db.PutAccount(t.Context(), pool.Account{User: pool.User{ID: "u1", Email: "a@b"}}))
	require.NoError(t, db.Close())
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	return data
}

func TestDamagedFileIsRefusedWithWords(t *testing.T) {
	t.Parallel()
	whole := filled(t)
	page := os.Getpagesize()
	cases := map[string]func([]byte) []byte{
		"cut in the middle": func(b []byte) []byte {
			meta, _, err := readMeta(bytes.NewReader(b))
			require.NoError(t, err)
			return b[:meta.pages*meta.pageSize/2]
		},
		"cut after the first page":  func(b []byte) []byte { return b[:page] },
		"empty":                     func([]byte) []byte { return nil },
		"a text file":               func([]byte) []byte { return []byte("# not a database\n") },
		"both first pages zeroed":   func(b []byte) []byte { clear(b[:2*page]); return b },
		"everything after is zeros": func(b []byte) []byte { clear(b[2*page:]); return b },
		"everything after is ones": func(b []byte) []byte {
			for i := range b[2*page:] {
				b[2*page+i] = 0xFF
			}
			return b
		},
		"pages in the wrong place": func(b []byte) []byte {
			swap := append([]byte{}, b[2*page:]...)
			half := len(swap) / 2 / page * page
			copy(b[2*page:], swap[half:])
			copy(b[2*page+len(swap)-half:], swap[:half])
			return b
		},
	}
	for name, damage := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := file(t)
			require.NoError(t, os.WriteFile(path, damage(append([]byte{}, whole...)), 0o600))
			_, err := Open(t.Context(), path, Options{NoSync: true})
			require.ErrorContains(t, err, path)
			require.ErrorContains(t, err, "dockerdriver restore")
		})
	}
}

// A byte may be flipped anywhere: the file is refused, or opens and can be read,
// written and closed. bbolt alone would end the process on many of these.
func TestFlippedBytesNeverEndTheProcess(t *testing.T) {
	t.Parallel()
	whole := filled(t)
	random := rand.New(rand.NewPCG(1, 2))
	refused := 0
	path := filepath.Join(t.TempDir(), FileName)
	for range 200 {
		data := append([]byte{}, whole...)
		for range 1 + random.IntN(4) {
			at := random.IntN(len(data))
			if random.IntN(2) == 0 { // headers are where it hurts
				at = at/os.Getpagesize()*os.Getpagesize() + random.IntN(64)
			}
			data[at] ^= byte(1 + random.IntN(255))
		}
		require.NoError(t, os.WriteFile(path, data, 0o600))
		db, err := Open(t.Context(), path, Options{NoSync: true})
		if err != nil {
			require.ErrorContains(t, err, path)
			refused++
			continue
		}
		_, err = db.Load(t.Context())
		require.NoError(t, err)
		require.NoError(t, db.Save(t.Context(), pool.Changes{Hosts: []pool.Host{{ID: "h060"}}, GoneInstances: []string{"i060"}}))
		require.NoError(t, db.Close())
	}
	require.Greater(t, refused, 40)
}

// A torn write of the newest first page is what a power cut leaves: bbolt keeps
// two, and the write that it belonged to was never confirmed.
func TestFileWithOneTornFirstPageGoesOnFromTheWriteBefore(t *testing.T) {
	t.Parallel()
	for name, torn := range map[string]int{"the first": 0, "the second": 1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := filled(t)
			clear(data[torn*os.Getpagesize()+16:][:32])
			path := file(t)
			require.NoError(t, os.WriteFile(path, data, 0o600))
			records, err := open(t, path).Load(t.Context())
			require.NoError(t, err)
			require.Len(t, records.Hosts, 120)
		})
	}
}

func TestRecordThatIsNotReadableIsRefused(t *testing.T) {
	t.Parallel()
	for name, w := range map[string]write{
		"not JSON":      {bucket: hosts.name, key: "h1", value: []byte("{")},
		"of another id": {bucket: hosts.name, key: "h1", value: []byte(`{"id":"h2"}`)},
		"no number":     {bucket: metaBucket, key: metaSchema, value: []byte("x")},
		"no hex":        {bucket: metaBucket, key: metaInstallation, value: []byte("x")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := file(t)
			db := open(t, path)
			require.NoError(t, update(db, w))
			require.NoError(t, db.Close())
			_, err := Open(t.Context(), path, Options{NoSync: true})
			require.ErrorContains(t, err, path)
			require.ErrorContains(t, err, "dockerdriver restore")
		})
	}
}
