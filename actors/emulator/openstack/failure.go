package openstack

import (
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"net/http"
	"strings"
)

// failure is an answer that refuses; how it looks is each service's own way.
type failure struct {
	status int
	kind   string // Neutron's type; empty elsewhere
	words  string
}

func (f *failure) Error() string { return f.words }

func fail(status int, format string, values ...any) error {
	return &failure{status: status, words: fmt.Sprintf(format, values...)}
}

func failAs(status int, kind, format string, values ...any) error {
	return &failure{status: status, kind: kind, words: fmt.Sprintf(format, values...)}
}

// failureOf is the error as an answer; one that is none is the service's own fault.
func failureOf(err error) *failure {
	f := &failure{status: http.StatusInternalServerError, words: err.Error()}
	errors.As(err, &f)
	return f
}

// faultNames are Nova's and Cinder's words for statuses; what is not here is a computeFault.
var faultNames = map[int]string{
	http.StatusBadRequest: "badRequest", http.StatusUnauthorized: "unauthorized", http.StatusForbidden: "forbidden",
	http.StatusNotFound: "itemNotFound", http.StatusMethodNotAllowed: "badMethod", http.StatusConflict: "conflictingRequest",
	http.StatusRequestEntityTooLarge: "overLimit", http.StatusTooManyRequests: "overLimit",
}

// writeFailure answers as the service does that path belongs to.
func writeFailure(w http.ResponseWriter, path string, err error) {
	f := failureOf(err)
	service, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if f.status == http.StatusUnauthorized {
		service = "identity" // the middleware of Keystone answers for all services
		w.Header().Set("WWW-Authenticate", `Keystone uri="`+path+`"`)
	}
	switch service {
	case "network":
		kind := f.kind
		if kind == "" {
			kind = "HTTP" + strings.ReplaceAll(http.StatusText(f.status), " ", "")
		}
		writeJSON(w, f.status, object{"NeutronError": object{"type": kind, "message": f.words, "detail": ""}})
	case "image":
		w.Header().Set("Content-Type", "text/html; charset=UTF-8")
		w.WriteHeader(f.status)
		title := fmt.Sprintf("%d %s", f.status, http.StatusText(f.status))
		_, _ = fmt.Fprintf(w, "<html>\n <head>\n  <title>%s</title>\n </head>\n <body>\n  <h1>%s</h1>\n  %s<br /><br />\n\n\n </body>\n</html>",
			title, title, html.EscapeString(f.words))
	case "compute", "volume":
		name, known := faultNames[f.status]
		if !known {
			name = "computeFault"
		}
		body := object{"code": f.status, "message": f.words}
		if name == "overLimit" {
			body["retryAfter"] = "0"
			w.Header().Set("Retry-After", "0")
		}
		writeJSON(w, f.status, object{name: body})
	default:
		writeJSON(w, f.status, object{"error": object{"code": f.status, "message": f.words, "title": http.StatusText(f.status)}})
	}
}

// object is a JSON object.
type object = map[string]any

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if body != nil {
		_ = json.NewEncoder(w).Encode(body)
	}
}
