package openstack

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/gophercloud/gophercloud/v2"

	"dockerdriver/actors/pool"
)

// answer returns the cloud's refusal inside err, if it is one.
func answer(err error) (gophercloud.ErrUnexpectedResponseCode, bool) {
	// The library hides what a renewal of the token failed with from errors.As.
	if e, ok := errors.AsType[*gophercloud.ErrUnableToReauthenticate](err); ok {
		return answer(e.ErrReauth)
	}
	return errors.AsType[gophercloud.ErrUnexpectedResponseCode](err)
}

func isStatus(err error, statuses ...int) bool {
	a, ok := answer(err)
	return ok && slices.Contains(statuses, a.Actual)
}

func notFound(err error) bool { return isStatus(err, http.StatusNotFound) }

func refused(err error) bool { return isStatus(err, http.StatusUnauthorized) }

var quotaWords = regexp.MustCompile(`(?i)quota|LimitExceeded|maximum number of ports exceeded`)

// overQuota knows the ways to say it: Nova 403 or 413, Cinder 413, Neutron 409.
func overQuota(err error) bool {
	a, ok := answer(err)
	return ok && slices.Contains([]int{http.StatusForbidden, http.StatusConflict, http.StatusRequestEntityTooLarge}, a.Actual) &&
		quotaWords.Match(a.Body)
}

// passing tells whether a fault may be gone when the call is repeated: the
// service is overloaded or restarting, or the connection was lost. 409 is not
// among them: where it means busy, the caller knows.
func passing(err error) bool {
	if a, ok := answer(err); ok {
		return a.Actual == http.StatusTooManyRequests || a.Actual == http.StatusRequestTimeout ||
			a.Actual >= 500 && a.Actual != http.StatusNotImplemented && a.Actual != http.StatusHTTPVersionNotSupported
	}
	return lost(err)
}

// lost tells whether the answer never came, or only a part of it.
func lost(err error) bool {
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return false
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return false
	}
	if e, ok := errors.AsType[*gophercloud.ErrUnableToReauthenticate](err); ok {
		return lost(e.ErrReauth)
	}
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Op != "parse" && !strings.Contains(e.Error(), "unsupported protocol scheme")
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return true
	}
	_, cut := errors.AsType[*json.SyntaxError](err)
	return cut || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || errors.Is(err, context.DeadlineExceeded)
}

// askedWait is what the cloud wants to be left alone for (Retry-After, in
// seconds or as a date), 0 when it does not say.
func askedWait(err error, now time.Time) time.Duration {
	a, ok := answer(err)
	if !ok {
		return 0
	}
	said := a.ResponseHeader.Get("Retry-After")
	if seconds, err := strconv.Atoi(said); err == nil {
		return time.Duration(max(0, seconds)) * time.Second
	}
	if at, err := http.ParseTime(said); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}

// inWords makes the error that a person reads: the cloud's own words, without
// the URL and the list of codes that the library puts around them.
func inWords(doing string, err error) error {
	if ready, ok := errors.AsType[*pool.Error](err); ok {
		return ready
	}
	said := err
	if a, ok := answer(err); ok {
		said = &refusal{status: a.Actual, words: words(a.Body), cause: err}
	}
	if overQuota(err) {
		return quota(sentence(fmt.Sprintf("cannot %s: %s", doing, said)))
	}
	return fmt.Errorf("cannot %s: %w", doing, said)
}

// sentence writes an error's words as messages are.
func sentence(words string) string {
	first, size := utf8.DecodeRuneInString(words)
	text := string(unicode.ToUpper(first)) + words[size:]
	if strings.HasSuffix(text, ".") {
		return text
	}
	return text + "."
}

// buildFailed is the end of a build: what was made will not come to life, or the
// cloud does not want it made. hint says what a person can do.
func buildFailed(message, hint string) error {
	return pool.Refuse(pool.CodeBuildFailed, sentence(message), hint)
}

// refusedForGood makes the cloud's refusal of a create, which the same words
// would meet again, the end of the build. Other errors stay as they are.
func refusedForGood(doing string, err error) error {
	if isStatus(err, http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound, http.StatusConflict) && !overQuota(err) {
		return buildFailed(inWords(doing, err).Error(), "Look at the variables DD_HOST_*, and at what the project may do.")
	}
	return err
}

func quota(message string) error {
	return pool.Refuse(pool.CodeQuota, message, "Hosts wait until the project has room: raise its quota, or lower "+pool.VarMaxHosts+".")
}

// refusal is an answer of the cloud in its own words.
type refusal struct {
	status int
	words  string
	cause  error
}

func (r *refusal) Error() string {
	if r.words == "" {
		return fmt.Sprintf("the cloud answered %d %s", r.status, http.StatusText(r.status))
	}
	return fmt.Sprintf("%s (the cloud answered %d)", r.words, r.status)
}

func (r *refusal) Unwrap() error { return r.cause }

// maxWords bounds, in bytes, what is repeated of a cloud's answer.
const maxWords = 500

// words finds the message in the body of a refusal. Every service wraps it
// differently: {"conflictingRequest": {"message": …}}, {"NeutronError": {…}}, {"error": {…}}.
func words(body []byte) string {
	var wrapped map[string]json.RawMessage
	if json.Unmarshal(body, &wrapped) == nil {
		for _, inner := range wrapped {
			var said struct {
				Message string `json:"message"`
			}
			if json.Unmarshal(inner, &said) == nil && said.Message != "" {
				return short(said.Message)
			}
		}
	}
	if strings.HasPrefix(strings.TrimSpace(string(body)), "<") {
		return "" // a proxy's page
	}
	return short(string(body))
}

func short(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > maxWords {
		text = strings.ToValidUTF8(text[:maxWords], "") + "…"
	}
	return text
}
