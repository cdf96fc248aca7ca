package proxy

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

// endless is an upload that goes on until it is wanted no more.
type endless struct{ closed chan struct{} }

func (e endless) Read(p []byte) (int, error) {
	select {
	case <-e.closed:
		return 0, io.ErrClosedPipe
	case <-time.After(5 * time.Millisecond):
		return copy(p, "some more of it "), nil
	}
}

// Whoever waits for an answer, or uploads, when the notebook or the session ends
// is told so, in an answer that is whole.
func TestWhoIsCutOffIsToldWhy(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		why     string
		uploads bool
		ends    bool // the notebook, not only the session
		status  int
		says    string
	}{
		{"the notebook ends while a page is waited for", false, true, http.StatusGone, "Its machine is lost."},
		{"the notebook ends while an upload is under way", true, true, http.StatusGone, "Its machine is lost."},
		{"the session ends while a page is waited for", false, false, http.StatusForbidden, "ended while it was answering"},
		{"the session ends while an upload is under way", true, false, http.StatusForbidden, "ended while it was answering"},
	} {
		for protocol := 1; protocol <= 2; protocol++ {
			t.Run(c.why, func(t *testing.T) {
				t.Parallel()
				// A client that goes on sending may meet the closed connection before it has read
				// the answer, where the machine is too busy for net/http's half a second of grace.
				res, began, err := cutOff(t, c.uploads, c.ends, c.says, protocol)
				for again := 0; c.uploads && errors.Is(err, syscall.ECONNRESET) && again < 3; again++ {
					res, began, err = cutOff(t, c.uploads, c.ends, c.says, protocol)
				}
				require.NoError(t, err)
				defer res.Body.Close()
				said, err := io.ReadAll(res.Body)
				require.NoError(t, err)
				require.Equal(t, c.status, res.StatusCode)
				require.Contains(t, strings.TrimSpace(string(said)), c.says)
				require.Less(t, time.Since(began), patience/2)
			})
		}
	}
}

// cutOff has a notebook, or its session, end while a request to it is under way, and
// returns what the client gets.
func cutOff(t *testing.T, uploads, ends bool, says string, protocol int) (*http.Response, time.Time, error) {
	t.Helper()
	h := newHouse(t)
	reached := make(chan struct{})
	mine := h.notebook(labelA, func(_ http.ResponseWriter, r *http.Request) {
		close(reached)
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	})
	r := h.request(http.MethodGet, labelA, "/", session(mine))
	if uploads {
		r = h.request(http.MethodPost, labelA, "/", session(mine), "Origin: "+homeA)
		body := endless{make(chan struct{})}
		t.Cleanup(func() { close(body.closed) })
		r.Body, r.ContentLength = io.NopCloser(body), -1
	}
	go func() {
		<-reached
		h.change(func() {
			delete(h.sessions, hashOf(mine))
			if ends {
				delete(h.routes, labelA)
				h.ended[labelA] = pool.EndedRoute{InstanceID: "instance-" + labelA, Words: says, At: time.Now(), Sessions: []string{hashOf(mine)}}
			}
		})
	}()
	began := time.Now()
	res, err := h.client(protocol).Do(r)
	return res, began, err
}
