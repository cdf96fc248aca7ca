package web

import (
	"bytes"
	"compress/gzip"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"
)

// smallestGzip is the size in bytes from which compressing a file saves a packet.
const smallestGzip = 1400

// asset is one file of the build.
type asset struct {
	name    string
	content []byte
	// gzipped is compressed at the first request, then kept; nil: not worth it.
	gzipped func() []byte
}

// readAssets takes every file of the build but the index page and dot-files.
func readAssets(build fs.FS) map[string]*asset {
	assets := map[string]*asset{}
	_ = fs.WalkDir(build, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || name == "index.html" || strings.HasPrefix(d.Name(), ".") {
			return err
		}
		content, err := fs.ReadFile(build, name)
		if err != nil {
			return err
		}
		a := &asset{name: name, content: content}
		a.gzipped = sync.OnceValue(a.compress)
		assets[name] = a
		return nil
	}) // embedded files cannot fail to be read
	return assets
}

func (a *asset) contentType() string {
	if t := mime.TypeByExtension(path.Ext(a.name)); t != "" {
		return t
	}
	return "application/octet-stream"
}

// hashed tells whether the name carries a hash of the content, which the
// bundler writes for everything in assets/.
func (a *asset) hashed() bool { return strings.HasPrefix(a.name, "assets/") }

func (a *asset) compress() []byte {
	t := a.contentType()
	text := strings.HasPrefix(t, "text/") || strings.Contains(t, "javascript") || strings.Contains(t, "json") || strings.Contains(t, "svg")
	if !text || len(a.content) < smallestGzip {
		return nil
	}
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // the level is valid
	_, _ = w.Write(a.content)                             // a bytes.Buffer takes everything
	_ = w.Close()
	return b.Bytes()
}

func (a *asset) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", a.contentType())
	h.Set("Vary", "Accept-Encoding")
	if a.hashed() {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		h.Set("Cache-Control", "no-cache")
	}
	content := a.content
	if acceptsGzip(r) && r.Header.Get("Range") == "" {
		if zipped := a.gzipped(); zipped != nil {
			h.Set("Content-Encoding", "gzip")
			content = zipped
		}
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
}

// acceptsGzip understands the header as browsers and curl write it.
func acceptsGzip(r *http.Request) bool {
	for coding := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, weight, _ := strings.Cut(strings.TrimSpace(coding), ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
			weight = strings.ReplaceAll(weight, " ", "")
			return !strings.HasPrefix(weight, "q=0") || strings.HasPrefix(weight, "q=0.") && strings.Trim(weight, "q=0.") != ""
		}
	}
	return false
}
