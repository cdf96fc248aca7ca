package docker_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"dockerdriver/actors/docker"
)

func TestAnyHTTPAnswerButAGatewaysCounts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		why    string
		answer http.HandlerFunc
		says   string // empty: it answers
	}{
		{"a page", func(w http.ResponseWriter, _ *http.Request) {}, ""},
		{"a login", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(401) }, ""},
		{"a fault of its own", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }, ""},
		{"a redirect is not followed", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "http://127.0.0.1:1/")
			w.WriteHeader(302)
		}, ""},
		{"a stream without end", func(w http.ResponseWriter, r *http.Request) {
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		}, ""},
		{"a proxy before a program that starts", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(502) }, "502"},
		{"a program that is not ready", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }, "503"},
		{"a gateway that waits", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(504) }, "504"},
		{"a header without end", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Long", strings.Repeat("x", 1<<20))
		}, "header"},
		{"a connection that is closed", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "EOF"},
	} {
		t.Run(c.why, func(t *testing.T) {
			t.Parallel()
			container := httptest.NewServer(c.answer)
			defer container.Close()
			engines := docker.New(zerolog.Nop())
			defer engines.Close()
			err := engines.Answers(t.Context(), container.Listener.Addr().String())
			if c.says == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, c.says)
		})
	}
}

func TestProbeOfWhatDoesNotAnswerEndsInTime(t *testing.T) {
	t.Parallel()
	engines := docker.New(zerolog.Nop())
	defer engines.Close()

	silent, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer silent.Close()
	begun := time.Now()
	require.ErrorContains(t, engines.Answers(t.Context(), silent.Addr().String()), "no HTTP answer")
	require.Less(t, time.Since(begun), 5*time.Second)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, engines.Answers(ctx, silent.Addr().String()), context.Canceled)
	require.ErrorContains(t, engines.Answers(t.Context(), "localhost:80"), "not ip:port", "names could lead anywhere")
}
