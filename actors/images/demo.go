package images

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"dockerdriver/actors/pool"
)

const (
	// DemoTag is the name of the demo notebook's image.
	DemoTag = "dockerdriver/demo-notebook:latest"
	// DemoFile is the name of the demo notebook's file in the image directory.
	DemoFile = "dockerdriver.demo-notebook.img"
	// DemoPort is the TCP port on which the demo notebook answers HTTP.
	DemoPort = 8787
)

// DemoOptions changes the demo image; the zero value is the usual one.
type DemoOptions struct {
	Tag string   // empty means DemoTag
	Env []string // NAME=value, added to the image's environment
}

// Demo is a demo image on disk.
type Demo struct {
	Path    string
	Digest  string // of the configuration (sha256:…), the image's id
	Tag     string
	Size    int64 // bytes of the file
	Written bool  // false when the file held this very image already
}

// WriteDemo makes the demo notebook's image from binary, a static Linux program
// that understands the argument `notebook`, and writes it to path as a gzip'ed
// `docker save` tarball. The same binary and options give the same digest. The
// file is replaced whole or not at all, and left alone when it already holds
// this image. A program that is not static is ErrNotStatic.
func WriteDemo(ctx context.Context, path, binary string, options DemoOptions) (Demo, error) {
	return write(ctx, "demo image", path, binary, cmp.Or(options.Tag, DemoTag), demoConfig(options))
}

// held tells the size of the file at demo's path, or why it does not hold this very image.
func held(ctx context.Context, path string, demo Demo) (int64, error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil {
		return 0, err
	}
	found, err := readArchive(ctx, file)
	if err != nil {
		return 0, err
	}
	images := found.images
	same := len(images) == 1 && images[0].ID == demo.Digest && slices.Equal(images[0].Tags, []string{pool.NormalizeRef(demo.Tag)})
	if !same {
		return 0, fmt.Errorf("%s holds another image", path)
	}
	return info.Size(), nil
}

func demoConfig(options DemoOptions) v1.Config {
	return v1.Config{
		User:         fmt.Sprintf("%d:%d", notebookUser, notebookUser),
		Env:          append([]string{"PATH=/", "HOME=" + dataDir}, options.Env...),
		Entrypoint:   []string{binaryPath, "notebook"},
		WorkingDir:   dataDir,
		ExposedPorts: map[string]struct{}{fmt.Sprintf("%d/tcp", DemoPort): {}},
		StopSignal:   "SIGTERM",
		Labels: map[string]string{
			"org.opencontainers.image.title":       "DockerDriver demo notebook",
			"org.opencontainers.image.description": "A small web notebook to try DockerDriver with",
			"pb.port":                              fmt.Sprint(DemoPort),
		},
	}
}
