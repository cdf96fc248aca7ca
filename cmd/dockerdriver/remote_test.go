package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// api is a server that gives scripted answers, each of a path's in its turn and
// the last one from then on.
type api struct {
	url string

	mu      sync.Mutex
	answers map[string][]string // by "METHOD /path?query"
	bodies  []string
}

// start serves the script. An answer that begins with a number has that status.
func start(t *testing.T, script map[string][]string) *api {
	t.Helper()
	a := &api{answers: script}
	s := httptest.NewServer(a)
	t.Cleanup(s.Close)
	a.url = s.URL
	return a
}

func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if body, _ := io.ReadAll(r.Body); len(body) > 0 {
		a.bodies = append(a.bodies, string(body))
	}
	at := r.Method + " " + strings.TrimPrefix(r.RequestURI, "/api/v1")
	left := a.answers[at]
	if len(left) == 0 {
		left = []string{`404 {"detail":"There is nothing at ` + at + `","code":"NOT_FOUND"}`}
	}
	if len(left) > 1 {
		a.answers[at] = left[1:]
	}
	status, body := http.StatusOK, left[0]
	for text, code := range map[string]int{"403 ": 403, "404 ": 404, "409 ": 409, "503 ": 503} {
		if after, found := strings.CutPrefix(body, text); found {
			status, body = code, after
		}
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

func (a *api) call(t *testing.T, args ...string) result {
	t.Helper()
	return call(t, append(args, "--server", a.url, "--token", "t")...)
}

func instanceJSON(state, stage string) string {
	return `{"id":"i1","name":"pb-calm-otter","state":"` + state + `","stage":"` + stage +
		`","blueprint_name":"Demo","url":"https://l.localhost:8443/","created_at":"2026-03-01T12:00:00Z","expires_at":null,"failure":null,"queue":null}`
}

const (
	blueprintsJSON = `{"items":[{"id":"b1","name":"Demo","is_enabled":true},{"id":"b2","name":"RStudio","is_enabled":true}]}`
	failedJSON     = `{"id":"i1","name":"pb-calm-otter","state":"failed","stage":"","blueprint_name":"Demo","failure":{"code":"CONTAINER_EXITED_AT_START","message":"The container ended with code 3.","hint":"Read its log.","log":["bye\u001b[31m"]}}`
)

func TestListingsAsTableAndAsTheServersJSON(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args   []string
		at     string
		answer string
		shows  []string
	}{
		"instances": {
			[]string{"instance", "list"},
			"GET /instances", `{"items":[` + instanceJSON("provisioning", "image") + `]}`,
			[]string{"NAME", "pb-calm-otter", "provisioning (image)", "Demo", "2026-03-01 ", "https://l.localhost:8443/"},
		},
		"everybody's": {
			[]string{"instance", "list", "--all", "--ended"},
			"GET /instances?all=true&ended=true", `{"items":[` + failedJSON + `]}`,
			[]string{"failed (CONTAINER_EXITED_AT_START)"},
		},
		"images": {
			[]string{"image", "list"},
			"GET /images",
			`{"items":[{"id":"sha256:0123456789abcdef","tags":["dockerdriver/demo"],"file":"a.img","size":5200000,"used_by":["Demo"]},{"id":"","file":"b.img","fault":"It is cut off."}]}`,
			[]string{"dockerdriver/demo", "0123456789ab ", "5.2MB", "Demo", "ready", "It is cut off."},
		},
		"variables": {
			[]string{"variable", "list"},
			"GET /variables",
			`{"items":[{"key":"DD_MAX_HOSTS","value":"7","type":"int","default":"4","meaning":"Most hosts.","updated_by":"a@b"}]}`,
			[]string{"DD_MAX_HOSTS", "7", "4", "a@b", "Most hosts."},
		},
		"one variable": {
			[]string{"variable", "get", "dd_max_hosts"},
			"GET /variables/DD_MAX_HOSTS",
			`{"key":"DD_MAX_HOSTS","value":"7","type":"int","default":"4","meaning":"Most hosts."}`,
			[]string{"DD_MAX_HOSTS", "7"},
		},
		"users": {
			[]string{"user", "list"},
			"GET /users",
			`{"items":[{"id":"u1","email":"a@b","name":"Ada\u001b]0;x\u0007","role":"admin","blocked":true,"created_at":"2026-03-01T12:00:00Z"}]}`,
			[]string{"a@b", "Ada ]0;x ", "admin", "yes", "u1"},
		},
		"hosts": {
			[]string{"host", "list"},
			"GET /hosts", `{"items":[` + hostJSON("preparing", "images") + `]}`,
			[]string{"NAME", "pb_dd_a1", "preparing (images)", "3/16", "10.0.0.7", "2026-03-01 ", "2", "h1"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := start(t, map[string][]string{c.at: {c.answer}})
			r := a.call(t, c.args...)
			require.Equal(t, exitDone, r.code, r.err)
			for _, words := range c.shows {
				require.Contains(t, r.out, words)
			}
			require.NotContains(t, r.out, "\x1b")
			r = a.call(t, append(c.args, "-o", "json")...)
			require.Equal(t, exitDone, r.code, r.err)
			require.Equal(t, c.answer+"\n", r.out)
		})
	}
}

