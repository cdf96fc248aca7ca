package history

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// FileName is the file's name in the data directory: JSON, packed with gzip, whose
// checksum finds what a failing disk did to it.
const FileName = "history.json.gz"

// version of the file's format; another one is not read.
const version = 1

// maxUnpacked bounds what is read of a file: a full history is under 1 MB.
const maxUnpacked = 4 << 20

// file is the history as it is written.
type file struct {
	Version int                    `json:"version"`
	Rings   [len(resolutions)]ring `json:"rings"`
	Seen    counter                `json:"seen"`
	Last    estimates              `json:"last"`
}

// read takes in what the file holds. That there is none is no error.
func (h *History) read() error {
	packed, err := os.ReadFile(h.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return err
	}
	text, err := io.ReadAll(io.LimitReader(z, maxUnpacked))
	if err != nil {
		return err
	}
	read := file{}
	if err := json.Unmarshal(text, &read); err != nil {
		return err
	}
	if err := read.check(); err != nil {
		return err
	}
	for n, r := range read.Rings {
		h.rings[n].Records = append(h.rings[n].Records, r.Records...)
		h.rings[n].Taken = r.Taken
	}
	h.seen = read.Seen
	if read.Last != nil {
		h.last = read.Last
	}
	return nil
}

func (f *file) check() error {
	if f.Version != version {
		return fmt.Errorf("its format is version %d instead of %d", f.Version, version)
	}
	for n, r := range resolutions {
		if err := f.Rings[n].check(r.step, int(r.points)); err != nil {
			return err
		}
	}
	if f.Seen.Counted == nil || len(f.Seen.Counted) > maxCounted || len(f.Last) > maxBlueprints {
		return errors.New("it remembers too many launches, or none")
	}
	for _, r := range f.Last {
		if r == nil || len(r.Seconds) > lastLaunches {
			return errors.New("it remembers too many launches of a blueprint, or none")
		}
	}
	return nil
}

// write puts the history into its file, or leaves the one that is there.
func (h *History) write() error {
	h.mu.Lock()
	text, err := json.Marshal(file{Version: version, Rings: h.rings, Seen: h.seen, Last: h.last})
	h.mu.Unlock()
	if err != nil {
		return err
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err = z.Write(text); err == nil {
		err = z.Close()
	}
	if err != nil {
		return err
	}
	return replace(h.path, packed.Bytes())
}

// replace is crash safe: the name leads to the old content or to the new.
func replace(path string, content []byte) (err error) {
	// One draft, so that crashes leave one at most.
	draft, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(draft.Name()))
		}
	}()
	_, err = draft.Write(content)
	if err == nil {
		err = draft.Sync()
	}
	if err = errors.Join(err, draft.Close()); err != nil {
		return err
	}
	if err = os.Rename(draft.Name(), path); err != nil {
		return err
	}
	// It is in place. Where this fails, a power cut brings the old content back.
	if folder, err := os.Open(filepath.Dir(path)); err == nil {
		_ = folder.Sync()
		_ = folder.Close()
	}
	return nil
}
