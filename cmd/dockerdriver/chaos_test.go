//go:build hosts

// Faults at random under people who work, and what must hold all the same:
// `make chaos` brings real engines up, by scripts that stand beside this repository.
package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

const (
	chaosHosts  = 3
	chaosSlots  = 4 // of each host
	chaosPeople = 6
	// chaosTime is how long faults are made where DOCKERDRIVER_CHAOS_TIME does not say.
	chaosTime = 5 * time.Minute
	// chaosDisk is the size of the server's own disk.
	chaosDisk = "64m"
	// chaosBuild is how long a host may take to come up on a busy machine.
	chaosBuild = time.Minute
	cureLimit  = 3 * time.Minute
	// overtime is what the last round, its calm and the drain may take beyond it.
	overtime  = 15 * time.Minute
	cureAgain = 500 * time.Millisecond
)

// TestChaos lets people launch, open, use and destroy notebooks while faults come
// and go at random. From time to time all faults are healed, and then all that is
// recorded, what runs and what the cloud holds must come to be the same. In the end
// a drain leaves nothing.
func TestChaos(t *testing.T) {
	c := newChaos(t)
	hangs := time.AfterFunc(c.length+overtime, func() { panic("chaos does not end: what hangs is among these goroutines") })
	defer hangs.Stop()
	t.Cleanup(func() { t.Log(c.summary()) })
	ctx, stop := context.WithCancel(t.Context())
	var busy sync.WaitGroup
	busy.Go(func() { c.watching(ctx) })
	busy.Go(func() { c.watchingEngines(ctx) })
	day, close := context.WithCancel(ctx)
	for _, p := range c.people {
		busy.Go(func() { p.lives(day) })
	}
	t.Cleanup(func() { stop(); busy.Wait() })
	bag := newBag(t, c.seed)
	for end, n := time.Now().Add(c.length), 0; n < c.rounds || (c.rounds == 0 && time.Now().Before(end)); n++ {
		c.storm(ctx, bag.round())
		c.calm(ctx)
	}
	close()
	stop()
	busy.Wait()
	c.drains(t.Context())
	for _, line := range defects(c.logAt) {
		c.chronicle.breach("the server's log: %s", line)
	}
	require.Empty(t, c.watch.unexplained(c.chronicle), "lost instances not explained by a fault")
	require.Empty(t, c.orphans, "orphans")
	require.Empty(t, c.chronicle.broken(), "invariant breaks")
	require.Positive(t, c.tally.all()["opened"], "people came in")
}

// chaos is a server on a small disk of its own, a cloud with real engines, people,
// and who watches all of it.
type chaos struct {
	*site
	test      *testing.T
	hall      *hall
	server    *keeper
	proxy     *keeper // who serves notebooks: the server, or a process of its own
	disk      string
	makeRoom  func() // on the disk; nil: it is not full
	chronicle *chronicle
	watch     *watcher
	tally     counter
	seed      uint64
	length    time.Duration
	rounds    int    // of faults; 0: as many as there is time for
	logAt     string // the file of the server's log

	work, brief string // blueprints, of an hour and of a minute
	admin       *person
	people      []*person
	gate        sync.RWMutex // held by whoever changes something; in calm nobody does

	calms   int
	orphans []string

	mu    sync.Mutex
	known map[string]string // names of instances whose launch was accepted, by id
}

// act waits until things may be changed; whoever has done so calls done.
func (c *chaos) act() (done func()) {
	c.gate.RLock()
	return c.gate.RUnlock
}

func (c *chaos) accepted(i seenInstance) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.known[i.ID] = i.Name
}

// installation is the mark on all that is the server's.
func (c *chaos) installation() string {
	for _, s := range c.hall.cloud.Servers() {
		if mark := s.Metadata["pb_installation"]; mark != "" {
			return mark
		}
	}
	return ""
}

