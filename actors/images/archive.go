package images

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"path"

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

const manifestName = "manifest.json"

// contents is what one pass over a tarball keeps. Where a configuration stands,
// and under which name, is known only from the manifest, which may come last.
type contents struct {
	manifest []byte
	small    map[string][]byte // JSON objects by name
	names    map[string]bool
	kept     int
	layout   bool // an OCI image layout
}

// readArchive reads one `docker save` tarball to its end, so that truncation is
// found, and tells the images in it; an image with a Fault is one that the file
// names but does not hold. The error says in words what is wrong with the file as a whole.
func readArchive(ctx context.Context, r io.Reader) ([]pool.Image, error) {
	stream, err := unpacked(bound(ctx, r))
	if err != nil {
		return nil, err
	}
	found, err := collect(stream)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, err
	}
	return found.images()
}

// unpacked looks at the first bytes, as names of files say little.
func unpacked(r io.Reader) (io.Reader, error) {
	buffered := bufio.NewReaderSize(r, 128<<10)
	head, err := buffered.Peek(6)
	if len(head) == 0 {
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("cannot read the file: %w", err)
		}
		return nil, errors.New("the file is empty")
	}
	for _, other := range []struct{ magic, name string }{
		{"\x28\xb5\x2f\xfd", "zstd"}, {"\xfd7zXZ\x00", "xz"}, {"BZh", "bzip2"}, {"PK\x03\x04", "zip"},
	} {
		if bytes.HasPrefix(head, []byte(other.magic)) {
			return nil, fmt.Errorf("the file is packed with %s: use gzip, as in docker save NAME | gzip", other.name)
		}
	}
	if !bytes.HasPrefix(head, []byte("\x1f\x8b")) {
		return limited(buffered), nil
	}
	packed, err := gzip.NewReader(buffered)
	if err != nil {
		return nil, fmt.Errorf("the file starts like gzip but cannot be unpacked: %v", reason(err))
	}
	return limited(packed), nil
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

// collect reads every entry, then what follows them, as gzip's checksum is at the very end.
func collect(stream io.Reader) (*contents, error) {
	found := &contents{small: map[string][]byte{}, names: map[string]bool{}}
	archive := tar.NewReader(stream)
	for count := 0; ; count++ {
		header, err := archive.Next()
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
		if err := found.add(header, archive); err != nil {
			return nil, err
		}
	}
	if _, err := io.Copy(io.Discard, stream); err != nil {
		return nil, broken(err)
	}
	return found, nil
}

func (c *contents) add(header *tar.Header, content io.Reader) error {
	name := path.Clean(header.Name)
	if len(name) > 4096 {
		return nil // no image of docker save has such a name in it
	}
	c.names[name] = true
	if header.Typeflag != tar.TypeReg {
		return nil
	}
	switch {
	case name == "oci-layout":
		c.layout = true
	case name == manifestName:
		if header.Size > maxManifest {
			return fmt.Errorf("manifest.json has %d bytes: the limit is %d", header.Size, maxManifest)
		}
		manifest, err := io.ReadAll(content)
		if err != nil {
			return broken(err)
		}
		c.manifest = manifest
	case header.Size <= maxConfig && c.kept+int(header.Size) <= maxKept:
		return c.keepObject(name, content)
	}
	return nil
}

// keepObject keeps an entry that looks like JSON: layers never start like that.
func (c *contents) keepObject(name string, content io.Reader) error {
	buffered := bufio.NewReader(content)
	head, err := buffered.Peek(1)
	if errors.Is(err, io.EOF) || err == nil && head[0] != '{' {
		return nil
	}
	object, err := io.ReadAll(buffered)
	if err != nil {
		return broken(err)
	}
	c.kept += len(object)
	c.small[name] = object
	return nil
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
	case errors.Is(err, gzip.ErrChecksum):
		return "wrong checksum"
	case errors.Is(err, gzip.ErrHeader):
		return "no gzip header"
	}
	return err.Error()
}
