package images

import (
	"cmp"
	"context"
	"debug/buildinfo"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"

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
	options.Tag = cmp.Or(options.Tag, DemoTag)
	tag, err := name.NewTag(options.Tag)
	if err != nil {
		return Demo{}, fmt.Errorf("cannot name the demo image %q: %v", options.Tag, err)
	}
	architecture, err := staticArchitecture(binary)
	if err != nil {
		return Demo{}, fmt.Errorf("cannot make the demo image from %s: %w", binary, err)
	}
	image, err := demoImage(ctx, binary, architecture, options)
	if err != nil {
		return Demo{}, fmt.Errorf("cannot make the demo image from %s: %v", binary, err)
	}
	digest, err := image.ConfigName()
	if err != nil {
		return Demo{}, fmt.Errorf("cannot make the demo image from %s: %v", binary, err)
	}
	demo := Demo{Path: path, Digest: digest.String(), Tag: options.Tag}
	if demo.Size, err = held(ctx, path, demo); err == nil {
		return demo, nil
	}
	if demo.Size, err = writeFile(ctx, path, tag, image); err != nil {
		return Demo{}, fmt.Errorf("cannot write the demo image to %s: %w", path, err)
	}
	demo.Written = true
	return demo, nil
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
	images, err := readArchive(ctx, file)
	if err != nil {
		return 0, err
	}
	same := len(images) == 1 && images[0].ID == demo.Digest && slices.Equal(images[0].Tags, []string{pool.NormalizeRef(demo.Tag)})
	if !same {
		return 0, fmt.Errorf("%s holds another image", path)
	}
	return info.Size(), nil
}

func demoImage(ctx context.Context, binary, architecture string, options DemoOptions) (v1.Image, error) {
	origin := originOf(binary)
	layer, err := newLayer(ctx, binary, origin.time)
	if err != nil {
		return nil, err
	}
	image, err := mutate.ConfigFile(empty.Image, &v1.ConfigFile{
		OS:           "linux",
		Architecture: architecture,
		Created:      v1.Time{Time: origin.time},
		RootFS:       v1.RootFS{Type: "layers"},
		Config: v1.Config{
			User:         fmt.Sprintf("%d:%d", notebookUser, notebookUser),
			Env:          append([]string{"PATH=/", "HOME=" + dataDir}, options.Env...),
			Entrypoint:   []string{binaryPath, "notebook"},
			WorkingDir:   dataDir,
			ExposedPorts: map[string]struct{}{fmt.Sprintf("%d/tcp", DemoPort): {}},
			StopSignal:   "SIGTERM",
			Labels: map[string]string{
				"org.opencontainers.image.title":       "DockerDriver demo notebook",
				"org.opencontainers.image.description": "A small web notebook to try DockerDriver with",
				"org.opencontainers.image.version":     origin.version,
				"org.opencontainers.image.revision":    origin.revision,
				"pb.port":                              fmt.Sprint(DemoPort),
			},
		},
	})
	if err != nil {
		return nil, err
	}
	return mutate.Append(image, mutate.Addendum{
		Layer: layer,
		History: v1.History{
			Created:   v1.Time{Time: origin.time},
			CreatedBy: "dockerdriver image demo",
			Comment:   filepath.Base(binaryPath) + " " + origin.version,
		},
	})
}

// origin is what the binary itself says about where it comes from. Only such facts
// go into the image, so that the same binary always gives the same digest.
type origin struct {
	version, revision string
	time              time.Time
}

func originOf(binary string) origin {
	found := origin{version: "unknown", revision: "unknown", time: time.Unix(0, 0).UTC()}
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		return found // no Go program, which is as good
	}
	found.version = cmp.Or(info.Main.Version, found.version)
	for _, setting := range info.Settings {
		switch setting.Key {
		case "vcs.revision":
			found.revision = setting.Value
		case "vcs.time":
			if at, err := time.Parse(time.RFC3339, setting.Value); err == nil {
				found.time = at.UTC()
			}
		}
	}
	return found
}
