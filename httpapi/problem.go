package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"
	"github.com/rs/zerolog"
	"github.com/rs/zerolog/hlog"

	"dockerdriver/actors/pool"
)

// Codes of refusals that only HTTP knows.
const (
	codeBodyTooLarge     pool.Code = "BODY_TOO_LARGE"
	codeMethodNotAllowed pool.Code = "METHOD_NOT_ALLOWED"
	codeMediaType        pool.Code = "UNSUPPORTED_MEDIA_TYPE"
	codeTimeout          pool.Code = "REQUEST_TIMEOUT"
	codeCrossOrigin      pool.Code = "CROSS_ORIGIN"
)

// statusOf is the one table from code to HTTP status. The last block are codes
// of failed instances, which a request meets only by asking such an instance for something.
var statusOf = map[pool.Code]int{
	pool.CodeInvalid:          http.StatusUnprocessableEntity,
	pool.CodeNotFound:         http.StatusNotFound,
	pool.CodeForbidden:        http.StatusForbidden,
	pool.CodeUnauthenticated:  http.StatusUnauthorized,
	pool.CodePasswordMismatch: http.StatusUnauthorized,
	pool.CodeConflict:         http.StatusConflict,
	pool.CodeEditConflict:     http.StatusPreconditionFailed,
	pool.CodeInstanceLimit:    http.StatusConflict,
	pool.CodeBlueprintOff:     http.StatusConflict,
	pool.CodeBlueprintInUse:   http.StatusConflict,
	pool.CodePluginOff:        http.StatusConflict,
	pool.CodeImageMissing:     http.StatusConflict,
	pool.CodeTooLarge:         http.StatusConflict,
	pool.CodeAnnouncements:    http.StatusConflict,
	pool.CodeNotRunning:       http.StatusConflict,
	pool.CodeShutdownMode:     http.StatusServiceUnavailable,
	pool.CodeTicketInvalid:    http.StatusForbidden,
	pool.CodeRateLimited:      http.StatusTooManyRequests,
	pool.CodeUnavailable:      http.StatusServiceUnavailable,
	pool.CodeDiskFull:         http.StatusServiceUnavailable,
	pool.CodeInternal:         http.StatusInternalServerError,
	codeBodyTooLarge:          http.StatusRequestEntityTooLarge,
	codeMethodNotAllowed:      http.StatusMethodNotAllowed,
	codeMediaType:             http.StatusUnsupportedMediaType,
	codeTimeout:               http.StatusRequestTimeout,
	codeCrossOrigin:           http.StatusForbidden,

	pool.CodeImagePush:       http.StatusConflict,
	pool.CodeImageInUse:      http.StatusConflict,
	pool.CodeNoRoom:          http.StatusConflict,
	pool.CodeCreateFailed:    http.StatusConflict,
	pool.CodeStartFailed:     http.StatusConflict,
	pool.CodeExitedAtStart:   http.StatusConflict,
	pool.CodeNotAnswering:    http.StatusConflict,
	pool.CodeExited:          http.StatusConflict,
	pool.CodeOutOfMemory:     http.StatusConflict,
	pool.CodeContainerGone:   http.StatusConflict,
	pool.CodeHostLost:        http.StatusConflict,
	pool.CodeQuota:           http.StatusServiceUnavailable,
	pool.CodeBuildFailed:     http.StatusConflict,
	pool.CodeNotFenced:       http.StatusConflict,
	pool.CodeTooManyRestarts: http.StatusServiceUnavailable,
}

// Problem is every error answer: RFC 9457 problem details with our own members.
type Problem struct {
	Type      string       `json:"type" doc:"about:blank: the code says the kind"`
	Title     string       `json:"title" doc:"The HTTP status in words"`
	Status    int          `json:"status" doc:"HTTP status"`
	Detail    string       `json:"detail" doc:"What could not be done and why, for people"`
	Code      pool.Code    `json:"code" doc:"Stable name of the kind of error" example:"NOT_FOUND"`
	Hint      string       `json:"hint,omitempty" doc:"What to do about it"`
	Field     string       `json:"field,omitempty" doc:"The offending input in dotted form" example:"config.memory_limit"`
	Errors    []fieldError `json:"errors,omitempty" doc:"All offending inputs, when more than one was found"`
	RequestID string       `json:"request_id,omitempty" doc:"Finds the request in the server's log"`

	retryAfter time.Duration
}

type fieldError struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

// Error returns the problem in one line.
func (p *Problem) Error() string { return string(p.Code) + ": " + p.Detail }

// GetStatus tells huma the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders tells huma the headers that go with the problem.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{}
	if p.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int(max(1, p.retryAfter.Round(time.Second)/time.Second))))
	}
	if p.Code == pool.CodeUnauthenticated {
		h.Set("WWW-Authenticate", "Bearer")
	}
	return h
}

// ContentType names the media type of RFC 9457.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// delayed is a refusal that ends by itself.
type delayed struct {
	refusal *pool.Error
	after   time.Duration
}

func (d *delayed) Error() string { return d.refusal.Error() }

func (d *delayed) Unwrap() error { return d.refusal }

func newProblem(ctx context.Context, e *pool.Error) *Problem {
	status, ok := statusOf[e.Code]
	if !ok {
		status = http.StatusInternalServerError
	}
	p := &Problem{
		Type: "about:blank", Title: http.StatusText(status), Status: status,
		Detail: e.Message, Code: e.Code, Hint: e.Hint, Field: e.Field,
	}
	if id, ok := hlog.IDFromCtx(ctx); ok {
		p.RequestID = id.String()
	}
	return p
}

