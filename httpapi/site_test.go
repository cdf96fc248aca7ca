package httpapi

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
	"dockerdriver/httpapi/history"
	"dockerdriver/persistence"
)

const testPassword = "correct horse battery"

// testHash is computed once: hashing is slow by design.
var testHash = sync.OnceValues(func() (string, error) { return hashPassword(testPassword) })

// site is a running API with a real database and a fake pool.
type site struct {
	t       *testing.T
	pool    *fakePool
	db      *persistence.DB
	history *history.History
	log     *syncBuffer
	url     string
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func startSite(t *testing.T, change ...func(*Config)) *site {
	t.Helper()
	db, err := persistence.Open(t.Context(), filepath.Join(t.TempDir(), "test.db"), persistence.Options{})
	require.NoError(t, err)
	s := &site{t: t, pool: newFakePool(), db: db, history: newHistory(t), log: &syncBuffer{}}
	c := Config{
		Views: s.pool, Launcher: s.pool, Pool: s.pool, Hosts: s.pool, Images: s.pool, Door: s.pool, Settings: s.pool,
		Accounts: db, Logins: db, Tokens: db, Audit: db, Backups: db, History: s.history,
		NotebookURL: func(label string) string { return "https://" + label + ".localhost:8443/" },
		Version:     "test", Log: zerolog.New(s.log),
	}
	for _, f := range change {
		f(&c)
	}
	h, err := New(c)
	require.NoError(t, err)
	server := httptest.NewServer(h)
	s.url = server.URL
	t.Cleanup(func() {
		server.Close()
		require.NoError(t, db.Close())
	})
	hash, err := testHash()
	require.NoError(t, err)
	for id, role := range map[string]pool.Role{"ann": pool.RoleAdmin, "bob": pool.RoleUser, "cat": pool.RoleUser} {
		require.NoError(t, db.PutAccount(t.Context(), pool.Account{
			User:         pool.User{ID: id, Email: id + "@example.org", Name: id, Role: role, CreatedAt: time.Now()},
			PasswordHash: hash,
		}))
	}
	return s
}

// as returns a client that acts by a bearer token of that user; "" is nobody.
func (s *site) as(userID string) *visitor {
	s.t.Helper()
	v := &visitor{site: s, client: &http.Client{
		Timeout:       20 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	if userID != "" {
		secret, token := mintToken(userID, "test", 0)
		require.NoError(s.t, s.db.PutToken(s.t.Context(), token))
		v.header = map[string]string{"Authorization": "Bearer " + secret}
	}
	return v
}

// loggedIn returns a client that acts by the session cookie, as a browser does.
func (s *site) loggedIn(userID string) *visitor {
	s.t.Helper()
	v := s.as("")
	a := v.do("POST", "/api/v1/sessions", `{"email":"`+userID+`@example.org","password":"`+testPassword+`"}`)
	require.Equal(s.t, 201, a.status, a.body)
	cookie, err := http.ParseSetCookie(a.header.Get("Set-Cookie"))
	require.NoError(s.t, err)
	v.header = map[string]string{"Cookie": cookie.Name + "=" + cookie.Value}
	return v
}

type visitor struct {
	*site
	client *http.Client
	header map[string]string
}

type answer struct {
	status int
	header http.Header
	body   string
	json   map[string]any // nil when the answer is no JSON object
}

// do sends a request; further strings are header names and values.
func (v *visitor) do(method, path, body string, header ...string) answer {
	v.t.Helper()
	req, err := http.NewRequestWithContext(v.t.Context(), method, v.url+path, strings.NewReader(body))
	require.NoError(v.t, err)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for k, value := range v.header {
		req.Header.Set(k, value)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Add(header[i], header[i+1])
	}
	res, err := v.client.Do(req)
	require.NoError(v.t, err)
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	require.NoError(v.t, err)
	a := answer{status: res.StatusCode, header: res.Header, body: string(raw)}
	if strings.Contains(res.Header.Get("Content-Type"), "json") {
		require.NoError(v.t, json.Unmarshal(raw, &a.json), a.body)
	}
	return a
}

// refused checks that an answer is a complete problem document.
func (a answer) refused(t *testing.T, status int, code pool.Code) answer {
	t.Helper()
	require.Equal(t, status, a.status, a.body)
	require.Equal(t, "application/problem+json", a.header.Get("Content-Type"))
	require.Equal(t, string(code), a.json["code"], a.body)
	require.InDelta(t, status, a.json["status"], 0)
	require.NotEmpty(t, a.json["title"], a.body)
	require.NotEmpty(t, a.json["detail"], a.body)
	require.NotEmpty(t, a.json["request_id"], a.body)
	return a
}

// ok checks a status and returns the answer.
func (a answer) ok(t *testing.T, status int) answer {
	t.Helper()
	require.Equal(t, status, a.status, a.body)
	return a
}

func (a answer) text(field string) string { s, _ := a.json[field].(string); return s }

func (a answer) items() []map[string]any {
	list, _ := a.json["items"].([]any)
	out := make([]map[string]any, 0, len(list))
	for _, x := range list {
		m, _ := x.(map[string]any)
		out = append(out, m)
	}
	return out
}

const goodBlueprint = `{"name":"Demo","plugin":"DockerDriver","config":{"docker_image":"dockerdriver/demo-notebook","internal_port":8787,"show_password":true}}`

// blueprint makes an active blueprint and returns its id.
func (s *site) blueprint() string {
	s.t.Helper()
	admin := s.as("ann")
	id := admin.do("POST", "/api/v1/blueprints", goodBlueprint).ok(s.t, 201).text("id")
	admin.do("POST", "/api/v1/blueprints/"+id+"/activate", "").ok(s.t, 200)
	return id
}

// running launches an instance for a user and lets it run.
func (s *site) running(userID string) string {
	s.t.Helper()
	id := s.as(userID).do("POST", "/api/v1/instances", `{"blueprint_id":"`+s.blueprint()+`"}`).ok(s.t, 202).text("id")
	s.pool.set(id, func(i *pool.Instance) {
		*i = i.At(pool.InstanceRunning, "", time.Now())
		i.HostID, i.StartedAt = "h1", time.Now()
	})
	return id
}
