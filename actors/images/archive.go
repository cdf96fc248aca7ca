package images

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"

	"dockerdriver/actors/pool"
)

// Limits of what one file may make us hold or do.
const (
	maxManifest = 1 << 20   // bytes of manifest.json
	maxConfig   = 8 << 20   // bytes of one image's configuration
	maxKept     = 64 << 20  // bytes of all entries that may be configurations
	maxEntries  = 100_000   // entries whose names are kept
	maxUnpacked = 512 << 30 // bytes of the tarball, to stop an archive that unpacks without end
)

// archive is what one pass over a file tells: its images, and of each that has no
// fault what a stream of it is made from, by image id.
type archive struct {
	images  []pool.Image
	recipes map[string]recipe
}

// readArchive reads one file to its end, so that truncation is found: a tarball,
// plain or packed, that holds what `docker save` writes or an OCI image layout. An
// image with a Fault is one that the file names but does not hold. The error says
// in words what is wrong with the file as a whole.
func readArchive(ctx context.Context, r io.Reader) (archive, error) {
	stream, packed, err := unpacked(bound(ctx, r))
	if err != nil {
		return archive{}, err
	}
	found, err := collect(stream)
	if ctx.Err() != nil {
		return archive{}, ctx.Err()
	}
	if err != nil {
		return archive{}, err
	}
	found.packed = packed
	return found.archive()
}

// collect reads every entry, then what follows them, as gzip's checksum is at the very end.
func collect(stream io.Reader) (*contents, error) {
	found := newContents()
	tarball := tar.NewReader(stream)
	for count := 0; ; count++ {
		header, err := tarball.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil && count == 0 {
			return nil, fmt.Errorf("the file is not a tarball: %v: make it with docker save", reason(err))
		}
		if err != nil {
			return nil, broken(err)
		}
		if count >= maxEntries {
			return nil, fmt.Errorf("the file has more than %d entries", maxEntries)
		}
		if err := found.add(count, header, tarball); err != nil {
			return nil, err
		}
	}
	if _, err := io.Copy(io.Discard, stream); err != nil {
		return nil, broken(err)
	}
	return found, nil
}

// broken words an error in the middle of a file.
func broken(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the file ends too early: it is truncated, or still being copied")
	}
	return fmt.Errorf("the file is damaged: %v", reason(err))
}

// reason drops what libraries call themselves, and says end of file in words.
func reason(err error) string {
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return "it ends too early"
	case errors.Is(err, tar.ErrHeader):
		return "no tar header"
	case errors.Is(err, gzip.ErrChecksum), errors.Is(err, zstd.ErrCRCMismatch):
		return "wrong checksum"
	case errors.Is(err, gzip.ErrHeader):
		return "no gzip header"
	case errors.Is(err, zstd.ErrWindowSizeExceeded):
		return fmt.Sprintf("its zstd window is larger than %d MiB: pack with level 20 at most, and without --long", maxWindow>>20)
	}
	return err.Error()
}
