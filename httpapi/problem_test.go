package httpapi

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

func TestEveryCodeHasAStatus(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(gotoken.NewFileSet(), "../actors/pool/errors.go", nil, 0)
	require.NoError(t, err)
	found := 0
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		literal, ok := spec.Values[0].(*ast.BasicLit)
		if !ok {
			return true
		}
		code, err := strconv.Unquote(literal.Value)
		require.NoError(t, err)
		require.Contains(t, statusOf, pool.Code(code), "the table in problem.go knows it")
		found++
		return true
	})
	require.Greater(t, found, 25)
}

func TestInternalErrorsAreLoggedInFullAndShownBlandly(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	id := s.blueprint()
	s.pool.fail = errors.New("the disk at /secret/path is on fire")
	a := s.as("bob").do("POST", "/api/v1/instances", `{"blueprint_id":"`+id+`"}`).refused(t, 500, pool.CodeInternal)
	require.NotContains(t, a.body, "fire")
	line := lineWith(t, s.log.String(), "the disk at /secret/path is on fire")
	require.Contains(t, line, a.text("request_id"))
	require.Contains(t, line, `"user":"bob"`)
}

func TestPanicsAreAnsweredAndLoggedOnceWithTheirStack(t *testing.T) {
	t.Parallel()
	s := startSite(t, func(c *Config) { c.NotebookURL = func(string) string { panic("boom") } })
	id := s.blueprint()
	s.as("bob").do("POST", "/api/v1/instances", `{"blueprint_id":"`+id+`"}`).refused(t, 500, pool.CodeInternal)
	require.Equal(t, 1, strings.Count(s.log.String(), "boom"))
	require.Contains(t, lineWith(t, s.log.String(), "boom"), "instances.go")
}

func TestShutdownAndOtherRefusalsKeepTheirCode(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	id := s.blueprint()
	for code, status := range map[pool.Code]int{
		pool.CodeShutdownMode: http.StatusServiceUnavailable,
		pool.CodeTooLarge:     http.StatusConflict,
		pool.CodeImageMissing: http.StatusConflict,
	} {
		s.pool.fail = pool.Refuse(code, "No.", "Do something else.")
		a := s.as("bob").do("POST", "/api/v1/instances", `{"blueprint_id":"`+id+`"}`).refused(t, status, code)
		require.Equal(t, "Do something else.", a.text("hint"))
	}
}

func TestRequestsAreLoggedWithoutTheirQuery(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	s.as("bob").do("GET", "/api/v1/instances?other=hidden-words", "").ok(t, 200)
	line := lineWith(t, s.log.String(), `"path":"/api/v1/instances"`)
	for _, want := range []string{`"method":"GET"`, `"status":200`, `"user":"bob"`, `"req_id":"`, `"dur":`} {
		require.Contains(t, line, want)
	}
	require.NotContains(t, s.log.String(), "hidden-words")
}

func lineWith(t *testing.T, log, words string) string {
	t.Helper()
	for line := range strings.Lines(log) {
		if strings.Contains(line, words) {
			return line
		}
	}
	require.Fail(t, "no such line", "%s in %s", words, log)
	return ""
}

func TestWhatTakesTooLongIsUnavailable(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	id := s.blueprint()
	s.pool.fail = fmt.Errorf("cannot ask the supervisor: %w", context.DeadlineExceeded)
	s.as("bob").do("POST", "/api/v1/instances", `{"blueprint_id":"`+id+`"}`).refused(t, 503, pool.CodeUnavailable)
}

// brokenAudit cannot write anything down.
type brokenAudit struct{ Audit }

func (brokenAudit) AppendAudit(context.Context, pool.AuditEntry) error {
	return errors.New("the disk is full")
}

func TestWhatCannotBeWrittenDownDoesNotHappen(t *testing.T) {
	t.Parallel()
	s := startSite(t, func(c *Config) { c.Audit = brokenAudit{c.Audit} })
	id := s.running("bob")
	s.as("ann").do("POST", "/api/v1/instances/"+id+"/open", `{"reason":"he asked for help"}`).refused(t, 500, pool.CodeInternal)
	s.as("ann").do("DELETE", "/api/v1/instances/"+id, "").refused(t, 500, pool.CodeInternal)
	for range 2 {
		s.as("ann").do("GET", "/api/v1/instances/"+id+"/logs", "").refused(t, 500, pool.CodeInternal)
	}
	require.Empty(t, s.pool.opened)
	require.Empty(t, s.pool.Snapshot().Instance(id).Visits)
	require.Equal(t, pool.InstanceRunning, s.pool.Snapshot().Instance(id).State)
	require.Contains(t, s.log.String(), "audit entry lost", "what was done already is at least logged")
	s.as("bob").do("POST", "/api/v1/instances/"+id+"/open", "").ok(t, 200)
}

func TestAServerThatLacksSomethingDoesNotStart(t *testing.T) {
	t.Parallel()
	_, err := New(Config{})
	require.ErrorContains(t, err, "was not given")
	p := newFakePool()
	whole := Config{
		Views: p, Launcher: p, Pool: p, Hosts: p, Images: p, Door: p, Settings: p, Accounts: &memory{}, Logins: &memory{},
		Tokens: struct{ Tokens }{}, Audit: brokenAudit{}, Backups: struct{ Backups }{}, History: struct{ History }{}, NotebookURL: func(string) string { return "" },
	}
	for _, wrong := range []string{"hub.example.org", "https://hub.example.org/path", "https://exa mple"} {
		whole.PublicURL = wrong
		_, err = New(whole)
		require.ErrorContains(t, err, "public URL", wrong)
	}
}
