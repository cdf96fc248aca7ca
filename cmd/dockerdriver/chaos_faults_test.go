//go:build hosts

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/emulator/openstack"
	"dockerdriver/actors/images"
	"dockerdriver/actors/pool"
)

// kind is a way to go wrong.
type kind string

const (
	engineKilled     kind = "engine killed"
	engineHung       kind = "engine hung"
	engineCutOff     kind = "engine's port cut off"
	lineDown         kind = "line down"
	lineSilent       kind = "line silent"
	poweredOff       kind = "machine powered off"
	machineDeleted   kind = "machine deleted in the cloud"
	cloudFails       kind = "cloud calls fail"
	serverKilled     kind = "server killed"
	serverDies       kind = "server killed at a write"
	proxyKilled      kind = "notebook proxy killed"
	diskFull         kind = "disk full"
	shutdownMode     kind = "shutdown mode"
	containerRemoved kind = "container removed by hand"
	containerKilled  kind = "container killed"
	strayStarted     kind = "stray container started"
)

var kinds = []kind{
	engineKilled, engineHung, engineCutOff, lineDown, lineSilent, poweredOff, machineDeleted, cloudFails,
	serverKilled, serverDies, proxyKilled, diskFull, shutdownMode, containerRemoved, containerKilled, strayStarted,
}

const (
	// lostAfter is the pool's patience with a silent engine; tolerance is how much
	// later than its end it may be noticed.
	lostAfter = 30 * time.Second
	tolerance = 15 * time.Second
	// A fault is on for shortest to longest; a silence that is to last, for lasting:
	// its host is given up then.
	shortest, longest = 2 * time.Second, 10 * time.Second
	lasting           = 60 * time.Second
	// Faults of one round begin within spread.
	spread      = 8 * time.Second
	faultsAtOne = 3
	strikeLimit = time.Minute
)

// wake is how long after its end a fault may still be felt: a heartbeat comes
// every ten seconds, a write that failed is tried again after as much, and a line
// that comes back has its connections try again.
func (k kind) wake() time.Duration {
	if slices.Contains(silences, k) || k == machineDeleted {
		return 30 * time.Second
	}
	return 15 * time.Second
}

// moment says how long a fault is on; zero: it is done and over.
func (k kind) moment() bool {
	return slices.Contains([]kind{machineDeleted, containerRemoved, containerKilled, strayStarted}, k)
}

// plan is a fault that is to be made: all that is left to chance is in it.
type plan struct {
	kind  kind
	after time.Duration // since its round began
	hold  time.Duration
	aim   float64 // picks whom it meets; 0 to 1
	seed  uint64
}

// bag hands out plans. All kinds come before one comes again.
type bag struct {
	dice *rand.Rand
	all  []kind
	left []kind
}

// newBag has all kinds, or those that DOCKERDRIVER_CHAOS_ONLY names, with commas between.
func newBag(t *testing.T, seed uint64) *bag {
	t.Helper()
	b := &bag{dice: rand.New(rand.NewPCG(seed, 0)), all: kinds}
	if only := os.Getenv("DOCKERDRIVER_CHAOS_ONLY"); only != "" {
		b.all = nil
		for name := range strings.SplitSeq(only, ",") {
			require.Contains(t, kinds, kind(name), "DOCKERDRIVER_CHAOS_ONLY")
			b.all = append(b.all, kind(name))
		}
	}
	return b
}

// round is the next few faults, in the order of their beginning. While one lasts,
// more come.
func (b *bag) round() (round []plan) {
	within := spread
	for n, most := 0, faultsAtOne; n < most; n++ {
		p := b.plan(within)
		if p.hold == lasting && within == spread {
			within, most = lasting, most+faultsAtOne
		}
		round = append(round, p)
	}
	slices.SortStableFunc(round, func(a, b plan) int { return int(a.after - b.after) })
	return round
}

func (b *bag) plan(within time.Duration) plan {
	if len(b.left) == 0 {
		b.left = slices.Clone(b.all)
		b.dice.Shuffle(len(b.left), func(i, j int) { b.left[i], b.left[j] = b.left[j], b.left[i] })
	}
	p := plan{kind: b.left[0], after: time.Duration(b.dice.Float64() * float64(within)), aim: b.dice.Float64(), seed: b.dice.Uint64()}
	p.hold = shortest + time.Duration(b.dice.Float64()*float64(longest-shortest))
	b.left = b.left[1:]
	if lasts := b.dice.Float64() < 0.2; lasts && slices.Contains(silences, p.kind) {
		p.hold = lasting
	}
	if p.kind.moment() {
		p.hold = 0
	}
	return p
}

