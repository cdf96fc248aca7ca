package images

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"
)

// saved is a tarball of random images, one for each list of tags, and their ids.
func saved(t *testing.T, tags ...[]string) (content []byte, ids []string) {
	t.Helper()
	all := map[name.Tag]v1.Image{}
	for _, group := range tags {
		image, err := random.Image(2000, 2)
		require.NoError(t, err)
		image, err = mutate.Config(image, v1.Config{ExposedPorts: map[string]struct{}{"8888/tcp": {}, "53/udp": {}, "80": {}}})
		require.NoError(t, err)
		id, err := image.ConfigName()
		require.NoError(t, err)
		ids = append(ids, id.String())
		for _, text := range group {
			tag, err := name.NewTag(text)
			require.NoError(t, err)
			all[tag] = image
		}
	}
	var file bytes.Buffer
	require.NoError(t, tarball.MultiWrite(all, &file))
	return file.Bytes(), ids
}

func zstded(t testing.TB, content []byte) []byte {
	t.Helper()
	var file bytes.Buffer
	writer, err := zstd.NewWriter(&file)
	require.NoError(t, err)
	_, err = writer.Write(content)
	require.NoError(t, err)
	require.NoError(t, writer.Close())
	return file.Bytes()
}

func zipped(t testing.TB, content []byte) []byte {
	t.Helper()
	var file bytes.Buffer
	writer := gzip.NewWriter(&file)
	_, err := writer.Write(content)
	require.NoError(t, err)
	require.NoError(t, writer.Close())
	return file.Bytes()
}

// entry is one file of a tarball made by hand.
type entry struct{ name, content string }

func tarOf(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var file bytes.Buffer
	archive := tar.NewWriter(&file)
	for _, e := range entries {
		header := &tar.Header{Name: e.name, Size: int64(len(e.content)), Mode: 0o644, Typeflag: tar.TypeReg}
		require.NoError(t, archive.WriteHeader(header))
		_, err := archive.Write([]byte(e.content))
		require.NoError(t, err)
	}
	require.NoError(t, archive.Close())
	return file.Bytes()
}

// unpackedFiles lists the headers of a tarball by name.
func unpackedFiles(t *testing.T, content io.ReadCloser) map[string]*tar.Header {
	t.Helper()
	defer func() { _ = content.Close() }()
	files := map[string]*tar.Header{}
	archive := tar.NewReader(content)
	for {
		header, err := archive.Next()
		if err == io.EOF {
			return files
		}
		require.NoError(t, err)
		files[header.Name] = header
	}
}

func gunzipped(path string) tarball.Opener {
	return func() (io.ReadCloser, error) {
		file, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		packed, err := gzip.NewReader(file)
		if err != nil {
			return nil, err
		}
		return struct {
			io.Reader
			io.Closer
		}{packed, file}, nil
	}
}
