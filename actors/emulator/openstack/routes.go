package openstack

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"time"
)

// maxBody bounds a request's body; Nova's own is 114688 bytes.
const maxBody = 1 << 20

// call is one authenticated request; handlers run with the cloud's lock held.
type call struct {
	*http.Request
	project *project
	token   *token
	body    []byte
	minor   int // Nova's microversion, 2.<minor>
	query   url.Values
	header  http.Header // of the answer
}

// read takes the member of the body that is named, as all five services wrap what they are sent.
func (k *call) read(name string, into any) error {
	var wrapped map[string]json.RawMessage
	if err := json.Unmarshal(k.body, &wrapped); err != nil {
		return fail(http.StatusBadRequest, "Malformed request body")
	}
	raw, ok := wrapped[name]
	if !ok {
		return fail(http.StatusBadRequest, "Invalid input for field/attribute %s. '%s' is a required property", name, name)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fail(http.StatusBadRequest, "Invalid input for field/attribute %s. %v", name, err)
	}
	return nil
}

type handler func(k *call) (status int, body any, err error)

func (c *Cloud) routes() http.Handler {
	mux := http.NewServeMux()
	c.identityRoutes(mux)
	c.discoveryRoutes(mux)
	for pattern, h := range c.computeRoutes() {
		method, path := splitPattern(pattern)
		mux.Handle(method+" /compute/v2.1"+path, c.authenticated(h))
	}
	for pattern, h := range c.networkRoutes() {
		method, path := splitPattern(pattern)
		mux.Handle(method+" /network/v2.0"+path, c.authenticated(h))
	}
	for pattern, h := range c.volumeRoutes() {
		method, path := splitPattern(pattern)
		mux.Handle(method+" /volume/v3/{tenant}"+path, c.authenticated(c.ownTenant(h)))
	}
	for pattern, h := range c.imageRoutes() {
		method, path := splitPattern(pattern)
		mux.Handle(method+" /image/v2"+path, c.authenticated(h))
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		writeFailure(w, r.URL.Path, fail(http.StatusNotFound, "The resource could not be found."))
	})
	return mux
}

func splitPattern(pattern string) (method, path string) {
	for n := range pattern {
		if pattern[n] == ' ' {
			return pattern[:n], pattern[n+1:]
		}
	}
	return pattern, ""
}

// authenticated reads the request, checks its token, lets time do its work, and then the handler.
func (c *Cloud) authenticated(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			writeFailure(w, r.URL.Path, fail(http.StatusRequestEntityTooLarge, "Request is too large."))
			return
		}
		minor, err := microversion(r)
		if err != nil {
			writeFailure(w, r.URL.Path, err)
			return
		}
		k := &call{Request: r, body: body, minor: minor, query: r.URL.Query(), header: w.Header()}
		status, answer, err := c.serve(k, h)
		if err != nil {
			status = failureOf(err).status
		}
		c.log.Debug().Str("method", r.Method).Str("path", r.URL.Path).Int("status", status).AnErr("reason", err).Msg("emulated cloud answers")
		if err != nil {
			writeFailure(w, r.URL.Path, err)
			return
		}
		writeJSON(w, status, answer)
	})
}

// serve gives the answer as JSON, made under the lock, since what it shows may change right after.
func (c *Cloud) serve(k *call, h handler) (int, any, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.settle()
	held, err := c.holder(k.Header.Get("X-Auth-Token"))
	if err != nil {
		return 0, nil, err
	}
	if held.project == nil {
		return 0, nil, fail(http.StatusUnauthorized, notAuthenticated)
	}
	k.project, k.token = held.project, held
	status, answer, err := h(k)
	if err != nil || answer == nil {
		return status, nil, err
	}
	encoded, err := json.Marshal(answer)
	return status, json.RawMessage(encoded), err
}

func novaTime(t time.Time) string   { return t.UTC().Format("2006-01-02T15:04:05Z") }
func cinderTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000") }
