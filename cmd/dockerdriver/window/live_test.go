package window

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/stretchr/testify/require"

	"dockerdriver/cmd/dockerdriver/client"
)

// poolServer is an API with one event stream that the test writes and breaks.
type poolServer struct {
	*httptest.Server
	mu    sync.Mutex
	slots int      // of the pool
	after []string // the Last-Event-ID of each stream
	// streams hands each opened stream to the test: what is sent is written, and
	// closing ends it.
	streams chan chan<- string
	away    bool // answers nothing but errors
}

func serve(t *testing.T) *poolServer {
	t.Helper()
	s := &poolServer{streams: make(chan chan<- string, 10), slots: 1}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Server.Close)
	t.Cleanup(s.CloseClientConnections)
	return s
}

func (s *poolServer) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

func (s *poolServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	slots, away := s.slots, s.away
	s.mu.Unlock()
	switch {
	case away:
		w.WriteHeader(http.StatusBadGateway)
	case r.URL.Path == "/api/v1/events":
		s.stream(w, r)
	case r.URL.Path == "/api/v1/pool":
		fmt.Fprintf(w, `{"state":"running","slots":%d}`, slots)
	case r.URL.Path == "/api/v1/hosts":
		_, _ = io.WriteString(w, `{"items":[{"id":"h1","name":"pb_dd_h1","state":"active"}]}`)
	default:
		_, _ = io.WriteString(w, `{"items":[]}`)
	}
}

func (s *poolServer) stream(w http.ResponseWriter, r *http.Request) {
	s.set(func() { s.after = append(s.after, r.Header.Get("Last-Event-ID")) })
	w.Header().Set("Content-Type", "text/event-stream")
	_ = http.NewResponseController(w).Flush()
	write := make(chan string)
	s.streams <- write
	for {
		select {
		case text, more := <-write:
			if !more {
				return
			}
			_, _ = io.WriteString(w, text)
			_ = http.NewResponseController(w).Flush()
		case <-r.Context().Done():
			return
		}
	}
}

func (s *poolServer) dial() (*client.Client, error) { return client.New(s.URL, "t") }

func quick() pace {
	return pace{settle: time.Millisecond, heal: time.Hour, retryFirst: time.Millisecond, retryMost: 4 * time.Millisecond}
}

