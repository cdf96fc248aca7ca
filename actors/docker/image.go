package docker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/client"

	"dockerdriver/actors/pool"
)

// HasImage tells whether the image id (sha256:…, the digest of the image's
// configuration) is on the engine.
func (e *Engine) HasImage(ctx context.Context, imageID string) (bool, error) {
	api, err := e.api(ctx)
	if err != nil {
		return false, err
	}
	_, err = api.ImageInspect(ctx, imageID)
	switch {
	case err == nil:
		return true, nil
	case errdefs.IsNotFound(err):
		return false, nil
	}
	return false, fmt.Errorf("cannot look for image %s: %w", imageID, err)
}

// ListImages returns every image on the engine. Their layers, which one call each
// tells, are the chain that a push may leave out.
func (e *Engine) ListImages(ctx context.Context) ([]pool.EngineImage, error) {
	api, err := e.api(ctx)
	if err != nil {
		return nil, err
	}
	found, err := api.ImageList(ctx, image.ListOptions{All: false})
	if err != nil {
		return nil, fmt.Errorf("cannot list images: %w", err)
	}
	all := make([]pool.EngineImage, 0, len(found))
	for _, one := range found {
		detail, err := api.ImageInspect(ctx, one.ID)
		if errdefs.IsNotFound(err) {
			continue // removed meanwhile
		}
		if err != nil {
			return nil, fmt.Errorf("cannot look at image %s: %w", one.ID, err)
		}
		all = append(all, pool.EngineImage{
			ID: one.ID, Tags: one.RepoTags, Size: one.Size, Created: time.Unix(one.Created, 0).UTC(), Layers: detail.RootFS.Layers,
		})
	}
	return all, nil
}

// RemoveImage removes an image with all of its tags. One that is not there is
// success; one that a container uses is a *pool.Error with CodeImageInUse.
func (e *Engine) RemoveImage(ctx context.Context, imageID string) error {
	api, err := e.api(ctx)
	if err != nil {
		return err
	}
	used, err := api.ContainerList(ctx, container.ListOptions{All: true, Filters: filters.NewArgs(filters.Arg("ancestor", imageID))})
	if err != nil {
		return fmt.Errorf("cannot remove image %s: %w", imageID, err)
	}
	if len(used) > 0 {
		return refuse(pool.CodeImageInUse, "The image "+imageID+" is used by a container", errors.New(used[0].ID), "It goes when no container uses it.")
	}
	// Force is what removes an image with several tags; it would take one from
	// stopped containers too, which is why they were asked for.
	_, err = api.ImageRemove(ctx, imageID, image.RemoveOptions{Force: true, PruneChildren: true})
	switch {
	case err == nil, errdefs.IsNotFound(err):
		return nil
	case errdefs.IsConflict(err):
		return refuse(pool.CodeImageInUse, "The image "+imageID+" is in use", err, "It goes when no container uses it.")
	}
	return fmt.Errorf("cannot remove image %s: %w", imageID, err)
}

// Load streams a docker save tarball (plain, gzip, bzip2 or xz; zstd from engine
// 23 on) to the engine and reads its answer to the end. A tarball may leave out
// layers that the engine has (see pool.EngineInfo.TakesTrimmed); where one is not
// there after all, the error is pool.ErrLayerGone. Which image came of it is for
// HasImage to tell: an engine takes a tarball without any image in silence.
func (e *Engine) Load(ctx context.Context, tarball io.Reader) error {
	api, err := e.api(ctx)
	if err != nil {
		return err
	}
	source := &sourceReader{from: tarball}
	answer, err := api.ImageLoad(ctx, source, client.ImageLoadWithQuiet(true))
	if source.err != nil {
		return fmt.Errorf("cannot load an image: its file cannot be read: %w", source.err)
	}
	if err != nil {
		return loadFailure(err)
	}
	defer answer.Body.Close()
	return readLoad(answer.Body)
}

// maxLoadAnswer bounds the engine's answer to a load, in bytes.
const maxLoadAnswer = 16 << 20

// readLoad reads the stream of JSON messages that follows the 200: a load that
// fails half-way says so only there.
func readLoad(answer io.Reader) error {
	messages := json.NewDecoder(io.LimitReader(answer, maxLoadAnswer))
	for {
		var message struct {
			Error  string `json:"error"`
			Detail struct {
				Message string `json:"message"`
			} `json:"errorDetail"`
		}
		switch err := messages.Decode(&message); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("cannot load an image: the engine's answer broke off: %w", err)
		}
		said := message.Detail.Message
		if said == "" {
			said = message.Error
		}
		switch {
		case said == "":
		case passing(said):
			return fmt.Errorf("cannot load an image: %s", words(said))
		default:
			return loadRefusal(said)
		}
	}
}

// loadRefusal words what the engine has against the tarball.
func loadRefusal(said string) error {
	if !strings.Contains(said, "no such file or directory") {
		return refuse(pool.CodeImagePush, "The engine could not load the image", errors.New(said), "Make the image file again.")
	}
	refusal := pool.Refuse(pool.CodeImagePush, "The engine could not load the image: "+words(said)+".", "Make the image file again.")
	// A tarball without a manifest is refused in like words, but for another file.
	if strings.HasSuffix(said, "/layer.tar: no such file or directory") {
		return layerGone{refusal}
	}
	return refusal
}

// layerGone is a refusal that is also pool.ErrLayerGone: a layer is neither in the
// tarball nor in the engine's store.
type layerGone struct{ refusal *pool.Error }

func (e layerGone) Error() string   { return e.refusal.Error() }
func (e layerGone) Unwrap() []error { return []error{e.refusal, pool.ErrLayerGone} }

func loadFailure(err error) error {
	if permanent(err) {
		return refuse(pool.CodeImagePush, "The engine could not load the image", err, "Make the image file again.")
	}
	return fmt.Errorf("cannot load an image: %w", err)
}

// sourceReader remembers why the tarball could not be read: the client wraps
// such an error as one of the connection.
type sourceReader struct {
	from io.Reader
	err  error
}

func (s *sourceReader) Read(p []byte) (int, error) {
	n, err := s.from.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

// Tag gives the image id a name (repository:tag), moving it from any other image.
func (e *Engine) Tag(ctx context.Context, imageID, tag string) error {
	api, err := e.api(ctx)
	if err != nil {
		return err
	}
	err = api.ImageTag(ctx, imageID, tag)
	switch {
	case err == nil:
		return nil
	case errdefs.IsNotFound(err):
		return imageMissing(imageID, err)
	}
	return fmt.Errorf("cannot tag image %s as %s: %w", imageID, tag, err)
}

func imageMissing(imageID string, err error) *pool.Error {
	return refuse(pool.CodeImageMissing, "The image "+imageID+" is not on the host", err, "Launch again: the image is sent to the host first.")
}
