package images

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"dockerdriver/actors/pool"
)

// Remove removes the file that holds an image of that id or tag, or the file of
// that name, durably. A file that holds several images goes as a whole. One that is
// being pushed is read on by its reader. There being none is a *pool.Error with CodeNotFound.
func (d *Directory) Remove(ctx context.Context, nameOrDigest string) error {
	there, err := d.Scan(ctx)
	if err != nil {
		return err
	}
	file := ""
	if image, found := pool.FindImage(there, nameOrDigest); found {
		file = image.File
	} else if slices.ContainsFunc(there, func(i pool.Image) bool { return i.File == nameOrDigest }) {
		file = nameOrDigest
	}
	if file == "" {
		return pool.Refuse(pool.CodeNotFound, fmt.Sprintf("The image directory has no %s.", nameOrDigest), "Look at the list of images.")
	}
	root, err := os.OpenRoot(d.dir)
	if err != nil {
		return fmt.Errorf("cannot remove %s: %v", filepath.Join(d.dir, file), err)
	}
	defer func() { _ = root.Close() }()
	if err := root.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("cannot remove %s: %v", filepath.Join(d.dir, file), bare(err))
	}
	d.log.Info().Str("file", file).Msg("image file removed")
	return syncDir(d.dir)
}