// follow runs a live connection and returns what it tells.
func follow(t *testing.T, dial Dial, pace pace) <-chan tea.Msg {
	t.Helper()
	told := make(chan tea.Msg, 1000)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	l := live{dial: dial, pace: pace, send: func(m tea.Msg) { told <- m }}
	go func() { defer close(done); l.run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	return told
}

// next returns the next message of a type and passes over others.
func next[T any](t *testing.T, told <-chan tea.Msg) T {
	t.Helper()
	for {
		select {
		case m := <-told:
			if found, ok := m.(T); ok {
				return found
			}
		case <-time.After(20 * time.Second):
			require.FailNow(t, "nothing is told")
		}
	}
}

func TestEverythingIsReadOnceTheStreamIsOpenAndThenFollowed(t *testing.T) {
	t.Parallel()
	s := serve(t)
	told := follow(t, s.dial, quick())
	stream := <-s.streams
	read := next[readMsg](t, told)
	require.Equal(t, 1, read.state.Pool.Slots)
	require.Equal(t, "pb_dd_h1", read.state.Hosts[0].Name)

	s.set(func() { s.slots = 2 })
	stream <- "id: 7\nevent: host\ndata: {\"id\":\"h2\",\ndata: \"name\":\"pb_dd_h2\"}\n\n"
	e := next[eventMsg](t, told)
	require.Equal(t, client.EventHost, e.event.Kind)
	require.JSONEq(t, `{"id":"h2","name":"pb_dd_h2"}`, string(e.event.Data))
	require.Equal(t, 2, next[figuresMsg](t, told).pool.Slots, "what follows from an event is read too")

	s.set(func() { s.slots = 3 })
	stream <- "id: 8\nevent: resync\ndata: {}\n\n"
	require.Equal(t, 3, next[readMsg](t, told).state.Pool.Slots, "resync reads everything again")
}

func TestBrokenStreamIsToldAndComesBackWithoutLoss(t *testing.T) {
	t.Parallel()
	s := serve(t)
	told := follow(t, s.dial, quick())
	stream := <-s.streams
	next[readMsg](t, told)
	stream <- "id: 41\nevent: variable\ndata: {\"key\":\"A\"}\n\n"
	next[eventMsg](t, told)

	s.set(func() { s.away, s.slots = true, 9 })
	close(stream)
	away := next[awayMsg](t, told)
	require.ErrorContains(t, away.why, "it has ended the event stream")
	require.ErrorContains(t, next[awayMsg](t, told).why, "502 Bad Gateway")
	s.set(func() { s.away = false })
	require.Equal(t, 9, next[readMsg](t, told).state.Pool.Slots)
	require.Equal(t, []string{"", "41"}, s.after, "what came in between is asked for")
}

func TestServerThatStartsAnewIsFoundAnew(t *testing.T) {
	t.Parallel()
	first, second := serve(t), serve(t)
	second.slots = 5
	dials := 0
	told := follow(t, func() (*client.Client, error) {
		switch dials++; dials {
		case 1:
			return first.dial()
		case 2:
			return nil, errors.New("cannot find a server")
		}
		return second.dial()
	}, quick())
	next[readMsg](t, told)
	first.CloseClientConnections()
	next[awayMsg](t, told)
	require.EqualError(t, next[awayMsg](t, told).why, "cannot find a server")
	require.Equal(t, 5, next[readMsg](t, told).state.Pool.Slots)
}

func TestFiguresAreReadAgainWithoutAnEvent(t *testing.T) {
	t.Parallel()
	s := serve(t)
	pace := quick()
	pace.heal = time.Millisecond
	told := follow(t, s.dial, pace)
	next[readMsg](t, told)
	next[figuresMsg](t, told)
	next[figuresMsg](t, told)
}

func TestReaderWhoIsNoAdministratorSeesTheirOwn(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.RequestURI {
		case "/api/v1/pool":
			_, _ = io.WriteString(w, `{"state":"running"}`)
		case "/api/v1/instances":
			_, _ = io.WriteString(w, `{"items":[{"id":"i1","name":"pb-own"}]}`)
		default:
			w.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(w, `{"code":"FORBIDDEN","detail":"Only administrators."}`)
		}
	}))
	t.Cleanup(s.Close)
	cl, err := client.New(s.URL, "t")
	require.NoError(t, err)
	state, err := Read(t.Context(), cl)
	require.NoError(t, err)
	require.True(t, state.Partial)
	require.Equal(t, "pb-own", state.Instances[0].Name)
}

// lockedBuffer is a terminal that remembers what was written.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func TestWindowEndsWithAKeyAndWithTheProgram(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(io.Writer, context.CancelFunc){
		"q":                    func(keys io.Writer, _ context.CancelFunc) { _, _ = keys.Write([]byte("q")) },
		"Ctrl-C":               func(keys io.Writer, _ context.CancelFunc) { _, _ = keys.Write([]byte{3}) },
		"the program is ended": func(_ io.Writer, cancel context.CancelFunc) { cancel() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			keys, write := io.Pipe()
			defer write.Close()
			out, ended := &lockedBuffer{}, make(chan error, 1)
			go func() {
				ended <- watch(ctx, s.dial, quick(), freshPool(), tea.WithInput(keys), tea.WithOutput(out), tea.WithWindowSize(80, 24),
					tea.WithEnvironment([]string{"TERM=xterm-256color"}))
			}()
			<-s.streams
			require.Eventually(t, func() bool { return bytes.Contains([]byte(out.String()), []byte("pb_dd_h1")) }, 20*time.Second, 5*time.Millisecond)
			end(write, cancel)
			require.NoError(t, <-ended)
			const alternate, normal = "\x1b[?1049h", "\x1b[?1049l"
			require.Contains(t, out.String(), alternate)
			require.Contains(t, out.String(), normal, "the terminal is as it was")
		})
	}
}
