package httpapi

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

// told is one event as a client reads it.
type told struct {
	id, kind string
	data     map[string]any
}

// listen opens the stream and returns its header and its events, in order.
func (v *visitor) listen(path string, header ...string) (http.Header, <-chan told) {
	v.t.Helper()
	ctx, cancel := context.WithCancel(v.t.Context())
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, v.url+path, nil)
	require.NoError(v.t, err)
	for k, value := range v.header {
		req.Header.Set(k, value)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := v.client.Do(req)
	require.NoError(v.t, err)
	require.Equal(v.t, 200, res.StatusCode)
	events := make(chan told, 100)
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer close(events)
		var e told
		for lines := bufio.NewScanner(res.Body); lines.Scan(); {
			key, value, _ := strings.Cut(lines.Text(), ": ")
			switch key {
			case "id":
				e.id = value
			case "event":
				e.kind = value
			case "data":
				if json.Unmarshal([]byte(value), &e.data) != nil {
					e.data = map[string]any{"unreadable": value}
				}
			case "":
				if e.kind != "" {
					events <- e
				}
				e = told{}
			}
		}
	}()
	v.t.Cleanup(func() {
		cancel()
		res.Body.Close()
		<-done
	})
	return res.Header, events
}

func (v *visitor) next(events <-chan told) told {
	v.t.Helper()
	select {
	case e, open := <-events:
		require.True(v.t, open, "the stream has ended")
		return e
	case <-time.After(10 * time.Second):
		require.Fail(v.t, "no event")
		return told{}
	}
}

func TestEventsHaveTheShapeOfTheirSubject(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	bob := s.as("bob")
	header, events := bob.listen("/api/v1/events")
	require.Equal(t, "text/event-stream", header.Get("Content-Type"))
	require.Equal(t, "no-store", header.Get("Cache-Control"))
	require.Equal(t, "no", header.Get("X-Accel-Buffering"))
	id := s.running("bob")

	var last told
	for {
		if last = bob.next(events); last.kind == "instance" && last.data["state"] == "running" {
			break
		}
	}
	require.Equal(t, bob.do("GET", "/api/v1/instances/"+id, "").json, last.data)
	require.NotEmpty(t, last.id)
}

func TestEventsAreFilteredByWhoListens(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	cat, ann := s.as("cat"), s.as("ann")
	_, forCat := cat.listen("/api/v1/events")
	_, forAnn := ann.listen("/api/v1/events")
	require.Eventually(t, func() bool { return s.pool.watchers() == 2 }, 10*time.Second, time.Millisecond)

	blueprintID := s.blueprint()
	s.as("bob").do("POST", "/api/v1/instances", `{"blueprint_id":"`+blueprintID+`"}`).ok(t, 202)
	ann.do("PUT", "/api/v1/variables/DD_MAX_HOSTS", `{"value":"7"}`).ok(t, 200)
	s.pool.mu.Lock()
	s.pool.publish(pool.Event{Kind: pool.EventHost, Host: s.pool.view.Hosts[0]})
	s.pool.publish(pool.Event{Kind: pool.EventHost, Host: s.pool.view.Hosts[0], Deleted: true})
	s.pool.publish(pool.Event{Kind: pool.EventImages})
	s.pool.publish(pool.Event{Kind: pool.EventPush, Push: &pool.Push{HostID: "h1", ImageID: "sha256:aaa", State: pool.PushSending, Sent: 1, Total: 2}})
	s.pool.publish(pool.Event{Kind: pool.EventPool, Status: &s.pool.view.Status})
	s.pool.mu.Unlock()
	ann.do("POST", "/api/v1/blueprints/"+blueprintID+"/deactivate", "").ok(t, 200)
	ann.do("DELETE", "/api/v1/blueprints/"+blueprintID, "").ok(t, 204)

	// An administrator hears all; a user their own things, the active
	// environments and the pool.
	read := func(v *visitor, events <-chan told, count int) []string {
		var heard []string
		for range count {
			e := v.next(events)
			heard = append(heard, e.kind+gist(e))
		}
		return heard
	}
	require.Equal(t, []string{
		"blueprint false", "blueprint true", "instance queueing", "variable 7", "host active", "host gone", "images 2",
		"push sending", "pool running", "blueprint false", "blueprint gone",
	}, read(ann, forAnn, 11))
	require.Equal(t, []string{"blueprint gone", "blueprint true", "pool running", "blueprint gone", "blueprint gone"}, read(cat, forCat, 5))
}

// gist is what tells events of a kind apart.
func gist(e told) string {
	if e.data["deleted"] == true {
		return " gone"
	}
	if items, ok := e.data["items"].([]any); ok {
		return fmt.Sprint(" ", len(items))
	}
	for _, field := range []string{"state", "value", "is_enabled"} {
		if v, ok := e.data[field]; ok {
			return fmt.Sprint(" ", v)
		}
	}
	return ""
}

func TestEventsAreReplayedAfterABreak(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	s.running("bob")
	bob := s.as("bob")
	_, events := bob.listen("/api/v1/events", "Last-Event-ID", "1001")
	require.Equal(t, "1002", bob.next(events).id)
	require.Equal(t, "1003", bob.next(events).id)
	_, events = bob.listen("/api/v1/events?after=1002")
	require.Equal(t, "1003", bob.next(events).id)
	_, events = bob.listen("/api/v1/events", "Last-Event-ID", "5")
	require.Equal(t, "resync", bob.next(events).kind, "an id of an earlier run is too old")
}

func TestALeavingReaderIsForgotten(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	t.Run("reader", func(t *testing.T) {
		v := s.as("bob")
		v.site = &site{t: t, pool: s.pool, db: s.db, log: s.log, url: s.url}
		v.listen("/api/v1/events")
		require.Equal(t, 1, s.pool.watchers())
	})
	require.Eventually(t, func() bool { return s.pool.watchers() == 0 }, 10*time.Second, time.Millisecond)
}

