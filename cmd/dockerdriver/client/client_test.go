package client

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// server answers with one handler and gives a client of it.
func server(t *testing.T, handler http.HandlerFunc) *Client {
	t.Helper()
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	c, err := New(s.URL+"/", "secret")
	require.NoError(t, err)
	return c
}

func answer(status int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

func TestLaunchSendsTheTokenAndKeepsTheAnswerAsItCame(t *testing.T) {
	t.Parallel()
	const body = `{ "id":"i1","name":"pb-calm-otter","state":"queueing","later":{"field":1},"queue":{"position":2,"reason":"no free slots"},"created_at":"2026-03-01T12:00:00Z","expires_at":null,"failure":null}`
	c := server(t, func(w http.ResponseWriter, r *http.Request) {
		sent := make([]byte, 64)
		n, _ := r.Body.Read(sent)
		if r.Method != http.MethodPost || r.URL.Path != "/api/v1/instances" || r.Header.Get("Authorization") != "Bearer secret" ||
			r.Header.Get("Content-Type") != "application/json" || string(sent[:n]) != `{"blueprint_id":"b1"}` {
			t.Errorf("unexpected request: %s %s %q %v", r.Method, r.URL.Path, sent[:n], r.Header)
		}
		answer(http.StatusAccepted, "application/json", body)(w, r)
	})
	launched, err := c.Launch(t.Context(), "b1", false)
	require.NoError(t, err)
	require.JSONEq(t, body, string(launched.Raw))
	require.Equal(t, body, string(launched.Raw))
	require.Equal(t, "queueing", launched.Value.State)
	require.Equal(t, &Queue{Position: 2, Reason: "no free slots"}, launched.Value.Queue)
	require.Nil(t, launched.Value.ExpiresAt)
	require.Equal(t, 2026, launched.Value.CreatedAt.Year())
}

func TestRefusalKeepsCodeWordsAndHint(t *testing.T) {
	t.Parallel()
	c := server(t, answer(http.StatusConflict, "application/problem+json",
		`{"type":"about:blank","title":"Conflict","status":409,"detail":"You have 1 of 1 instances of Demo.","code":"BLUEPRINT_INSTANCE_LIMIT_REACHED","hint":"Destroy one first.","request_id":"r1"}`))
	_, err := c.Launch(t.Context(), "b1", false)
	require.EqualError(t, err, "You have 1 of 1 instances of Demo. Destroy one first. (BLUEPRINT_INSTANCE_LIMIT_REACHED)")
	require.Equal(t, "BLUEPRINT_INSTANCE_LIMIT_REACHED", CodeOf(fmt.Errorf("cannot launch: %w", err)))
}

func TestRefusalOfSeveralFieldsNamesThem(t *testing.T) {
	t.Parallel()
	c := server(t, answer(http.StatusUnprocessableEntity, "application/problem+json",
		`{"title":"Unprocessable Entity","status":422,"detail":"The request is not valid.","code":"INVALID","errors":[{"field":"email","message":"is too short"},{"field":"role","message":"is unknown"}]}`))
	_, err := c.AddUser(t.Context(), NewUser{})
	require.EqualError(t, err, "The request is not valid. email: is too short role: is unknown (INVALID)")
}

func TestFaultOfTheServerNamesTheRequest(t *testing.T) {
	t.Parallel()
	c := server(t, answer(http.StatusInternalServerError, "application/problem+json",
		`{"title":"Internal Server Error","status":500,"detail":"Something went wrong.","code":"INTERNAL","request_id":"r7"}`))
	_, err := c.Pool(t.Context())
	require.EqualError(t, err, "Something went wrong. (INTERNAL, request r7)")
}

func TestAnotherProgramAtTheAddressIsRecognised(t *testing.T) {
	t.Parallel()
	for name, handler := range map[string]http.HandlerFunc{
		"its not found":  answer(http.StatusNotFound, "text/html", "<h1>404</h1>"),
		"its page":       answer(http.StatusOK, "text/html", "<h1>Welcome</h1>"),
		"its login page": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/login", http.StatusFound) },
		"its own errors": answer(http.StatusForbidden, "application/json", `{"message":"no"}`),
		"its own lists":  answer(http.StatusOK, "application/json", `["a"]`),
		"other shapes":   answer(http.StatusOK, "application/json", `{"items":[{"name":7}]}`),
		"no end":         answer(http.StatusOK, "application/json", `{"items":[],"next_cursor":"again"}`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := server(t, handler).Blueprints(t.Context())
			require.ErrorContains(t, err, "a")
			require.Empty(t, CodeOf(err))
		})
	}
}

func TestTokenIsNotCarriedElsewhere(t *testing.T) {
	t.Parallel()
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("followed to %s with %q", r.URL, r.Header.Get("Authorization"))
	}))
	t.Cleanup(elsewhere.Close)
	c := server(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
	})
	_, err := c.Pool(t.Context())
	require.ErrorContains(t, err, "307")
}

func TestPagesAreJoined(t *testing.T) {
	t.Parallel()
	pages := map[string]string{
		"":   `{"items":[{"key":"A","extra":1}],"next_cursor":"p2"}`,
		"p2": `{"items":[{"key":"B"}],"next_cursor":"p3"}`,
		"p3": `{"items":[]}`,
	}
	c := server(t, func(w http.ResponseWriter, r *http.Request) {
		answer(http.StatusOK, "application/json", pages[r.URL.Query().Get("cursor")])(w, r)
	})
	found, err := c.Variables(t.Context())
	require.NoError(t, err)
	require.Len(t, found.Items, 2)
	require.JSONEq(t, `{"items":[{"key":"A","extra":1},{"key":"B"}]}`, string(found.Raw))
}

func TestNobodyAnswering(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.NotFoundHandler())
	s.Close()
	c, err := New(s.URL, "")
	require.NoError(t, err)
	_, err = c.Pool(t.Context())
	var unreachable *Unreachable
	require.ErrorAs(t, err, &unreachable)
	require.ErrorContains(t, err, "does not answer: ")
	require.NotContains(t, err.Error(), "/api/v1", "the request itself says nothing to a reader")
}

func TestCallerThatGoesIsNotTheServersFault(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	c := server(t, func(w http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	})
	_, err := c.Pool(ctx)
	require.ErrorIs(t, err, context.Canceled)
}

func TestAddressMustBeHTTP(t *testing.T) {
	t.Parallel()
	for _, base := range []string{"", "localhost:8080", "ftp://a", "http://", "://"} {
		_, err := New(base, "t")
		require.ErrorContains(t, err, "https://host:port", base)
	}
}

func TestLogsAndNamesAreEscaped(t *testing.T) {
	t.Parallel()
	c := server(t, func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.RequestURI, "/api/v1/instances/a%2Fb%3Fc/logs?lines=5&type=running") {
			t.Errorf("asked for %s", r.RequestURI)
		}
		answer(http.StatusOK, "application/json", `{"items":["one","two"]}`)(w, r)
	})
	logs, err := c.Logs(t.Context(), "a/b?c", LogRunning, 5)
	require.NoError(t, err)
	require.Equal(t, []string{"one", "two"}, logs.Lines)
}
