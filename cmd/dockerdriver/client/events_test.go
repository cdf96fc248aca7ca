package client

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func stream(text string, then func(*http.Request)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, text)
		_ = http.NewResponseController(w).Flush()
		then(r)
	}
}

func TestStreamIsReadEventByEventUntilItEnds(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 1<<20) // an event of many images
	c := server(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/api/v1/events" || r.Header.Get("Last-Event-ID") != "6" || r.Header.Get("Authorization") != "Bearer secret" {
			t.Errorf("unexpected request: %s %v", r.URL, r.Header)
		}
		stream("retry: 2000\n\nid: 7\nevent: pool\ndata: {}\n\n: keep-alive\n\nid: 8\nevent: images\ndata: \""+long+"\"\n\nid: 9\nevent: cut", func(*http.Request) {})(w, r)
	})
	opened, events := false, []Event{}
	err := c.Follow(t.Context(), "6", func() { opened = true }, func(e Event) { events = append(events, e) })
	require.ErrorContains(t, err, "does not answer: it has ended the event stream")
	require.True(t, opened)
	require.Len(t, events, 2)
	require.Equal(t, Event{ID: "7", Kind: EventPool, Data: []byte("{}")}, events[0])
	require.Equal(t, "8", events[1].ID)
	require.Len(t, events[1].Data, len(long)+2)
}

func TestSilentStreamCountsAsBroken(t *testing.T) {
	t.Parallel()
	c := server(t, stream(": here\n\n", func(r *http.Request) { <-r.Context().Done() }))
	c.silence = 50 * time.Millisecond
	err := c.Follow(t.Context(), "", func() {}, func(Event) {})
	require.ErrorContains(t, err, "it has been silent for 50ms")
}

func TestServerThatNeverAcceptsTheStreamIsSilentToo(t *testing.T) {
	t.Parallel()
	c := server(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	c.silence = 50 * time.Millisecond
	err := c.Follow(t.Context(), "", func() { t.Error("it was not opened") }, func(Event) {})
	require.ErrorContains(t, err, "it has been silent for 50ms")
}

func TestRefusedStreamKeepsTheServersWords(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		says   string
	}{
		"a token that is no longer valid": {answer(http.StatusUnauthorized, "application/problem+json", `{"code":"UNAUTHENTICATED","detail":"Nobody is logged in."}`), "Nobody is logged in. (UNAUTHENTICATED)"},
		"another program":                 {answer(http.StatusOK, "text/html", "<h1>Welcome</h1>"), "not the API of a DockerDriver server"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := server(t, c.answer).Follow(t.Context(), "", func() { t.Error("it was not opened") }, func(Event) {})
			require.ErrorContains(t, err, c.says)
		})
	}
}
