package images

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"dockerdriver/actors/pool"
)

// Open returns a tarball for an engine's load: the file as it is on disk where it
// holds this image alone, in a form that any engine reads, and nothing is left
// out; else one that is made from the file while it is read, without the lowest
// skip layers. The file is also taken where it is smaller than what would be made:
// a packed file can be smaller than half of it unpacked. The image must have been found without
// fault by the last Scan. The caller closes what is returned.
func (d *Directory) Open(ctx context.Context, imageID string, skip int) (io.ReadCloser, pool.Shipment, error) {
	if err := ctx.Err(); err != nil {
		return nil, pool.Shipment{}, err
	}
	file, held, err := d.openHolder(imageID)
	if err != nil {
		return nil, pool.Shipment{}, err
	}
	made, found := held.recipes[imageID]
	at := slices.IndexFunc(held.images, func(image pool.Image) bool { return image.ID == imageID })
	if !found || at < 0 {
		return nil, pool.Shipment{}, errors.Join(fmt.Errorf("cannot open image %s: scan the image directory again", imageID), file.Close())
	}
	chosen, err := made.choose(held.images[at].Tags, skip)
	if err != nil {
		return nil, pool.Shipment{}, errors.Join(fmt.Errorf("cannot open image %s: %w", imageID, err), file.Close())
	}
	if made.Whole && (skip <= 0 || held.stamp.size <= chosen.Total) {
		return file, pool.Shipment{Total: held.stamp.size}, nil
	}
	write := func(ctx context.Context, w io.Writer) error { return made.write(ctx, w, file, chosen) }
	return newStream(ctx, d.log, file, write), chosen.Shipment, nil
}

// openHolder opens the file that holds the image, if it is still the one that was read.
func (d *Directory) openHolder(imageID string) (*os.File, reading, error) {
	d.mu.RLock()
	name, found := d.holders[imageID]
	known := d.read[name]
	d.mu.RUnlock()
	if !found {
		return nil, reading{}, fmt.Errorf("cannot open image %s: no usable file in %s holds it", imageID, d.dir)
	}
	root, err := os.OpenRoot(d.dir)
	if err != nil {
		return nil, reading{}, fmt.Errorf("cannot open image %s: %v", imageID, err)
	}
	defer func() { _ = root.Close() }()
	file, now, err := openRegular(root, name)
	if err != nil {
		return nil, reading{}, fmt.Errorf("cannot open image %s in %s: %v", imageID, filepath.Join(d.dir, name), err)
	}
	if now != known.stamp {
		return nil, reading{}, errors.Join(fmt.Errorf("cannot open image %s: %s has changed since it was read: scan again",
			imageID, filepath.Join(d.dir, name)), file.Close())
	}
	return file, known, nil
}