// problemOf turns any error of a handler into what the client may see. An
// error that is not made for people is logged here in full, once.
func problemOf(ctx context.Context, err error) *Problem {
	if p, ok := errors.AsType[*Problem](err); ok {
		return p
	}
	if e, ok := errors.AsType[*pool.Error](err); ok {
		p := newProblem(ctx, e)
		if d, ok := errors.AsType[*delayed](err); ok {
			p.retryAfter = d.after
		}
		if p.Status == http.StatusInternalServerError {
			zerolog.Ctx(ctx).Error().Err(err).Msg("request failed")
		}
		return p
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		level := zerolog.WarnLevel
		if errors.Is(err, context.Canceled) {
			level = zerolog.DebugLevel // the browser went away; nobody waits for an answer
		}
		zerolog.Ctx(ctx).WithLevel(level).Err(err).Msg("request ran out of time")
		return newProblem(ctx, pool.Refuse(pool.CodeUnavailable, "The server did not answer in time.", "Try again; if it goes on, look at the pool page."))
	}
	zerolog.Ctx(ctx).Error().Err(err).Msg("request failed")
	return newProblem(ctx, internal())
}

func internal() *pool.Error {
	return pool.Refuse(pool.CodeInternal, "Something went wrong inside the server.",
		"Try again; if it fails again, tell an administrator the request id.")
}

// writeProblem answers outside of huma's handlers.
func writeProblem(w http.ResponseWriter, r *http.Request, e *pool.Error) {
	p := newProblem(r.Context(), e)
	for k, v := range p.GetHeaders() {
		w.Header()[k] = v
	}
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	// The client may be gone; there is nobody left to tell.
	_ = json.NewEncoder(w).Encode(p)
}

// init sets huma's hooks, which are package variables of that library: its own
// errors (validation, body reading) take the same shape as ours.
func init() {
	huma.DefaultArrayNullable = false
	huma.ValidateStrictCasing = true
	huma.NewError = func(status int, msg string, errs ...error) huma.StatusError {
		return humaProblem(context.Background(), status, msg, errs)
	}
	huma.NewErrorWithContext = func(ctx huma.Context, status int, msg string, errs ...error) huma.StatusError {
		return humaProblem(ctx.Context(), status, msg, errs)
	}
}

// humaProblem words an error that huma found before the handler was called.
func humaProblem(ctx context.Context, status int, msg string, errs []error) *Problem {
	for _, err := range errs {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return newProblem(ctx, bodyTooLarge())
		}
		if p, ok := errors.AsType[*Problem](err); ok { // our own inputs'
			return p
		}
	}
	switch {
	case status == http.StatusUnsupportedMediaType:
		return newProblem(ctx, pool.Refuse(codeMediaType, "The body is not JSON.", "Send it with Content-Type: application/json."))
	case status == http.StatusRequestTimeout:
		return newProblem(ctx, pool.Refuse(codeTimeout, "The body did not arrive in time.", "Try again."))
	case status == http.StatusBadRequest:
		p := newProblem(ctx, pool.Refuse(pool.CodeInvalid, "The body is not valid JSON.", "Send one JSON object."))
		p.Status, p.Title = status, http.StatusText(status)
		return p
	case status >= http.StatusInternalServerError:
		zerolog.Ctx(ctx).Error().Errs("errors", errs).Str("reason", msg).Msg("request failed")
		return newProblem(ctx, internal())
	}
	fields := fieldErrors(errs)
	p := newProblem(ctx, pool.Refuse(pool.CodeInvalid, "The request is not valid.", ""))
	if len(fields) > 0 {
		p.Field = fields[0].Field
		p.Detail = fields[0].Message
		if p.Field != "" {
			p.Detail = strings.TrimSuffix(p.Detail, ".") + " (" + p.Field + ")."
		}
		p.Errors = fields
	}
	return p
}

func bodyTooLarge() *pool.Error {
	return pool.Refuse(codeBodyTooLarge, "The body is larger than 1 MiB.", "Send less.")
}

var requiredProperty = regexp.MustCompile("^" + strings.Replace(regexp.QuoteMeta(validation.MsgExpectedRequiredProperty), "%s", "(.+)", 1) + "$")

// maxFieldErrors bounds the answer: a hostile body can have thousands of faults.
const maxFieldErrors = 20

// fieldErrors puts huma's findings into words and their places into the
// dotted form without "body".
func fieldErrors(errs []error) []fieldError {
	var fields []fieldError
	for _, err := range errs[:min(len(errs), maxFieldErrors)] {
		detail, ok := errors.AsType[*huma.ErrorDetail](err)
		if !ok {
			continue
		}
		_, field, _ := strings.Cut(detail.Location, ".")
		message := detail.Message
		if m := requiredProperty.FindStringSubmatch(message); m != nil {
			field = strings.TrimPrefix(field+"."+m[1], ".")
			message = "this field is missing"
		}
		switch {
		case message == validation.MsgUnexpectedProperty:
			message = "there is no such field"
		case message == validation.MsgExpectedObject && field == "":
			message = "the body must be one JSON object, such as {}"
		}
		fields = append(fields, fieldError{Field: clip(field, 128), Message: clip(strings.ToUpper(message[:1])+message[1:], 256) + "."})
	}
	return fields
}

// clip bounds what is taken from a request into an answer, a log or an audit entry.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
}
