package images

import (
	"archive/tar"
	"context"
	"fmt"
	"io"
	"os"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

const (
	binaryPath   = "/dockerdriver"
	dataDir      = "/data"
	notebookUser = 1000 // user and group id in the demo image
)

// layer is the demo image's only layer, made anew from the binary each time it is
// read, so that its size does not matter. It is not compressed, as the file
// around it is; the library's own layers would be compressed inside as well.
type layer struct {
	open func() io.ReadCloser
	hash v1.Hash
	size int64
}

func newLayer(ctx context.Context, binary string, at time.Time) (*layer, error) {
	l := &layer{open: func() io.ReadCloser {
		reader, writer := io.Pipe()
		go func() { writer.CloseWithError(writeLayer(ctx, writer, binary, at)) }()
		return reader
	}}
	content := l.open()
	defer func() { _ = content.Close() }()
	var err error
	l.hash, l.size, err = v1.SHA256(content)
	return l, err
}

func (l *layer) Digest() (v1.Hash, error)             { return l.hash, nil }
func (l *layer) DiffID() (v1.Hash, error)             { return l.hash, nil }
func (l *layer) Size() (int64, error)                 { return l.size, nil }
func (l *layer) MediaType() (types.MediaType, error)  { return types.DockerUncompressedLayer, nil }
func (l *layer) Compressed() (io.ReadCloser, error)   { return l.open(), nil }
func (l *layer) Uncompressed() (io.ReadCloser, error) { return l.open(), nil }

// writeLayer writes the whole file system: what a static program that keeps files needs.
func writeLayer(ctx context.Context, w io.Writer, binary string, at time.Time) error {
	archive := tar.NewWriter(w)
	passwd := fmt.Sprintf("root:x:0:0:root:/:/\nnotebook:x:%d:%d:notebook:%s:/\n", notebookUser, notebookUser, dataDir)
	group := fmt.Sprintf("root:x:0:\nnotebook:x:%d:\n", notebookUser)
	for _, entry := range []struct {
		header  tar.Header
		content string
	}{
		{header: tar.Header{Name: "tmp/", Typeflag: tar.TypeDir, Mode: 0o1777}},
		{header: tar.Header{Name: "data/", Typeflag: tar.TypeDir, Mode: 0o755, Uid: notebookUser, Gid: notebookUser}},
		{header: tar.Header{Name: "etc/", Typeflag: tar.TypeDir, Mode: 0o755}},
		{header: tar.Header{Name: "etc/passwd", Typeflag: tar.TypeReg, Mode: 0o644}, content: passwd},
		{header: tar.Header{Name: "etc/group", Typeflag: tar.TypeReg, Mode: 0o644}, content: group},
	} {
		entry.header.ModTime = at
		entry.header.Size = int64(len(entry.content))
		if err := archive.WriteHeader(&entry.header); err != nil {
			return err
		}
		if _, err := io.WriteString(archive, entry.content); err != nil {
			return err
		}
	}
	if err := addBinary(ctx, archive, binary, at); err != nil {
		return err
	}
	return archive.Close()
}

func addBinary(ctx context.Context, archive *tar.Writer, binary string, at time.Time) error {
	file, err := os.Open(binary)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	header := &tar.Header{Name: binaryPath[1:], Typeflag: tar.TypeReg, Mode: 0o755, Size: info.Size(), ModTime: at}
	if err := archive.WriteHeader(header); err != nil {
		return err
	}
	_, err = io.Copy(archive, bound(ctx, file))
	return err
}