func newChaos(t *testing.T) *chaos {
	t.Helper()
	c := &chaos{
		test: t, hall: newHall(t), disk: smallDisk(t, chaosDisk), known: map[string]string{}, length: chaosTime, seed: rand.Uint64N(1 << 32),
		watch: &watcher{names: map[string]string{}, ends: map[string]instanceEnd{}, states: map[string]pool.InstanceState{}, placed: map[string]string{}},
	}
	var err error
	if length := os.Getenv("DOCKERDRIVER_CHAOS_TIME"); length != "" {
		c.length, err = time.ParseDuration(length)
		require.NoError(t, err, "DOCKERDRIVER_CHAOS_TIME")
	}
	if rounds := os.Getenv("DOCKERDRIVER_CHAOS_ROUNDS"); rounds != "" {
		c.rounds, err = strconv.Atoi(rounds)
		require.NoError(t, err, "DOCKERDRIVER_CHAOS_ROUNDS")
		c.length = time.Duration(c.rounds) * time.Minute
	}
	if seed := os.Getenv("DOCKERDRIVER_CHAOS_SEED"); seed != "" {
		c.seed, err = strconv.ParseUint(seed, 10, 64)
		require.NoError(t, err, "DOCKERDRIVER_CHAOS_SEED")
	}
	t.Logf("chaos for %s; the same faults again: DOCKERDRIVER_CHAOS_SEED=%d", c.length, c.seed)
	c.chronicle = newChronicle(t.Logf)
	c.site = prepareSite(t, "serve", filepath.Join(c.disk, "data"), nil, "--cloud", "emulator", "--emulator-url", c.hall.cloud.AuthURL())
	c.startServer(c.seed%2 == 0)
	c.browser = c.newBrowser()
	c.logIn(c.browser)
	makeDemoImage(t, c.site)
	for _, v := range [][2]string{
		{pool.VarPluginWhitelist, pool.PluginDocker},
		{pool.VarMaxHosts, fmt.Sprint(chaosHosts)},
		{pool.VarHostSlotsSmall, fmt.Sprint(chaosSlots)},
		{pool.VarHostSlotsLarge, fmt.Sprint(chaosSlots)},
		{pool.VarFreeSlotTarget, fmt.Sprint(chaosSlots * chaosHosts)},
		{pool.VarHostBuildsAtOnce, fmt.Sprint(chaosHosts)},
		{pool.VarHostDataVolumeFactor, "1"},
		{pool.VarHostLostAfter, lostAfter.String()},
	} {
		c.set(v[0], v[1])
	}
	owned := map[string]any{"maximum_instances_per_user": 1, "show_password": true, "environment_vars": "OWNER={password}", "memory_limit": "64m"}
	c.work = c.make("work", owned)
	owned["maximum_lifetime"] = "1m"
	c.brief = c.make("brief", owned)
	c.set(pool.VarShutdownMode, "False")
	require.Eventually(t, func() bool {
		_, list := c.call(c.browser, http.MethodGet, "/hosts", nil)
		return len(list["items"].([]any)) == chaosHosts && !slices.ContainsFunc(list["items"].([]any), func(h any) bool { return h.(map[string]any)["state"] != "active" })
	}, poolPatience, calmPace)
	c.admin = &person{c: c, name: "admin@localhost", client: c.browser}
	for n := range chaosPeople {
		p := &person{c: c, name: fmt.Sprintf("person-%d@example.org", n), client: c.newBrowser(), dice: rand.New(rand.NewPCG(c.seed, uint64(n+1))), has: map[string]bool{}, opened: map[string]seenInstance{}, forgotten: map[string]bool{}}
		status, answer := c.call(c.browser, http.MethodPost, "/users", map[string]any{"email": p.name, "password": adminPassword})
		require.Equal(t, http.StatusCreated, status, answer)
		require.True(t, p.logIn(t.Context(), adminPassword))
		c.people = append(c.people, p)
	}
	return c
}

// storm makes the faults of a round, each in its time, and heals them.
func (c *chaos) storm(ctx context.Context, round []plan) {
	began := time.Now()
	var cures []*cure
	for len(round)+len(cures) > 0 {
		slices.SortStableFunc(cures, func(a, b *cure) int { return a.at.Compare(b.at) })
		if len(round) > 0 && (len(cures) == 0 || began.Add(round[0].after).Before(cures[0].at)) {
			p := round[0]
			round = round[1:]
			rest(ctx, time.Until(began.Add(p.after)))
			if cure := c.strike(ctx, p); cure != nil {
				cure.at = time.Now().Add(p.hold)
				cures = append(cures, cure)
			}
			continue
		}
		next := cures[0]
		rest(ctx, time.Until(next.at))
		if err := next.tries(ctx); err != nil && ctx.Err() == nil {
			if next.at = time.Now().Add(cureAgain); time.Since(next.fault.began) < cureLimit {
				continue
			}
			c.chronicle.breach("%s %s cannot be healed: %v", next.fault.kind, next.fault.what, err)
		}
		c.chronicle.heal(next.fault)
		cures = cures[1:]
	}
}

func (n *cure) tries(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, strikeLimit)
	defer cancel()
	return n.do(ctx)
}
