package link

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

const patience = 10 * time.Second

var facts = Facts{Version: Version, Domain: "nb.example", Port: 8443, UIURL: "https://ui.example"}

// site is a server's end on a socket, which can be stopped and started again.
type site struct {
	t      *testing.T
	path   string
	server *Server
	stop   func()

	mu   sync.Mutex
	used map[string]time.Time
	gate func(label string) (string, error)

	unwatched atomic.Int32
}

func newSite(t *testing.T) *site {
	t.Helper()
	dir, err := os.MkdirTemp("", "dd") // t.TempDir's paths are too long for a socket
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	s := &site{t: t, path: filepath.Join(dir, "proxy.sock"), used: map[string]time.Time{}}
	s.start(facts)
	t.Cleanup(func() { s.stop() })
	return s
}

func (s *site) start(f Facts) {
	s.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	on, err := Listen(ctx, s.path)
	require.NoError(s.t, err)
	s.server = NewServer(ServerConfig{Facts: f, Gate: s, Used: s.noteUsed, Unwatched: func() { s.unwatched.Add(1) }, Log: zerolog.Nop()})
	served := make(chan error, 1)
	server := s.server
	s.stop = sync.OnceFunc(func() { cancel(); require.NoError(s.t, <-served) })
	server.Publish(table("a"))
	go func() { served <- server.Serve(ctx, on) }()
}

func (s *site) noteUsed(used map[string]time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, at := range used {
		s.used[id] = at
	}
}

// Redeem is proxy.Gate.
func (s *site) Redeem(_ context.Context, label, secret, browser string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gate != nil {
		return s.gate(label)
	}
	return strings.Join([]string{label, secret, browser}, "/"), nil
}

func table(labels ...string) *pool.RouteTable {
	t := &pool.RouteTable{Routes: map[string]pool.Route{}}
	for _, label := range labels {
		t.Routes[label] = pool.Route{Label: label}
	}
	return t
}

// plane is a data plane that keeps what it is given.
type plane struct {
	client *Client
	table  atomic.Pointer[pool.RouteTable]
	slow   chan struct{} // what Publish waits for; nil: nothing
	end    chan error
}

// Publish is Plane.
func (p *plane) Publish(t *pool.RouteTable) (live <-chan struct{}) {
	p.table.Store(t)
	now := make(chan struct{})
	close(now)
	if p.slow != nil {
		return p.slow
	}
	return now
}

func (s *site) plane(slow chan struct{}) *plane {
	s.t.Helper()
	p := &plane{slow: slow, end: make(chan error, 1)}
	p.client = NewClient(ClientConfig{Path: s.path, Log: zerolog.Nop(), Open: func(got Facts) (Plane, error) {
		require.Equal(s.t, facts, got)
		return p, nil
	}})
	ctx, cancel := context.WithCancel(context.Background())
	go func() { p.end <- p.client.Run(ctx) }()
	s.t.Cleanup(func() {
		cancel()
		select {
		case <-p.end:
		case <-time.After(patience):
			s.t.Error("Run did not end")
		}
	})
	return p
}

func (s *site) eventually(what string, is func() bool) {
	s.t.Helper()
	require.Eventually(s.t, is, patience, time.Millisecond, what)
}

func (p *plane) has(labels ...string) bool {
	t := p.table.Load()
	if t == nil || len(t.Routes) != len(labels) {
		return false
	}
	for _, label := range labels {
		if _, ok := t.Routes[label]; !ok {
			return false
		}
	}
	return true
}

func (s *site) inForce(live <-chan struct{}) {
	s.t.Helper()
	select {
	case <-live:
	case <-time.After(patience):
		s.t.Fatal("never in force")
	}
}

func TestATableIsInForceEverywhereBeforeItIsLive(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.inForce(s.server.Publish(table("a", "b"))) // nobody is linked: at once
	one, other := s.plane(nil), s.plane(nil)
	s.eventually("two are linked", func() bool { return s.server.Linked() == 2 && one.has("a", "b") && other.has("a", "b") })
	for _, labels := range [][]string{{"a", "b", "c"}, {"c"}, {}} {
		s.inForce(s.server.Publish(table(labels...)))
		require.True(t, one.has(labels...))
		require.True(t, other.has(labels...))
	}
}

func TestADataPlaneThatIsSlowIsDroppedAndHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	fine := s.plane(nil)
	stuck := s.plane(make(chan struct{}))
	t.Cleanup(func() { close(stuck.slow) })
	s.eventually("both are linked", func() bool { return s.server.Linked() == 2 && fine.has("a") })
	live := s.server.Publish(table("b"))
	s.eventually("the other one has it", func() bool { return fine.has("b") })
	select {
	case <-live:
		t.Fatal("in force before everybody had it")
	default:
	}
	s.inForce(live)
	s.eventually("the slow one is let go", func() bool { return s.server.Linked() == 1 })
}

func TestTicketsAreRedeemedByTheServer(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	p := s.plane(nil)
	s.eventually("linked", func() bool { return !p.client.IsAway() })
	cookie, err := p.client.Redeem(t.Context(), "a", "secret", "browser")
	require.NoError(t, err)
	require.Equal(t, "a/secret/browser", cookie)

	s.mu.Lock()
	s.gate = func(label string) (string, error) {
		if label == "inside" {
			return "", errors.New("disk full: /secret/path")
		}
		return "", pool.Refuse(pool.CodeTicketInvalid, "This link was used already.", "Go back.")
	}
	s.mu.Unlock()
	_, err = p.client.Redeem(t.Context(), "a", "secret", "browser")
	require.Equal(t, pool.CodeTicketInvalid, pool.CodeOf(err))
	require.EqualError(t, err, "This link was used already. Go back.")
	_, err = p.client.Redeem(t.Context(), "inside", "secret", "browser")
	require.Equal(t, pool.CodeInternal, pool.CodeOf(err))
	require.NotContains(t, err.Error(), "secret", "what people cannot use stays in the server's log")
}

