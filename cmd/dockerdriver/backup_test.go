package main

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"dockerdriver/persistence"
)

// TestDamagedDatabaseIsRefusedAndRestored is what an operator meets after a power
// cut: the server says what is wrong and what to do, and after that the notebooks
// that the backup knows go on.
func TestDamagedDatabaseIsRefusedAndRestored(t *testing.T) {
	t.Parallel()
	args, _ := emulatorProcess(t)
	s := newSite(t, nil, args...)
	demo := s.blueprint("demo-notebook")
	known := s.launch(demo, "running")
	made := call(t, "backup", "--data-dir", s.dir, "-o", "json")
	require.Equal(t, exitDone, made.code, made.err)
	var backup struct {
		Path string
		Size int64
	}
	require.NoError(t, json.Unmarshal([]byte(made.out), &backup))
	require.FileExists(t, backup.Path)
	require.Positive(t, backup.Size)
	late := s.launch(demo, "running")
	refused := call(t, "restore", "--data-dir", s.dir)
	require.Equal(t, exitFailed, refused.code)
	require.Contains(t, refused.err, "another server, process", "not under a server that runs")
	s.stop(syscall.SIGKILL)

	database := filepath.Join(s.dir, persistence.FileName)
	whole, err := os.ReadFile(database)
	require.NoError(t, err)
	for n := 2 * os.Getpagesize(); n < len(whole); n++ {
		whole[n] ^= 0xFF
	}
	require.NoError(t, os.WriteFile(database, whole, 0o600))
	s.log.Reset()
	s.startWithoutWaiting()
	require.Error(t, s.process.Wait(), "it does not start")
	s.process = nil
	require.Contains(t, s.log.String(), "the file is damaged")
	require.Contains(t, s.log.String(), "`dockerdriver restore --data-dir "+s.dir+"` takes the last good one")

	list := call(t, "restore", "--list", "--data-dir", s.dir)
	require.Equal(t, exitDone, list.code, list.err)
	require.Contains(t, list.out, backup.Path)
	done := call(t, "restore", "--data-dir", s.dir)
	require.Equal(t, exitDone, done.code, done.err)
	require.Contains(t, done.err, "is kept as "+database+".replaced-")
	require.Contains(t, done.err, "notebooks that were launched since then are not known")

	s.start()
	require.Equal(t, "running", s.await(known["id"].(string), "running")["state"])
	_, page := s.get(s.browser, "http://"+s.ui+"/open?instance="+known["id"].(string))
	require.Contains(t, page, "notebook")
	status, _ := s.call(s.browser, http.MethodGet, "/instances/"+late["id"].(string), nil)
	require.Equal(t, http.StatusNotFound, status)
	require.Eventually(t, func() bool { return strings.Contains(s.log.String(), "stray container removed") }, time.Minute, 100*time.Millisecond)
}

func TestBackupWithoutAServer(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := call(t, "backup", "--data-dir", dir)
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.err, "no server answers, and there is no database in "+dir)

	db, err := persistence.Open(t.Context(), filepath.Join(dir, persistence.FileName), persistence.Options{})
	require.NoError(t, err)
	require.NoError(t, db.Close())
	out := filepath.Join(t.TempDir(), "copy.db")
	r = call(t, "backup", "--data-dir", dir, out)
	require.Equal(t, exitDone, r.code, r.err)
	require.Contains(t, r.out, out)
	info, err := os.Stat(out)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), "secrets are in it")
	r = call(t, "backup", "--data-dir", dir, out)
	require.Equal(t, exitFailed, r.code, "what is there is not overwritten")

	r = call(t, "restore", "--data-dir", dir, out)
	require.Equal(t, exitDone, r.code, r.err)
	r = call(t, "restore", "--data-dir", t.TempDir())
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.err, "there is no backup in")
	require.Equal(t, exitUsage, call(t, "restore", "--list", "x.db").code)
}

func TestAServerThatStartsAgainAndAgainDoesNotFillItsDiskWithBackups(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := &server{options: ServerOptions{DataDir: dir}}
	now := time.Now().Truncate(time.Second)
	require.Zero(t, s.firstBackup(now), "there is none yet")
	db, err := persistence.Open(t.Context(), filepath.Join(dir, persistence.FileName), persistence.Options{})
	require.NoError(t, err)
	_, err = db.BackUp(t.Context(), now)
	require.NoError(t, err)
	require.NoError(t, db.Close())
	require.Equal(t, 7*time.Minute, s.firstBackup(now.Add(3*time.Minute)))
	require.Zero(t, s.firstBackup(now.Add(time.Hour)))
}

func TestAServerThatEndsByItselfDoesNotWaitForItsNextBackup(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	db, err := persistence.Open(t.Context(), filepath.Join(dir, persistence.FileName), persistence.Options{})
	require.NoError(t, err)
	s := &server{options: ServerOptions{DataDir: dir}, db: db, log: zerolog.Nop()}
	s.later(db.Close)
	s.keepBackups(t.Context()) // nobody has told it to stop
	closed := make(chan error, 1)
	go func() { closed <- s.close() }()
	select {
	case err := <-closed:
		require.NoError(t, err)
	case <-time.After(30 * time.Second):
		require.Fail(t, "it hangs")
	}
}
