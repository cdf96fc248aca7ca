//go:build hosts

// Everything that can die does, under open traffic: `make test-traffic` brings
// real engines up, by scripts that stand beside this repository.
package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

const (
	hallHosts = 3
	// browsersEach is how many browsers have each notebook open.
	browsersEach = 2
	// calm is how long traffic goes on where nothing happens.
	calm = 1500 * time.Millisecond
	// prompt is what a page takes at most where nothing is wrong, on a busy machine.
	prompt = 5 * time.Second
)

// TestOpenTrafficThroughEveryDeath lets each part of the way from a browser to its
// notebook die while eight browsers use four notebooks on three machines: what is
// beside it goes on without one request lost, what was open on it ends soon and
// with words, and all is well again afterwards.
func TestOpenTrafficThroughEveryDeath(t *testing.T) {
	d := newDay(t)
	d.phase("nothing happens", nil, func() { d.pause(calm) })
	d.containerIsPaused()
	d.lineIsCutForAMoment()
	d.backendDies()
	d.containerIsRestarted()
	d.proxyDies()
	d.serverDies()
	d.hostsVanish()
}

// day is the site with its machines, and who is there.
type day struct {
	*apart
	test           *testing.T
	hall           *hall
	single, double string // blueprints, of one slot and of two
	stays          []*stay
	lines          []line
}

// stay is a notebook in use.
type stay struct {
	name     string
	instance map[string]any
	host     map[string]any
	visitors []*visitor
	tally    *tally
}

func newDay(t *testing.T) *day {
	t.Helper()
	d := &day{test: t, hall: newHall(t)}
	d.apart = startApart(t, "serve", nil, "--cloud", "emulator", "--emulator-url", d.hall.cloud.AuthURL())
	t.Cleanup(func() { t.Logf("what became of the traffic:\n%s", summary(d.lines)) })
	makeDemoImage(t, d.site)
	for _, v := range [][2]string{
		{pool.VarPluginWhitelist, pool.PluginDocker},
		{pool.VarMaxHosts, fmt.Sprint(hallHosts)},
		{pool.VarHostSlotsSmall, "3"},
		{pool.VarHostSlotsLarge, "3"},
		{pool.VarFreeSlotTarget, fmt.Sprint(3 * hallHosts)},
		{pool.VarHostBuildsAtOnce, fmt.Sprint(hallHosts)},
		{pool.VarHostDataVolumeFactor, "0"},
	} {
		d.set(v[0], v[1])
	}
	// First of all, so that each host has their image before it takes instances.
	d.single = d.make("single", map[string]any{"maximum_instances_per_user": 9})
	d.double = d.make("double", map[string]any{"maximum_instances_per_user": 9, "consumed_slots": 2})
	began := time.Now()
	d.set(pool.VarShutdownMode, "False")
	d.awaitActive(hallHosts)
	t.Logf("%d machines are active after %s", hallHosts, time.Since(began).Round(time.Second))
	for _, n := range []struct{ name, blueprint string }{{"first", d.single}, {"beside it", d.single}, {"second", d.double}, {"third", d.double}} {
		d.settle(n.name, n.blueprint)
	}
	require.Equal(t, d.stay("first").host["id"], d.stay("beside it").host["id"])
	require.Len(t, d.hostsInUse(), hallHosts)
	t.Logf("all notebooks are in use after %s", time.Since(began).Round(time.Second))
	return d
}

func (d *day) hostsInUse() map[any]bool {
	in := map[any]bool{}
	for _, s := range d.stays {
		in[s.host["id"]] = true
	}
	return in
}

// awaitActive waits until so many hosts take instances.
func (d *day) awaitActive(n int) {
	d.Helper()
	require.Eventually(d, func() bool {
		_, list := d.call(d.browser, http.MethodGet, "/hosts", nil)
		active := 0
		for _, item := range list["items"].([]any) {
			if item.(map[string]any)["state"] == "active" {
				active++
			}
		}
		return active == n
	}, poolPatience, 100*time.Millisecond)
}

// settle launches a notebook, and lets browsers use it.
func (d *day) settle(name, blueprint string) *stay {
	d.Helper()
	s := &stay{name: name, instance: d.launch(blueprint, "running"), tally: &tally{}}
	s.tally.next()
	s.host = d.hostWith(s.instance["host_id"].(string))
	for n := range browsersEach {
		browser := d.newBrowser()
		open(d, d.site, browser, s.instance)
		v := visit(d.test.Context(), browser, s.instance["url"].(string), n, s.tally)
		d.Cleanup(v.left)
		s.visitors = append(s.visitors, v)
	}
	d.stays = append(d.stays, s)
	require.Eventually(d, func() bool { return s.isBusy() }, 20*time.Second, 20*time.Millisecond)
	return s
}

