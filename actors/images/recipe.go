package images

import (
	"archive/tar"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"dockerdriver/actors/pool"
)

// recipe is what a stream of one image is made from: its configuration, and
// where in the file its layers stand.
type recipe struct {
	Packed packing // of the file
	Config []byte
	Layers []part // bottom up
	Whole  bool   // the file as it is on disk is this image and nothing else, and any engine loads it
}

// part is one layer in the file.
type part struct {
	At       int   // its place among the entries
	Size     int64 // bytes in the file
	Packed   packing
	Unpacked int64 // bytes
	DiffID   string
}

// sent is the bytes of the layer in a stream. Engines before 23 unpack gzip but not zstd.
func (p part) sent() int64 {
	if p.Packed == zstandard {
		return p.Unpacked
	}
	return p.Size
}

// entry is the layer's name in a stream.
func (p part) entry() string { return strings.TrimPrefix(p.DiffID, "sha256:") + "/layer.tar" }

func (r recipe) configHex() string {
	sum := sha256.Sum256(r.Config)
	return hex.EncodeToString(sum[:])
}

// loads tells whether engines before 23 read the file itself.
func (r recipe) loads() bool {
	for _, layer := range r.Layers {
		if layer.Packed == zstandard {
			return false
		}
	}
	return r.Packed != zstandard
}

// choice is which layers a stream holds.
type choice struct {
	manifest []byte
	layers   map[int]part // by their place in the file
	pool.Shipment
}

// choose leaves out the lowest skip layers, but none that stands for one above
// as well: equal layers are one entry.
func (r recipe) choose(tags []string, skip int) (choice, error) {
	config := r.configHex() + ".json"
	about := tarball.Descriptor{Config: config, RepoTags: tags, Layers: []string{}}
	chosen := choice{layers: map[int]part{}}
	counted := map[string]bool{}
	for i := len(r.Layers) - 1; i >= 0; i-- {
		layer := r.Layers[i]
		if counted[layer.DiffID] {
			continue
		}
		counted[layer.DiffID] = true
		if i < skip {
			chosen.Skipped += inTar(layer.sent())
			continue
		}
		chosen.layers[layer.At] = layer
		chosen.Total += inTar(layer.sent())
	}
	for _, layer := range r.Layers {
		about.Layers = append(about.Layers, layer.entry())
	}
	var err error
	if chosen.manifest, err = json.Marshal(tarball.Manifest{about}); err != nil {
		return choice{}, err
	}
	chosen.Total += inTar(int64(len(chosen.manifest))) + inTar(int64(len(r.Config))) + 2*tarBlock
	return chosen, nil
}

const tarBlock = 512

// inTar is the bytes that an entry of size bytes takes with its header.
func inTar(size int64) int64 { return tarBlock + (size+tarBlock-1)/tarBlock*tarBlock }

// write makes the `docker save` tarball of what was chosen from the file.
func (r recipe) write(ctx context.Context, w io.Writer, file io.ReadSeeker, chosen choice) error {
	out := tar.NewWriter(w)
	for _, own := range []struct {
		name    string
		content []byte
	}{{manifestName, chosen.manifest}, {r.configHex() + ".json", r.Config}} {
		if err := header(out, own.name, int64(len(own.content))); err != nil {
			return err
		}
		if _, err := out.Write(own.content); err != nil {
			return err
		}
	}
	if err := r.copyLayers(ctx, out, file, chosen.layers); err != nil {
		return err
	}
	return out.Close()
}

// header is always one block long: GNU's form takes any size in it.
func header(out *tar.Writer, name string, size int64) error {
	return out.WriteHeader(&tar.Header{Name: name, Size: size, Mode: 0o644, Typeflag: tar.TypeReg, Format: tar.FormatGNU})
}

func (r recipe) copyLayers(ctx context.Context, out *tar.Writer, file io.ReadSeeker, layers map[int]part) error {
	if len(layers) == 0 {
		return nil
	}
	source := bound(ctx, file)
	if r.Packed == plain {
		source = seeking{source, file} // what is left out is not even read
	} else {
		var err error
		if source, _, err = unpacked(source); err != nil {
			return err
		}
	}
	buffer := make([]byte, 256<<10)
	entries := tar.NewReader(source)
	for at, left := 0, len(layers); left > 0; at++ {
		if _, err := entries.Next(); err != nil {
			return cmp.Or(ctx.Err(), broken(err))
		}
		layer, wanted := layers[at]
		if !wanted {
			continue
		}
		left--
		if err := copyLayer(out, entries, layer, buffer); err != nil {
			return err
		}
	}
	return nil
}

// seeking lets the reader of a plain tarball jump over entries.
type seeking struct {
	io.Reader
	io.Seeker
}

func copyLayer(out *tar.Writer, entry io.Reader, layer part, buffer []byte) error {
	content := entry
	if layer.Packed == zstandard {
		var err error
		if content, err = layer.Packed.open(entry); err != nil {
			return err
		}
	}
	if err := header(out, layer.entry(), layer.sent()); err != nil {
		return err
	}
	n, err := io.CopyBuffer(out, content, buffer)
	if err != nil {
		return fmt.Errorf("cannot copy layer %s: %w", layer.DiffID, err)
	}
	if n != layer.sent() {
		return fmt.Errorf("cannot copy layer %s: it has %d bytes instead of %d", layer.DiffID, n, layer.sent())
	}
	return nil
}
