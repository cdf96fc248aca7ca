package images

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
)

// packing is how a file, or an entry in it, is compressed.
type packing string

const (
	plain     packing = "plain"
	gzipped   packing = "gzip"
	zstandard packing = "zstd"
)

// maxWindow bounds the memory that reading zstd takes, in bytes: what level 20 needs.
const maxWindow = 32 << 20

// recognise looks at the first bytes, as names say little. A packing that we do
// not read is an error in words.
func recognise(head []byte) (packing, error) {
	for _, other := range []struct{ magic, name string }{
		{"\xfd7zXZ\x00", "xz"}, {"BZh", "bzip2"}, {"PK\x03\x04", "zip"},
	} {
		if bytes.HasPrefix(head, []byte(other.magic)) {
			return "", fmt.Errorf("the file is packed with %s: use gzip or zstd, as in docker save NAME | gzip", other.name)
		}
	}
	switch {
	case bytes.HasPrefix(head, []byte("\x1f\x8b")):
		return gzipped, nil
	case bytes.HasPrefix(head, []byte("\x28\xb5\x2f\xfd")):
		return zstandard, nil
	}
	return plain, nil
}

// open returns what is in r. The result needs no closing.
func (p packing) open(r io.Reader) (io.Reader, error) {
	switch p {
	case gzipped:
		content, err := gzip.NewReader(r)
		if err != nil {
			return nil, fmt.Errorf("the file starts like gzip but cannot be unpacked: %v", reason(err))
		}
		return content, nil
	case zstandard:
		// One at a time works in the reader's own turn: no goroutine stays behind.
		content, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, fmt.Errorf("the file starts like zstd but cannot be unpacked: %v", reason(err))
		}
		return content, nil
	}
	return r, nil
}

// unpacked tells how the file is packed and returns what is in it.
func unpacked(r io.Reader) (io.Reader, packing, error) {
	buffered := bufio.NewReaderSize(r, 128<<10)
	head, err := buffered.Peek(6)
	if len(head) == 0 {
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, "", fmt.Errorf("cannot read the file: %w", err)
		}
		return nil, "", errors.New("the file is empty")
	}
	packed, err := recognise(head)
	if err != nil {
		return nil, "", err
	}
	content, err := packed.open(buffered)
	if err != nil {
		return nil, "", err
	}
	return limited(content), packed, nil
}

func limited(r io.Reader) io.Reader {
	return io.MultiReader(io.LimitReader(r, maxUnpacked), &endless{r})
}

// endless fails when there is more to read than maxUnpacked.
type endless struct{ reader io.Reader }

func (e *endless) Read(p []byte) (int, error) {
	n, err := e.reader.Read(p[:min(len(p), 1)])
	if n > 0 {
		return 0, fmt.Errorf("the file unpacks to more than %d bytes", int64(maxUnpacked))
	}
	return 0, err
}