// isBusy tells whether all that a page may do is under way.
func (s *stay) isBusy() bool {
	now := s.tally.now()
	for _, v := range s.visitors {
		if !v.idler.isThere() {
			return false
		}
	}
	return now.sent >= 6*len(s.visitors) && now.events > 0 && now.words > 0
}

// unsettle sends the browsers of a notebook away.
func (d *day) unsettle(s *stay) {
	for _, v := range s.visitors {
		v.left()
	}
	d.stays = slices.DeleteFunc(d.stays, func(o *stay) bool { return o == s })
}

func (d *day) stay(name string) *stay {
	d.Helper()
	for _, s := range d.stays {
		if s.name == name {
			return s
		}
	}
	require.FailNow(d, "no notebook "+name)
	return nil
}

func (d *day) hostWith(id string) map[string]any {
	d.Helper()
	return d.awaitHost(poolPatience, func(h map[string]any) bool { return h["id"] == id })
}

func (d *day) pause(length time.Duration) { rest(d.test.Context(), length) }

// allowance is what may happen to a notebook's traffic in a phase; its zero value
// allows nothing.
type allowance struct {
	failed         int           // requests, at most
	streams, cut   int           // of all visitors, exactly
	within, broken time.Duration // that a page may take; in which what was open ends
	says           []string      // all that a failure may say
}

const many = 1 << 30

// phase lets something happen, and holds what becomes of the traffic against what
// is allowed for a notebook by its name; for all others nothing is.
func (d *day) phase(name string, allow map[string]allowance, happen func()) {
	d.Helper()
	began := time.Now()
	for _, s := range d.stays {
		s.tally.next()
	}
	happen()
	for _, s := range d.stays {
		a := allow[s.name]
		if a.failed == 0 {
			for _, v := range s.visitors {
				if err := v.rouse(d.test.Context()); err != nil {
					d.Errorf("%s: %s: %v", name, s.name, err)
				}
			}
		}
		r := s.tally.next()
		d.lines = append(d.lines, line{name, s.name, r})
		for _, wrong := range a.breaches(r) {
			d.Errorf("%s: %s: %s", name, s.name, wrong)
		}
	}
	d.Logf("%s: %s", name, time.Since(began).Round(100*time.Millisecond))
}

// breaches are the ways in which what happened is not allowed.
func (a allowance) breaches(r toll) (wrong []string) {
	hold := func(ok bool, format string, values ...any) {
		if !ok {
			wrong = append(wrong, fmt.Sprintf(format, values...))
		}
	}
	hold(r.failed <= a.failed, "%d requests failed, %d may: %v", r.failed, a.failed, r.said)
	hold(r.streams == a.streams, "%d event streams broke, not %d: %v", r.streams, a.streams, r.said)
	hold(r.cut == a.cut, "%d websockets were cut, not %d: %v", r.cut, a.cut, r.said)
	hold(r.longest <= max(a.within, prompt), "a page took %s, more than %s", r.longest, max(a.within, prompt))
	hold(r.broken <= a.broken, "what was open ended after %s, not within %s", r.broken, a.broken)
	hold(r.sent > 0 && (a.failed > 0 || r.events > 0 && r.words > 0), "there was no traffic: %+v", r)
	for words := range r.said {
		hold(slices.ContainsFunc(a.says, func(may string) bool { return strings.HasPrefix(words, may) }), "%q was said", words)
	}
	return wrong
}

// What a struck notebook may answer.
const (
	saysSilent = "502 The notebook is not answering"
	saysOver   = "410 This notebook has ended"
	// saysBroken is for what had begun: an answer of which a part is there, an
	// upload, a websocket.
	saysBroken = "broken off"
)

// ofAll is n times the browsers of a notebook.
func ofAll(n int) int { return n * browsersEach }

// ended waits until a notebook's address tells why it is no more.
func (d *day) ended(s *stay, words string) {
	d.Helper()
	visitor := s.visitors[0]
	require.Eventually(d, func() bool {
		ctx, cancel := context.WithTimeout(d.test.Context(), prompt)
		defer cancel()
		page := visitor.reads(ctx)
		return page.status == http.StatusGone && strings.Contains(page.words, words) && strings.Contains(page.words, "Launch again")
	}, poolPatience, 20*time.Millisecond)
}

// failure is what its owner is told of an instance that ended in a state.
func (d *day) failure(s *stay, state string, code pool.Code) {
	d.Helper()
	i := d.await(s.instance["id"].(string), state)
	failure := i["failure"].(map[string]any)
	require.Equal(d, string(code), failure["code"])
	require.NotEmpty(d, failure["message"])
	require.NotEmpty(d, failure["hint"])
	d.Logf("%s is %s: %v %v", s.name, state, failure["message"], failure["hint"])
}

