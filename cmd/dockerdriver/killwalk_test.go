//go:build !race

// Without the race detector, which emulated machines are slow with: .ci/test runs it so.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"dockerdriver/actors/docker"
	"dockerdriver/actors/emulator"
	"dockerdriver/actors/pki"
	"dockerdriver/actors/pool"
)

const (
	// restLimit is how long a server may take to bring all to rest after a kill.
	// Lifetimes that ended while it was away are over two minutes later.
	restLimit = 3 * time.Minute
	// scenarioLimit bounds one way through a scenario.
	scenarioLimit = 3 * time.Minute
	stepPace      = 20 * time.Millisecond
	// killPoints bounds a walk: no scenario writes so often.
	killPoints = 60
)

// scenario is one thing that people and the server do, as a walk of kills takes it.
type scenario struct {
	before bool // it is killed before its writes by make test, too
	// prepare brings the pool to where the scenario begins; a server runs that nobody kills.
	prepare func(*killWalk)
	// begin returns the next step, which is taken again and again, on a server that may
	// be dead, until it says that all is done.
	begin func(*killWalk) (step func() (done bool))
	// after holds what a client was promised, when all has come to rest.
	after func(*killWalk)
}

// TestKillsBehindAndBeforeEveryWrite walks through each scenario again and again,
// and kills the server behind, or just before, its first durable write, its second,
// and so on: all of them by make test-kill; each fourth one by make test.
// Whenever it is started again, the same invariants hold once it has come to rest,
// and in the end a drain leaves nothing.
func TestKillsBehindAndBeforeEveryWrite(t *testing.T) {
	long(t, "a kill at each write takes minutes")
	t.Parallel()
	for name, s := range scenarios {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for when, variable := range map[string]string{"behind": "DOCKERDRIVER_DIE_AFTER", "before": "DOCKERDRIVER_DIE_BEFORE"} {
				if when == "before" && !s.before && killStep() > 1 {
					continue
				}
				t.Run(when, func(t *testing.T) {
					t.Parallel()
					walkKills(t, s, variable)
				})
			}
		})
	}
}

// killStep is from one kill point to the next.
func killStep() int {
	if os.Getenv("DOCKERDRIVER_EVERY_KILL_POINT") != "" {
		return 1
	}
	return 4
}

func walkKills(t *testing.T, s scenario, variable string) {
	t.Helper()
	w := newKillWalk(t)
	walked := 0
	for n := 1; n < killPoints; n += killStep() {
		if !w.killed(s, variable, n) {
			break
		}
		walked++
	}
	require.Positive(t, walked, "the scenario writes something")
	require.Less(t, walked*killStep(), killPoints-killStep(), "the scenario comes to its end")
	w.drained()
	t.Logf("%d kill points walked", walked)
}

// killed goes through the scenario once, with a kill at one of its writes, and
// tells whether it wrote that often.
func (w *killWalk) killed(s scenario, variable string, n int) bool {
	w.Helper()
	began := time.Now()
	s.prepare(w)
	w.atRest("before the scenario")
	prepared := time.Now()
	w.stop(syscall.SIGTERM)
	w.env = []string{fmt.Sprintf("%s=%d", variable, n)}
	died := w.goes(s)
	gone := time.Now()
	w.stop(syscall.SIGKILL)
	w.env = nil
	w.start()
	w.atRest(fmt.Sprintf("%s=%d", variable, n))
	w.Logf("%s=%d: prepared in %s, died: %v in %s, at rest in %s", variable, n, prepared.Sub(began).Round(stepPace), died, gone.Sub(prepared).Round(stepPace), time.Since(gone).Round(stepPace))
	if s.after != nil {
		s.after(w)
	}
	return died
}

// killWalk is a server on an emulated cloud.
type killWalk struct {
	*site
	there   *emulator.Emulator
	engines *docker.Engines
	// demo and brief are blueprints, of an hour and of a minute.
	demo, brief string
	images      int // how many versions of the demo image were written
	subject     map[string]any
}

func newKillWalk(t *testing.T) *killWalk {
	t.Helper()
	there, err := emulator.Start(t.Context(), emulator.Config{
		StateDir: t.TempDir(), Log: zerolog.Nop(),
		Cloud: &emulator.CloudConfig{BuildDelay: 50 * time.Millisecond, BootDelay: 50 * time.Millisecond, DeleteDelay: 20 * time.Millisecond},
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, there.Close()) })
	w := &killWalk{there: there, site: newSite(t, nil, "--cloud", "emulator", "--emulator-url", there.AuthURL(), "--answer-limit", "10s")}
	ca, err := pki.Open(filepath.Join(w.dir, pkiName))
	require.NoError(t, err)
	w.engines = docker.New(zerolog.Nop(), docker.WithTLS(ca.ClientTLS))
	t.Cleanup(w.engines.Close)
	owned := map[string]any{"maximum_instances_per_user": 9, "show_password": true, "environment_vars": "OWNER={password}"}
	w.demo = w.make("demo", owned)
	owned["maximum_lifetime"] = "1m"
	w.brief = w.make("brief", owned)
	w.set(pool.VarHostSlotsLarge, "6") // so that two hosts are two
	w.set(pool.VarHostDataVolumeFactor, "1")
	w.awaitHostState("active")
	return w
}

