package actors_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

// drain begins shutdown mode: without a deadline, or with one from now on.
func (y *yard) drain(deadline ...time.Duration) {
	y.Helper()
	var at *time.Time
	if len(deadline) > 0 {
		at = new(time.Now().Add(deadline[0]))
	}
	require.NoError(y.T, y.client.Drain(y.Context(), admin, at))
}

// drained holds that nothing is left anywhere.
func (y *yard) drained(within time.Duration) {
	y.Helper()
	view := y.pass(within)
	require.Equal(y.T, pool.PoolDrained, view.Status.State, "%+v", view.Status.Blockers)
	require.Empty(y.T, view.Status.Blockers)
	require.Empty(y.T, view.Hosts)
	y.mu.Lock()
	defer y.mu.Unlock()
	require.Empty(y.T, y.cloud.things)
	require.Empty(y.T, y.records.Hosts)
	require.Empty(y.T, y.containers)
}

func (y *yard) blockers(kind pool.BlockerKind) []pool.Blocker {
	return slices.DeleteFunc(slices.Clone(y.client.Snapshot().Status.Blockers), func(b pool.Blocker) bool { return b.Kind != kind })
}

// forever has the demo's notebooks end only when somebody ends them.
func (y *yard) forever() {
	y.Helper()
	b := *y.client.Snapshot().Blueprint(y.blueprint)
	b.Config.MaximumLifetime = "0m"
	_, err := y.client.PutBlueprint(y.Context(), admin, b, 0)
	require.NoError(y.T, err)
}

func TestDrainWaitsForEachNotebookAndTellsWhenItEnds(t *testing.T) {
	t.Parallel()
	estateStory(t, nil, func(t *testing.T, y *yard) {
		y.hosts(1)
		i := y.after(time.Second, y.launch(alice).ID)
		y.drain()
		view := y.pass(time.Second)
		require.Equal(t, pool.PoolDraining, view.Status.State)
		require.Equal(t, i.HostID, y.blockers(pool.BlockerHost)[0].ID)
		left := y.blockers(pool.BlockerInstance)
		require.Len(t, left, 1)
		require.Equal(t, alice.ID, left[0].UserID)
		require.True(t, left[0].EndsAt.Equal(i.ExpiresAt))
		require.Equal(t, pool.InstanceRunning, y.pass(7*time.Hour).Instance(i.ID).State, "it keeps its own end")
		y.drained(time.Hour + time.Minute)
		require.Equal(t, pool.EndByLifetime, y.client.Snapshot().Instance(i.ID).EndReason)
	})
}

func TestEndlessNotebookIsToldAndEndsWithTheDeadline(t *testing.T) {
	t.Parallel()
	estateStory(t, nil, func(t *testing.T, y *yard) {
		y.hosts(1)
		y.forever()
		i := y.after(time.Second, y.launch(alice).ID)
		y.drain()
		y.pass(24 * time.Hour)
		left := y.blockers(pool.BlockerInstance)
		require.Len(t, left, 1)
		require.Contains(t, left[0].Words, "has no end")
		require.Equal(t, []string{"dockerdriver instance stop " + i.Name}, left[0].Remove)
		y.drain(2 * time.Hour)
		y.pass(time.Hour)
		left = y.blockers(pool.BlockerInstance)
		require.WithinDuration(t, time.Now().Add(time.Hour), left[0].EndsAt, time.Second)
		y.restart()
		require.Equal(t, pool.InstanceRunning, y.pass(59*time.Minute).Instance(i.ID).State, "also after a restart the deadline stands")
		y.drained(2 * time.Minute)
		ended := y.client.Snapshot().Instance(i.ID)
		require.Equal(t, pool.EndByShutdown, ended.EndReason)
		require.Contains(t, ended.WhyEnded(), "shut down")
	})
}