func (d *day) containerIsPaused() {
	s := d.stay("second")
	name, at := s.instance["name"].(string), s.host["address"].(string)
	const length = 3 * time.Second
	d.phase("container paused", map[string]allowance{s.name: {within: length + prompt}}, func() {
		d.hall.docker(at, "pause", name)
		d.pause(length)
		d.hall.docker(at, "unpause", name)
		d.pause(calm)
		require.Greater(d, s.tally.now().longest, length*9/10, "requests waited")
	})
}

func (d *day) lineIsCutForAMoment() {
	s := d.stay("third")
	at := s.host["address"].(string)
	d.phase("line cut for 2 s", map[string]allowance{s.name: {within: 2 * prompt}}, func() {
		d.hall.strike(at, "host-cut.sh", "--link")
		d.pause(2 * time.Second)
		d.hall.strike(at, "host-heal.sh")
		d.pause(2 * calm)
	})
}

func (d *day) backendDies() {
	s := d.stay("first")
	name, at := s.instance["name"].(string), s.host["address"].(string)
	allow := allowance{failed: many, streams: ofAll(1), cut: ofAll(2), broken: 2 * time.Second, says: []string{saysSilent, saysOver, saysBroken, "stream " + saysBroken, "websocket " + saysBroken}}
	d.phase("backend killed", map[string]allowance{s.name: allow}, func() {
		pid := d.hall.docker(at, "inspect", "--format", "{{.State.Pid}}", name)
		began := time.Now()
		d.hall.inside(at, "kill", "-KILL", pid)
		d.ended(s, "ended by itself with exit code 137")
		d.Logf("its address tells why after %s", time.Since(began).Round(time.Millisecond))
		require.Less(d, time.Since(began), prompt)
		d.failure(s, "failed", pool.CodeExited)
	})
	d.unsettle(s)
	again := d.settle("first", d.single)
	require.Equal(d, s.host["id"], again.host["id"])
	d.phase("launched again", nil, func() { d.pause(calm) })
}

func (d *day) containerIsRestarted() {
	s := d.stay("first")
	name, at := s.instance["name"].(string), s.host["address"].(string)
	allow := allowance{failed: many, streams: ofAll(1), cut: ofAll(2), broken: 2 * time.Second, says: []string{saysSilent, saysBroken, "stream " + saysBroken, "websocket StatusGoingAway"}}
	d.phase("container restarted", map[string]allowance{s.name: allow}, func() {
		d.hall.docker(at, "restart", "--time", "0", name)
		d.awaitBusy(s)
	})
	d.phase("after its restart", nil, func() { d.pause(calm) })
	require.Equal(d, "running", d.await(s.instance["id"].(string), "running")["state"])
}

// awaitBusy waits until all that a page may do is under way again.
func (d *day) awaitBusy(s *stay) {
	d.Helper()
	var failed, events, words int
	for end := time.Now().Add(20 * time.Second); ; d.pause(calm / 2) {
		now := s.tally.now()
		if s.isBusy() && now.failed == failed && now.events > events && now.words > words {
			return
		}
		failed, events, words = now.failed, now.events, now.words
		require.True(d, time.Now().Before(end), "%s is not in use again: %+v", s.name, now)
	}
}

func (d *day) proxyDies() {
	allow := map[string]allowance{}
	for _, s := range d.stays {
		allow[s.name] = allowance{
			failed: many, streams: ofAll(1), cut: ofAll(2), broken: time.Second,
			says: []string{"refused", saysBroken, "stream " + saysBroken, "websocket " + saysBroken},
		}
	}
	d.phase("proxy killed", allow, func() {
		d.stopProxy(syscall.SIGKILL)
		d.pause(time.Second)
		status, _ := d.call(d.browser, http.MethodGet, "/pool", nil)
		require.Equal(d, http.StatusOK, status, "the server goes on")
		d.startProxy()
		began := time.Now()
		d.awaitProxy()
		status, _ = d.page(d.stays[0].visitors[0].client, d.stays[0].instance["url"].(string)+"healthz")
		require.Equal(d, http.StatusOK, status, "a session from before")
		d.Logf("the proxy is back after %s", time.Since(began).Round(time.Millisecond))
		d.pause(2 * retryPause) // for what was refused before
		failed := map[*stay]int{}
		for _, s := range d.stays {
			failed[s] = s.tally.now().failed
		}
		for _, s := range d.stays {
			d.awaitBusy(s)
			require.Equal(d, failed[s], s.tally.now().failed, "new requests pass at once")
		}
	})
	d.phase("after the proxy's death", nil, func() { d.pause(calm) })
}

