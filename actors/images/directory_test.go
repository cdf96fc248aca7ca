package images

import (
	"context"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

func openDirectory(t *testing.T) (*Directory, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "docker_images")
	directory, err := Open(dir, zerolog.Nop())
	require.NoError(t, err)
	directory.settle, directory.tick = 20*time.Millisecond, time.Hour
	return directory, dir
}

func put(t *testing.T, dir, name string, content []byte) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(dir, name), content, 0o644))
}

func scan(t *testing.T, directory *Directory) map[string]pool.Image {
	t.Helper()
	images, err := directory.Scan(t.Context())
	require.NoError(t, err)
	byFile := map[string]pool.Image{}
	for _, image := range images {
		require.Equal(t, image.Fault != "", image.ID == "", "%s has an id or a fault", image.File)
		byFile[image.File] = image
	}
	require.Len(t, byFile, len(images), "in these tests each file holds one image")
	return byFile
}

func TestScanTellsImagesAndFaultsByFile(t *testing.T) {
	t.Parallel()
	directory, dir := openDirectory(t)
	a, ids := saved(t, []string{"a:1"})
	b, idsB := saved(t, []string{"b:1"})
	outside := filepath.Join(t.TempDir(), "outside.img")
	c, _ := saved(t, []string{"c:1"})
	require.NoError(t, os.WriteFile(outside, c, 0o644))
	put(t, dir, "a.img", zipped(t, a))
	put(t, dir, "B.TAR", b)
	put(t, dir, "broken.tgz", a[:len(a)/2])
	put(t, dir, "text.tar.gz", []byte("no tarball, no tarball"))
	put(t, dir, "README.txt", []byte("not looked at"))
	put(t, dir, ".hidden.img", []byte("not looked at"))
	require.NoError(t, os.Symlink(outside, filepath.Join(dir, "link.img")))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "folder.img"), 0o755))
	require.NoError(t, syscall.Mkfifo(filepath.Join(dir, "pipe.img"), 0o644))

	images := scan(t, directory)
	require.Len(t, images, 7)
	require.Equal(t, ids[0], images["a.img"].ID)
	require.Equal(t, []string{"a:1"}, images["a.img"].Tags)
	require.EqualValues(t, len(zipped(t, a)), images["a.img"].Size)
	require.WithinDuration(t, time.Now(), images["a.img"].Changed, time.Minute)
	require.Equal(t, idsB[0], images["B.TAR"].ID)
	require.Contains(t, images["broken.tgz"].Fault, "truncated")
	require.EqualValues(t, len(a)/2, images["broken.tgz"].Size)
	require.Contains(t, images["text.tar.gz"].Fault, "not a tarball")
	require.Contains(t, images["link.img"].Fault, "symbolic link")
	require.Contains(t, images["folder.img"].Fault, "no regular file")
	require.Contains(t, images["pipe.img"].Fault, "no regular file")
}

func TestScanRefusesConflicts(t *testing.T) {
	t.Parallel()
	directory, dir := openDirectory(t)
	first, _ := saved(t, []string{"a:1", "a:2"})
	second, _ := saved(t, []string{"a:1", "a:2"})
	same, ids := saved(t, []string{"same:1"})
	put(t, dir, "1.img", first)
	put(t, dir, "2.img", second)
	put(t, dir, "3.img", same)
	put(t, dir, "4.img", zipped(t, same))
	images := scan(t, directory)
	require.Equal(t, "several images claim the name a:1 (in 1.img, 2.img): keep one", images["1.img"].Fault)
	require.Equal(t, images["1.img"].Fault, images["2.img"].Fault)
	require.Equal(t, ids[0], images["3.img"].ID)
	require.Contains(t, images["4.img"].Fault, "the same image as 3.img")

	require.NoError(t, os.Remove(filepath.Join(dir, "2.img")))
	require.NoError(t, os.Remove(filepath.Join(dir, "3.img")))
	images = scan(t, directory)
	require.Empty(t, images["1.img"].Fault, "the conflict is over")
	require.Equal(t, ids[0], images["4.img"].ID)
}

func TestScanReadsAFileOnceForEachChange(t *testing.T) {
	t.Parallel()
	directory, dir := openDirectory(t)
	content, ids := saved(t, []string{"a:1"})
	put(t, dir, "a.img", content)
	at := time.Now().Add(-time.Hour).Truncate(time.Second)
	path := filepath.Join(dir, "a.img")
	require.NoError(t, os.Chtimes(path, at, at))
	require.Equal(t, ids[0], scan(t, directory)["a.img"].ID)

	put(t, dir, "a.img", make([]byte, len(content)))
	require.NoError(t, os.Chtimes(path, at, at))
	require.Equal(t, ids[0], scan(t, directory)["a.img"].ID, "same size and time: not read again")

	require.NoError(t, os.Chtimes(path, at, at.Add(time.Second)))
	require.NotEmpty(t, scan(t, directory)["a.img"].Fault, "another time: read again")
}

func TestDirectoryTroubleIsAnError(t *testing.T) {
	t.Parallel()
	directory, dir := openDirectory(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	content, ids := saved(t, []string{"a:1"})
	put(t, dir, "a.img", content)
	_, err := directory.Scan(ctx)
	require.ErrorIs(t, err, context.Canceled)
	_, _, err = directory.Open(ctx, ids[0], 0)
	require.ErrorIs(t, err, context.Canceled)
	require.NoError(t, os.RemoveAll(dir))
	_, err = directory.Scan(t.Context())
	require.ErrorContains(t, err, "cannot read the image directory "+dir)
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err = Open(file, zerolog.Nop())
	require.ErrorContains(t, err, "cannot make the image directory "+file)
}
