package images

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"dockerdriver/actors/pool"
)

// scanLimit is how many files are read at once: unpacking keeps a core busy.
const scanLimit = 2

// suffixes are the names of files that may be images; what is in them tells whether they are.
var suffixes = []string{".img", ".tar", ".tar.gz", ".tgz", ".tar.zst", ".tzst"}

// Directory is the image directory. All methods may be called at once from anywhere.
type Directory struct {
	dir    string
	log    zerolog.Logger
	settle time.Duration // a file that has not changed for this long is complete
	tick   time.Duration // how often Watch looks without being told to

	scanning sync.Mutex // one scan at a time: a second one finds the results of the first
	mu       sync.RWMutex
	read     map[string]reading // by file name
	holders  map[string]string  // image id → file name, of images without fault
}

// stamp tells whether a file is the one that was read.
type stamp struct {
	size    int64
	changed time.Time
}

// reading is what one pass over a file found.
type reading struct {
	stamp stamp
	archive
}

// Open uses dir, made when missing, as the image directory.
func Open(dir string, log zerolog.Logger) (*Directory, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("cannot make the image directory %s: %v", dir, err)
	}
	return &Directory{
		dir: dir, log: log, settle: time.Second, tick: 30 * time.Second,
		read: map[string]reading{}, holders: map[string]string{},
	}, nil
}

// Scan tells every image and every faulty file, by file name. A file is read from
// end to end, once for each time that it changes. The error is about the directory
// itself; what is wrong with a file is in the Fault of its image.
func (d *Directory) Scan(ctx context.Context) ([]pool.Image, error) {
	d.scanning.Lock()
	defer d.scanning.Unlock()
	root, err := os.OpenRoot(d.dir)
	if err != nil {
		return nil, fmt.Errorf("cannot read the image directory %s: %v", d.dir, err)
	}
	defer func() { _ = root.Close() }()
	names, err := candidates(root)
	if err != nil {
		return nil, fmt.Errorf("cannot read the image directory %s: %v", d.dir, err)
	}
	readings := make([]reading, len(names))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(scanLimit)
	for i, name := range names {
		group.Go(func() error {
			readings[i] = d.readFile(ctx, root, name)
			return ctx.Err()
		})
	}
	if err := group.Wait(); err != nil {
		return nil, fmt.Errorf("cannot read the image directory %s: %w", d.dir, err)
	}
	return d.remember(names, readings), nil
}

// candidates lists the names of files that may be images, sorted.
func candidates(root *os.Root) ([]string, error) {
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return nil, err
	}
	var names []string
	for _, entry := range entries {
		name := entry.Name()
		fits := func(suffix string) bool { return strings.HasSuffix(strings.ToLower(name), suffix) }
		if !strings.HasPrefix(name, ".") && slices.ContainsFunc(suffixes, fits) {
			names = append(names, name)
		}
	}
	return names, nil
}

// readFile tells what is in one file, from memory when it has not changed.
func (d *Directory) readFile(ctx context.Context, root *os.Root, name string) reading {
	file, now, err := openRegular(root, name)
	if err != nil {
		return faulty(name, now, err)
	}
	defer func() { _ = file.Close() }()
	d.mu.RLock()
	before, known := d.read[name]
	d.mu.RUnlock()
	if known && before.stamp == now {
		return before
	}
	found, err := readArchive(ctx, file)
	if err != nil {
		return faulty(name, now, err)
	}
	for i := range found.images {
		image := &found.images[i]
		image.File, image.Size, image.Changed = name, now.size, now.changed
	}
	return reading{stamp: now, archive: found}
}

// openRegular opens a file that is one, inside the directory, without waiting
// for a writer as opening a pipe would.
func openRegular(root *os.Root, name string) (*os.File, stamp, error) {
	file, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		if link, linkErr := root.Lstat(name); linkErr == nil && link.Mode()&fs.ModeSymlink != 0 {
			return nil, stamp{}, errors.New("the file is a symbolic link that leads out of the image directory, or nowhere")
		}
		return nil, stamp{}, fmt.Errorf("the file cannot be opened: %v", bare(err))
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("it is no regular file")
	}
	if err != nil {
		return nil, stamp{}, errors.Join(fmt.Errorf("the file cannot be read: %v", bare(err)), file.Close())
	}
	return file, stamp{size: info.Size(), changed: info.ModTime().UTC()}, nil
}

// bare is an error without the path, which the reader knows.
func bare(err error) error {
	var located *fs.PathError
	if errors.As(err, &located) {
		return located.Err
	}
	return err
}

func faulty(name string, at stamp, err error) reading {
	return reading{stamp: at, archive: archive{images: []pool.Image{{
		Tags: []string{}, Layers: []string{}, Ports: []int{},
		File: name, Size: at.size, Changed: at.changed, Fault: err.Error(),
	}}}}
}

// remember keeps what was read and finds what can be known only across files.
func (d *Directory) remember(names []string, readings []reading) []pool.Image {
	all := []pool.Image{}
	read := make(map[string]reading, len(names))
	for i, name := range names {
		if known, ok := d.read[name]; !ok || known.stamp != readings[i].stamp {
			d.tell(readings[i])
		}
		read[name] = readings[i]
		for _, image := range readings[i].images {
			image.Tags = slices.Clone(image.Tags)
			all = append(all, image)
		}
	}
	refuseConflicts(all)
	holders := map[string]string{}
	for _, image := range all {
		if image.Fault == "" {
			holders[image.ID] = image.File
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.read, d.holders = read, holders
	return all
}

// tell logs what was read anew.
func (d *Directory) tell(r reading) {
	for _, image := range r.images {
		if image.Fault != "" {
			d.log.Warn().Str("file", image.File).Str("reason", image.Fault).Msg("image file cannot be used")
			continue
		}
		d.log.Info().Str("file", image.File).Str("image", image.ID).Strs("tags", image.Tags).Msg("image file read")
	}
}
