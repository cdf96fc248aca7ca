package images

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"dockerdriver/actors/pool"
)

// offered refuses an index without the platform, with those that it has.
func (w wanted) offered(found *remote.Descriptor) error {
	index, err := found.ImageIndex()
	if err != nil {
		return err
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		return err
	}
	var platforms []string
	for _, child := range manifest.Manifests {
		if child.Platform == nil || child.Platform.OS == "unknown" { // attestations
			continue
		}
		if child.Platform.Satisfies(w.platform) {
			return nil
		}
		platforms = append(platforms, child.Platform.String())
	}
	if len(platforms) == 0 {
		return nil // it does not say; the image itself does
	}
	slices.Sort(platforms)
	return w.wrongPlatform(strings.Join(slices.Compact(platforms), ", "))
}

// fits refuses an image that could not run where it is meant to.
func (w wanted) fits(image v1.Image) error {
	config, err := image.ConfigFile()
	if err != nil {
		return err
	}
	layers, err := image.Layers()
	if err != nil {
		return err
	}
	if len(layers) == 0 || len(layers) != len(config.RootFS.DiffIDs) {
		return pool.Refuse(pool.CodeInvalid, w.source.String()+" is in the registry, but is no container image.", "Look at its page there; it may be a chart or another artifact.")
	}
	is := v1.Platform{OS: config.OS, Architecture: config.Architecture, Variant: config.Variant}
	if is.OS != "" && is.Architecture != "" && (is.OS != w.platform.OS || is.Architecture != w.platform.Architecture) {
		return w.wrongPlatform(is.String())
	}
	return nil
}

func (w wanted) wrongPlatform(offered string) error {
	return pool.Invalid("platform", fmt.Sprintf("The image %s is not there for %s.", w.source, w.platform.String()), "It is there for "+offered+".")
}

// explain puts an error of the registry into words for who asked. What is words
// already, and the end of ctx, pass.
func (w wanted) explain(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return fmt.Errorf("cannot pull %s: %w", w.source, ctx.Err())
	}
	if _, ours := errors.AsType[*pool.Error](err); ours {
		return err
	}
	registry := w.source.Context().RegistryStr()
	if registry == name.DefaultRegistry {
		registry = "Docker Hub"
	}
	if refused, ok := errors.AsType[*transport.Error](err); ok {
		return w.refused(registry, refused)
	}
	// The library's own types for this are not to be had from outside.
	for _, mismatch := range []string{"error verifying", "does not match requested digest"} {
		if strings.Contains(err.Error(), mismatch) {
			return pool.Refuse(pool.CodeInvalid, fmt.Sprintf("What %s sent of %s is not what its digest says: nothing was kept (%v).", registry, w.source, err),
				"Try again; if it stays so, the registry or something before it is broken.")
		}
	}
	return fmt.Errorf("cannot pull %s from %s: %w", w.source, registry, err)
}

func (w wanted) refused(registry string, why *transport.Error) error {
	switch why.StatusCode {
	case http.StatusNotFound:
		return pool.Refuse(pool.CodeNotFound, fmt.Sprintf("%s has no image %s.", registry, w.source), "Look at its name and its tag.")
	case http.StatusUnauthorized, http.StatusForbidden:
		return pool.Refuse(pool.CodeForbidden, fmt.Sprintf("%s does not give us %s: it is not there, or needs a login (%v).", registry, w.source, why),
			"Look at its name; log in with docker login as the user whom this program runs as.")
	case http.StatusTooManyRequests:
		return pool.Refuse(pool.CodeRateLimited, fmt.Sprintf("%s has had too many requests from here (%v).", registry, why), "Try again later, or log in with docker login.")
	}
	return fmt.Errorf("cannot pull %s from %s: %w", w.source, registry, why)
}
