package engine

import (
	"net/http"
	"slices"

	"github.com/docker/docker/api/types/filters"
)

// knownFilters are dockerd's for containers and images; one that the engine does not have is refused, never ignored.
var knownFilters = []string{
	"ancestor", "before", "dangling", "exited", "expose", "health", "id", "is-task", "isolation", "label", "name", "network",
	"publish", "reference", "since", "status", "until", "volume",
}

func readFilters(r *http.Request, emulated ...string) (filters.Args, error) {
	wanted, err := filters.FromJSON(r.URL.Query().Get("filters"))
	if err != nil {
		return wanted, parseError(err)
	}
	for _, key := range wanted.Keys() {
		switch {
		case slices.Contains(emulated, key):
		case slices.Contains(knownFilters, key):
			return wanted, fail(http.StatusNotImplemented, "the emulated engine does not have filter '%s'", key)
		default:
			return wanted, fail(http.StatusBadRequest, "Invalid filter '%s'", key)
		}
	}
	return wanted, nil
}
