package httpapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5"
	"github.com/rs/zerolog"
	"github.com/rs/zerolog/hlog"

	"dockerdriver/actors/pool"
	"dockerdriver/httpapi/web"
)

const (
	apiRoot   = "/api/"
	apiPrefix = "/api/v1/"
	openPath  = "/open"
)

// Config is what the API needs. All but PublicURL is required.
type Config struct {
	Views    Views
	Launcher Launcher
	Pool     Pool
	Hosts    Hosts
	Images   Images
	Door     Doorkeeper
	Settings Settings

	Accounts Accounts
	Logins   Logins
	Tokens   Tokens
	Audit    Audit
	Backups  Backups
	History  History

	// PublicURL is the origin that browsers see (https://hub.example.org). With
	// https the session cookie is Secure and __Host-; empty means plain HTTP.
	PublicURL string
	// NotebookURL returns a notebook's address, with a slash at its end.
	NotebookURL func(label string) string
	// SharedOrigin tells that notebooks share one origin (path mode).
	SharedOrigin bool
	Version      string // of the program, for the pool page
	Log          zerolog.Logger
}

type server struct {
	Config
	secure      bool
	router      *chi.Mux
	api         huma.API
	passwords   *passwords
	attempts    *attempts
	readings    *readings
	userChanges sync.Mutex // the last administrator is found by reading all
}

// New returns the handler of the web UI's listener: API, web UI and the way
// into notebooks. It does no I/O.
func New(c Config) (http.Handler, error) {
	s, err := newServer(c)
	if err != nil {
		return nil, err
	}
	return s.router, nil
}

func newServer(c Config) (*server, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	public, err := url.Parse(c.PublicURL)
	if err != nil {
		return nil, fmt.Errorf("cannot use the public URL %q: %w", c.PublicURL, err)
	}
	s := &server{Config: c, secure: public.Scheme == "https", router: chi.NewRouter(), attempts: newAttempts(), readings: newReadings()}
	if s.passwords, err = newPasswords(); err != nil {
		return nil, fmt.Errorf("cannot prepare password hashing: %w", err)
	}
	guard, err := s.sameOrigin()
	if err != nil {
		return nil, fmt.Errorf("cannot use the public URL %q: %w", c.PublicURL, err)
	}
	s.router.Use(
		hlog.NewHandler(c.Log), hlog.RequestIDHandler("req_id", "X-Request-Id"), hlog.AccessHandler(logged),
		recovered, s.protected, guard,
	)
	s.router.NotFound(s.elsewhere(web.Handler()))
	s.router.MethodNotAllowed(s.methodNotAllowed)
	s.api = humachi.New(s.router, describe())
	for _, row := range s.routes() {
		row.mount(s, row)
	}
	return s, nil
}

func (c Config) check() error {
	if c.Views == nil || c.Launcher == nil || c.Pool == nil || c.Hosts == nil || c.Images == nil || c.Door == nil || c.Settings == nil ||
		c.Accounts == nil || c.Logins == nil || c.Tokens == nil || c.Audit == nil || c.Backups == nil || c.History == nil || c.NotebookURL == nil {
		return errors.New("cannot serve the API: something that it needs was not given")
	}
	return nil
}

// describe is the frame of the OpenAPI document; the table fills it.
func describe() huma.Config {
	c := huma.DefaultConfig("DockerDriver", "1")
	c.Info.Description = "Launch notebooks on a pool of Docker hosts. Errors are RFC 9457 problem documents with a stable code."
	// Our own handler serves the document, and answers carry no $schema links.
	c.OpenAPIPath, c.DocsPath, c.SchemasPath, c.CreateHooks = "", "", "", nil
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"session": {Type: "apiKey", In: "cookie", Name: "dd_session", Description: "Set by POST /api/v1/sessions; named __Host-dd_session with https"},
		"bearer":  {Type: "http", Scheme: "bearer", Description: "Made by POST /api/v1/tokens"},
	}
	return c
}

func (s *server) openAPI(w http.ResponseWriter, r *http.Request) {
	document, err := json.Marshal(s.api.OpenAPI())
	if err != nil {
		p := problemOf(r.Context(), err)
		writeProblem(w, r, &pool.Error{Code: p.Code, Message: p.Detail, Hint: p.Hint})
		return
	}
	w.Header().Set("Content-Type", "application/json")
	// The client may be gone; there is nobody left to tell.
	_, _ = w.Write(document)
}

// elsewhere answers what the table does not have: under /api a problem,
// otherwise the web UI.
func (s *server) elsewhere(ui http.Handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if ours(r.URL.Path) {
			writeProblem(w, r, pool.Refuse(pool.CodeNotFound, "There is nothing at this path.", "See /api/v1/openapi.json."))
			return
		}
		ui.ServeHTTP(w, r)
	}
}

func (s *server) methodNotAllowed(w http.ResponseWriter, r *http.Request) {
	var allowed []string
	for _, m := range []string{get, post, put, patch, remove} {
		if s.router.Match(chi.NewRouteContext(), m, r.URL.Path) {
			allowed = append(allowed, m)
		}
	}
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	writeProblem(w, r, pool.Refuse(codeMethodNotAllowed, "This path does not take that method.", "It takes "+strings.Join(allowed, ", ")+"."))
}
