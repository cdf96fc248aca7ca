package notebook

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
)

func (s *site) listFiles(w http.ResponseWriter, _ *http.Request) {
	files, err := s.shelf.list()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	writeJSON(w, http.StatusOK, files)
}

// download serves one file, with ranges and conditions.
func (s *site) download(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	if err := checkName(name); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	file, err := s.shelf.root.Open(name)
	if err != nil {
		missing(w, name, err)
		return
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() {
		missing(w, name, fs.ErrNotExist)
		return
	}
	// An uploaded page must not run as a page of the notebook.
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	http.ServeContent(w, r, name, info.ModTime(), file)
}

func missing(w http.ResponseWriter, name string, err error) {
	if errors.Is(err, fs.ErrNotExist) {
		http.Error(w, fmt.Sprintf("there is no file %q", name), http.StatusNotFound)
		return
	}
	http.Error(w, fmt.Sprintf("cannot open %q: %v", name, err), http.StatusInternalServerError)
}

// put stores the request's body as it is; 201.
func (s *site) put(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	if err := checkName(name); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	file, err := s.shelf.save(name, r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	writeJSON(w, http.StatusCreated, file)
}

func (s *site) removeFile(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	if err := checkName(name); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if err := s.shelf.root.Remove(name); err != nil {
		missing(w, name, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// upload stores every file of a multipart form and answers with their list.
func (s *site) upload(w http.ResponseWriter, r *http.Request) {
	parts, err := r.MultipartReader()
	if err != nil {
		http.Error(w, fmt.Sprintf("cannot read the upload: %v: send multipart/form-data", err), http.StatusBadRequest)
		return
	}
	saved := []File{}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			http.Error(w, fmt.Sprintf("cannot read the upload: %v", err), http.StatusBadRequest)
			return
		}
		if part.FileName() == "" {
			continue // a field that is no file
		}
		// Windows browsers of old send whole paths.
		name := path.Base(strings.ReplaceAll(part.FileName(), `\`, "/"))
		if err := checkName(name); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		file, err := s.shelf.save(name, part)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		saved = append(saved, file)
	}
	if len(saved) == 0 {
		http.Error(w, "cannot find a file in the upload", http.StatusBadRequest)
		return
	}
	writeJSON(w, http.StatusOK, saved)
}
