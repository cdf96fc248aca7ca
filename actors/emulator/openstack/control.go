package openstack

import (
	"encoding/json"
	"net/http"
)

// controlRoutes are /_emulator/, where another process asks for faults; they need no token.
func (c *Cloud) controlRoutes() http.Handler {
	mux := http.NewServeMux()
	get := func(path string, list func() any) {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, http.StatusOK, list()) })
	}
	get("/_emulator/faults", func() any { return c.Faults() })
	get("/_emulator/outcomes", func() any { return c.Outcomes() })
	get("/_emulator/random", func() any { return c.RandomFaults() })
	mux.HandleFunc("POST /_emulator/faults", take(c.Inject))
	mux.HandleFunc("POST /_emulator/outcomes", take(c.Arrange))
	mux.HandleFunc("POST /_emulator/random", take(c.InjectRandom))
	do := func(path string, f func()) {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			f()
			w.WriteHeader(http.StatusNoContent)
		})
	}
	do("DELETE /_emulator/faults", c.ClearFaults)
	do("DELETE /_emulator/outcomes", c.ClearOutcomes)
	do("DELETE /_emulator/random", func() { _ = c.InjectRandom(Random{}) })
	do("DELETE /_emulator/tokens", c.ExpireTokens)
	byID := func(path string, remove func(string) bool) {
		mux.HandleFunc("DELETE "+path+"/{id}", func(w http.ResponseWriter, r *http.Request) {
			if !remove(r.PathValue("id")) {
				writeFailure(w, r.URL.Path, fail(http.StatusNotFound, "there is nothing with id %s", r.PathValue("id")))
				return
			}
			w.WriteHeader(http.StatusNoContent)
		})
	}
	byID("/_emulator/servers", c.RemoveServer)
	byID("/_emulator/attachments", c.DetachVolume)
	byID("/_emulator/flavors", c.RemoveFlavor)
	byID("/_emulator/images", c.RemoveImage)
	return mux
}

// take reads what is to be arranged, and refuses what is not understood.
func take[T any](arrange func(T) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var asked T
		decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&asked); err != nil {
			writeFailure(w, r.URL.Path, fail(http.StatusBadRequest, "cannot read what is to be arranged: %v", err))
			return
		}
		if err := arrange(asked); err != nil {
			writeFailure(w, r.URL.Path, fail(http.StatusBadRequest, "%v", err))
			return
		}
		writeJSON(w, http.StatusCreated, asked)
	}
}