// cure puts a fault right.
type cure struct {
	fault *fault
	at    time.Time
	do    func(context.Context) error
}

// strike makes a fault; nil: there is nobody whom it could meet.
func (c *chaos) strike(ctx context.Context, p plan) *cure {
	switch p.kind {
	case serverKilled:
		f := c.chronicle.strike(fault{kind: p.kind})
		c.server.kill(syscall.SIGKILL)
		return &cure{fault: f, do: func(context.Context) error { return c.server.begin() }}
	case proxyKilled:
		if c.proxy == c.server {
			c.chronicle.note("skipped %s: the server itself serves notebooks", p.kind)
			return nil
		}
		f := c.chronicle.strike(fault{kind: p.kind})
		c.proxy.kill(syscall.SIGKILL)
		return &cure{fault: f, do: func(context.Context) error { return c.proxy.begin() }}
	case serverDies:
		return c.strikeServer(p)
	case diskFull:
		f := c.chronicle.strike(fault{kind: p.kind})
		if c.makeRoom == nil {
			c.makeRoom = fill(c.test, c.disk)
		}
		return &cure{fault: f, do: func(context.Context) error {
			if c.makeRoom != nil { // another cure may have
				c.makeRoom()
				c.makeRoom = nil
			}
			return nil
		}}
	case shutdownMode:
		what, deadline := "", map[string]any{}
		if p.aim > 0.7 {
			what, deadline = "that ends everything", map[string]any{"deadline": "now"}
		}
		f := c.chronicle.strike(fault{kind: p.kind, what: what})
		if !c.admin.try(ctx, http.MethodPost, "/pool/drain", deadline) {
			c.chronicle.note("not now")
		}
		return &cure{fault: f, do: func(ctx context.Context) error { return c.admin.set(ctx, pool.VarShutdownMode, "False") }}
	case cloudFails:
		return c.strikeCloud(p)
	case containerRemoved, containerKilled:
		return c.strikeContainer(ctx, p)
	default:
		return c.strikeMachine(ctx, p)
	}
}

// mostWrites bounds after how many writes a server dies.
const mostWrites = 60

// strikeServer has the server die behind one of its next writes, or before it:
// nothing that was to follow upon it happens.
func (c *chaos) strikeServer(p plan) *cure {
	write := 1 + p.seed%mostWrites
	f := c.chronicle.strike(fault{kind: p.kind, what: fmt.Sprintf("number %d of its next life", write)})
	c.server.kill(syscall.SIGKILL)
	when := "DOCKERDRIVER_DIE_AFTER="
	if p.aim < 0.3 {
		when = "DOCKERDRIVER_DIE_BEFORE="
	}
	if err := c.server.beginMortal(fmt.Sprint(when, write)); err != nil {
		c.chronicle.note("%v", err)
	}
	return &cure{fault: f, do: func(context.Context) error {
		if !c.server.isMortal() {
			return nil
		}
		c.server.kill(syscall.SIGKILL)
		return c.server.begin()
	}}
}

func (c *chaos) strikeCloud(p plan) *cure {
	cloud := c.hall.cloud
	all := openstack.Fault{Match: "* *"}
	var what string
	var begin func() error
	switch int(p.aim * 5) {
	case 0, 1:
		what = "half of them"
		begin = func() error { return cloud.InjectRandom(openstack.Random{Seed: p.seed, Probability: 0.5}) }
	case 2:
		what = "all of them"
		all.Status, all.Message = http.StatusServiceUnavailable, "The service is unavailable."
		begin = func() error { return cloud.Inject(all) }
	case 3:
		what = "by being slow"
		all.DelayMS = int(p.hold.Milliseconds())
		begin = func() error { return cloud.Inject(all) }
	default:
		what = "builds, deletes, and all tokens"
		begin = func() error {
			cloud.ExpireTokens()
			for _, f := range []openstack.Fault{
				{Match: "POST */servers", DropConnection: true, After: true},
				{Match: "DELETE *", Status: http.StatusInternalServerError, Message: "Unexpected API Error."},
			} {
				if err := cloud.Inject(f); err != nil {
					return err
				}
			}
			return cloud.Arrange(openstack.Outcome{Times: 1, Build: openstack.Error})
		}
	}
	f := c.chronicle.strike(fault{kind: p.kind, what: what})
	if err := begin(); err != nil {
		c.chronicle.breach("%s: %v", f.kind, err)
	}
	return &cure{fault: f, do: func(context.Context) error {
		cloud.ClearFaults()
		cloud.ClearOutcomes()
		return cloud.InjectRandom(openstack.Random{})
	}}
}

