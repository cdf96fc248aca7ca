package images

import (
	"archive/tar"
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

// opened reads what Open gives to its end, and holds the bytes against what it promised.
func opened(t *testing.T, directory *Directory, id string, skip int) ([]byte, pool.Shipment) {
	t.Helper()
	stream, shipment, err := directory.Open(t.Context(), id, skip)
	require.NoError(t, err)
	content, err := io.ReadAll(stream)
	require.NoError(t, err)
	require.NoError(t, stream.Close())
	require.EqualValues(t, len(content), shipment.Total)
	return content, shipment
}

// layersIn lists the layers that a stream holds, by name, and checks the rest of it.
func layersIn(t *testing.T, content []byte, id string) (names, there []string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "stream.tar")
	require.NoError(t, os.WriteFile(path, content, 0o600))
	manifest, err := tarball.LoadManifest(func() (io.ReadCloser, error) { return os.Open(path) })
	require.NoError(t, err)
	require.Len(t, manifest, 1)
	require.Equal(t, id[len("sha256:"):]+".json", manifest[0].Config)
	for archive := tar.NewReader(bytes.NewReader(content)); ; {
		header, err := archive.Next()
		if err == io.EOF {
			return manifest[0].Layers, there
		}
		require.NoError(t, err)
		if header.Name != manifestName && header.Name != manifest[0].Config {
			there = append(there, header.Name)
		}
	}
}

func TestOpenGivesAFileOfOneImageAsItIs(t *testing.T) {
	t.Parallel()
	directory, dir := openDirectory(t)
	content, ids := saved(t, []string{"a:1", "a:2"})
	for _, content := range [][]byte{content, zipped(t, content)} {
		put(t, dir, "a.img", content)
		require.Len(t, scan(t, directory), 1)
		got, shipment := opened(t, directory, ids[0], 0)
		require.True(t, bytes.Equal(content, got))
		require.Zero(t, shipment.Skipped)
	}
}

func TestOpenLeavesOutTheLowestLayers(t *testing.T) {
	t.Parallel()
	directory, dir := openDirectory(t)
	image, err := random.Image(20_000, 4)
	require.NoError(t, err)
	content, id := savedAs(t, image, "a:1")
	put(t, dir, "a.img", content)
	scan(t, directory)
	whole, shipment := opened(t, directory, id, 0)
	require.Equal(t, content, whole)
	for skip := 1; skip <= 5; skip++ {
		trimmed, trim := opened(t, directory, id, skip)
		names, there := layersIn(t, trimmed, id)
		require.Len(t, names, 4, "the manifest stays whole")
		require.ElementsMatch(t, names[min(skip, 4):], there)
		require.Positive(t, trim.Skipped)
		require.InDelta(t, shipment.Total, trim.Total+trim.Skipped, 3000, "the rest is headers")
	}
}

func TestOpenSendsAPackedFileThatIsSmallerThanWhatIsLeftOfIt(t *testing.T) {
	t.Parallel()
	directory, dir := openDirectory(t)
	base, err := random.Layer(1000, types.DockerLayer)
	require.NoError(t, err)
	image, err := mutate.AppendLayers(empty.Image, base, layerOf(t, bytes.Repeat([]byte("a"), 1<<20)))
	require.NoError(t, err)
	content, id := savedAs(t, image, "a:1")
	content = zipped(t, content)
	put(t, dir, "a.img", content)
	scan(t, directory)
	got, shipment := opened(t, directory, id, 1)
	require.Equal(t, content, got)
	require.Zero(t, shipment.Skipped)
}

func TestOpenTakesOneImageOutOfSeveral(t *testing.T) {
	t.Parallel()
	directory, dir := openDirectory(t)
	content, ids := saved(t, []string{"a:1"}, []string{"b:1", "b:2"})
	for _, content := range [][]byte{content, zipped(t, content), zstded(t, content)} {
		put(t, dir, "both.img", content)
		images, err := directory.Scan(t.Context())
		require.NoError(t, err)
		require.Len(t, images, 2)
		for i, id := range ids {
			got, _ := opened(t, directory, id, 0)
			names, there := layersIn(t, got, id)
			require.ElementsMatch(t, names, there)
			require.Len(t, names, 2)
			read, err := readArchive(t.Context(), bytes.NewReader(got))
			require.NoError(t, err)
			require.Len(t, read.images, 1)
			require.Equal(t, images[i].Tags, read.images[0].Tags)
			require.Equal(t, id, read.images[0].ID)
			require.Equal(t, images[i].Layers, read.images[0].Layers)
		}
	}
}

