package main

import (
	"fmt"
	"net/http"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

const (
	drainAt  = "POST /pool/drain"
	cancelAt = "DELETE /pool/drain"
	poolAt   = "GET /pool"
	imagesAt = "GET /images"
)

// drainingJSON is a pool that drains, with what it waits for.
func drainingJSON(deadline, waits string) string {
	return `{"state":"draining","since":"2026-03-01T12:00:00Z","reason":"shutdown mode","drain":{"since":"2026-03-01T12:00:00Z","deadline":` + deadline +
		`,"hosts_left":1,"instances_left":1,"waits_for":[` + waits + `]},"later":{"field":1}}`
}

const (
	waitsForNotebook = `{"kind":"host","id":"h1","name":"pb_dd_a1","host_id":"h1","message":"it has an instance","remove":[]},` +
		`{"kind":"instance","id":"i1","name":"pb-calm-otter","host_id":"h1","user":"ada@example.org","message":"it is running","ends_at":"2026-03-01T20:00:00Z","remove":[]}`
	waitsForHand = `{"kind":"host","id":"h1","name":"pb_dd_a1","host_id":"h1","message":"it cannot be released yet: volume v1 is in use","remove":["openstack server delete s1","openstack volume delete v1"]}`
	drainedJSON  = `{"state":"drained","since":"2026-03-01T12:00:00Z","drain":{"since":"2026-03-01T12:00:00Z","deadline":null,"hosts_left":0,"instances_left":0,"waits_for":[]}}`
	runningJSON  = `{"state":"running","since":"2026-03-01T12:00:00Z","drain":null}`
	noImagesJSON = `{"items":[]}`
)

func TestDrainShowsWhatIsLeftAndWaitsUntilNothingIs(t *testing.T) {
	t.Parallel()
	a := start(t, map[string][]string{
		drainAt: {drainingJSON("null", waitsForNotebook)}, imagesAt: {noImagesJSON},
		poolAt: {drainingJSON("null", waitsForNotebook), drainingJSON("null", waitsForHand), drainedJSON},
	})
	r := a.call(t, "drain", "--wait")
	require.Equal(t, exitDone, r.code, r.err)
	require.Contains(t, r.out, "The pool is drained")
	for _, words := range []string{
		"1 host, 1 instance left", "each notebook keeps its own end", "host pb_dd_a1: it has an instance", "pb-calm-otter of ada@example.org ends at ",
		"it cannot be released yet: volume v1 is in use", "  $ openstack server delete s1\n", "  $ openstack volume delete v1\n",
	} {
		require.Contains(t, r.err, words)
	}
	require.Equal(t, 1, strings.Count(r.err, "it has an instance"), "the same standing is told once")
	require.Equal(t, []string{`{"deadline":""}`}, a.bodies)
}

func TestDrainShowsTheBytesOfImagesThatAreStillOnTheirWay(t *testing.T) {
	t.Parallel()
	a := start(t, map[string][]string{
		drainAt: {drainingJSON("null", waitsForNotebook)}, imagesAt: {imagesJSON, noImagesJSON}, poolAt: {drainingJSON("null", waitsForNotebook), drainedJSON},
	})
	r := a.call(t, "drain", "--wait")
	require.Equal(t, exitDone, r.code, r.err)
	require.Contains(t, r.err, "image a/b:latest to host h1: 5B of 10B")
}

func TestDrainSaysWhatItIsToldInOneCall(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args []string
		body string
	}{
		"a span":               {[]string{"--deadline", "2h"}, `{"deadline":"2h"}`},
		"a time":               {[]string{"--deadline", "2026-05-29T16:00:00Z"}, `{"deadline":"2026-05-29T16:00:00Z"}`},
		"force is a deadline":  {[]string{"--force"}, `{"deadline":"now"}`},
		"no deadline any more": {[]string{"--deadline", "none"}, `{"deadline":"none"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := start(t, map[string][]string{drainAt: {drainingJSON(`"2026-03-01T14:00:00Z"`, "")}})
			r := a.call(t, append([]string{"drain"}, c.args...)...)
			require.Equal(t, exitDone, r.code, r.err)
			require.Equal(t, []string{c.body}, a.bodies)
			require.Contains(t, strings.ReplaceAll(r.out, "\n", " "), "The deadline was at 2026-03-01")
		})
	}
	a := start(t, map[string][]string{cancelAt: {runningJSON}})
	r := a.call(t, "drain", "--cancel", "-o", "json")
	require.Equal(t, exitDone, r.code, r.err)
	require.JSONEq(t, runningJSON, r.out)
}

func TestDrainThatTakesTooLongHasItsOwnExitCode(t *testing.T) {
	t.Parallel()
	a := start(t, map[string][]string{drainAt: {drainingJSON("null", waitsForHand)}, poolAt: {drainingJSON("null", waitsForHand)}, imagesAt: {noImagesJSON}})
	r := a.call(t, "drain", "--wait", "--timeout", "100ms")
	require.Equal(t, exitDeadline, r.code, r.err)
	require.Contains(t, r.err, "it is still draining, and waits for what is listed above; `dockerdriver drain --force` ends it now; it goes on without us")
}

func TestDrainThatSomebodyTakesBackIsToldFromOneThatIsDone(t *testing.T) {
	t.Parallel()
	a := start(t, map[string][]string{drainAt: {drainingJSON("null", waitsForNotebook)}, poolAt: {runningJSON}, imagesAt: {noImagesJSON}})
	r := a.call(t, "drain", "--wait")
	require.Equal(t, exitFailed, r.code, r.err)
	require.Contains(t, r.err, "somebody took shutdown mode back")
}

func TestDrainRefusesWhatMakesNoSense(t *testing.T) {
	t.Parallel()
	for words, args := range map[string][]string{
		"--cancel takes shutdown mode back: give it alone":   {"--cancel", "--force"},
		"--force is a deadline of now":                       {"--force", "--deadline", "2h"},
		"The deadline cannot be \"soon\". Write a span such": {"--deadline", "soon"},
		"--timeout is for --wait":                            {"--timeout", "5m"},
	} {
		r := start(t, nil).call(t, append([]string{"drain"}, args...)...)
		require.Equal(t, exitUsage, r.code, r.err)
		require.Contains(t, r.err, words)
	}
}

// TestDrainOutlivesItsServer drains a pool with a notebook by the real command
// line, while the server is killed and started again.
func TestDrainOutlivesItsServer(t *testing.T) {
	long(t, "the command has to notice that nobody answers")
	t.Parallel()
	there := quickCloud(t)
	s := newSite(t, nil, "--cloud", "emulator", "--emulator-url", there.AuthURL())
	s.awaitHostState("active")
	i := s.launch(s.blueprint("demo-notebook"), "running")
	path, err := builtProgram()
	require.NoError(t, err)
	cli := exec.Command(path, "drain", "--wait", "--data-dir", s.dir)
	var out, said strings.Builder
	cli.Stdout, cli.Stderr = &out, &said
	require.NoError(t, cli.Start())
	require.Eventually(t, func() bool {
		_, p := s.call(s.browser, http.MethodGet, "/pool", nil)
		return p["state"] == "draining"
	}, 10*time.Second, 50*time.Millisecond)
	refused, err := s.browser.Post("http://"+s.ui+"/api/v1/instances", "application/json", strings.NewReader(fmt.Sprintf(`{"blueprint_id":%q}`, i["blueprint_id"])))
	require.NoError(t, err)
	require.NoError(t, refused.Body.Close())
	require.Equal(t, http.StatusServiceUnavailable, refused.StatusCode)
	s.stop(syscall.SIGKILL)
	time.Sleep(2 * drainAsk) // the command finds nobody
	s.start()
	s.browser = s.newBrowser()
	s.logIn(s.browser)
	require.Equal(t, "running", s.await(i["id"].(string), "running")["state"])
	status, told := s.call(s.browser, http.MethodPost, "/pool/drain", map[string]any{"force": true})
	require.Equal(t, http.StatusAccepted, status, told)
	require.NoError(t, cli.Wait(), said.String())
	require.Contains(t, out.String(), "The pool is drained")
	require.Contains(t, said.String(), "No word from the server")
	require.Contains(t, said.String(), i["name"].(string)+" of admin@localhost ends at ")
	require.Empty(t, cloudHolds(there))
	_, ended := s.call(s.browser, http.MethodGet, "/instances/"+i["id"].(string), nil)
	require.Equal(t, pool.EndByShutdown, ended["end_reason"])
}