// goes takes the scenario's steps on a server that may die of them, and tells
// whether it did.
func (w *killWalk) goes(s scenario) (died bool) {
	w.Helper()
	w.startWithoutWaiting()
	dead := make(chan struct{})
	process := w.process
	go func() { _ = process.Wait(); close(dead) }()
	step := s.begin(w)
	end := time.After(scenarioLimit)
	for {
		select {
		case <-dead:
			w.process = nil
			return true
		case <-end:
			require.FailNow(w, "the scenario does not come to its end")
		case <-time.After(stepPace):
		}
		if !step() {
			continue
		}
		// Whole, or dead by its last write.
		_ = process.Process.Signal(syscall.SIGTERM)
		<-dead
		w.process = nil
		return process.ProcessState.ExitCode() != 0
	}
}

// try asks a server that may be dead. A status of 0: nobody answered.
func (w *killWalk) try(method, path string, body any) (int, map[string]any) {
	status, answer, err := w.tryCall(w.browser, method, path, body)
	if err != nil {
		return 0, nil
	}
	return status, answer
}

// inventory gathers all that the invariants are about.
func (w *killWalk) inventory() (s inventory, ok bool) {
	var hosts, instances bool
	s.hosts, hosts = readList[inventoryHost](w.site, "/hosts")
	s.instances, instances = readList[inventoryInstance](w.site, "/instances?all=true&ended=true")
	if !hosts || !instances || !w.read("/pool", &s.pool) {
		return s, false
	}
	s.things = cloudHolds(w.there)
	s.entered = w.enter(s.instances)
	for _, h := range s.hosts {
		engine, err := w.engines.Engine(pool.Endpoint{URL: "tcp://" + h.Address + ":2376", Address: h.Address, ServerName: h.Name})
		if err != nil {
			return s, false
		}
		found, err := engine.List(w.Context(), w.mark())
		if err != nil {
			return s, false
		}
		for _, c := range found {
			s.containers = append(s.containers, inventoryContainer{HostID: h.ID, Instance: c.InstanceID, Name: c.Name, Running: c.Running})
		}
	}
	return s, true
}

// mark is the installation's, as the cloud has it.
func (w *killWalk) mark() string {
	for _, s := range w.there.Cloud().Servers() {
		if mark := s.Metadata["pb_installation"]; mark != "" {
			return mark
		}
	}
	return ""
}

// enter goes to the address of each instance, with a ticket where one can be had.
func (w *killWalk) enter(instances []inventoryInstance) map[string]string {
	owners, entered := map[string]string{}, map[string]string{}
	for _, i := range instances {
		owners[i.Password] = i.Name
	}
	for _, i := range instances {
		if i.State == pool.InstanceRunning {
			if _, ticket := w.try(http.MethodPost, "/instances/"+i.ID+"/open", map[string]any{}); ticket["url"] != nil {
				w.visit(ticket["url"].(string))
			}
		}
		var env map[string]string
		if status, text := w.visit(i.URL + "env"); status == http.StatusOK && json.Unmarshal([]byte(text), &env) == nil {
			entered[i.ID] = owners[env["OWNER"]]
		}
	}
	return entered
}

func (w *killWalk) visit(url string) (int, string) {
	resp, err := w.browser.Get(url)
	if err != nil {
		return 0, ""
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text)
}

// atRest waits until all invariants hold.
func (w *killWalk) atRest(when string) {
	w.Helper()
	last := []string{"the server does not answer"}
	for end := time.Now().Add(restLimit); time.Now().Before(end); time.Sleep(5 * stepPace) {
		s, ok := w.inventory()
		if !ok {
			continue
		}
		if last = s.breaks(); len(last) == 0 {
			return
		}
	}
	require.Empty(w, strings.Join(last, "\n"), when)
}

// drained ends all that is there: nothing is left in the cloud.
func (w *killWalk) drained() {
	w.Helper()
	status, answer := w.call(w.browser, http.MethodPost, "/pool/drain", map[string]any{"force": true})
	require.Equal(w, http.StatusAccepted, status, answer)
	w.awaitDrained(nil)
	require.Empty(w, cloudHolds(w.there))
}

// hosts brings the pool to so many active hosts.
func (w *killWalk) hosts(n int) {
	w.Helper()
	w.set(pool.VarMaxHosts, fmt.Sprint(n))
	w.set(pool.VarFreeSlotTarget, fmt.Sprint(6*n))
	require.Eventually(w, func() bool {
		hosts, ok := readList[inventoryHost](w.site, "/hosts")
		return ok && len(hosts) == n && !slices.ContainsFunc(hosts, func(h inventoryHost) bool { return h.State != pool.HostActive })
	}, poolPatience, 5*stepPace)
}

// live are the instances that are not at their end.
func (w *killWalk) live() (ids []string) {
	instances, _ := readList[inventoryInstance](w.site, "/instances?all=true")
	for _, i := range instances {
		if i.State.Live() {
			ids = append(ids, i.ID)
		}
	}
	return ids
}

// vacant ends all instances.
func (w *killWalk) vacant() {
	w.Helper()
	for _, id := range w.live() {
		w.call(w.browser, http.MethodDelete, "/instances/"+id, nil)
	}
	require.Eventually(w, func() bool { return len(w.live()) == 0 }, poolPatience, 5*stepPace)
}

// running has exactly one instance run, and returns its id.
func (w *killWalk) running(blueprint string) string {
	w.Helper()
	w.vacant()
	w.subject = w.launch(blueprint, "running")
	return w.subject["id"].(string)
}