// machine is one that a fault may meet.
type machine struct{ name, address, serverID string }

// pick is a machine of an active host that no other fault has struck; false:
// there is none.
func (c *chaos) pick(aim float64) (machine, bool) {
	struck := map[string]bool{}
	for _, f := range c.chronicle.during(time.Now(), time.Now()) {
		if f.healed.IsZero() {
			struck[f.host] = true
		}
	}
	var all []machine
	active := c.watch.active()
	for _, s := range c.hall.cloud.Servers() { // oldest first
		if active[s.Name] && !struck[s.Name] && s.Status == "ACTIVE" {
			all = append(all, machine{s.Name, s.Address, s.ID})
		}
	}
	if len(all) == 0 {
		return machine{}, false
	}
	return all[int(aim*float64(len(all)))], true
}

// strikeMachine does something to a machine or to its engine.
func (c *chaos) strikeMachine(ctx context.Context, p plan) *cure {
	m, found := c.pick(p.aim)
	if !found {
		c.chronicle.note("skipped %s: no host is active and well", p.kind)
		return nil
	}
	number := fmt.Sprint(numberAt(m.address))
	script := func(name string, args ...string) func(context.Context) error {
		return func(ctx context.Context) error { return c.hall.run(ctx, name, append([]string{number}, args...)...) }
	}
	start, heal := script("host-start.sh"), script("host-heal.sh")
	nothing := func(context.Context) error { return nil }
	way := map[kind]struct{ strike, cure func(context.Context) error }{
		engineKilled: {script("host-kill.sh", "--dockerd"), start},
		engineHung:   {script("host-kill.sh", "--hang"), start},
		engineCutOff: {script("host-cut.sh", "--api"), heal},
		lineDown:     {script("host-cut.sh", "--link"), heal},
		lineSilent:   {func(ctx context.Context) error { return c.hall.silence(ctx, m.address) }, heal},
		poweredOff:   {script("host-kill.sh", "--power"), start},
		machineDeleted: {func(context.Context) error {
			if !c.hall.cloud.RemoveServer(m.serverID) {
				return fmt.Errorf("there is no server %s", m.serverID)
			}
			return nil
		}, nothing},
		strayStarted: {func(ctx context.Context) error { return c.startStray(ctx, m, p) }, nothing},
	}[p.kind]
	f := c.chronicle.strike(fault{kind: p.kind, host: m.name, what: "on " + m.name})
	there := c.hall.ifThere
	if p.kind == machineDeleted {
		there = func(_ string, do func() error) error { return do() } // its deletion takes the lock
	}
	if err := there(m.serverID, func() error { return way.strike(ctx) }); err != nil {
		c.chronicle.note("%s failed: %v", p.kind, err)
	}
	return &cure{fault: f, do: func(ctx context.Context) error {
		return c.hall.ifThere(m.serverID, func() error { return way.cure(ctx) })
	}}
}

// startStray starts a container with our mark that no record speaks for.
func (c *chaos) startStray(ctx context.Context, m machine, p plan) error {
	name := fmt.Sprintf("stray-%x", p.seed)
	_, err := c.hall.enter(ctx, m.address, "docker", "--host", "unix:///run/docker.sock", "run", "--detach", "--name", name,
		"--label", "pb.installation="+c.installation(), "--label", "pb.instance="+name, "--label", "pb.slots=1", images.DemoTag)
	return err
}

// strikeContainer ends a running instance's container behind everybody's back.
func (c *chaos) strikeContainer(ctx context.Context, p plan) *cure {
	m, found := c.pick(p.aim)
	i, running := c.watch.runningOn(m.name, p.aim)
	if !found || !running {
		c.chronicle.note("skipped %s: nothing runs on a host that is well", p.kind)
		return nil
	}
	f := c.chronicle.strike(fault{kind: p.kind, host: m.name, instance: i.ID, what: i.Name + " on " + m.name})
	how := []string{"kill"}
	if p.kind == containerRemoved {
		how = []string{"rm", "--force"}
	}
	command := append([]string{"docker", "--host", "unix:///run/docker.sock"}, append(how, i.Name)...)
	err := c.hall.ifThere(m.serverID, func() error {
		_, err := c.hall.enter(ctx, m.address, command...)
		return err
	})
	if err != nil {
		c.chronicle.note("%s failed: %v", p.kind, err)
	}
	return &cure{fault: f, do: func(context.Context) error { return nil }}
}
