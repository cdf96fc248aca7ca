package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOperatorFileIsTheOwnersAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, writeOperator(dir, operator{URL: "http://127.0.0.1:1", Token: "old"}))
	require.NoError(t, writeOperator(dir, operator{URL: "http://127.0.0.1:1", Token: "new"}))
	info, err := os.Stat(filepath.Join(dir, operatorFile))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode())
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, left, 1)

	found, path, err := findOperator([]string{t.TempDir(), dir})
	require.NoError(t, err)
	require.Equal(t, operator{URL: "http://127.0.0.1:1", Token: "new"}, found)
	require.Equal(t, filepath.Join(dir, operatorFile), path)
}

func TestNoServerToSpeakToSaysWhatToDo(t *testing.T) {
	t.Parallel()
	empty := t.TempDir()
	r := call(t, "status", "--data-dir", empty)
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.err, "there is no operator.json in "+empty)
	require.Contains(t, r.err, "dockerdriver serve --data-dir "+empty)

	broken := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(broken, operatorFile), []byte("{}"), 0o600))
	r = call(t, "status", "--data-dir", broken)
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.err, "has no url and token")

	gone := t.TempDir()
	require.NoError(t, writeOperator(gone, operator{URL: "http://127.0.0.1:1", Token: "t"}))
	r = call(t, "status", "--data-dir", gone)
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.err, "the server at http://127.0.0.1:1 does not answer: ")
	require.Contains(t, r.err, "Is it running?")
}
