package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// statusError is an error with the HTTP status that dockerd answers it with.
type statusError struct {
	status int
	words  string
}

func (e *statusError) Error() string { return e.words }

func fail(status int, format string, args ...any) error {
	return &statusError{status: status, words: fmt.Sprintf(format, args...)}
}

// handlerFunc answers a request; the error it returns becomes dockerd's JSON error, unless the answer has begun.
type handlerFunc func(e *Engine, w http.ResponseWriter, r *http.Request) error

func writeJSON(w http.ResponseWriter, status int, value any) error {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// A client that has gone away is no error of ours.
	_ = json.NewEncoder(w).Encode(value)
	return nil
}

func writeError(w http.ResponseWriter, err error) {
	status := http.StatusInternalServerError
	var known *statusError
	if errors.As(err, &known) {
		status = known.status
	}
	_ = writeJSON(w, status, map[string]string{"message": err.Error()})
}

// readJSON reads a request's body as dockerd does, down to its words and its 500 for a broken body.
func readJSON(r *http.Request, into any) error {
	kind := r.Header.Get("Content-Type")
	if (kind != "" || r.ContentLength != 0) && !isJSON(kind) {
		return fail(http.StatusBadRequest, "Content-Type specified (%s) must be 'application/json'", kind)
	}
	if err := json.NewDecoder(r.Body).Decode(into); err != nil {
		return fail(http.StatusInternalServerError, "%v", err)
	}
	return nil
}
