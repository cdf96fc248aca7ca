package images

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

const (
	config = `{"architecture":"amd64","os":"linux","created":"2024-05-06T07:08:09+02:00",` +
		`"config":{"ExposedPorts":{"8787/tcp":{},"22":{},"53/udp":{},"x/tcp":{},"99999/tcp":{}}},` +
		`"rootfs":{"type":"layers","diff_ids":["sha256:dac1d7cfa95021764849fd102524e141488c5e3a90f861dbb5a12d9ac8584f85"]}}`
	manifest = `[{"Config":"blobs/sha256/c","RepoTags":["docker.io/library/a:1","b"],"Layers":["blobs/sha256/l"]}]`
)

func read(t *testing.T, content []byte) ([]pool.Image, error) {
	t.Helper()
	found, err := readArchive(t.Context(), bytes.NewReader(content))
	return found.images, err
}

func TestArchiveTellsItsImage(t *testing.T) {
	t.Parallel()
	sum := sha256.Sum256([]byte(config))
	want := pool.Image{
		ID: "sha256:" + hex.EncodeToString(sum[:]), Tags: []string{"a:1", "b:latest"}, Ports: []int{22, 8787},
		Platform: "linux/amd64", Unpacked: 5,
		Layers:  []string{"sha256:dac1d7cfa95021764849fd102524e141488c5e3a90f861dbb5a12d9ac8584f85"},
		Created: time.Date(2024, 5, 6, 5, 8, 9, 0, time.UTC),
	}
	orders := map[string][]entry{
		"manifest last":  {{"./blobs/sha256/c", config}, {"blobs/sha256/l", "layer"}, {"manifest.json", manifest}},
		"manifest first": {{"manifest.json", manifest}, {"blobs/sha256/l", "layer"}, {"blobs/sha256/c", config}},
	}
	for why, entries := range orders {
		for packing, pack := range map[string]func(testing.TB, []byte) []byte{
			"plain": func(_ testing.TB, b []byte) []byte { return b }, "gzip": zipped, "zstd": zstded,
		} {
			t.Run(why+", "+packing, func(t *testing.T) {
				t.Parallel()
				images, err := read(t, pack(t, tarOf(t, entries...)))
				require.NoError(t, err)
				require.Equal(t, []pool.Image{want}, images)
			})
		}
	}
}

func TestArchiveWithSeveralImages(t *testing.T) {
	t.Parallel()
	content, ids := saved(t, []string{"one:1", "one:latest"}, []string{"registry.example:5000/two:2"})
	images, err := read(t, zipped(t, content))
	require.NoError(t, err)
	require.Len(t, images, 2)
	require.Equal(t, ids, []string{images[0].ID, images[1].ID})
	require.Equal(t, []string{"one:1", "one:latest"}, images[0].Tags)
	require.Equal(t, []string{"registry.example:5000/two:2"}, images[1].Tags)
	require.Len(t, images[1].Layers, 2)
	require.Equal(t, []int{80, 8888}, images[1].Ports)
}

