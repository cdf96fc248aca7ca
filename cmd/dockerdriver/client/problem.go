package client

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// Error is a refusal of the server (RFC 9457 problem details).
type Error struct {
	Status    int    `json:"status"`
	Title     string `json:"title"`
	Detail    string `json:"detail"`
	Code      string `json:"code"`
	Hint      string `json:"hint"`
	Field     string `json:"field"`
	RequestID string `json:"request_id"`
	Errors    []struct {
		Field   string `json:"field"`
		Message string `json:"message"`
	} `json:"errors"`
}

// Error returns the server's words, what to do and the stable code.
func (e *Error) Error() string {
	words := []string{e.Detail}
	for _, more := range e.Errors {
		words = append(words, more.Field+": "+more.Message)
	}
	if e.Hint != "" {
		words = append(words, e.Hint)
	}
	text := strings.Join(words, " ") + " (" + string(e.Code)
	if e.Status >= http.StatusInternalServerError && e.RequestID != "" {
		text += ", request " + e.RequestID
	}
	return text + ")"
}

// CodeOf returns the code of a refusal, or empty when err is none.
func CodeOf(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return ""
}

// Unreachable tells that no server answered.
type Unreachable struct {
	URL string
	why error
}

func (u *Unreachable) Error() string {
	why := u.why
	if e, ok := errors.AsType[*url.Error](why); ok {
		why = e.Err
	}
	if e, ok := errors.AsType[net.Error](why); ok && e.Timeout() {
		return fmt.Sprintf("the server at %s did not answer in time", u.URL)
	}
	return fmt.Sprintf("the server at %s does not answer: %v", u.URL, why)
}

func errorOf(base string, resp *http.Response, body []byte) error {
	e := &Error{}
	if err := json.Unmarshal(body, e); err != nil || e.Code == "" {
		return fmt.Errorf("%s answered %q to %s %s: this is not the API of a DockerDriver server",
			base, resp.Status, resp.Request.Method, resp.Request.URL.Path)
	}
	if e.Detail == "" {
		e.Detail = e.Title
	}
	e.Status = resp.StatusCode
	return e
}