// pipe is a ResponseWriter that a test reads in virtual time.
type pipe struct {
	header   http.Header
	mu       sync.Mutex
	written  strings.Builder
	deadline time.Time
	stuck    bool // the reader takes nothing any more
}

func (p *pipe) Header() http.Header { return p.header }
func (p *pipe) WriteHeader(int)     {}
func (p *pipe) Flush()              {}
func (p *pipe) SetWriteDeadline(at time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.deadline = at
	return nil
}

func (p *pipe) Write(b []byte) (int, error) {
	p.mu.Lock()
	stuck, wait := p.stuck, time.Until(p.deadline)
	p.mu.Unlock()
	if stuck {
		time.Sleep(wait)
		return 0, os.ErrDeadlineExceeded
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.written.Write(b)
}

func (p *pipe) text() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.written.String()
}

// memory is a store for virtual time: a database's goroutines are not of the bubble.
type memory struct {
	mu      sync.Mutex
	account pool.Account
	login   *pool.LoginSession
}

var errUnused = errors.New("not part of this story")

func (m *memory) Account(context.Context, string) (pool.Account, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.account, nil
}

func (m *memory) AccountByEmail(context.Context, string) (pool.Account, error) {
	return pool.Account{}, errUnused
}
func (m *memory) Accounts(context.Context) ([]pool.Account, error)  { return nil, errUnused }
func (m *memory) PutAccount(context.Context, pool.Account) error    { return errUnused }
func (m *memory) DeleteAccount(context.Context, string) error       { return errUnused }
func (m *memory) PutLogin(context.Context, pool.LoginSession) error { return errUnused }
func (m *memory) DeleteLogin(context.Context, string) error         { return errUnused }
func (m *memory) DeleteLoginsOf(context.Context, string) error      { return errUnused }
func (m *memory) Login(context.Context, string) (pool.LoginSession, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.login == nil {
		return pool.LoginSession{}, pool.Refuse(pool.CodeNotFound, "There is no such login.", "")
	}
	return *m.login, nil
}

// following runs a stream in virtual time until the story ends it.
func following(t *testing.T, story func(m *memory, p *fakePool, out *pipe, ended func() bool)) {
	synctest.Test(t, func(t *testing.T) {
		m := &memory{
			account: pool.Account{User: pool.User{ID: "bob", Role: pool.RoleUser}},
			login:   &pool.LoginSession{TokenHash: hashed("c"), UserID: "bob", ExpiresAt: time.Now().Add(time.Minute)},
		}
		p := newFakePool()
		s := &server{Config: Config{
			Views: p, Accounts: m, Logins: m, Log: zerolog.Nop(),
			NotebookURL: func(string) string { return "" },
		}}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/v1/events", nil)
		r.Header.Set("Cookie", "dd_session=c")
		out := &pipe{header: http.Header{}}
		done := make(chan struct{})
		go func() {
			defer close(done)
			s.follow(withCaller(r.Context(), caller{User: m.account.User, Login: hashed("c")}), out, r, 0)
		}()
		synctest.Wait()
		story(m, p, out, func() bool {
			synctest.Wait()
			select {
			case <-done:
				return true
			default:
				return false
			}
		})
	})
}

func TestAQuietStreamSaysThatItLives(t *testing.T) {
	t.Parallel()
	following(t, func(_ *memory, _ *fakePool, out *pipe, ended func() bool) {
		time.Sleep(3*keepAlive + time.Second)
		require.False(t, ended())
		require.Equal(t, 3, strings.Count(out.text(), ": keep-alive\n\n"))
		time.Sleep(time.Minute)
		require.True(t, ended(), "the login has expired")
	})
}

func TestAStreamEndsWithItsLogin(t *testing.T) {
	t.Parallel()
	for reason, end := range map[string]func(*memory){
		"logout":  func(m *memory) { m.login = nil },
		"blocked": func(m *memory) { m.account.Blocked = true },
	} {
		t.Run(reason, func(t *testing.T) {
			following(t, func(m *memory, _ *fakePool, _ *pipe, ended func() bool) {
				m.mu.Lock()
				end(m)
				m.mu.Unlock()
				require.False(t, ended())
				time.Sleep(keepAlive + time.Second)
				require.True(t, ended())
			})
		})
	}
}

func TestADeadReaderIsDropped(t *testing.T) {
	t.Parallel()
	following(t, func(_ *memory, p *fakePool, out *pipe, ended func() bool) {
		out.mu.Lock()
		out.stuck = true
		out.mu.Unlock()
		p.mu.Lock()
		p.publish(pool.Event{Kind: pool.EventPool})
		p.mu.Unlock()
		require.False(t, ended())
		time.Sleep(eventPatience + time.Second)
		require.True(t, ended())
		require.Zero(t, p.watchers())
	})
}

func TestARoleIsLearntWhileListening(t *testing.T) {
	t.Parallel()
	following(t, func(m *memory, p *fakePool, out *pipe, _ func() bool) {
		variable := pool.Event{Kind: pool.EventVariable, Variable: &pool.Variable{Key: pool.VarMaxHosts, Value: "7"}}
		tell := func() {
			p.mu.Lock()
			p.publish(variable)
			p.mu.Unlock()
			synctest.Wait()
		}
		tell()
		require.NotContains(t, out.text(), "event: variable")
		m.mu.Lock()
		m.account.Role = pool.RoleAdmin
		m.mu.Unlock()
		time.Sleep(keepAlive + time.Second)
		tell()
		require.Contains(t, out.text(), "event: variable")
	})
}