func TestOpenUnpacksWhatOlderEnginesCannot(t *testing.T) {
	t.Parallel()
	directory, dir := openDirectory(t)
	content, ids := saved(t, []string{"a:1"})
	put(t, dir, "a.tar.zst", zstded(t, content))
	require.Empty(t, scan(t, directory)["a.tar.zst"].Fault)
	got, _ := opened(t, directory, ids[0], 0)
	_, there := layersIn(t, got, ids[0])
	require.Len(t, there, 2)
}

func TestOpenMindsLinksBetweenLayers(t *testing.T) {
	t.Parallel()
	directory, dir := openDirectory(t)
	// Two names of one layer, the lower one a link to the upper, as docker save wrote it before 25.
	base, top := layerBytes(t, []byte("base")), layerBytes(t, []byte("top"))
	config, id := configFor(t, base, base, top)
	content := linked(t, base, top, config)
	put(t, dir, "a.img", content)
	require.Equal(t, id, scan(t, directory)["a.img"].ID)
	for skip, want := range map[int]int{1: 2, 2: 1, 3: 0} {
		got, shipment := opened(t, directory, id, skip)
		names, there := layersIn(t, got, id)
		require.Len(t, names, 3)
		require.Len(t, there, want, "skip %d", skip)
		for _, name := range names[min(skip, 3):] {
			require.Contains(t, there, name)
		}
		require.Equal(t, want < 2, shipment.Skipped > 0)
	}
}

func TestOpenEndsWithItsReader(t *testing.T) {
	t.Parallel()
	directory, dir := openDirectory(t)
	content, ids := saved(t, []string{"a:1"}, []string{"b:1"})
	put(t, dir, "both.img", content)
	_, err := directory.Scan(t.Context())
	require.NoError(t, err)
	stream, _, err := directory.Open(t.Context(), ids[0], 0)
	require.NoError(t, err)
	_, err = stream.Read(make([]byte, 10))
	require.NoError(t, err)
	require.NoError(t, stream.Close())
	_, err = stream.Read(make([]byte, 10))
	require.ErrorIs(t, err, io.ErrClosedPipe)

	ctx, cancel := context.WithCancel(t.Context())
	stream, _, err = directory.Open(ctx, ids[0], 0)
	require.NoError(t, err)
	cancel()
	_, err = io.ReadAll(stream)
	require.ErrorIs(t, err, context.Canceled)
	require.NoError(t, stream.Close())
}

func TestOpenRefusesWhatIsNotThere(t *testing.T) {
	t.Parallel()
	directory, dir := openDirectory(t)
	content, ids := saved(t, []string{"a:1"})
	put(t, dir, "a.img", content)
	_, _, err := directory.Open(t.Context(), ids[0], 0)
	require.ErrorContains(t, err, "no usable file in "+dir, "it was never scanned")
	scan(t, directory)
	put(t, dir, "a.img", content[:10])
	_, _, err = directory.Open(t.Context(), ids[0], 0)
	require.ErrorContains(t, err, "has changed since it was read")
	require.NoError(t, os.Remove(filepath.Join(dir, "a.img")))
	_, _, err = directory.Open(t.Context(), ids[0], 0)
	require.ErrorContains(t, err, "no such file")
	require.NoError(t, os.RemoveAll(dir))
	_, _, err = directory.Open(t.Context(), ids[0], 0)
	require.ErrorContains(t, err, "cannot open image "+ids[0])
}

// savedAs is the tarball of one image.
func savedAs(t *testing.T, image v1.Image, tagged string) (content []byte, id string) {
	t.Helper()
	tag, err := name.NewTag(tagged)
	require.NoError(t, err)
	var file bytes.Buffer
	require.NoError(t, tarball.Write(tag, image, &file))
	digest, err := image.ConfigName()
	require.NoError(t, err)
	return file.Bytes(), digest.String()
}
