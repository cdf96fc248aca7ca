package fence

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"dockerdriver/actors/docker"
	"dockerdriver/actors/images"
)

// imageFile is the probe's image in Config.Dir.
const imageFile = "probe.img"

// ensureImage loads the probe's image into the engine if it is not there.
func (f *Fence) ensureImage(ctx context.Context, engine *docker.Engine) (imageID string, err error) {
	made, err := f.makeImage(ctx)
	if err != nil {
		return "", err
	}
	there, err := engine.HasImage(ctx, made.Digest)
	if err != nil || there {
		return made.Digest, err
	}
	file, err := os.Open(made.Path)
	if err != nil {
		return "", err
	}
	defer func() { _ = file.Close() }()
	if err := engine.Load(ctx, file); err != nil {
		return "", err
	}
	there, err = engine.HasImage(ctx, made.Digest)
	if err == nil && !there {
		err = errors.New("the probe's image is not there after its load")
	}
	return made.Digest, err
}

// makeImage writes the image's file, once per process; a failed try is repeated by the next call.
func (f *Fence) makeImage(ctx context.Context) (images.Demo, error) {
	f.imageMu.Lock()
	defer f.imageMu.Unlock()
	if f.image.Digest != "" {
		return f.image, nil
	}
	if err := os.MkdirAll(f.config.Dir, 0o700); err != nil {
		return images.Demo{}, err
	}
	made, err := images.WriteProbe(ctx, filepath.Join(f.config.Dir, imageFile), f.config.Program)
	if err != nil {
		return images.Demo{}, err
	}
	f.image = made
	return made, nil
}
