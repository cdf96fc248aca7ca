package openstack

import (
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
	// Match is METHOD PATH as on the wire, without the query: "POST /compute/v2.1/servers", "DELETE */security-groups/*",
	// "* /image/*"; * stands for any characters.
	Match string `json:"match"`
	// Times is how many requests it meets; 0 is all, until it is deleted.
	Times int `json:"times"`
	// Status and Message answer instead of the service, in its own shape, if Status is not 0.
	Status  int    `json:"status"`
	Message string `json:"message"`
	// Body, if set, is the answer to the letter, in place of Message.
	Body string `json:"body"`
	// DelayMS, in milliseconds of the machine's clock, passes first.
	DelayMS int `json:"delay_ms"`
	// DropConnection closes the connection without an answer.
	DropConnection bool `json:"drop_connection"`
	// After lets the service do the work first, so that only its answer is lost or replaced.
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

// Inject makes matching requests go wrong from now on.
func (c *Cloud) Inject(fault Fault) error { return c.faults.add(fault) }

// Faults are those injected, with how often each was met.
func (c *Cloud) Faults() []Fault { return c.faults.list() }

// ClearFaults ends all injected faults.
func (c *Cloud) ClearFaults() { c.faults.clear() }

func (b *faultBook) add(fault Fault) error {
	method, path, ok := strings.Cut(fault.Match, " ")
	if !ok || !strings.HasPrefix(path, "/") && !strings.HasPrefix(path, "*") {
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

// withFaults serves /_emulator/, and lets the other requests pass, or not.
func (c *Cloud) withFaults(next http.Handler) http.Handler {
	control := c.controlRoutes()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/_emulator/") {
			control.ServeHTTP(w, r)
			return
		}
		fault, ok := c.faults.meet(r.Method + " " + r.URL.Path)
		if !ok {
			fault, ok = c.dice.throw()
		}
		if !ok {
			next.ServeHTTP(w, r)
			return
		}
		c.log.Debug().Str("method", r.Method).Str("path", r.URL.Path).Int("status", fault.Status).Msg("emulated cloud fails as told")
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
		case fault.Status != 0 && fault.Body != "":
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(fault.Status)
			_, _ = w.Write([]byte(fault.Body))
		case fault.Status != 0:
			writeFailure(w, r.URL.Path, fail(fault.Status, "%s", fault.Message))
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// lostAnswer takes an answer that nobody gets.
type lostAnswer struct{ header http.Header }

func (l *lostAnswer) Header() http.Header            { return l.header }
func (l *lostAnswer) Write(data []byte) (int, error) { return len(data), nil }
func (l *lostAnswer) WriteHeader(int)                {}
