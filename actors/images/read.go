package images

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/rs/zerolog"

	"dockerdriver/actors/pool"
)

// Read reads one file to its end and tells the images in it, as Scan would if no
// other file were there; what is wrong with it is in their Fault. Its File is the path.
func Read(ctx context.Context, path string) ([]pool.Image, error) {
	root, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %v", path, bare(err))
	}
	defer func() { _ = root.Close() }()
	found := (&Directory{dir: filepath.Dir(path), log: zerolog.Nop()}).readFile(ctx, root, filepath.Base(path)).images
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", path, err)
	}
	refuseConflicts(found)
	for i := range found {
		found[i].File = path
	}
	return found, nil
}