func TestLaunchWaitsAndTellsTheStages(t *testing.T) {
	t.Parallel()
	a := start(t, map[string][]string{
		"GET /blueprints": {blueprintsJSON},
		"POST /instances": {strings.Replace(instanceJSON("queueing", ""), `"queue":null`, `"queue":{"position":1,"reason":"no free slots"}`, 1)},
		"GET /instances/i1": {
			instanceJSON("provisioning", "starting"), instanceJSON("provisioning", "starting"), instanceJSON("running", ""),
		},
	})
	r := a.call(t, "instance", "launch", "demo", "--wait")
	require.Equal(t, exitDone, r.code, r.err)
	require.Equal(t, []string{`{"blueprint_id":"b1"}`}, a.bodies)
	require.Equal(t, "pb-calm-otter: queueing (1: no free slots)\npb-calm-otter: provisioning (starting)\npb-calm-otter: running\n", r.err)
	require.Contains(t, r.out, "https://l.localhost:8443/")
}

func TestLaunchThatFailsSaysWhy(t *testing.T) {
	t.Parallel()
	a := start(t, map[string][]string{
		"GET /blueprints": {blueprintsJSON}, "POST /instances": {instanceJSON("queueing", "")}, "GET /instances/i1": {failedJSON},
	})
	r := a.call(t, "instance", "launch", "b1", "--wait", "-o", "json")
	require.Equal(t, exitFailed, r.code)
	require.JSONEq(t, failedJSON, r.out)
	require.Contains(t, r.err, "The container ended with code 3. Read its log. (CONTAINER_EXITED_AT_START)\n  | bye [31m\n")
}

func TestLaunchThatTakesTooLongHasItsOwnExitCode(t *testing.T) {
	t.Parallel()
	a := start(t, map[string][]string{
		"GET /blueprints": {blueprintsJSON}, "POST /instances": {instanceJSON("queueing", "")}, "GET /instances/i1": {instanceJSON("provisioning", "image")},
	})
	r := a.call(t, "instance", "launch", "Demo", "--wait", "--timeout", "700ms")
	require.Equal(t, exitDeadline, r.code, r.err)
	require.Contains(t, r.err, "still provisioning (image) after 700ms")
}

func TestRefusedLaunchSaysWhatTheServerSays(t *testing.T) {
	t.Parallel()
	a := start(t, map[string][]string{
		"GET /blueprints": {blueprintsJSON},
		"POST /instances": {`409 {"status":409,"detail":"You have one already.","code":"BLUEPRINT_INSTANCE_LIMIT_REACHED","hint":"Destroy it first."}`},
	})
	r := a.call(t, "instance", "launch", "RStudio")
	require.Equal(t, exitFailed, r.code)
	require.Equal(t, "dockerdriver: cannot launch RStudio: You have one already. Destroy it first. (BLUEPRINT_INSTANCE_LIMIT_REACHED)\n", r.err)

	r = a.call(t, "instance", "launch", "Jupyter")
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.err, `there is no blueprint "Jupyter". There are: Demo, RStudio`)
}

func TestStopFindsOthersInstancesForAdminsAndWaits(t *testing.T) {
	t.Parallel()
	a := start(t, map[string][]string{
		"GET /instances":          {`{"items":[]}`},
		"GET /instances?all=true": {`{"items":[` + instanceJSON("running", "") + `]}`},
		"DELETE /instances/i1":    {instanceJSON("deleting", "")},
		"GET /instances/i1":       {instanceJSON("deleting", ""), instanceJSON("deleted", "")},
	})
	r := a.call(t, "instance", "stop", "pb-calm-otter", "--wait", "-o", "json")
	require.Equal(t, exitDone, r.code, r.err)
	require.JSONEq(t, instanceJSON("deleted", ""), r.out)
}

