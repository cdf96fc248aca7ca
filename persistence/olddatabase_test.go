package persistence

import (
	"flag"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

var writeDatabase = flag.Bool("update", false, "write the database of this schema version anew")

const (
	oldDatabases = "../testdata/databases"
	thisDatabase = oldDatabases + "/schema-2.db"
)

// old is what every kept database holds, as far as its schema had a place for it.
var old = struct {
	changes pool.Changes
	account pool.Account
}{
	changes: pool.Changes{
		Hosts:         []pool.Host{{ID: "h1", Name: "pb_dd_1", State: pool.HostActive, Slots: 8, Endpoint: pool.Endpoint{URL: "unix:///var/run/docker.sock", Address: "127.0.0.1"}}},
		Instances:     []pool.Instance{{ID: "i1", Name: "pb-calm-otter", Label: "abcdefgh12", State: pool.InstanceRunning, HostID: "h1", UserID: "u1", BlueprintID: "b1", ExpiresAt: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)}},
		Blueprints:    []pool.Blueprint{{ID: "b1", Name: "RStudio", Plugin: pool.PluginDocker, Version: 3, Config: pool.Config{DockerImage: "rocker/rstudio", InternalPort: 8787}}},
		Variables:     []pool.Variable{{Key: pool.VarShutdownMode, Value: "False", Version: 2}},
		Sessions:      []pool.NotebookSession{{CookieHash: "c0ffee", InstanceID: "i1", UserID: "u1"}},
		Announcements: []pool.Announcement{{ID: "a1", Text: "Service break on Friday.", Level: pool.LevelWarning, From: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC), Version: 1}},
	},
	account: pool.Account{User: pool.User{ID: "u1", Email: "ann@example.org", Role: pool.RoleUser}, PasswordHash: "$argon2id$not-a-hash"},
}

// A database of every schema version that was ever released opens, and holds
// what it held. A new version adds a file; none is ever changed.
func TestOldDatabasesOpen(t *testing.T) {
	if *writeDatabase {
		writeOld(t)
	}
	files, err := filepath.Glob(oldDatabases + "/*.db")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			db, err := Open(t.Context(), copied(t, file), Options{Log: zerolog.Nop()})
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, db.Close()) })
			r, err := db.Load(t.Context())
			require.NoError(t, err)
			require.NotEmpty(t, r.Installation)
			require.Equal(t, old.changes.Hosts, r.Hosts)
			require.Equal(t, old.changes.Instances, r.Instances)
			require.Equal(t, old.changes.Blueprints, r.Blueprints)
			require.Equal(t, old.changes.Variables, r.Variables)
			require.Equal(t, old.changes.Sessions, r.Sessions)
			if filepath.Base(file) == "schema-1.db" { // it knew none
				require.Empty(t, r.Announcements)
			} else {
				require.Equal(t, old.changes.Announcements, r.Announcements)
			}
			account, err := db.AccountByEmail(t.Context(), "ann@example.org")
			require.NoError(t, err)
			require.Equal(t, old.account, account)
		})
	}
}

func writeOld(t *testing.T) {
	require.NoError(t, os.MkdirAll(oldDatabases, 0o755))
	require.NoError(t, os.RemoveAll(thisDatabase))
	db, err := Open(t.Context(), thisDatabase, Options{Log: zerolog.Nop()})
	require.NoError(t, err)
	require.NoError(t, db.Save(t.Context(), old.changes))
	require.NoError(t, db.PutAccount(t.Context(), old.account))
	require.NoError(t, db.Close())
}

func copied(t *testing.T, file string) string {
	from, err := os.Open(file)
	require.NoError(t, err)
	defer from.Close()
	path := filepath.Join(t.TempDir(), "dockerdriver.db")
	to, err := os.Create(path)
	require.NoError(t, err)
	_, err = io.Copy(to, from)
	require.NoError(t, err)
	require.NoError(t, to.Close())
	return path
}
