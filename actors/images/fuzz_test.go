package images

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// smallest is an image whose layers are few bytes, as docker save and as an OCI
// layout have it, with whatever else a tarball may hold.
func smallest(t testing.TB) (saved, layout []byte) {
	t.Helper()
	base, top := []byte("base"), []byte("top")
	config, id := configFor(t, base, base, top)
	hex := strings.TrimPrefix(id, "sha256:")
	saved = tarOf(t, entry{"a/layer.tar", "base"}, entry{"b/layer.tar", "top"}, entry{hex + ".json", string(config)},
		entry{"manifest.json", fmt.Sprintf(`[{"Config":"%s.json","RepoTags":["a:1"],"Layers":["a/layer.tar","a/layer.tar","b/layer.tar"]}]`, hex)})
	blobOf := func(content []byte) entry {
		return entry{"blobs/sha256/" + strings.TrimPrefix(digestOf(content), "sha256:"), string(content)}
	}
	about := func(content []byte) string {
		return fmt.Sprintf(`{"digest":"%s","size":%d}`, digestOf(content), len(content))
	}
	manifest := fmt.Appendf(nil, `{"config":%s,"layers":[%s,%s,%s]}`, about(config), about(base), about(base), about(top))
	index := fmt.Sprintf(`{"manifests":[{"digest":"%s","annotations":{"%s":"a:1"}}]}`, digestOf(manifest), annotationName)
	layout = tarOf(t, entry{"oci-layout", "{}"}, entry{"index.json", index}, blobOf(manifest), blobOf(config), blobOf(base), blobOf(top))
	return saved, layout
}

// FuzzReadArchive: whatever is in a file, reading it ends without a panic, every
// image has an id or a fault, and a stream that is made of one has the promised
// size and holds that very image.
func FuzzReadArchive(f *testing.F) {
	saved, layout := smallest(f)
	for _, tarball := range [][]byte{saved, layout} {
		f.Add(tarball)
		f.Add(zipped(f, tarball))
		f.Add(zstded(f, tarball))
	}
	f.Add([]byte(nil))
	f.Add([]byte("\x1f\x8b\x08"))
	f.Add(tarOf(f, entry{"manifest.json", manifest}))
	f.Add(tarOf(f, entry{"manifest.json", `[{"Config":"../c","RepoTags":["a"]}]`}, entry{"../c", `{"rootfs":{}}`}))
	f.Add(tarOf(f, entry{"blobs/sha256/c", config}, entry{"blobs/sha256/l", "layer"}, entry{"manifest.json", manifest}))
	f.Fuzz(func(t *testing.T, content []byte) {
		found, err := readArchive(t.Context(), bytes.NewReader(content))
		if err != nil {
			require.Empty(t, found.images)
			require.NotEmpty(t, err.Error())
			return
		}
		require.NotEmpty(t, found.images)
		for _, image := range found.images {
			require.Equal(t, image.Fault == "", strings.HasPrefix(image.ID, "sha256:"), "an image has an id or a fault")
			if image.Fault != "" {
				continue
			}
			for _, skip := range []int{0, 1} {
				holds(t, content, found.recipes[image.ID], image.ID, image.Tags, skip)
			}
		}
	})
}

// holds makes the stream and reads it again.
func holds(t *testing.T, content []byte, made recipe, id string, tags []string, skip int) {
	chosen, err := made.choose(tags, skip)
	require.NoError(t, err)
	var stream bytes.Buffer
	require.NoError(t, made.write(t.Context(), &stream, bytes.NewReader(content), chosen))
	require.EqualValues(t, stream.Len(), chosen.Total)
	again, err := readArchive(t.Context(), &stream)
	require.NoError(t, err)
	require.Len(t, again.images, 1)
	require.Equal(t, tags, again.images[0].Tags)
	if chosen.Skipped == 0 {
		require.Empty(t, again.images[0].Fault)
		require.Equal(t, id, again.images[0].ID)
	}
}
