package engine

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"
)

// maxDelay bounds Fault.DelayMS: a test that wants a hang uses a client's deadline below it.
const maxDelay = 10 * time.Minute

// Fault makes matching requests go wrong.
type Fault struct {
	// Match is METHOD PATH, without the version: "POST /containers/create", "DELETE /containers/*", "* /images/*"; * stands for
	// any characters.
	Match string `json:"match"`
	// Times is how many requests it meets; 0 is all, until it is deleted.
	Times int `json:"times"`
	// Status and Message answer instead of the engine, if Status is not 0.
	Status  int    `json:"status"`
	Message string `json:"message"`
	// DelayMS, in milliseconds, passes first.
	DelayMS int `json:"delay_ms"`
	// DropConnection closes the connection without an answer.
	DropConnection bool `json:"drop_connection"`
	// After lets the engine do the work first, so that only its answer is lost or replaced.
	After bool `json:"after"`
	// Met counts the requests so far.
	Met int `json:"met"`
}

type faultBook struct {
	mu     sync.Mutex
	faults []*armed
}

type armed struct {
	Fault
	pattern *regexp.Regexp
}

func (b *faultBook) add(fault Fault) error {
	method, path, ok := strings.Cut(fault.Match, " ")
	if !ok || !strings.HasPrefix(path, "/") && path != "*" {
		return fmt.Errorf("cannot inject a fault at %q: match must be METHOD /path, with * for any characters", fault.Match)
	}
	if fault.Times < 0 || fault.DelayMS < 0 || time.Duration(fault.DelayMS)*time.Millisecond > maxDelay {
		return fmt.Errorf("cannot inject a fault: times and delay_ms must not be negative, delay_ms at most %d", maxDelay.Milliseconds())
	}
	if fault.Status != 0 && (fault.Status < 200 || fault.Status > 599) {
		return fmt.Errorf("cannot inject a fault: status %d is no HTTP status that ends a request", fault.Status)
	}
	expression := strings.ReplaceAll(regexp.QuoteMeta(method+" "+path), `\*`, ".*")
	fault.Met = 0
	b.mu.Lock()
	defer b.mu.Unlock()
	b.faults = append(b.faults, &armed{Fault: fault, pattern: regexp.MustCompile("^" + expression + "$")})
	return nil
}

func (b *faultBook) clear() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.faults = nil
}

func (b *faultBook) list() []Fault {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := []Fault{}
	for _, fault := range b.faults {
		list = append(list, fault.Fault)
	}
	return list
}

// meet counts a request against the first fault that it matches and that is not used up.
func (b *faultBook) meet(request string) (Fault, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, fault := range b.faults {
		if (fault.Times == 0 || fault.Met < fault.Times) && fault.pattern.MatchString(request) {
			fault.Met++
			return fault.Fault, true
		}
	}
	return Fault{}, false
}

// withFaults serves /_emulator/faults, and lets the other requests pass, or not.
func (e *Engine) withFaults(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, path := splitVersion(r.URL.Path)
		if path == "/_emulator/faults" {
			if err := e.controlFaults(w, r); err != nil {
				writeError(w, err)
			}
			return
		}
		fault, ok := e.faults.meet(r.Method + " " + path)
		if !ok {
			next.ServeHTTP(w, r)
			return
		}
		e.log.Debug().Str("method", r.Method).Str("path", path).Int("status", fault.Status).Msg("emulated engine fails as told")
		timer := time.NewTimer(time.Duration(fault.DelayMS) * time.Millisecond)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-r.Context().Done():
			return
		}
		if fault.After && (fault.DropConnection || fault.Status != 0) {
			next.ServeHTTP(&lostAnswer{header: http.Header{}}, r)
		}
		switch {
		case fault.DropConnection:
			// The server closes the connection, and logs nothing, on this panic.
			panic(http.ErrAbortHandler)
		case fault.Status != 0:
			writeError(w, fail(fault.Status, "%s", fault.Message))
		default:
			next.ServeHTTP(w, r)
		}
	})
}

func (e *Engine) controlFaults(w http.ResponseWriter, r *http.Request) error {
	switch r.Method {
	case http.MethodGet:
		return writeJSON(w, http.StatusOK, e.faults.list())
	case http.MethodDelete:
		e.faults.clear()
		w.WriteHeader(http.StatusNoContent)
		return nil
	case http.MethodPost:
		var fault Fault
		decoder := json.NewDecoder(r.Body)
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&fault); err != nil {
			return fail(http.StatusBadRequest, "cannot read the fault: %v", err)
		}
		if err := e.faults.add(fault); err != nil {
			return fail(http.StatusBadRequest, "%v", err)
		}
		return writeJSON(w, http.StatusCreated, fault)
	default:
		return fail(http.StatusMethodNotAllowed, "faults know GET, POST and DELETE")
	}
}

// lostAnswer takes an answer that nobody gets.
type lostAnswer struct{ header http.Header }

func (l *lostAnswer) Header() http.Header            { return l.header }
func (l *lostAnswer) Write(data []byte) (int, error) { return len(data), nil }
func (l *lostAnswer) WriteHeader(int)                {}
func (l *lostAnswer) Flush()                         {}
