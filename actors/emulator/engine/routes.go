package engine

import (
	"fmt"
	"mime"
	"net/http"
	"regexp"
	"strings"

	"github.com/docker/docker/api/types/versions"
)

const (
	// maxAPI is the newest API version spoken, minAPI the oldest.
	maxAPI = "1.47"
	minAPI = "1.24"
)

// route is one line of the table; a path is a pattern whose {} is an id or a name, the latter with slashes for an image's.
type route struct {
	method, path string
	handle       handlerFunc
}

var routes = []route{
	{"GET", "/_ping", (*Engine).ping},
	{"HEAD", "/_ping", (*Engine).ping},
	{"GET", "/version", (*Engine).version},
	{"GET", "/info", (*Engine).info},
	{"GET", "/events", (*Engine).streamEvents},
	{"POST", "/images/load", (*Engine).loadImages},
	{"GET", "/images/json", (*Engine).listImages},
	{"GET", "/images/{}/json", (*Engine).inspectImage},
	{"POST", "/images/{}/tag", (*Engine).tagImage},
	{"DELETE", "/images/{}", (*Engine).removeImage},
	{"GET", "/containers/json", (*Engine).listContainers},
	{"POST", "/containers/create", (*Engine).createContainer},
	{"GET", "/containers/{}/json", (*Engine).inspectContainer},
	{"POST", "/containers/{}/start", (*Engine).startContainer},
	{"POST", "/containers/{}/stop", (*Engine).stopContainer},
	{"POST", "/containers/{}/kill", (*Engine).killContainer},
	{"POST", "/containers/{}/wait", (*Engine).waitContainer},
	{"GET", "/containers/{}/logs", (*Engine).containerLogs},
	{"DELETE", "/containers/{}", (*Engine).removeContainer},
}

var versionPrefix = regexp.MustCompile(`^/v(\d+\.\d+)(/.*)$`)

type compiled struct {
	route
	pattern *regexp.Regexp
}

func (e *Engine) handler() http.Handler {
	table := make([]compiled, len(routes))
	for i, r := range routes {
		pattern := strings.ReplaceAll(regexp.QuoteMeta(r.path), `\{\}`, "(.+)")
		table[i] = compiled{route: r, pattern: regexp.MustCompile("^" + pattern + "$")}
	}
	serve := func(w http.ResponseWriter, r *http.Request) {
		if err := e.dispatch(table, w, r); err != nil {
			e.log.Debug().Str("method", r.Method).Str("path", r.URL.Path).Str("reason", err.Error()).Msg("emulated engine refused")
			writeError(w, err)
		}
	}
	return e.withFaults(http.HandlerFunc(serve))
}

func (e *Engine) dispatch(table []compiled, w http.ResponseWriter, r *http.Request) error {
	version, path := splitVersion(r.URL.Path)
	if versions.LessThan(version, minAPI) {
		return fail(http.StatusBadRequest, "client version %s is too old. Minimum supported API version is %s, please upgrade your client to a newer version", version, minAPI)
	}
	if versions.GreaterThan(version, maxAPI) {
		return fail(http.StatusBadRequest, "client version %s is too new. Maximum supported API version is %s", version, maxAPI)
	}
	w.Header().Set("Api-Version", maxAPI)
	w.Header().Set("Docker-Experimental", "false")
	w.Header().Set("Ostype", "linux")
	w.Header().Set("Server", "Docker/"+engineVersion+" (linux)")
	for _, candidate := range table {
		match := candidate.pattern.FindStringSubmatch(path)
		if match == nil || candidate.method != r.Method {
			continue
		}
		if len(match) > 1 {
			r.SetPathValue("name", match[1])
		}
		r.SetPathValue("version", version)
		return candidate.handle(e, w, r)
	}
	return fail(http.StatusNotFound, "page not found")
}

// splitVersion takes /v1.41 off a path; a path without it speaks the newest version.
func splitVersion(path string) (version, rest string) {
	if match := versionPrefix.FindStringSubmatch(path); match != nil {
		return match[1], match[2]
	}
	return maxAPI, path
}

func isJSON(contentType string) bool {
	kind, _, err := mime.ParseMediaType(contentType)
	return err == nil && kind == "application/json"
}

// truth reads a boolean parameter as dockerd does: anything but these words is true.
func truth(r *http.Request, name string) bool {
	switch strings.ToLower(strings.TrimSpace(r.URL.Query().Get(name))) {
	case "", "0", "no", "false", "none":
		return false
	}
	return true
}

func apiBefore(r *http.Request, version string) bool {
	return versions.LessThan(r.PathValue("version"), version)
}

// parseError is how dockerd puts a parameter that it cannot read: without a kind, and therefore 500.
func parseError(err error) error { return fmt.Errorf("%v", err) }