func TestForceLeavesNothing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		trouble func(*yard, *pool.Host)
		within  time.Duration
	}{
		"of notebooks that run": {func(*yard, *pool.Host) {}, 10 * time.Second},
		"of a runaway container that its engine cannot end": {
			func(y *yard, _ *pool.Host) { y.change(func() { y.failRemove = 1 << 30 }) }, 2 * time.Minute,
		},
		"of a host whose engine is dead": {
			func(y *yard, h *pool.Host) { y.change(func() { y.cloud.silent[h.Endpoint.Address] = true }) }, 3 * time.Minute,
		},
		"of a machine that somebody removed by hand": {
			func(y *yard, h *pool.Host) {
				y.change(func() { delete(y.cloud.things, h.Cloud.ServerID); y.cloud.silent[h.Endpoint.Address] = true })
			}, 3 * time.Minute,
		},
		"of a cloud that deletes nothing for a while": {
			func(y *yard, _ *pool.Host) {
				y.change(func() { y.cloud.keeps = errors.New("volume is in use") })
				time.AfterFunc(10*time.Minute, func() { y.change(func() { y.cloud.keeps = nil }) })
			}, 12 * time.Minute,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			estateStory(t, nil, func(t *testing.T, y *yard) {
				y.hosts(1)
				y.forever()
				i := y.after(time.Second, y.launch(alice).ID)
				y.after(time.Second, y.launch(bob).ID)
				c.trouble(y, y.client.Snapshot().Host(i.HostID))
				y.drain(0)
				y.pass(c.within)
				y.change(func() { y.failRemove = 0 })
				y.drained(time.Second)
				ended := y.client.Snapshot().Instance(i.ID)
				require.Contains(t, []pool.InstanceState{pool.InstanceDeleted, pool.InstanceLost}, ended.State)
			})
		})
	}
}

func TestDrainWithoutForceGetsRidOfAHostWhoseEngineIsDeadOrGone(t *testing.T) {
	t.Parallel()
	for name, deleted := range map[string]bool{"its engine is dead": false, "somebody removed the machine by hand": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			estateStory(t, nil, func(t *testing.T, y *yard) {
				y.hosts(1)
				y.forever()
				i := y.after(time.Second, y.launch(alice).ID)
				h := y.client.Snapshot().Host(i.HostID)
				y.drain()
				y.pass(time.Second)
				y.change(func() {
					y.cloud.silent[h.Endpoint.Address] = true
					if deleted {
						delete(y.cloud.things, h.Cloud.ServerID)
					}
				})
				y.drained(20 * time.Minute)
				require.Equal(t, pool.InstanceLost, y.client.Snapshot().Instance(i.ID).State, "and its owner is told")
			})
		})
	}
}

func TestDrainThatCannotReleaseAHostNamesWhatIsLeft(t *testing.T) {
	t.Parallel()
	estateStory(t, nil, func(t *testing.T, y *yard) {
		y.hosts(1)
		h := y.client.Snapshot().Hosts[0]
		y.change(func() { y.cloud.keeps = errors.New("server is locked") })
		y.drain()
		y.pass(time.Hour)
		left := y.blockers(pool.BlockerHost)
		require.Len(t, left, 1)
		require.Equal(t, h.ID, left[0].ID)
		require.Contains(t, left[0].Words, "server is locked")
		require.Equal(t, []string{"openstack server delete " + h.Cloud.ServerID, "openstack security group delete " + h.Cloud.SecurityGroupID}, left[0].Remove)
		y.change(func() { // a hand helps, and the drain is told to hurry
			y.cloud.keeps = nil
			clear(y.cloud.things)
		})
		y.drain(0)
		y.drained(5 * time.Second)
	})
}

func TestMachineThatWasThereBeforeUsIsNotTakenForGone(t *testing.T) {
	t.Parallel()
	story(t, nil, func(t *testing.T, s *scene) {
		i := s.after(time.Second, s.launch(alice).ID)
		s.change(func() { s.failRemove = 1 << 30 })
		require.NoError(t, s.client.Drain(t.Context(), admin, new(time.Now())))
		require.Equal(t, pool.InstanceDeleting, s.after(time.Hour, i.ID).State)
		status := s.client.Snapshot().Status
		require.Equal(t, pool.PoolDraining, status.State)
		require.Equal(t, []string{"docker -H unix:///fake rm --force " + i.Name}, status.Blockers[1].Remove)
		s.change(func() { s.failRemove = 0 })
		require.Equal(t, pool.InstanceDeleted, s.after(time.Minute, i.ID).State)
		require.Equal(t, pool.PoolDrained, s.client.Snapshot().Status.State)
	})
}

