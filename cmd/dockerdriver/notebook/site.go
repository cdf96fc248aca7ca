package notebook

import (
	"embed"
	"encoding/json"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/rs/zerolog"
	"github.com/rs/zerolog/hlog"
)

//go:embed assets
var assets embed.FS

// site is what one notebook process serves.
type site struct {
	kernel *kernel
	shelf  *shelf
	log    zerolog.Logger
	crash  func(code int) // asks the process to end with code, after the answer under way
}

// Handler is the notebook without a process around it, for tests of what stands
// in front of it. Its files live in one folder in the system's temporary
// directory, opened by the first request; /crash answers but ends nothing.
func Handler() http.Handler {
	open := sync.OnceValue(func() http.Handler {
		shelf, err := openShelf(filepath.Join(os.TempDir(), "notebook-files"))
		if err != nil {
			return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				http.Error(w, err.Error(), http.StatusInternalServerError)
			})
		}
		site := &site{kernel: newKernel(), shelf: shelf, log: zerolog.Nop(), crash: func(int) {}}
		return site.handler()
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { open().ServeHTTP(w, r) })
}

func (s *site) handler() http.Handler {
	static, err := fs.Sub(assets, "assets/static")
	if err != nil {
		panic(err) // the folder is part of the binary
	}
	mux := http.NewServeMux()
	mux.Handle("GET /static/", http.StripPrefix("/static/", http.FileServerFS(static)))
	for pattern, handle := range map[string]http.HandlerFunc{
		"GET /{$}":               page("assets/index.html"),
		"GET /page2":             page("assets/page2.html"),
		"GET /deep/page":         page("assets/deep.html"),
		"GET /redirect":          redirectRelative,
		"GET /redirect-path":     redirectPath,
		"GET /redirect-absolute": redirectAbsolute,
		"GET /cookie":            cookies,
		"GET /headers":           headers,
		"GET /env":               environment,
		"GET /about":             about,
		"GET /healthz":           healthz,
		"/status/{code}":         status,
		"GET /slow":              slow,
		"GET /blob":              blob,
		"GET /sse":               clock,
		"GET /ws":                s.socket,
		"GET /history":           s.history,
		"GET /files/{$}":         s.listFiles,
		"GET /files/{name}":      s.download,
		"PUT /files/{name}":      s.put,
		"DELETE /files/{name}":   s.removeFile,
		"POST /upload":           s.upload,
		"/crash":                 s.crashAfterAnswer,
	} {
		mux.HandleFunc(pattern, handle)
	}
	// A proxy that changes Host or Origin makes this refuse uploads, as real notebooks do.
	guarded := http.NewCrossOriginProtection().Handler(secured(mux))
	logged := hlog.AccessHandler(func(r *http.Request, status, size int, dur time.Duration) {
		s.log.Info().Str("method", r.Method).Str("path", r.URL.Path).Int("status", status).
			Int("size", size).Dur("dur", dur).Msg("request")
	})
	return logged(guarded)
}

// secured keeps what a person uploaded from acting as a page of the notebook.
func secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'self'; img-src 'self' data:; base-uri 'none'; object-src 'none'")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Referrer-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}

func page(name string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-cache")
		http.ServeFileFS(w, r, assets, name)
	}
}

func (s *site) history(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, s.kernel.cells())
}

func writeJSON(w http.ResponseWriter, code int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	_ = encoder.Encode(value) // the reader has gone: nobody is left to tell
}
