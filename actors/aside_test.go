package actors_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

// aside tells a chapter of its own, with the checks of every chapter at its end.
func aside(t *testing.T, tell func(d *trial)) {
	t.Helper()
	t.Parallel()
	tried(t, chapter{tell: tell}, point{}, "")
}

// rests waits until that actor, and no other, is set aside, and returns what is shown.
func (d *trial) rests(actor string) pool.SetAside {
	d.Helper()
	d.until(5*time.Minute, actor+" is set aside", func(v *pool.View) bool { return len(v.SetAside) > 0 })
	all := d.client.Snapshot().SetAside
	require.Len(d, all, 1)
	require.Equal(d, actor, all[0].Actor)
	require.Equal(d, "fell ill", all[0].Error)
	require.Equal(d, 6, all[0].Tries)
	require.Contains(d, all[0].Reason, "6 times")
	require.NotEmpty(d, all[0].Hint)
	stacks := d.stacksNow()
	d.pass(10 * time.Minute)
	require.Equal(d, stacks, d.stacksNow(), "it is left in peace")
	return all[0]
}

func (d *trial) stacksNow() int {
	d.at.Lock()
	defer d.at.Unlock()
	return d.stacks
}

func (d *trial) tryAgain(actor string) {
	d.Helper()
	d.falls(nil)
	require.NoError(d, d.client.TryAgain(d.Context(), admin, actor))
	require.Empty(d, d.client.Snapshot().SetAside)
	require.Equal(d, pool.CodeNotFound, pool.CodeOf(d.client.TryAgain(d.Context(), admin, actor)))
}

func only(key string) func(string, string) bool {
	return func(k, what string) bool { return k == key && !strings.HasPrefix(what, "actor.Stop") }
}

func TestAHostThatIsSetAsideKeepsItsNotebooksAndGetsNoMore(t *testing.T) {
	aside(t, func(d *trial) {
		i := d.launchOf(alice, d.blueprint)
		d.falls(only("Host-" + i.HostID))
		rests := d.rests("Host-" + i.HostID)
		require.Equal(d, pool.InstanceRunning, d.client.Snapshot().Instance(i.ID).State)
		require.Contains(d, d.table.Routes, i.Label)
		his := d.launchOf(bob, d.blueprint)
		require.NotEqual(d, i.HostID, his.HostID, "nobody would tend it there")
		d.endOf(alice, i.ID)
		d.tryAgain(rests.Actor)
		d.pass(time.Minute)
		require.Equal(d, pool.HostActive, d.client.Snapshot().Host(i.HostID).State)
	})
}

func TestAHostThatIsSetAsideIsReleasedWhenSomebodySaysSo(t *testing.T) {
	aside(t, func(d *trial) {
		i := d.launchOf(alice, d.blueprint)
		d.falls(only("Host-" + i.HostID))
		d.rests("Host-" + i.HostID)
		d.falls(nil)
		_, err := d.client.ReleaseHost(d.Context(), admin, i.HostID)
		require.NoError(d, err)
		d.becomes(time.Minute, i.ID, pool.InstanceDeleted)
		d.until(time.Minute, "it is gone", func(v *pool.View) bool { return v.Host(i.HostID) == nil })
	})
}

func TestADrainTriesAgainWhatIsSetAsideAndTellsOfIt(t *testing.T) {
	aside(t, func(d *trial) {
		i := d.launchOf(alice, d.blueprint)
		d.falls(only("Host-" + i.HostID))
		d.until(5*time.Minute, "it is set aside", func(v *pool.View) bool { return len(v.SetAside) == 1 })
		d.endOf(alice, i.ID)
		d.sets(pool.VarShutdownMode, "True")
		d.pass(time.Minute)
		blockers := d.client.Snapshot().Status.Blockers
		at := slices.IndexFunc(blockers, func(b pool.Blocker) bool { return b.ID == i.HostID })
		require.Contains(d, blockers[at].Words, "it failed 6 times within 10 minutes, and is tried again at")
		d.falls(nil)
		d.until(12*time.Minute, "it is gone", func(v *pool.View) bool { return v.Host(i.HostID) == nil })
		d.sets(pool.VarShutdownMode, "False")
	})
}

func TestARunningNotebookThatIsSetAsideGoesOnUntilItsEnd(t *testing.T) {
	aside(t, func(d *trial) {
		cfg := d.cfg
		cfg.MaximumLifetime = "30m"
		i := d.launchOf(alice, d.blueprintOf("short", cfg).ID)
		d.falls(only("Instance-" + i.ID))
		d.rests("Instance-" + i.ID)
		require.Equal(d, pool.InstanceRunning, d.client.Snapshot().Instance(i.ID).State)
		require.Contains(d, d.table.Routes, i.Label)
		d.falls(nil)
		require.Equal(d, pool.EndByLifetime, d.becomes(30*time.Minute, i.ID, pool.InstanceDeleted).EndReason, "its lifetime is no secret of its actor")
	})
}

