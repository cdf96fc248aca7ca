package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/distribution/reference"
	"github.com/docker/docker/api/types/container"
)

// image is one loaded image: its configuration, and its files at rest.
type image struct {
	// ID is sha256:… of the configuration's bytes.
	ID     string
	Size   int64
	Tagged time.Time
	Config imageConfig `json:"-"`
}

// imageConfig is the part of an image's configuration file that the engine uses.
type imageConfig struct {
	Created      *time.Time       `json:"created"`
	Author       string           `json:"author"`
	Comment      string           `json:"comment"`
	Architecture string           `json:"architecture"`
	Variant      string           `json:"variant"`
	OS           string           `json:"os"`
	Config       container.Config `json:"config"`
	RootFS       struct {
		Type    string   `json:"type"`
		DiffIDs []string `json:"diff_ids"`
	} `json:"rootfs"`
}

func (i *image) hex() string { return strings.TrimPrefix(i.ID, "sha256:") }

// imageStore is <state>/images: a folder per image (config.json, meta.json, rootfs/, and layers/ with its layers as they were
// loaded, which images of equal layers share as hard links) and tags.json.
type imageStore struct {
	dir string

	mu   sync.Mutex
	byID map[string]*image
	tags map[string]string
}

func openImages(state string) (*imageStore, error) {
	s := &imageStore{dir: filepath.Join(state, "images"), byID: map[string]*image{}, tags: map[string]string{}}
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return nil, fmt.Errorf("cannot read the images: %v", err)
	}
	for _, entry := range entries {
		if !entry.IsDir() {
			continue
		}
		found := &image{}
		if err := readFile(filepath.Join(s.dir, entry.Name(), "meta.json"), found); err != nil {
			return nil, err
		}
		if err := readFile(filepath.Join(s.dir, entry.Name(), "config.json"), &found.Config); err != nil {
			return nil, err
		}
		s.byID[found.ID] = found
	}
	err = readFile(filepath.Join(s.dir, "tags.json"), &s.tags)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return s, nil
}

func (s *imageStore) rootfs(i *image) string { return filepath.Join(s.dir, i.hex(), "rootfs") }

// find resolves a name as dockerd does: an ID, a tag, or the beginning of an ID.
func (s *imageStore) find(name string) (*image, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.findLocked(name)
}

func (s *imageStore) findLocked(name string) (*image, error) {
	if found, ok := s.byID["sha256:"+strings.TrimPrefix(name, "sha256:")]; ok {
		return found, nil
	}
	named, err := reference.ParseNormalizedNamed(name)
	if err != nil && !strings.HasPrefix(name, "sha256:") {
		return nil, fail(http.StatusBadRequest, "%v", err)
	}
	familiar := name
	if err == nil {
		familiar = reference.FamiliarString(reference.TagNameOnly(named))
		if id, ok := s.tags[familiar]; ok {
			return s.byID[id], nil
		}
	}
	if hex := strings.TrimPrefix(name, "sha256:"); len(hex) >= 4 && strings.Trim(hex, "0123456789abcdef") == "" {
		for id, candidate := range s.byID {
			if strings.HasPrefix(id, "sha256:"+hex) {
				return candidate, nil
			}
		}
	}
	return nil, fail(http.StatusNotFound, "No such image: %s", familiar)
}

// add takes over an unpacked image's folder, unless the image is already there.
func (s *imageStore) add(loaded *image, folder string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.byID[loaded.ID]; ok {
		return nil
	}
	if err := writeFile(filepath.Join(folder, "meta.json"), loaded); err != nil {
		return err
	}
	if err := os.Rename(folder, filepath.Join(s.dir, loaded.hex())); err != nil {
		return fmt.Errorf("cannot keep image %s: %v", loaded.ID, err)
	}
	s.byID[loaded.ID] = loaded
	return nil
}

func (s *imageStore) has(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.byID[id]
	return ok
}

func (s *imageStore) tag(id, familiar string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tags[familiar] = id
	s.byID[id].Tagged = time.Now()
	return s.saveTags()
}

func (s *imageStore) saveTags() error { return writeFile(filepath.Join(s.dir, "tags.json"), s.tags) }

// tagsOf are an image's names, sorted.
func (s *imageStore) tagsOf(id string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tagsOfLocked(id)
}

func (s *imageStore) tagsOfLocked(id string) []string {
	names := []string{}
	for name, tagged := range s.tags {
		if tagged == id {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func (s *imageStore) all() []*image {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]*image, 0, len(s.byID))
	for _, found := range s.byID {
		list = append(list, found)
	}
	slices.SortFunc(list, func(a, b *image) int { return b.created().Compare(a.created()) })
	return list
}

func (i *image) created() time.Time {
	if i.Config.Created == nil {
		return time.Time{}
	}
	return *i.Config.Created
}

// untag takes a name from its image; without names left, and if the image may go, its files go too.
func (s *imageStore) untag(names []string, id string, mayGo bool) (gone bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range names {
		delete(s.tags, name)
	}
	if err := s.saveTags(); err != nil {
		return false, err
	}
	if !mayGo || len(s.tagsOfLocked(id)) > 0 {
		return false, nil
	}
	folder := filepath.Join(s.dir, s.byID[id].hex())
	delete(s.byID, id)
	if err := os.RemoveAll(folder); err != nil {
		return true, fmt.Errorf("cannot remove image %s: %v", id, err)
	}
	return true, nil
}

func readFile(path string, into any) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("cannot read %s: %w", path, err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("cannot read %s: %v", path, err)
	}
	return nil
}

// writeFile replaces a file whole: a killed engine leaves the old one.
func writeFile(path string, value any) error {
	data, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("cannot write %s: %v", path, err)
	}
	fresh := path + ".new"
	if err := os.WriteFile(fresh, data, 0o600); err != nil {
		return fmt.Errorf("cannot write %s: %v", path, err)
	}
	if err := os.Rename(fresh, path); err != nil {
		return fmt.Errorf("cannot write %s: %v", path, err)
	}
	return nil
}
