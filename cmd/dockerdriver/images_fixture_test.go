package main

import (
	"archive/tar"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"runtime"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"
)

// benchLayer is a layer with one file of size bytes: noise that does not
// compress, or nothing but zeros without a seed.
type benchLayer struct {
	seed string
	size int64
}

func noiseLayers(size int64, seed string, n int) []benchLayer {
	layers := make([]benchLayer, n)
	for i := range layers {
		layers[i] = benchLayer{fmt.Sprint(seed, i), size}
	}
	return layers
}

// write makes the layer's tar, the same each time.
func (l benchLayer) write(w io.Writer) error {
	files := tar.NewWriter(w)
	if err := files.WriteHeader(&tar.Header{Name: "file" + l.seed, Mode: 0o644, Size: l.size}); err != nil {
		return err
	}
	var content io.Reader = zeros{}
	if l.seed != "" {
		content = rand.NewChaCha8(sha256.Sum256([]byte(l.seed)))
	}
	if _, err := io.CopyN(files, content, l.size); err != nil {
		return err
	}
	return files.Close()
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// tarSize is the bytes that write writes.
func (l benchLayer) tarSize() int64 { return 512 + (l.size+511)/512*512 + 1024 }

// writeBenchImage makes a docker save tarball without ever holding a layer in memory.
func writeBenchImage(tb testing.TB, path, tag, packing string, layers []benchLayer) {
	tb.Helper()
	file, err := os.Create(path)
	require.NoError(tb, err)
	defer file.Close()
	var packed io.WriteCloser
	switch packing {
	case "gzip":
		packed, err = gzip.NewWriterLevel(file, gzip.BestSpeed)
	case "zstd":
		packed, err = zstd.NewWriter(file)
	default:
		packed = file
	}
	require.NoError(tb, err)
	ids, names := []string{}, []string{}
	out := tar.NewWriter(packed)
	for _, layer := range layers {
		sum := sha256.New()
		require.NoError(tb, layer.write(sum))
		id := hex.EncodeToString(sum.Sum(nil))
		ids, names = append(ids, "sha256:"+id), append(names, id+"/layer.tar")
		require.NoError(tb, out.WriteHeader(&tar.Header{Name: id + "/layer.tar", Mode: 0o644, Size: layer.tarSize()}))
		require.NoError(tb, layer.write(out))
	}
	config, err := json.Marshal(map[string]any{
		"architecture": runtime.GOARCH, "os": "linux", "config": map[string]any{}, "rootfs": map[string]any{"type": "layers", "diff_ids": ids},
	})
	require.NoError(tb, err)
	sum := sha256.Sum256(config)
	name := hex.EncodeToString(sum[:]) + ".json"
	manifest, err := json.Marshal([]map[string]any{{"Config": name, "RepoTags": []string{tag}, "Layers": names}})
	require.NoError(tb, err)
	for entry, content := range map[string][]byte{name: config, "manifest.json": manifest} {
		require.NoError(tb, out.WriteHeader(&tar.Header{Name: entry, Mode: 0o644, Size: int64(len(content))}))
		_, err := out.Write(content)
		require.NoError(tb, err)
	}
	require.NoError(tb, out.Close())
	if packed != file {
		require.NoError(tb, packed.Close())
	}
}
