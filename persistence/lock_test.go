package persistence

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestDirectoryInUseIsRefusedWithThePID(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "made", "when missing")
	lock, err := LockDir(dir)
	require.NoError(t, err)

	began := time.Now()
	_, err = LockDir(dir)
	require.ErrorContains(t, err, fmt.Sprintf("another server, process %d, is using it", os.Getpid()))
	require.ErrorContains(t, err, dir)
	require.Less(t, time.Since(began), 5*time.Second)

	require.NoError(t, lock.Release())
	again, err := LockDir(dir)
	require.NoError(t, err)
	require.NoError(t, again.Release())
}

func TestDirectoryThatCannotBeMadeIsRefused(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a file")
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	_, err := LockDir(path)
	require.ErrorContains(t, err, "cannot make the data directory "+path)
}

func TestFileThatIsOpenElsewhereIsRefused(t *testing.T) {
	t.Parallel()
	path := file(t)
	open(t, path)
	_, err := Open(t.Context(), path, Options{NoSync: true})
	require.ErrorContains(t, err, "another process has it open")
}
