package images

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// watched starts a Watch that ends with the test and counts its calls.
func watched(t *testing.T, directory *Directory) <-chan struct{} {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	calls, ended := make(chan struct{}, 100), make(chan error, 1)
	w := directory.begin(func() { calls <- struct{}{} })
	go func() { ended <- w.run(ctx) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-ended:
			require.NoError(t, err)
		case <-time.After(10 * time.Second):
			t.Error("Watch does not end with its context")
		}
	})
	return calls
}

func called(t *testing.T, calls <-chan struct{}) {
	t.Helper()
	select {
	case <-calls:
	case <-time.After(10 * time.Second):
		t.Fatal("no change was told")
	}
}

func TestWatchTellsOfCompleteFiles(t *testing.T) {
	t.Parallel()
	directory, dir := openDirectory(t)
	calls := watched(t, directory)
	content, ids := saved(t, []string{"a:1"})
	put(t, dir, "a.img", content)
	called(t, calls)
	require.Equal(t, ids[0], scan(t, directory)["a.img"].ID)
	require.NoError(t, os.Remove(filepath.Join(dir, "a.img")))
	called(t, calls)
	require.Empty(t, scan(t, directory))
}

func TestWatchSurvivesTheDirectory(t *testing.T) {
	t.Parallel()
	directory, dir := openDirectory(t)
	content, ids := saved(t, []string{"a:1"})
	put(t, dir, "a.img", content)
	calls := watched(t, directory)
	require.NoError(t, os.RemoveAll(dir))
	called(t, calls)
	require.NoError(t, os.Mkdir(dir, 0o755))
	put(t, dir, "a.img", content)
	called(t, calls)
	require.Equal(t, ids[0], scan(t, directory)["a.img"].ID)
}

func TestCompareWaitsUntilFilesSettle(t *testing.T) {
	t.Parallel()
	directory, dir := openDirectory(t)
	calls := 0
	w := directory.begin(func() { calls++ })
	t.Cleanup(w.close)
	put(t, dir, "a.img", []byte("1"))
	require.True(t, w.compare(), "a new file may still grow")
	put(t, dir, "a.img", []byte("12"))
	require.True(t, w.compare(), "it grew")
	require.Zero(t, calls)
	require.False(t, w.compare())
	require.Equal(t, 1, calls, "it has settled")
	put(t, dir, "b.txt", []byte("x"))
	require.False(t, w.compare(), "no image file")
	require.Equal(t, 1, calls)
	require.NoError(t, os.Symlink("/nowhere", filepath.Join(dir, "c.img")))
	require.True(t, w.compare())
	require.False(t, w.compare())
	require.Equal(t, 2, calls, "a link that leads nowhere is a change too")
	require.Equal(t, directory.tick, w.pause(false))
	require.Equal(t, directory.settle, w.pause(true))
}

func TestWatchLooksAtIntervalsWithoutASystemWatch(t *testing.T) {
	t.Parallel()
	directory, dir := openDirectory(t)
	directory.tick = 20 * time.Millisecond
	ctx, cancel := context.WithCancel(t.Context())
	calls := 0
	w := &watch{directory: directory, changed: func() { calls++; cancel() }}
	content, _ := saved(t, []string{"a:1"})
	put(t, dir, "a.img", content)
	require.NoError(t, w.run(ctx))
	require.Equal(t, 1, calls)
}

func TestWatchEndsWithItsContext(t *testing.T) {
	t.Parallel()
	directory, _ := openDirectory(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.NoError(t, directory.Watch(ctx, func() {}))
}