func TestDrainWithoutADeadlineGivesUpARunawayAfterAWhile(t *testing.T) {
	t.Parallel()
	estateStory(t, nil, func(t *testing.T, y *yard) {
		y.hosts(1)
		i := y.after(time.Second, y.launch(alice).ID)
		y.change(func() { y.failRemove = 1 << 30 })
		y.drain()
		require.Equal(t, pool.InstanceDeleting, y.pass(8*time.Hour+5*time.Minute).Instance(i.ID).State)
		require.Equal(t, []string{"dockerdriver host release " + y.client.Snapshot().Hosts[0].Name}, y.blockers(pool.BlockerInstance)[0].Remove)
		y.pass(10 * time.Minute)
		y.change(func() { y.failRemove = 0 })
		y.drained(time.Second)
	})
}

func TestRetiredHostIsDrainedByTheSameRules(t *testing.T) {
	t.Parallel()
	estateStory(t, nil, func(t *testing.T, y *yard) {
		y.hosts(1)
		i := y.after(time.Second, y.launch(alice).ID)
		y.change(func() { y.failRemove = 1 << 30 })
		_, err := y.client.RetireHost(t.Context(), admin, i.HostID)
		require.NoError(t, err)
		require.NotNil(t, y.pass(8*time.Hour+5*time.Minute).Host(i.HostID), "its container is over its lifetime, and is being ended")
		require.Nil(t, y.pass(11*time.Minute).Host(i.HostID), "the container goes with its machine")
		y.change(func() { y.failRemove = 0 })
		require.Equal(t, pool.InstanceDeleted, y.after(time.Second, i.ID).State)
	})
}

func TestDrainCutsOffWhatIsOnItsWay(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		before func(*estate)
		begin  func(*yard) string
		state  pool.InstanceState
	}{
		"a host in the middle of its build": {
			func(e *estate) { e.takes = 10 * time.Minute },
			func(y *yard) string { y.pass(time.Second); return "" }, "",
		},
		"a push in flight, whose launch queues again": {
			nil, func(y *yard) string {
				y.hosts(1)
				y.change(func() { clear(y.images); y.loadTakes = 20 * time.Minute })
				return y.after(time.Second, y.launch(alice).ID).ID
			}, pool.InstanceQueueing,
		},
		"a launch that queues, which goes on queueing": {
			func(e *estate) { e.takes = 10 * time.Minute },
			func(y *yard) string { return y.after(time.Second, y.launch(alice).ID).ID }, pool.InstanceQueueing,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			estateStory(t, c.before, func(t *testing.T, y *yard) {
				id := c.begin(y)
				y.drain()
				y.drained(30 * time.Second)
				if id == "" {
					return
				}
				i := y.client.Snapshot().Instance(id)
				require.Equal(t, c.state, i.State)
				require.Equal(t, "the pool is in shutdown mode", i.Queue.Reason)
				y.change(func() { y.cloud.takes, y.loadTakes = time.Second, 0 })
				require.NoError(t, y.client.Resume(t.Context(), admin))
				require.Equal(t, pool.InstanceRunning, y.after(2*time.Minute, id).State, "and goes on when the mode is over")
			})
		})
	}
}

func TestForceLeavesQueuedLaunchesToTheirOwners(t *testing.T) {
	t.Parallel()
	estateStory(t, func(e *estate) { e.takes = 10 * time.Minute }, func(t *testing.T, y *yard) {
		i := y.after(time.Second, y.launch(alice).ID)
		y.drain(0)
		y.drained(time.Minute)
		require.Equal(t, pool.InstanceQueueing, y.client.Snapshot().Instance(i.ID).State)
		_, err := y.client.EndInstance(t.Context(), alice, i.ID, pool.EndByOwner)
		require.NoError(t, err)
		require.Equal(t, pool.InstanceDeleted, y.after(time.Second, i.ID).State)
	})
}