func (d *day) serverDies() {
	for _, death := range []struct {
		name   string
		signal syscall.Signal
	}{{"server killed", syscall.SIGKILL}, {"server stopped", syscall.SIGTERM}} {
		d.phase(death.name, nil, func() {
			took := d.stop(death.signal)
			require.Less(d, took, 5*time.Second)
			d.pause(calm)
			began := time.Now()
			d.start()
			d.Logf("%s: it took %s, and is back after %s", death.name, took.Round(time.Millisecond), time.Since(began).Round(time.Millisecond))
			d.pause(calm)
		})
	}
	d.phase("launch after that", nil, func() {
		i := d.launch(d.single, "running")
		open(d, d.site, d.newBrowser(), i)
		d.destroy(i)
	})
}

// hostsVanish lets two machines go without a word, and the engine of the third
// one crash meanwhile, which harms nothing that runs there.
func (d *day) hostsVanish() {
	off, silent := d.stay("second"), d.stay("third")
	const halfAMinute = 45 * time.Second // on a busy machine, with the dialling that comes after it
	allow := allowance{
		failed: many, streams: ofAll(1), cut: ofAll(2), within: halfAMinute, broken: halfAMinute,
		says: []string{saysSilent, saysBroken, "stream " + saysBroken, "websocket " + saysBroken},
	}
	d.phase("hosts gone, engine dead", map[string]allowance{off.name: allow, silent.name: allow}, func() {
		d.hall.strike(off.host["address"].(string), "host-kill.sh", "--power")
		d.hall.cutOff(silent.host["address"].(string))
		d.engineCrashes(d.stay("first").host)
		for _, s := range []*stay{off, silent} {
			require.Eventually(d, func() bool {
				now := s.tally.now()
				return now.cut == allow.cut && now.streams == allow.streams && now.isTold(saysSilent) && s.tally.oldest() < 2*prompt
			}, halfAMinute, 20*time.Millisecond)
			d.Logf("%s: all that was open has ended after %s", s.name, s.tally.now().broken.Round(time.Second))
		}
	})
	d.hostsAreGivenUp(off, silent)
	d.phase("hosts replaced", nil, func() {
		began := time.Now()
		d.awaitActive(hallHosts)
		d.Logf("replaced after %s", time.Since(began).Round(time.Second))
		d.settle("fourth", d.double)
	})
	d.phase("after all that", nil, func() { d.pause(calm) })
}

func (d *day) engineCrashes(host map[string]any) {
	d.Helper()
	at, id := host["address"].(string), host["id"]
	began := time.Now()
	d.hall.strike(at, "host-kill.sh", "--dockerd")
	sick := d.awaitHost(30*time.Second, func(h map[string]any) bool {
		return h["id"] == id && h["state"] == "inactive" && h["silent_since"] != nil
	})
	d.Logf("after %s the pool says: %v", time.Since(began).Round(time.Second), sick["trouble"])
	require.Contains(d, fmt.Sprint(sick["trouble"]), "the engine does not answer")
	d.hall.strike(at, "host-start.sh")
	began = time.Now()
	d.awaitHost(30*time.Second, func(h map[string]any) bool {
		return h["id"] == id && h["state"] == "active" && h["silent_since"] == nil
	})
	d.Logf("healed %s after the engine is back", time.Since(began).Round(time.Second))
	for _, s := range d.stays {
		if s.host["id"] == id {
			require.Equal(d, "running", d.await(s.instance["id"].(string), "running")["state"])
		}
	}
}

// hostsAreGivenUp lets the pool's patience end with the machines of two notebooks.
func (d *day) hostsAreGivenUp(gone ...*stay) {
	d.Helper()
	allow := map[string]allowance{}
	for _, s := range gone {
		allow[s.name] = allowance{failed: many, within: 2 * prompt, says: []string{saysSilent, saysOver}}
	}
	d.phase("hosts given up", allow, func() {
		d.set(pool.VarHostLostAfter, "1s")
		began := time.Now()
		for _, s := range gone {
			d.ended(s, "The machine that this notebook ran on is lost")
			d.Logf("the address of %s tells why after %s", s.name, time.Since(began).Round(time.Second))
			d.failure(s, "lost", pool.CodeHostLost)
		}
		// It may be over before the requests that were under way to the dead machines are.
		for _, s := range gone {
			require.Eventually(d, func() bool { return s.tally.now().sent > 0 }, 2*prompt, 20*time.Millisecond)
		}
	})
	for _, s := range gone {
		d.unsettle(s)
	}
}
