//lint:file-ignore SA1019 the deprecated field is what dockerd still sends

package engine

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/distribution/reference"
	"github.com/docker/docker/api/types/events"
	"github.com/docker/docker/pkg/jsonmessage"
)

// manifestItem is one image in a docker-save tarball's manifest.json.
type manifestItem struct {
	Config   string
	RepoTags []string
	Layers   []string
}

// loadImages answers 200 whatever becomes of the load: like dockerd it reports an error as a line of the body.
func (e *Engine) loadImages(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Content-Type", "application/json")
	out := &progress{w: w, quiet: truth(r, "quiet")}
	if err := e.unpack(r.Context(), r.Body, out); err != nil {
		out.send(jsonmessage.JSONMessage{
			Error:        &jsonmessage.JSONError{Message: err.Error()},
			ErrorMessage: err.Error(),
		})
	}
	return nil
}

// progress writes the body's lines as they come.
type progress struct {
	w     http.ResponseWriter
	quiet bool
}

func (p *progress) send(line jsonmessage.JSONMessage) {
	data, err := json.Marshal(line)
	if err != nil {
		return
	}
	_, _ = p.w.Write(append(data, '\r', '\n'))
	_ = http.NewResponseController(p.w).Flush()
}

// unpack goes dockerd's way: the whole tarball to a folder first, then its images, one after the other.
func (e *Engine) unpack(ctx context.Context, body io.Reader, out *progress) error {
	folder, err := os.MkdirTemp(filepath.Join(e.dir, "tmp"), "docker-import-")
	if err != nil {
		return fmt.Errorf("cannot make room for the images: %v", err)
	}
	defer os.RemoveAll(folder)
	if err := extractArchive(ctx, body, folder); err != nil {
		return fmt.Errorf("Error processing tar file(exit status 1): %v", err) //nolint:staticcheck // dockerd's words
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return fmt.Errorf("cannot open the unpacked tarball: %v", err)
	}
	defer root.Close()
	manifest, err := root.ReadFile("manifest.json")
	if err != nil {
		// What dockerd says when it finds no manifest.json and looks for the format before it.
		return fmt.Errorf("open %s/repositories: no such file or directory", folder)
	}
	var items []manifestItem
	if err := json.Unmarshal(manifest, &items); err != nil {
		return err
	}
	for _, item := range items {
		if err := e.loadItem(ctx, root, item, out); err != nil {
			return err
		}
	}
	return nil
}

func extractArchive(ctx context.Context, body io.Reader, folder string) error {
	plain, err := decompress(body)
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return err
	}
	defer root.Close()
	for archive := tar.NewReader(plain); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		name := path.Clean(header.Name)
		if err := root.MkdirAll(path.Dir(name), 0o700); err != nil {
			return err
		}
		switch header.Typeflag {
		case tar.TypeReg:
			err = writeEntry(root, name, 0o600, archive)
		case tar.TypeSymlink: // old docker save links a layer that two images share
			err = root.Symlink(header.Linkname, name)
		case tar.TypeDir:
			err = root.MkdirAll(name, 0o700)
		}
		if err != nil {
			return err
		}
	}
}

// decompress reads gzip or plain bytes, told apart by their beginning.
func decompress(from io.Reader) (io.Reader, error) {
	buffered := bufio.NewReaderSize(from, 1<<16)
	magic, err := buffered.Peek(2)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if len(magic) == 2 && magic[0] == 0x1f && magic[1] == 0x8b {
		return gzip.NewReader(buffered)
	}
	return buffered, nil
}

