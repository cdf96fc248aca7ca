package actors_test

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/rand"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/compression"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/klauspost/compress/zstd"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"dockerdriver/actors"
	"dockerdriver/actors/docker"
	"dockerdriver/actors/docker/dockertest"
	"dockerdriver/actors/emulator/engine"
	"dockerdriver/actors/emulator/engine/shim"
	imagedir "dockerdriver/actors/images"
	"dockerdriver/actors/pool"
)

// quay is one engine, and an image directory whose images no engine has seen.
type quay struct {
	*testing.T
	engine    *docker.Engine
	directory *imagedir.Directory
	dir       string
	word      string // of every name in this quay
}

// onEngines runs a story on the emulated engine and on a real one.
func onEngines(t *testing.T, story func(q *quay)) {
	t.Parallel()
	for kind, start := range map[string]func(*testing.T) string{
		"emulated": emulatedEngine,
		"real":     func(t *testing.T) string { return dockertest.RealEngine(t) },
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			url := start(t)
			q := &quay{T: t, dir: t.TempDir(), word: strings.ToLower(rand.Text()[:12])}
			engines := docker.New(zerolog.Nop())
			t.Cleanup(engines.Close)
			var err error
			q.engine, err = engines.Engine(pool.Endpoint{URL: url, Address: "127.0.0.1"})
			require.NoError(t, err)
			q.directory, err = imagedir.Open(q.dir, zerolog.Nop())
			require.NoError(t, err)
			story(q)
		})
	}
}

func emulatedEngine(t *testing.T) string {
	dir, err := os.MkdirTemp("", "e") // a socket's name must be short
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	e, err := engine.Start(t.Context(), engine.Config{
		StateDir: filepath.Join(dir, "d"), Listen: "unix://" + filepath.Join(dir, "s"), Log: zerolog.Nop(),
		Isolation: shim.None, // no container is run here
	})
	require.NoError(t, err)
	t.Cleanup(func() { _ = e.Close() })
	return e.Endpoint()
}

// image has a layer of 100 kB for each letter; the same letters are the same layers.
// Options pack them.
func (q *quay) image(letters string, options ...tarball.LayerOption) v1.Image {
	q.Helper()
	image := mutate.MediaType(empty.Image, types.DockerManifestSchema2)
	for _, letter := range letters {
		var layer bytes.Buffer
		files := tar.NewWriter(&layer)
		content := []byte(strings.Repeat(q.word+string(letter), 100_000/(len(q.word)+1)))
		require.NoError(q, files.WriteHeader(&tar.Header{Name: string(letter), Mode: 0o644, Size: int64(len(content))}))
		_, err := files.Write(content)
		require.NoError(q, err)
		require.NoError(q, files.Close())
		var made v1.Layer = static.NewLayer(layer.Bytes(), types.DockerUncompressedLayer)
		if len(options) > 0 {
			made, err = tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(layer.Bytes())), nil }, options...)
			require.NoError(q, err)
		}
		image, err = mutate.AppendLayers(image, made)
		require.NoError(q, err)
	}
	config, err := image.ConfigFile()
	require.NoError(q, err)
	config = config.DeepCopy()
	config.OS, config.Architecture, config.Author = "linux", runtime.GOARCH, q.word+letters
	image, err = mutate.ConfigFile(image, config)
	require.NoError(q, err)
	return image
}

func (q *quay) tag(letters string) string { return "transfer.test/" + q.word + "/" + letters + ":1" }

// saved is a docker save tarball of images by their letters.
func (q *quay) saved(all ...string) []byte {
	images := map[name.Tag]v1.Image{}
	for _, letters := range all {
		tag, err := name.NewTag(q.tag(letters))
		require.NoError(q, err)
		images[tag] = q.image(letters)
	}
	var file bytes.Buffer
	require.NoError(q, tarball.MultiWrite(images, &file))
	return file.Bytes()
}

func (q *quay) layout(letters string, packing compression.Compression) []byte {
	dir := q.TempDir()
	index := mutate.AppendManifests(empty.Index, mutate.IndexAddendum{
		Add: q.image(letters, tarball.WithCompression(packing)), Descriptor: v1.Descriptor{Annotations: map[string]string{"io.containerd.image.name": q.tag(letters)}},
	})
	_, err := layout.Write(dir, index)
	require.NoError(q, err)
	var file bytes.Buffer
	archive := tar.NewWriter(&file)
	require.NoError(q, archive.AddFS(os.DirFS(dir)))
	require.NoError(q, archive.Close())
	return file.Bytes()
}