func TestDrainThatIsTakenBackRevivesHostsAndForgetsItsDeadline(t *testing.T) {
	t.Parallel()
	estateStory(t, nil, func(t *testing.T, y *yard) {
		y.hosts(2)
		i := y.after(time.Second, y.launch(alice).ID)
		y.drain(time.Hour)
		view := y.pass(time.Minute)
		require.Len(t, view.Hosts, 1, "the empty one is gone")
		require.NoError(t, y.client.Resume(t.Context(), admin))
		view = y.pass(2 * time.Hour)
		require.Equal(t, pool.HostActive, view.Host(i.HostID).State)
		require.Equal(t, pool.InstanceRunning, view.Instance(i.ID).State, "the deadline went with the mode")
		require.Equal(t, pool.PoolRunning, view.Status.State)
		require.Zero(t, view.Status.Deadline)
		_, err := y.client.SetVariable(t.Context(), admin, pool.VarShutdownDeadline, time.Now().Add(time.Hour).Format(time.RFC3339), 0)
		require.Equal(t, pool.CodeConflict, pool.CodeOf(err), "there is nothing that it could end")
		y.set(pool.VarShutdownMode, "True")
		y.set(pool.VarShutdownDeadline, time.Now().Add(time.Hour).Format(time.RFC3339))
		require.WithinDuration(t, time.Now().Add(time.Hour), y.client.Snapshot().Status.Deadline, time.Second)
		y.set(pool.VarShutdownMode, "False")
		require.Equal(t, pool.InstanceRunning, y.after(2*time.Hour, i.ID).State)
	})
}

func TestDrainEndsOnlyWithTheCloudsOwnWord(t *testing.T) {
	t.Parallel()
	estateStory(t, nil, func(t *testing.T, y *yard) {
		y.hosts(1)
		y.change(func() {
			y.cloud.make(pool.ThingVolume, "pb_dd_lost-data", "a-host-of-old")
			y.cloud.make(pool.ThingGroup, "pb_dd_unknown", "")
		})
		y.drain()
		view := y.pass(time.Minute)
		require.Empty(t, view.Hosts, "the volume is adopted and released")
		require.Equal(t, pool.PoolDraining, view.Status.State)
		left := y.blockers(pool.BlockerStray)
		require.Len(t, left, 1, "whose it is cannot be told")
		require.Equal(t, []string{"openstack security group delete security-group-pb_dd_unknown"}, left[0].Remove)
		y.change(func() { clear(y.cloud.things); y.cloud.cut = true })
		y.pass(time.Minute)
		require.Equal(t, pool.PoolDraining, y.client.Snapshot().Status.State)
		y.change(func() { y.cloud.cut = false })
		y.drained(2 * time.Minute)
	})
}

func TestCloudThatCannotBeAskedKeepsAnEmptyPoolDraining(t *testing.T) {
	t.Parallel()
	estateStory(t, nil, func(t *testing.T, y *yard) {
		y.drain()
		y.drained(time.Minute)
		y.change(func() { y.cloud.cut = true })
		y.restart()
		view := y.pass(time.Minute)
		require.Equal(t, pool.PoolDraining, view.Status.State)
		require.Contains(t, y.blockers(pool.BlockerCloud)[0].Words, "cannot be asked whether anything of ours is left: cannot reach engine")
		y.change(func() { y.cloud.cut = false })
		y.drained(2 * time.Minute)
	})
}

// TestPillsComeLast records the order of pills and of cloud calls: pushes are
// ended first, each host is released only after its instances have got their
// pill, and gets its own only when the cloud has confirmed that it is gone.
func TestPillsComeLast(t *testing.T) {
	t.Parallel()
	estateStory(t, nil, func(t *testing.T, y *yard) {
		y.hosts(2)
		i := y.after(time.Second, y.launch(alice).ID)
		y.change(func() { y.loadTakes, y.directory = time.Hour, append(y.directory, pictures(1)...) })
		y.happenInDirectory()
		y.pass(time.Second)
		var empty *pool.Host
		for _, h := range y.client.Snapshot().Hosts {
			if h.ID != i.HostID {
				empty = h
			}
		}
		var journal []string
		note := func(line string) { journal = append(journal, line) } // the lock is held
		y.change(func() {
			y.cloud.journal = note
			y.pill = func(kid string) { y.mu.Lock(); note("pill " + kid); y.mu.Unlock() }
		})
		y.drain(time.Hour)
		y.drained(2 * time.Hour)
		y.mu.Lock()
		defer y.mu.Unlock()
		kinds := slices.Clone(journal)
		for n, line := range kinds {
			if strings.HasPrefix(line, "pill ImagePush-") {
				kinds[n] = "pill ImagePush"
			}
		}
		require.Equal(t, []string{
			"pill ImagePush", "pill ImagePush",
			"release " + empty.ID, "pill Host-" + empty.ID,
			"pill Instance-" + i.ID,
			"release " + i.HostID, "pill Host-" + i.HostID,
		}, kinds)
	})
}