func (e *Engine) loadItem(ctx context.Context, root *os.Root, item manifestItem, out *progress) error {
	raw, err := root.ReadFile(item.Config)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(raw)
	loaded := &image{ID: "sha256:" + hex.EncodeToString(sum[:])}
	if err := json.Unmarshal(raw, &loaded.Config); err != nil {
		return err
	}
	if expected, actual := len(item.Layers), len(loaded.Config.RootFS.DiffIDs); expected != actual {
		return fmt.Errorf("invalid manifest, layers length mismatch: expected %d, got %d", expected, actual)
	}
	if loaded.Config.OS != "" && loaded.Config.OS != "linux" {
		return fmt.Errorf("cannot load %s image on linux", loaded.Config.OS)
	}
	if !e.images.has(loaded.ID) {
		if err := e.unpackImage(ctx, root, item, loaded, raw, out); err != nil {
			return err
		}
	}
	for _, name := range item.RepoTags {
		named, err := reference.ParseNormalizedNamed(name)
		if err != nil {
			return err
		}
		if err := e.images.tag(loaded.ID, reference.FamiliarString(reference.TagNameOnly(named))); err != nil {
			return err
		}
		out.send(jsonmessage.JSONMessage{Stream: fmt.Sprintf("Loaded image: %s\n", name)})
	}
	if len(item.RepoTags) == 0 {
		out.send(jsonmessage.JSONMessage{Stream: fmt.Sprintf("Loaded image ID: %s\n", loaded.ID)})
	}
	e.imageEvent(events.ActionLoad, loaded, loaded.ID)
	return nil
}

func (e *Engine) unpackImage(ctx context.Context, root *os.Root, item manifestItem, loaded *image, raw []byte, out *progress) error {
	folder, err := os.MkdirTemp(filepath.Join(e.dir, "tmp"), "image-")
	if err != nil {
		return fmt.Errorf("cannot make room for image %s: %v", loaded.ID, err)
	}
	defer os.RemoveAll(folder)
	if err := os.WriteFile(filepath.Join(folder, "config.json"), raw, 0o600); err != nil {
		return fmt.Errorf("cannot keep the configuration of image %s: %v", loaded.ID, err)
	}
	target := filepath.Join(folder, "rootfs")
	if err := os.Mkdir(target, 0o755); err != nil {
		return fmt.Errorf("cannot make room for image %s: %v", loaded.ID, err)
	}
	if err := os.Mkdir(filepath.Join(folder, layersFolder), 0o700); err != nil {
		return fmt.Errorf("cannot make room for image %s: %v", loaded.ID, err)
	}
	for i, name := range item.Layers {
		kept := layerFile(folder, i)
		if err := e.keepLayer(root, name, kept, loaded.Config.RootFS.DiffIDs[:i+1]); err != nil {
			return err
		}
		size, err := unpackLayer(ctx, kept, name, target, loaded.Config.RootFS.DiffIDs[i], out)
		if err != nil {
			return err
		}
		loaded.Size += size
	}
	return e.images.add(loaded, folder)
}

// keepLayer puts a layer where the image keeps it: from an image that is there and has the same layers up to this one, as
// dockerd finds them by their chain ID without a look at the tarball, else from the tarball.
func (e *Engine) keepLayer(root *os.Root, name, kept string, chain []string) error {
	if e.images.linkLayer(chain, kept) {
		return nil
	}
	gone := fmt.Errorf("open %s: no such file or directory", name) // not the folder's name, which says nothing to anybody, but dockerd's form
	info, err := root.Stat(name)
	if err != nil {
		return gone
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("read %s: is a directory", name)
	}
	// The name may be a symbolic link, which the root has found to lead nowhere else.
	file, err := filepath.EvalSymlinks(filepath.Join(root.Name(), name))
	if err != nil {
		return gone
	}
	if err := os.Link(file, kept); err != nil {
		return fmt.Errorf("cannot keep layer %s: %v", name, err)
	}
	return nil
}

func unpackLayer(ctx context.Context, kept, name, target, expected string, out *progress) (int64, error) {
	file, err := os.Open(kept)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return 0, err
	}
	short := strings.TrimPrefix(expected, "sha256:")
	short = short[:min(12, len(short))]
	report := func(current int64) {
		if !out.quiet {
			out.send(jsonmessage.JSONMessage{ID: short, Status: "Loading layer", Progress: &jsonmessage.JSONProgress{Current: current, Total: info.Size()}})
		}
	}
	report(0)
	size, digest, err := applyLayer(ctx, file, target)
	if err != nil {
		return 0, err
	}
	if digest != expected {
		return 0, fmt.Errorf("invalid diffID for layer %s: expected %q, got %q", path.Base(name), expected, digest)
	}
	report(info.Size())
	return size, nil
}