func TestALaunchThatIsSetAsideFailsInWordsAndLeavesNothing(t *testing.T) {
	for why, at := range map[string]string{
		"in the queue":                       "assign",
		"before its container is made":       "effectDone (*instance).save.func1 at provisioning/scheduled",
		"when its container is there":        "effectDone (*instance).save.func1 at provisioning/creating",
		"when it has a route already":        "routeUp",
		"at the very first, at each attempt": "actor.Started",
	} {
		t.Run(why, func(t *testing.T) {
			aside(t, func(d *trial) {
				known := d.client.Snapshot().Instances
				d.falls(func(key, what string) bool {
					return strings.HasPrefix(key, "Instance-") && key != "Instance-"+known[0].ID && what == at
				})
				id := d.asksForOne(alice, d.blueprint)
				i := d.becomes(5*time.Minute, id, pool.InstanceFailed)
				d.isToldWhy(i)
				require.Equal(d, pool.CodeTooManyRestarts, i.Failure.Code)
				d.rests("Instance-" + id)
				d.falls(nil)
				d.launchOf(alice, d.blueprint)
				d.change(func() {
					for _, c := range d.containers {
						require.NotEqual(d, id, c.InstanceID, "its container went as a stray")
					}
				})
				d.endOf(alice, id)
				require.Empty(d, d.client.Snapshot().SetAside, "dismissed")
			})
		})
	}
}

func TestAProxyThatIsSetAsideLeavesTheLastRouteTableInForce(t *testing.T) {
	aside(t, func(d *trial) {
		i := d.launchOf(alice, d.blueprint)
		before := d.table
		d.falls(only("Proxy"))
		require.Error(d, d.client.Revoke(d.Context(), pool.Revocation{UserID: "nobody"}))
		d.rests("Proxy")
		require.Same(d, before, d.table)
		began := time.Now()
		_, err := d.client.Open(d.Context(), pool.TicketRequest{InstanceID: i.ID, User: alice})
		require.Equal(d, pool.CodeUnavailable, pool.CodeOf(err))
		require.Zero(d, time.Since(began), "told at once")
		id := d.asksForOne(bob, d.blueprint)
		d.pass(time.Minute)
		require.Equal(d, pool.StageProbing, d.client.Snapshot().Instance(id).Stage, "it waits for its route")
		d.tryAgain("Proxy")
		d.becomes(time.Minute, id, pool.InstanceRunning)
		d.endOf(alice, i.ID)
	})
}

func TestAFeedThatIsSetAsideHoldsUpNobody(t *testing.T) {
	aside(t, func(d *trial) {
		d.falls(only("Feed"))
		i := d.launchOf(alice, d.blueprint)
		d.rests("Feed")
		_, err := d.client.Subscribe(d.Context(), 0)
		require.Equal(d, pool.CodeUnavailable, pool.CodeOf(err))
		d.endOf(alice, i.ID)
		d.tryAgain("Feed")
		ctx, leave := context.WithCancel(d.Context())
		events, err := d.client.Subscribe(ctx, 0)
		require.NoError(d, err)
		i = d.launchOf(alice, d.blueprint)
		require.Equal(d, pool.EventInstance, (<-events).Kind)
		leave()
		d.endOf(alice, i.ID)
	})
}

func TestAPullThatFallsAgainAndAgainFailsInWordsAndMakesRoomForTheNext(t *testing.T) {
	aside(t, func(d *trial) {
		d.falls(func(key, _ string) bool { return strings.HasPrefix(key, "ImagePull-") })
		p, err := d.client.PullImage(d.Context(), admin, "one", "")
		require.NoError(d, err)
		d.until(5*time.Minute, "it fails", func(v *pool.View) bool { return v.Pulls[0].State == pool.PullFailed })
		require.Equal(d, p.ID, d.client.Snapshot().Pulls[0].ID)
		require.Contains(d, d.client.Snapshot().Pulls[0].Failure, "again and again")
		require.Empty(d, d.client.Snapshot().SetAside)
		d.falls(nil)
		pullsRun(d)
	})
}

func TestASupervisorThatFallsAgainAndAgainIsShownAndTriedAgainByItself(t *testing.T) {
	aside(t, func(d *trial) {
		i := d.launchOf(alice, d.blueprint)
		d.falls(only("PoolSupervisor"))
		d.until(5*time.Minute, "it is shown", func(v *pool.View) bool { return len(v.SetAside) > 0 })
		shown := d.client.Snapshot().SetAside[0]
		require.Equal(d, "PoolSupervisor", shown.Actor)
		require.Equal(d, "fell ill", shown.Error)
		require.NotEmpty(d, shown.Hint)
		_, err := d.client.Launch(d.Context(), bob, d.blueprint)
		require.Equal(d, pool.CodeUnavailable, pool.CodeOf(err))
		require.Contains(d, d.table.Routes, i.Label)
		d.pass(10 * time.Minute)
		d.falls(nil)
		d.until(time.Minute, "it is there again", func(v *pool.View) bool { return len(v.SetAside) == 0 })
		d.launchOf(bob, d.blueprint)
		d.endOf(alice, i.ID)
	})
}

func TestAWardenThatFallsAgainAndAgainGoesOn(t *testing.T) {
	aside(t, func(d *trial) {
		d.falls(only("Warden"))
		d.change(func() { d.panicKind = 1 })
		_, err := d.client.SetVariable(d.Context(), admin, pool.VarFreeSlotTarget, "1", 0)
		require.Equal(d, pool.CodeUnavailable, pool.CodeOf(err))
		d.pass(time.Minute)
		d.falls(nil)
		d.pass(time.Minute)
		d.endOf(alice, d.launchOf(alice, d.blueprint).ID)
	})
}