func zstded(t *testing.T, content []byte) []byte {
	var file bytes.Buffer
	writer, err := zstd.NewWriter(&file)
	require.NoError(t, err)
	_, err = writer.Write(content)
	require.NoError(t, err)
	require.NoError(t, writer.Close())
	return file.Bytes()
}

// put writes a file into the directory and returns the image of these letters in it.
func (q *quay) put(content []byte, letters string) pool.Image {
	q.Helper()
	require.NoError(q, os.WriteFile(filepath.Join(q.dir, letters+".img"), content, 0o644))
	found, err := q.directory.Scan(q.Context())
	require.NoError(q, err)
	image, known := pool.FindImage(found, q.tag(letters))
	require.True(q, known, "%+v", found)
	return image
}

// push brings the image to the engine and checks that it is there under its name.
func (q *quay) push(image pool.Image) pool.Push {
	q.Helper()
	transfer := &actors.Transfer{Images: q.directory, Image: image, Log: zerolog.Nop()}
	q.Cleanup(func() { _ = q.engine.RemoveImage(context.Background(), image.ID) })
	require.NoError(q, transfer.Run(q.Context(), q.engine))
	list, err := q.engine.ListImages(q.Context())
	require.NoError(q, err)
	for _, there := range list {
		if there.ID == image.ID {
			require.Equal(q, image.Tags, there.Tags)
			require.Equal(q, image.Layers, there.Layers)
			at := transfer.Progress()
			require.Equal(q, at.Total, at.Sent)
			return at
		}
	}
	require.Fail(q, "the image is not on the engine")
	return pool.Push{}
}

func TestTransferLeavesOutLayersThatTheEngineHas(t *testing.T) {
	onEngines(t, func(q *quay) {
		require.Zero(q, q.push(q.put(q.saved("abc"), "abc")).Skipped)
		at := q.push(q.put(q.saved("abcd"), "abcd"))
		require.Greater(q, at.Skipped, int64(300_000))
		require.Less(q, at.Total, int64(110_000))
		require.Less(q, q.push(q.put(q.saved("ab"), "ab")).Total, int64(5_000), "configuration and manifest")
	})
}

func TestTransferOfAnImageThatIsThereSendsNothing(t *testing.T) {
	onEngines(t, func(q *quay) {
		image := q.put(q.saved("ab"), "ab")
		q.push(image)
		image.Tags = append(image.Tags, q.tag("another"))
		at := q.push(image)
		require.Zero(q, at.Total)
		require.Zero(q, at.Sent)
	})
}

// removing removes an image from the engine when the tarball is asked for.
type removing struct {
	actors.Images
	before func()
}

func (r removing) Open(ctx context.Context, id string, skip int) (io.ReadCloser, pool.Shipment, error) {
	if skip > 0 {
		r.before()
	}
	return r.Images.Open(ctx, id, skip)
}

func TestTransferGoesInFullWhenTheBaseIsRemovedInBetween(t *testing.T) {
	onEngines(t, func(q *quay) {
		base, top := q.put(q.saved("ab"), "ab"), q.put(q.saved("abc"), "abc")
		q.push(base)
		removed := 0
		transfer := &actors.Transfer{Image: top, Log: zerolog.Nop(), Images: removing{q.directory, func() {
			removed++
			require.NoError(q, q.engine.RemoveImage(q.Context(), base.ID))
		}}}
		q.Cleanup(func() { _ = q.engine.RemoveImage(context.Background(), top.ID) })
		require.NoError(q, transfer.Run(q.Context(), q.engine))
		require.Equal(q, 1, removed)
		require.Zero(q, transfer.Progress().Skipped)
		there, err := q.engine.HasImage(q.Context(), top.ID)
		require.NoError(q, err)
		require.True(q, there)
	})
}

func TestTransferOfEveryKindOfFile(t *testing.T) {
	onEngines(t, func(q *quay) {
		for _, c := range []struct {
			why, letters string
			content      []byte
		}{
			{"docker save packed with zstd", "zs", zstded(q.T, q.saved("zs"))},
			{"an OCI layout of gzip'ed layers", "oci", q.layout("oci", compression.GZip)},
			{"an OCI layout of zstd layers, packed with zstd", "zst", zstded(q.T, q.layout("zst", compression.ZStd))},
			{"one image of several", "one", q.saved("one", "two", "six")},
		} {
			q.Log(c.why)
			at := q.push(q.put(c.content, c.letters))
			require.Positive(q, at.Sent, c.why)
		}
	})
}