func TestTheTableStaysInForceWhileTheServerIsAway(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	p := s.plane(nil)
	s.eventually("linked", func() bool { return !p.client.IsAway() })
	s.inForce(s.server.Publish(table("a", "b")))
	s.stop()
	s.eventually("the server is missed", p.client.IsAway)
	require.True(t, p.has("a", "b"))
	_, err := p.client.Redeem(t.Context(), "a", "secret", "browser")
	require.Equal(t, pool.CodeUnavailable, pool.CodeOf(err))
	at := time.Now().UTC()
	p.client.Used(map[string]time.Time{"i1": at})

	s.start(facts)
	s.eventually("what ended meanwhile is gone", func() bool { return !p.client.IsAway() && p.has("a") })
	s.eventually("what was used meanwhile is told", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.used["i1"].Equal(at)
	})
}

// Whoever comes or goes may have served somebody whose use is never told.
func TestEachDataPlaneThatComesOrGoesLeavesUseUnwatched(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.says(`{"hello":{"version":99}}`).Scan()
	for n := int32(1); n <= 3; n += 2 {
		conn := s.dial()
		_, err := fmt.Fprintf(conn, "{\"hello\":{\"version\":%d}}\n", Version)
		require.NoError(t, err)
		s.eventually("one came", func() bool { return s.unwatched.Load() == n && s.server.Linked() == 1 })
		require.NoError(t, conn.Close())
		s.eventually("and went", func() bool { return s.unwatched.Load() == n+1 && s.server.Linked() == 0 })
	}
}

func TestAServerOfOtherFactsEndsTheDataPlane(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*Facts){
		"another domain": func(f *Facts) { f.Domain = "elsewhere.example" },
		"path mode":      func(f *Facts) { f.Paths = true },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			p := s.plane(nil)
			s.eventually("linked", func() bool { return !p.client.IsAway() })
			s.stop()
			other := facts
			change(&other)
			s.start(other)
			select {
			case err := <-p.end:
				require.ErrorIs(t, err, ErrOtherFacts)
				p.end <- nil
			case <-time.After(patience):
				t.Fatal("it went on")
			}
		})
	}
}

func (s *site) dial() net.Conn {
	s.t.Helper()
	conn, err := net.Dial("unix", s.path)
	require.NoError(s.t, err)
	s.t.Cleanup(func() { _ = conn.Close() })
	require.NoError(s.t, conn.SetDeadline(time.Now().Add(patience)))
	return conn
}

// says speaks to the server as a data plane that is not ours.
func (s *site) says(lines ...string) *bufio.Scanner {
	s.t.Helper()
	conn := s.dial()
	for _, l := range lines {
		_, _ = conn.Write([]byte(l + "\n")) // it may have hung up already
	}
	scanner := bufio.NewScanner(conn)
	scanner.Buffer(nil, maxTableFrame)
	return scanner
}

func TestWhatTheServerDoesNotTakeFromADataPlane(t *testing.T) {
	t.Parallel()
	greeting := fmt.Sprintf(`{"hello":{"version":%d}}`, Version)
	s := newSite(t)
	for name, lines := range map[string][]string{
		"no hello":                {`{"live":1}`},
		"no JSON":                 {`GET / HTTP/1.1`},
		"another version":         {`{"hello":{"version":99}}`},
		"a frame without an end":  {greeting, strings.Repeat("x", maxPlaneFrame+1)},
		"no JSON after the hello": {greeting, `{`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scanner := s.says(lines...)
			for scanner.Scan() { // until it hangs up
			}
		})
	}
	t.Cleanup(func() { s.eventually("all are let go", func() bool { return s.server.Linked() == 0 }) })
}

func TestFramesThatANewerSideKnowsArePassedOver(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	scanner := s.says(fmt.Sprintf(`{"hello":{"version":%d,"colour":"red"}}`, Version), `{"weather":"fine"}`, `{"redeem":{"id":7,"label":"a","secret":"s","browser":"b"}}`)
	for scanner.Scan() {
		var got frame
		require.NoError(t, json.Unmarshal(scanner.Bytes(), &got))
		if got.Redeemed != nil {
			require.Equal(t, redeemed{ID: 7, Cookie: "a/s/b"}, *got.Redeemed)
			return
		}
	}
	t.Fatal("hung up")
}

func TestTheSocketIsOurUsersAlone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	info, err := os.Stat(s.path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	require.NoError(t, mayTalk(1000, 1000))
	require.NoError(t, mayTalk(0, 1000))
	require.ErrorContains(t, mayTalk(1001, 1000), "run the server and the proxy as the same user")
	require.ErrorContains(t, mayTalk(1000, 0), "user id 1000")
}

func TestWhereTheSocketCannotBe(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	file := filepath.Join(t.TempDir(), "f")
	require.NoError(t, os.WriteFile(file, []byte("data"), 0o600))
	for name, c := range map[string]struct{ path, words string }{
		"one that a server listens on": {s.path, "another server does"},
		"a path that is too long":      {"/" + strings.Repeat("x", 107), "at most 107 bytes"},
		"a file":                       {file, "something else of that name"},
		"below a file":                 {filepath.Join(file, "s"), "cannot make the folder"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Listen(t.Context(), c.path)
			require.ErrorContains(t, err, c.words)
		})
	}
	require.FileExists(t, file)
}