func TestArchiveRefusedInWords(t *testing.T) {
	t.Parallel()
	good, _ := saved(t, []string{"a:1"})
	whole := zipped(t, good)
	wrongSum := bytes.Clone(whole)
	wrongSum[len(wrongSum)-6] ^= 1 // the checksum stands in the last eight bytes
	wrongEnd := func(content []byte) []byte { content[len(content)-1] ^= 1; return content }
	cut := func(content []byte) []byte { return content[:len(content)-2] }
	layers := entry{"blobs/sha256/l", "layer"}
	cases := []struct {
		why, words string
		content    []byte
	}{
		{"nothing", "is empty", nil},
		{"text", "not a tarball", []byte(strings.Repeat("hello ", 200))},
		{"a short text", "not a tarball: it ends too early", []byte("hello")},
		{"gzip but no tar", "not a tarball", zipped(t, []byte(strings.Repeat("hello ", 200)))},
		{"gzip of nothing", "no manifest.json", zipped(t, nil)},
		{"only the start of gzip", "cannot be unpacked", whole[:5]},
		{"truncated gzip", "truncated, or still being copied", whole[:len(whole)/2]},
		{"gzip without its end", "truncated, or still being copied", whole[:len(whole)-4]},
		{"gzip with a wrong checksum", "wrong checksum", wrongSum},
		{"truncated tar", "truncated, or still being copied", good[:len(good)/3]},
		{"xz", "packed with xz: use gzip or zstd", []byte("\xfd7zXZ\x00")},
		{"only the start of zstd", "not a tarball", []byte("\x28\xb5\x2f\xfd")},
		{"truncated zstd", "truncated, or still being copied", cut(zstded(t, tarOf(t, entry{"x", strings.Repeat("0123456789abcdef", 1<<15)})))},
		{"zstd with a wrong checksum", "wrong checksum", wrongEnd(zstded(t, good))},
		{"zstd with a huge window", "larger than 32 MiB", []byte("\x28\xb5\x2f\xfd\x00\xa0\x00\x00\x00")},
		{"an exported file system", "docker save, not docker export", tarOf(t, entry{"etc/passwd", "root"})},
		{"an OCI layout without an index", "OCI layout without index.json", tarOf(t, entry{"oci-layout", "{}"})},
		{"an empty OCI layout", "names no image", tarOf(t, entry{"oci-layout", "{}"}, entry{"index.json", "{}"})},
		{"an index that is no index", "index.json cannot be read", tarOf(t, entry{"index.json", `{"manifests":1}`})},
		{"a manifest that is no JSON", "manifest.json cannot be read", tarOf(t, entry{"manifest.json", "x"})},
		{"a huge manifest", "the limit is", tarOf(t, entry{"manifest.json", strings.Repeat(" ", maxManifest+1)})},
		{"an empty manifest", "names no image", tarOf(t, entry{"manifest.json", "[]"})},
		{"an image without a name", "names no image", tarOf(t, entry{"manifest.json", `[{"Config":"blobs/sha256/c"}]`})},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			t.Parallel()
			_, err := read(t, c.content)
			require.ErrorContains(t, err, c.words)
		})
	}
	faults := []struct {
		why, words string
		entries    []entry
	}{
		{"the configuration is missing", "is not in the file", []entry{layers, {"manifest.json", manifest}}},
		{"the configuration is too large", "is not in the file", []entry{layers, {"manifest.json", manifest}, {"blobs/sha256/c", "{" + strings.Repeat(" ", maxConfig) + "}"}}},
		{"the configuration is damaged", "cannot be read", []entry{layers, {"manifest.json", manifest}, {"blobs/sha256/c", "{"}}},
		{"a layer is missing", `the layer "blobs/sha256/l" of`, []entry{{"manifest.json", manifest}, {"blobs/sha256/c", config}}},
		{"a layer is another one", "not the one that its configuration", []entry{{"blobs/sha256/l", "other"}, {"manifest.json", manifest}, {"blobs/sha256/c", config}}},
		{"a layer is damaged", "is damaged: it ends too early", []entry{{"blobs/sha256/l", string(zipped(t, []byte("layer"))[:15])}, {"manifest.json", manifest}, {"blobs/sha256/c", config}}},
		{"the layers are others", "speaks of 0 layers", []entry{layers, {"manifest.json", manifest}, {"blobs/sha256/c", "{}"}}},
		{"the name is none", "no image name", []entry{{"manifest.json", `[{"Config":"c","RepoTags":["a:1","No Name"]}]`}}},
	}
	for _, c := range faults {
		t.Run(c.why, func(t *testing.T) {
			t.Parallel()
			images, err := read(t, tarOf(t, c.entries...))
			require.NoError(t, err)
			require.Len(t, images, 1)
			require.Contains(t, images[0].Fault, c.words)
			require.Empty(t, images[0].ID)
			require.NotEmpty(t, images[0].Tags)
		})
	}
}

func TestOneBadImageDoesNotSpoilItsNeighbour(t *testing.T) {
	t.Parallel()
	both := strings.TrimSuffix(manifest, "]") + `,{"Config":"none","RepoTags":["c:1"],"Layers":[]},{"Config":"unnamed"}]`
	images, err := read(t, tarOf(t, entry{"blobs/sha256/c", config}, entry{"blobs/sha256/l", "layer"}, entry{"manifest.json", both}))
	require.NoError(t, err)
	require.Len(t, images, 3)
	require.Empty(t, images[0].Fault)
	require.Contains(t, images[1].Fault, "not in the file")
	require.Contains(t, images[2].Fault, "has no name")
}

func TestOneImageListedTwiceIsOneImage(t *testing.T) {
	t.Parallel()
	twice := strings.TrimSuffix(manifest, "]") + "," + strings.TrimPrefix(strings.ReplaceAll(manifest, "a:1", "z:1"), "[")
	images, err := read(t, tarOf(t, entry{"blobs/sha256/c", config}, entry{"blobs/sha256/l", "layer"}, entry{"manifest.json", twice}))
	require.NoError(t, err)
	require.Len(t, images, 1)
	require.Equal(t, []string{"a:1", "b:latest", "z:1"}, images[0].Tags)
}

func TestArchiveReadingEnds(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := readArchive(ctx, bytes.NewReader(tarOf(t, entry{"a", "b"})))
	require.ErrorIs(t, err, context.Canceled)
	_, err = readArchive(t.Context(), iotest.ErrReader(errors.New("bad sector")))
	require.ErrorContains(t, err, "bad sector")
	_, err = (&endless{strings.NewReader("more")}).Read(make([]byte, 8))
	require.ErrorContains(t, err, "unpacks to more than")
}
