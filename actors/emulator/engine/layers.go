package engine

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
)

const (
	// whiteout marks a file of a lower layer as deleted, opaque all that lower layers have in its folder (OCI image-spec, layer.md).
	whiteout = ".wh."
	opaque   = ".wh..wh..opq"
)

// applyLayer unpacks a layer, gzip'ed or not, over what is in the folder. It returns the size of its files and the digest of
// its uncompressed bytes (the diff ID). Nothing is written outside the folder, whatever the layer's names and links say.
func applyLayer(ctx context.Context, from io.Reader, folder string) (size int64, diffID string, err error) {
	plain, err := decompress(from)
	if err != nil {
		return 0, "", err
	}
	sum := sha256.New()
	plain = io.TeeReader(plain, sum)
	root, err := os.OpenRoot(folder)
	if err != nil {
		return 0, "", err
	}
	defer root.Close()

	fresh := map[string]bool{}
	for archive := tar.NewReader(plain); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return 0, "", err
		}
		if err := ctx.Err(); err != nil {
			return 0, "", err
		}
		name := strings.TrimPrefix(path.Clean("/"+header.Name), "/")
		if name == "" {
			continue
		}
		if err := applyEntry(root, name, header, archive, fresh); err != nil {
			return 0, "", fmt.Errorf("cannot unpack %s: %v", name, err)
		}
		size += header.Size
	}
	// The padding behind the last entry belongs to the digest.
	if _, err := io.Copy(io.Discard, plain); err != nil {
		return 0, "", err
	}
	return size, "sha256:" + hex.EncodeToString(sum.Sum(nil)), nil
}

// applyEntry unpacks one entry; fresh holds what this layer has made, which an opaque mark does not hide.
func applyEntry(root *os.Root, name string, header *tar.Header, content io.Reader, fresh map[string]bool) error {
	dir, base := path.Split(name)
	dir = path.Clean(dir)
	if err := root.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	switch {
	case base == opaque:
		return hide(root, dir, fresh)
	case strings.HasPrefix(base, whiteout):
		return root.RemoveAll(path.Join(dir, strings.TrimPrefix(base, whiteout)))
	}
	fresh[name] = true
	if err := makeWay(root, name, header); err != nil {
		return err
	}
	switch header.Typeflag {
	case tar.TypeDir:
		if err := root.MkdirAll(name, 0o755); err != nil {
			return err
		}
	case tar.TypeReg:
		if err := writeEntry(root, name, 0o600, content); err != nil {
			return err
		}
	case tar.TypeSymlink:
		return root.Symlink(header.Linkname, name)
	case tar.TypeLink:
		return root.Link(strings.TrimPrefix(path.Clean("/"+header.Linkname), "/"), name)
	default:
		// Devices and pipes: /dev is the shim's, and nothing else of an image needs one.
		return nil
	}
	if os.Geteuid() == 0 {
		if err := root.Lchown(name, header.Uid, header.Gid); err != nil {
			return err
		}
	}
	// The mode comes last: a change of owner takes the set-id bits away.
	if err := root.Chmod(name, header.FileInfo().Mode()&(fs.ModePerm|fs.ModeSetuid|fs.ModeSetgid|fs.ModeSticky)); err != nil {
		return err
	}
	return root.Chtimes(name, header.ModTime, header.ModTime)
}

// makeWay removes what an entry replaces; only a folder over a folder stays.
func makeWay(root *os.Root, name string, header *tar.Header) error {
	info, err := root.Lstat(name)
	if err != nil {
		return nil //nolint:nilerr // nothing is in the way
	}
	if info.IsDir() && header.Typeflag == tar.TypeDir {
		return nil
	}
	return root.RemoveAll(name)
}

func hide(root *os.Root, dir string, fresh map[string]bool) error {
	entries, err := fs.ReadDir(root.FS(), dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		name := path.Join(dir, entry.Name())
		if fresh[name] {
			continue
		}
		if err := root.RemoveAll(name); err != nil {
			return err
		}
	}
	return nil
}

func writeEntry(root *os.Root, name string, mode fs.FileMode, content io.Reader) error {
	file, err := root.OpenFile(name, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	if _, err := io.Copy(file, content); err != nil {
		file.Close()
		return err
	}
	return file.Close()
}
