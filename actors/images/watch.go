package images

import (
	"context"
	"maps"
	"os"
	"time"

	"github.com/fsnotify/fsnotify"
)

// Watch blocks until ctx ends, and then returns nil. It calls changed whenever the complete files in the
// directory are others than before: a file counts from when it has stopped
// changing for a second. The directory may be removed and made again. Where the system has no watch to give, it looks every 30 s.
func (d *Directory) Watch(ctx context.Context, changed func()) error {
	return d.begin(changed).run(ctx)
}

// watch is the state of one Watch.
type watch struct {
	directory *Directory
	changed   func()
	watcher   *fsnotify.Watcher // nil when the system has none to give
	latest    map[string]stamp  // at the last look
	announced map[string]stamp  // complete files that changed was last called for
	lost      bool              // the directory is gone, and its watch with it
}

// begin takes what is there as announced. The system's watch comes first, so that
// nothing slips between it and the look.
func (d *Directory) begin(changed func()) *watch {
	w := &watch{directory: d, changed: changed}
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		d.log.Warn().Str("reason", err.Error()).Stringer("dur", d.tick).Msg("image directory cannot be watched, looking at intervals")
	} else {
		w.watcher = watcher
	}
	w.attach()
	w.latest = w.look()
	w.announced = w.latest
	return w
}

func (w *watch) close() {
	if w.watcher != nil {
		_ = w.watcher.Close()
	}
}

func (w *watch) run(ctx context.Context) error {
	defer w.close()
	var events chan fsnotify.Event
	var errs chan error
	if w.watcher != nil {
		events, errs = w.watcher.Events, w.watcher.Errors
	}
	timer := time.NewTimer(w.pause(false))
	defer timer.Stop()
	hurrying := false // a look is due within settle, and further events add nothing
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-events:
		case err := <-errs:
			w.directory.log.Warn().AnErr("reason", err).Msg("image directory watch faltered")
		case <-timer.C:
			hurrying = w.compare()
			timer.Reset(w.pause(hurrying))
			continue
		}
		if !hurrying {
			hurrying = true
			timer.Reset(w.directory.settle)
		}
	}
}

// pause is short while something is under way, or while only looking shows that the directory is back.
func (w *watch) pause(hurrying bool) time.Duration {
	if hurrying || w.lost {
		return w.directory.settle
	}
	return w.directory.tick
}

// compare looks again, calls changed when the complete files are others, and
// tells whether some are not complete yet.
func (w *watch) compare() (unsettled bool) {
	w.attach()
	now := w.look()
	complete := make(map[string]stamp, len(now))
	for name, at := range now {
		if before, known := w.latest[name]; known && before == at {
			complete[name] = at
		}
	}
	w.latest = now
	if !maps.Equal(complete, w.announced) {
		w.announced = complete
		w.changed()
	}
	return len(complete) != len(now)
}

// attach watches the directory if it is not watched: a removed one has to be watched anew.
func (w *watch) attach() {
	if w.watcher == nil {
		return
	}
	if len(w.watcher.WatchList()) > 0 {
		w.lost = false
		return
	}
	err := w.watcher.Add(w.directory.dir)
	if err != nil && !w.lost {
		w.directory.log.Warn().Str("reason", err.Error()).Msg("image directory is gone, waiting for it")
	}
	w.lost = err != nil
}

// look notes size and time of every candidate; none when the directory is gone.
func (w *watch) look() map[string]stamp {
	seen := map[string]stamp{}
	root, err := os.OpenRoot(w.directory.dir)
	if err != nil {
		return seen
	}
	defer func() { _ = root.Close() }()
	names, err := candidates(root)
	if err != nil {
		return seen
	}
	for _, name := range names {
		info, err := root.Stat(name)
		if err != nil {
			info, err = root.Lstat(name) // a link that leads nowhere is listed with its fault
		}
		if err == nil {
			seen[name] = stamp{size: info.Size(), changed: info.ModTime().UTC()}
		}
	}
	return seen
}
