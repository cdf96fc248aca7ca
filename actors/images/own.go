package images

import (
	"cmp"
	"context"
	"debug/buildinfo"
	"fmt"
	"maps"
	"path/filepath"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
)

// write makes an image of binary alone, with config and the name tagged, and
// puts it at path; see WriteDemo. What names it in errors ("demo image").
func write(ctx context.Context, what, path, binary, tagged string, config v1.Config) (Demo, error) {
	tag, err := name.NewTag(tagged)
	if err != nil {
		return Demo{}, fmt.Errorf("cannot name the %s %q: %v", what, tagged, err)
	}
	architecture, err := staticArchitecture(binary)
	if err != nil {
		return Demo{}, fmt.Errorf("cannot make the %s from %s: %w", what, binary, err)
	}
	image, err := ownImage(ctx, binary, architecture, config)
	if err != nil {
		return Demo{}, fmt.Errorf("cannot make the %s from %s: %v", what, binary, err)
	}
	digest, err := image.ConfigName()
	if err != nil {
		return Demo{}, fmt.Errorf("cannot make the %s from %s: %v", what, binary, err)
	}
	made := Demo{Path: path, Digest: digest.String(), Tag: tagged}
	if made.Size, err = held(ctx, path, made); err == nil {
		return made, nil
	}
	if made.Size, err = writeFile(ctx, path, tag, image); err != nil {
		return Demo{}, fmt.Errorf("cannot write the %s to %s: %w", what, path, err)
	}
	made.Written = true
	return made, nil
}

// ownImage adds to config's labels what the binary says of its origin.
func ownImage(ctx context.Context, binary, architecture string, config v1.Config) (v1.Image, error) {
	origin := originOf(binary)
	layer, err := newLayer(ctx, binary, origin.time)
	if err != nil {
		return nil, err
	}
	config.Labels = maps.Clone(config.Labels)
	config.Labels["org.opencontainers.image.version"] = origin.version
	config.Labels["org.opencontainers.image.revision"] = origin.revision
	image, err := mutate.ConfigFile(empty.Image, &v1.ConfigFile{
		OS:           "linux",
		Architecture: architecture,
		Created:      v1.Time{Time: origin.time},
		RootFS:       v1.RootFS{Type: "layers"},
		Config:       config,
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
