package httpapi

import (
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/rs/zerolog"
	"github.com/rs/zerolog/hlog"

	"dockerdriver/actors/pool"
)

// maxBody is the most a request may bring.
const maxBody = 1 << 20

// maxLoggedPath bounds what a stranger can write into the log by one request.
const maxLoggedPath = 256

// logged writes one line for each request. Query strings stay out: they can
// carry tickets.
func logged(r *http.Request, status, _ int, d time.Duration) {
	level := zerolog.InfoLevel
	if !strings.HasPrefix(r.URL.Path, apiPrefix) && r.URL.Path != openPath {
		level = zerolog.DebugLevel
	}
	hlog.FromRequest(r).WithLevel(level).Str("method", clip(r.Method, 16)).Str("path", clip(r.URL.Path, maxLoggedPath)).
		Int("status", status).Dur("dur", d).Msg("request")
}

// recovered answers a panic like any internal error and logs it once.
func recovered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		started := &startWatcher{ResponseWriter: w}
		defer func() {
			fault := recover()
			if fault == nil {
				return
			}
			// A reader who leaves in the middle of an answer makes huma panic.
			if fault == http.ErrAbortHandler || (started.yes && r.Context().Err() != nil) {
				panic(http.ErrAbortHandler)
			}
			hlog.FromRequest(r).Error().Interface("panic", fault).Bytes("stack", debug.Stack()).Msg("handler panicked")
			if started.yes {
				// The answer is half sent: only breaking the connection tells the client.
				panic(http.ErrAbortHandler)
			}
			writeProblem(w, r, internal())
		}()
		next.ServeHTTP(started, r)
	})
}

// startWatcher knows whether an answer has begun.
type startWatcher struct {
	http.ResponseWriter
	yes bool
}

func (s *startWatcher) WriteHeader(status int) {
	s.yes = true
	s.ResponseWriter.WriteHeader(status)
}

func (s *startWatcher) Write(p []byte) (int, error) {
	s.yes = true
	return s.ResponseWriter.Write(p)
}

// Unwrap lets http.ResponseController reach the connection.
func (s *startWatcher) Unwrap() http.ResponseWriter { return s.ResponseWriter }

// ours tells whether this package answers, not the web UI's file server, which
// brings headers of its own.
func ours(path string) bool {
	return path == strings.TrimSuffix(apiRoot, "/") || strings.HasPrefix(path, apiRoot) || path == openPath
}

// protected sets the headers of answers that are no page of the web UI.
func (s *server) protected(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		if s.secure {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		if ours(r.URL.Path) {
			h.Set("Cache-Control", "no-store")
			h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
			h.Set("Cross-Origin-Resource-Policy", "same-origin")
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		next.ServeHTTP(w, r)
	})
}

// sameOrigin refuses writes that another site's page makes a browser send. A
// request with an Authorization header acts by that alone (access.go), and no
// page can make a browser add one of ours.
func (s *server) sameOrigin() (func(http.Handler) http.Handler, error) {
	guard := http.NewCrossOriginProtection()
	if s.PublicURL != "" {
		if err := guard.AddTrustedOrigin(strings.TrimSuffix(s.PublicURL, "/")); err != nil {
			return nil, err
		}
	}
	guard.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		writeProblem(w, r, pool.Refuse(codeCrossOrigin, "The request comes from a page of another site.", "Use the web UI, or a bearer token."))
	}))
	return func(next http.Handler) http.Handler {
		guarded := guard.Handler(next)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "" {
				next.ServeHTTP(w, r)
				return
			}
			guarded.ServeHTTP(w, r)
		})
	}, nil
}
