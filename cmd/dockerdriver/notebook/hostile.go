package notebook

import (
	"cmp"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/coder/websocket"
)

// hostile is a notebook whose pages are an attacker's, for tests of the walls
// around it: /say answers with whatever the query says, and /seen tells what has
// come, so that a neighbour of the same kind can tell what reached it. It has no
// guard and no policy of its own: what is kept out was kept out in front of it.
type hostile struct {
	mu   sync.Mutex
	seen []sighting
}

// sighting is a request as it came.
type sighting struct {
	Method string      `json:"method"`
	URI    string      `json:"uri"`
	Header http.Header `json:"header"`
	Body   string      `json:"body"`
}

const (
	maxSightings = 1000
	maxSeenBody  = 4 << 10 // bytes
)

// newHostile is a hostile notebook. Only NOTEBOOK_HOSTILE in a container's
// environment makes one.
func newHostile() http.Handler {
	h := &hostile{}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /seen", h.tell)
	mux.HandleFunc("GET /ws", h.note(echo))
	mux.HandleFunc("GET /sse", h.note(clock))
	mux.HandleFunc("/", h.note(say))
	return mux
}

// note remembers a request before it is answered.
func (h *hostile) note(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(io.LimitReader(r.Body, maxSeenBody)) // what could be read is what was seen
		h.mu.Lock()
		if len(h.seen) < maxSightings {
			h.seen = append(h.seen, sighting{r.Method, r.RequestURI, r.Header.Clone(), string(body)})
		}
		h.mu.Unlock()
		next(w, r)
	}
}

func (h *hostile) tell(w http.ResponseWriter, _ *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	writeJSON(w, http.StatusOK, map[string]any{"items": append([]sighting{}, h.seen...)})
}

// say answers ?status= (200) with each ?header=Name: value and ?body=.
func say(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	for _, line := range query["header"] {
		name, value, _ := strings.Cut(line, ":")
		if name = http.CanonicalHeaderKey(name); name == "Set-Cookie" {
			w.Header().Add(name, strings.TrimSpace(value))
		} else {
			w.Header().Set(name, strings.TrimSpace(value))
		}
	}
	code, err := strconv.Atoi(cmp.Or(query.Get("status"), "200"))
	if err != nil || code < 200 || code > 599 {
		code = http.StatusOK
	}
	w.WriteHeader(code)
	_, _ = io.WriteString(w, cmp.Or(query.Get("body"), "<!doctype html><title>Hostile notebook</title><p>Nothing to see."))
}

// echo takes a websocket from any origin, which real notebooks do not.
func echo(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true})
	if err != nil {
		return
	}
	defer func() { _ = conn.CloseNow() }()
	for {
		kind, message, err := conn.Read(r.Context())
		if err != nil {
			return
		}
		if err := conn.Write(r.Context(), kind, message); err != nil {
			return
		}
	}
}
