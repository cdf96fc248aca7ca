package images

import (
	"archive/tar"
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
)

const manifestName = "manifest.json"

// contents is what one pass over a tarball keeps. Where a configuration stands,
// and under which name, is known only from the manifest, which may come last.
type contents struct {
	packed   packing
	manifest []byte
	small    map[string][]byte // JSON objects by name
	items    map[string]item   // by name; of two of one name the later one, as in an engine
	kept     int
	layout   bool // an OCI image layout

	buffer *bufio.Reader // used anew for each entry
}

// item is one entry of the tarball, as far as it may be a part of an image.
type item struct {
	at     int    // its place among the entries
	link   string // the name of the entry that it stands for; nothing else is set then
	size   int64  // bytes in the tarball
	packed packing
	bytes  int64  // unpacked
	digest string // sha256:… of the bytes unpacked: of a layer, its diff id
	fault  string // why it cannot be unpacked
}

func newContents() *contents {
	return &contents{small: map[string][]byte{}, items: map[string]item{}, buffer: bufio.NewReaderSize(nil, 64<<10)}
}

func (c *contents) add(at int, header *tar.Header, content io.Reader) error {
	name := path.Clean(header.Name)
	if len(name) > 4096 || len(header.Linkname) > 4096 {
		return nil // no image has such a name in it
	}
	delete(c.small, name)
	delete(c.items, name)
	switch header.Typeflag {
	case tar.TypeSymlink: // old docker save links a layer that two images share
		c.items[name] = item{at: at, link: strings.TrimPrefix(path.Join("/", path.Dir(name), header.Linkname), "/")}
		return nil
	case tar.TypeLink:
		c.items[name] = item{at: at, link: path.Clean(header.Linkname)}
		return nil
	case tar.TypeReg:
	default:
		return nil
	}
	if name == manifestName {
		return c.keepManifest(header.Size, content)
	}
	c.layout = c.layout || name == "oci-layout" || name == indexName
	c.buffer.Reset(content)
	head, err := c.buffer.Peek(6)
	if err != nil && !errors.Is(err, io.EOF) {
		return broken(err)
	}
	// Layers never start like JSON.
	if len(head) > 0 && head[0] == '{' && header.Size <= maxConfig && c.kept+int(header.Size) <= maxKept {
		return c.keepObject(name, item{at: at, size: header.Size, packed: plain, bytes: header.Size})
	}
	return c.examine(name, item{at: at, size: header.Size}, head)
}

func (c *contents) keepManifest(size int64, content io.Reader) error {
	if size > maxManifest {
		return fmt.Errorf("manifest.json has %d bytes: the limit is %d", size, maxManifest)
	}
	manifest, err := io.ReadAll(content)
	if err != nil {
		return broken(err)
	}
	c.manifest = manifest
	return nil
}

func (c *contents) keepObject(name string, of item) error {
	object, err := io.ReadAll(c.buffer)
	if err != nil {
		return broken(err)
	}
	c.kept += len(object)
	c.small[name], c.items[name] = object, of
	return nil
}

// examine reads what may be a layer, to learn what it is when unpacked.
func (c *contents) examine(name string, of item, head []byte) error {
	raw := &witness{reader: c.buffer}
	of.packed, _ = recognise(head) // a layer packed otherwise has its digest wrong
	sum := sha256.New()
	content, err := of.packed.open(raw)
	if err == nil {
		of.bytes, err = io.Copy(sum, limited(content))
	}
	if raw.err != nil {
		return broken(raw.err)
	}
	if err != nil {
		of.fault = reason(err)
	}
	of.digest = "sha256:" + hex.EncodeToString(sum.Sum(nil))
	c.items[name] = of
	return nil
}

// witness tells a damaged file from damage in an entry of it.
type witness struct {
	reader io.Reader
	err    error
}

func (w *witness) Read(p []byte) (int, error) {
	n, err := w.reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		w.err = err
	}
	return n, err
}

// resolve follows links to the entry that holds the bytes.
func (c *contents) resolve(name string) (item, bool) {
	name = path.Clean(name)
	for range 8 {
		found, ok := c.items[name]
		if !ok || found.link == "" {
			return found, ok
		}
		name = found.link
	}
	return item{}, false
}
