package images

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/stretchr/testify/require"
)

// layerBytes is a layer with one file.
func layerBytes(t testing.TB, content []byte) []byte {
	t.Helper()
	return tarOf(t, entry{"file", string(content)})
}

func layerOf(t testing.TB, content []byte) v1.Layer {
	t.Helper()
	raw := layerBytes(t, content)
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(raw)), nil })
	require.NoError(t, err)
	return layer
}

func digestOf(content []byte) string {
	sum := sha256.Sum256(content)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// configFor is the configuration of an image with these layers, and its digest.
func configFor(t testing.TB, layers ...[]byte) (config []byte, id string) {
	t.Helper()
	ids := []string{}
	for _, layer := range layers {
		ids = append(ids, digestOf(layer))
	}
	config, err := json.Marshal(map[string]any{
		"architecture": "amd64", "os": "linux", "config": map[string]any{}, "rootfs": map[string]any{"type": "layers", "diff_ids": ids},
	})
	require.NoError(t, err)
	return config, digestOf(config)
}

// linked is a docker save tarball of base, base and top in which the first entry
// is a link to the second.
func linked(t *testing.T, base, top, config []byte) []byte {
	t.Helper()
	var file bytes.Buffer
	archive := tar.NewWriter(&file)
	require.NoError(t, archive.WriteHeader(&tar.Header{Name: "1/layer.tar", Typeflag: tar.TypeSymlink, Linkname: "../2/layer.tar"}))
	manifest := `[{"Config":"c.json","RepoTags":["linked:1"],"Layers":["1/layer.tar","2/layer.tar","3/layer.tar"]}]`
	for _, e := range []entry{{"2/layer.tar", string(base)}, {"3/layer.tar", string(top)}, {"c.json", string(config)}, {"manifest.json", manifest}} {
		require.NoError(t, archive.WriteHeader(&tar.Header{Name: e.name, Size: int64(len(e.content)), Typeflag: tar.TypeReg, Mode: 0o644}))
		_, err := archive.Write([]byte(e.content))
		require.NoError(t, err)
	}
	require.NoError(t, archive.Close())
	return file.Bytes()
}

// layoutOf is an OCI image layout as a tarball.
func layoutOf(t *testing.T, index v1.ImageIndex) []byte {
	t.Helper()
	dir := t.TempDir()
	_, err := layout.Write(dir, index)
	require.NoError(t, err)
	var file bytes.Buffer
	archive := tar.NewWriter(&file)
	require.NoError(t, archive.AddFS(os.DirFS(filepath.Clean(dir))))
	require.NoError(t, archive.Close())
	return file.Bytes()
}
