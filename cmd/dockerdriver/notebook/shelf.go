package notebook

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// unfinished starts the names of uploads under way; they are never listed.
const unfinished = ".unfinished-"

// File is one uploaded file.
type File struct {
	Name    string    `json:"name"`
	Size    int64     `json:"size"` // bytes
	Changed time.Time `json:"changed"`
}

// shelf is the one flat folder of uploaded files. os.Root keeps every name inside it.
type shelf struct {
	dir  string
	root *os.Root
}

// openShelf takes dir, or the first usual place that can be written when dir is empty.
func openShelf(dir string) (*shelf, error) {
	places := []string{dir}
	if dir == "" {
		places = []string{"files", filepath.Join(os.TempDir(), "notebook-files")}
	}
	var failures []error
	for _, place := range places {
		opened, err := openPlace(place)
		if err == nil {
			return opened, nil
		}
		failures = append(failures, err)
	}
	return nil, fmt.Errorf("cannot find a folder for files: %v", errors.Join(failures...))
}

func openPlace(dir string) (*shelf, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	s := &shelf{dir: dir, root: root}
	// A folder that is there may still belong to somebody else.
	probe := unfinished + rand.Text()
	file, err := root.Create(probe)
	if err != nil {
		s.close()
		return nil, err
	}
	return s, errors.Join(file.Close(), root.Remove(probe))
}

func (s *shelf) close() { _ = s.root.Close() }

// checkName refuses what is no plain file name.
func checkName(name string) error {
	if name == "" || len(name) > 200 || strings.HasPrefix(name, ".") || strings.ContainsAny(name, "/\\\x00") {
		return fmt.Errorf("cannot use %q as a file name: give 1 to 200 bytes, no slash, no dot in front", name)
	}
	return nil
}

// save streams content to the disk under name, whole or not at all.
func (s *shelf) save(name string, content io.Reader) (File, error) {
	temporary := unfinished + rand.Text()
	file, err := s.root.OpenFile(temporary, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return File{}, fmt.Errorf("cannot save %s: %v", name, err)
	}
	_, err = io.Copy(file, content)
	info, statErr := file.Stat()
	err = errors.Join(err, statErr, file.Close())
	if err == nil {
		err = s.root.Rename(temporary, name)
	}
	if err != nil {
		return File{}, fmt.Errorf("cannot save %s: %v", name, errors.Join(err, s.root.Remove(temporary)))
	}
	return File{Name: name, Size: info.Size(), Changed: info.ModTime().UTC()}, nil
}

// list gives the files sorted by name.
func (s *shelf) list() ([]File, error) {
	entries, err := fs.ReadDir(s.root.FS(), ".")
	if err != nil {
		return nil, fmt.Errorf("cannot list the files: %v", err)
	}
	files := []File{}
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil || !info.Mode().IsRegular() || strings.HasPrefix(entry.Name(), ".") {
			continue // gone meanwhile, or nothing that was uploaded
		}
		files = append(files, File{Name: entry.Name(), Size: info.Size(), Changed: info.ModTime().UTC()})
	}
	slices.SortFunc(files, func(a, b File) int { return cmp.Compare(a.Name, b.Name) })
	return files, nil
}