func TestExtensionIsShownAndItsRefusalToo(t *testing.T) {
	t.Parallel()
	extended := strings.Replace(instanceJSON("running", ""), `"expires_at":null`, `"expires_at":"2026-03-01T15:30:00Z"`, 1)
	a := start(t, map[string][]string{
		"GET /instances":            {`{"items":[` + instanceJSON("running", "") + `]}`},
		"POST /instances/i1/extend": {extended, `409 {"status":409,"detail":"It has been extended as far as is allowed.","code":"CONFLICT"}`},
	})
	r := a.call(t, "instance", "extend", "pb-calm-otter")
	require.Equal(t, exitDone, r.code, r.err)
	ends := time.Date(2026, 3, 1, 15, 30, 0, 0, time.UTC)
	require.Contains(t, r.out, localTime(&ends))
	r = a.call(t, "instance", "extend", "i1")
	require.NotEqual(t, exitDone, r.code)
	require.Contains(t, r.err, "cannot extend pb-calm-otter: It has been extended as far as is allowed.")
}

func TestStopOfWhatIsNotThere(t *testing.T) {
	t.Parallel()
	a := start(t, map[string][]string{
		"GET /instances":          {`{"items":[]}`},
		"GET /instances?all=true": {`403 {"status":403,"detail":"Only administrators.","code":"FORBIDDEN"}`},
	})
	r := a.call(t, "instance", "stop", "pb-calm-otter")
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.err, `there is no instance "pb-calm-otter"`)
}

func TestLogsComeLineByLine(t *testing.T) {
	t.Parallel()
	a := start(t, map[string][]string{
		"GET /instances": {`{"items":[` + instanceJSON("running", "") + `]}`},
		"GET /instances/i1/logs?lines=50&type=provisioning": {`{"items":["one","t\u001b[2Jwo"]}`},
	})
	r := a.call(t, "instance", "logs", "i1", "--type=provisioning", "--lines=50")
	require.Equal(t, exitDone, r.code, r.err)
	require.Equal(t, "one\nt [2Jwo\n", r.out)
}

func TestVariableIsSet(t *testing.T) {
	t.Parallel()
	a := start(t, map[string][]string{"PUT /variables/DD_MAX_HOSTS": {`{"key":"DD_MAX_HOSTS","value":"-1","default":"4"}`}})
	r := a.call(t, "variable", "set", "DD_MAX_HOSTS", "--", "-1")
	require.Equal(t, exitUsage, r.code, "flags after -- are arguments")

	r = call(t, "variable", "set", "--server", a.url, "--token", "t", "DD_MAX_HOSTS", "--", "-1")
	require.Equal(t, exitDone, r.code, r.err)
	require.Equal(t, []string{`{"value":"-1"}`}, a.bodies)
}

func TestUserIsAddedWithThePasswordOfStdinOrTheServers(t *testing.T) {
	t.Parallel()
	a := start(t, map[string][]string{"POST /users": {
		`{"id":"u1","email":"ada@x","name":"ada","role":"admin"}`, `{"id":"u2","email":"bob@x","name":"Bob","role":"user","password":"made-up"}`,
	}})
	r := callWith(t, "hush hush\nmore\n", nil, "user", "add", "ada@x", "--admin", "--password-stdin", "--server", a.url, "--token", "t")
	require.Equal(t, exitDone, r.code, r.err)
	require.NotContains(t, r.out, "password")
	r = a.call(t, "user", "add", "bob@x", "--name=Bob")
	require.Equal(t, exitDone, r.code, r.err)
	require.Contains(t, r.out, "shown this once: made-up")
	r = a.call(t, "user", "add", "cyd@x", "--password-stdin")
	require.Equal(t, exitUsage, r.code)
	require.Contains(t, r.err, "standard input is empty")

	var sent []map[string]string
	for _, body := range a.bodies {
		var user map[string]string
		require.NoError(t, json.Unmarshal([]byte(body), &user))
		sent = append(sent, user)
	}
	require.Equal(t, []map[string]string{
		{"email": "ada@x", "name": "ada", "role": "admin", "password": "hush hush"},
		{"email": "bob@x", "name": "Bob", "role": "user"},
	}, sent)
}

func TestOperatorOnTheMachineNeedsNoLogin(t *testing.T) {
	t.Parallel()
	a := start(t, map[string][]string{"GET /users": {`{"items":[]}`}})
	dir := t.TempDir()
	require.NoError(t, writeOperator(dir, operator{URL: a.url, Token: "t"}))
	r := call(t, "user", "list", "--data-dir", dir)
	require.Equal(t, exitDone, r.code, r.err)
	require.Equal(t, "EMAIL  NAME  ROLE  BLOCKED  CREATED  ID\n", r.out)
}
