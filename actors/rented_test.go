package actors_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

func TestDemandBringsAHostUpStepByStep(t *testing.T) {
	t.Parallel()
	estateStory(t, func(e *estate) { e.takes = 20 * time.Second }, func(t *testing.T, y *yard) {
		view := y.pass(time.Minute)
		require.Len(t, view.Hosts, 1)
		h := view.Hosts[0]
		require.Equal(t, pool.HostActive, h.State)
		require.Equal(t, "mini", h.Plan.Flavor, "an idle pool has a small one")
		require.Equal(t, 6, h.Slots)
		var steps []string
		for _, s := range h.Passed {
			steps = append(steps, s.Stage)
		}
		require.Equal(t, []string{"requested", "building", "engine", "images", "probe"}, steps)
		require.True(t, y.images[h.Endpoint.Address+demoImage], "it has its images before it takes anybody")
		require.True(t, h.InUseSince.IsZero())
		i := y.after(time.Second, y.launch(alice).ID)
		require.Equal(t, pool.InstanceRunning, i.State)
		require.False(t, y.client.Snapshot().Host(h.ID).InUseSince.IsZero(), "its lifetime begins with its first instance")
		require.Equal(t, 5, y.client.Snapshot().Status.Headroom.Projected)
	})
}

func TestBuildThatFailsIsReleasedToldAndTriedAgain(t *testing.T) {
	t.Parallel()
	for name, err := range map[string]error{
		"the server breaks":             pool.Refuse(pool.CodeBuildFailed, "server is in status ERROR: No valid host was found.", ""),
		"the quota is used up":          pool.Refuse(pool.CodeQuota, "Quota exceeded for cores.", ""),
		"the flavor is no longer there": pool.Refuse(pool.CodeInvalid, "The cloud has no flavor mini.", ""),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			estateStory(t, func(e *estate) { e.fails = []error{err, err} }, func(t *testing.T, y *yard) {
				view := y.pass(10 * time.Second)
				require.Empty(t, view.Hosts, "what there was of it is gone")
				require.Equal(t, err.Error(), view.Status.Pause.Reason, "in the cloud's own words")
				require.Equal(t, 1, y.cloud.released)
				i := y.launch(alice)
				require.Contains(t, y.after(time.Second, i.ID).Queue.Reason, "no notebook host can be made at the moment")
				view = y.pass(5 * time.Minute)
				require.Equal(t, pool.InstanceRunning, view.Instance(i.ID).State, "it resumes by itself")
				require.Zero(t, view.Status.Pause)
				require.Equal(t, 2, y.cloud.released)
			})
		})
	}
}

func TestBuildThatHangsIsGivenUpInTime(t *testing.T) {
	t.Parallel()
	estateStory(t, func(e *estate) { e.takes = 24 * time.Hour }, func(t *testing.T, y *yard) {
		first := y.pass(14 * time.Minute).Hosts[0]
		require.Equal(t, pool.HostBuilding, first.State)
		y.change(func() { y.cloud.takes = time.Second })
		view := y.pass(5 * time.Minute)
		require.Nil(t, view.Host(first.ID))
		require.Len(t, view.Hosts, 1)
		require.Equal(t, pool.HostActive, view.Hosts[0].State)
	})
}

func TestCloudThatCannotBeReachedIsToldAndTriedAgainOnTheSameHost(t *testing.T) {
	t.Parallel()
	estateStory(t, func(e *estate) { e.cut = true }, func(t *testing.T, y *yard) {
		view := y.pass(5 * time.Minute)
		require.Len(t, view.Hosts, 1)
		require.Contains(t, view.Status.Pause.Reason, "connection refused")
		y.change(func() { y.cloud.cut = false })
		again := y.pass(time.Minute)
		require.Equal(t, view.Hosts[0].ID, again.Hosts[0].ID)
		require.Equal(t, pool.HostActive, again.Hosts[0].State)
		require.Zero(t, again.Status.Pause)
	})
}

func TestHostWhoseFenceHasAHoleTakesNobody(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		holes  int
		active bool
	}{
		"rules that come a moment after the engine are waited for": {3, true},
		"a hole that stays": {1 << 30, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			estateStory(t, func(e *estate) { e.holes = c.holes }, func(t *testing.T, y *yard) {
				first := y.pass(time.Second).Hosts[0]
				view := y.pass(2 * time.Minute)
				require.Equal(t, c.active, view.Host(first.ID).State == pool.HostActive)
				if c.active {
					return
				}
				view = y.pass(20 * time.Minute)
				require.Nil(t, view.Host(first.ID), "it is released after its time limit")
				require.Contains(t, view.Status.Pause.Reason, "169.254.169.254")
				y.change(func() { y.cloud.holes = 0 })
				y.pass(time.Hour)
			})
		})
	}
}

func TestSilentHostIsLostAndReplaced(t *testing.T) {
	t.Parallel()
	estateStory(t, nil, func(t *testing.T, y *yard) {
		i := y.after(time.Minute, y.launch(alice).ID)
		y.launch(bob)
		old := y.pass(time.Second).Host(i.HostID)
		y.change(func() { y.cloud.silent[old.Endpoint.Address] = true })
		view := y.pass(time.Minute)
		require.Equal(t, pool.HostStageErrors, view.Host(old.ID).Stage, "quarantined: it takes nobody")
		require.Equal(t, pool.InstanceRunning, view.Instance(i.ID).State, "its notebooks may still be reached")
		view = y.pass(6 * time.Minute)
		lost := view.Instance(i.ID)
		require.Equal(t, pool.InstanceLost, lost.State)
		require.Equal(t, pool.CodeHostLost, lost.Failure.Code)
		require.NotContains(t, y.table.Routes, i.Label)
		require.Nil(t, view.Host(old.ID), "its machine is given back")
		again := y.after(time.Second, y.launch(alice).ID)
		require.Equal(t, pool.InstanceRunning, again.State)
		require.NotEqual(t, old.ID, again.HostID)
		_, err := y.client.EndInstance(t.Context(), alice, i.ID, pool.EndByOwner)
		require.NoError(t, err, "a lost one can be dismissed")
		require.Equal(t, pool.InstanceDeleted, y.after(time.Second, i.ID).State)
	})
}

// A machine that is cut off lets everybody wait who asks it anything.
func TestSilentHostThatIsGivenUpMakesItsPlaceSoon(t *testing.T) {
	t.Parallel()
	estateStory(t, func(e *estate) { e.hangs = time.Hour }, func(t *testing.T, y *yard) {
		i := y.after(time.Minute, y.launch(alice).ID)
		old := y.client.Snapshot().Host(i.HostID)
		y.change(func() { y.cloud.silent[old.Endpoint.Address] = true })
		for struck := time.Now(); y.after(time.Second, i.ID).State != pool.InstanceLost; {
			require.Less(t, time.Since(struck), time.Hour)
		}
		require.Nil(t, y.pass(10*time.Second).Host(old.ID))
	})
}

func TestSilenceThatPassesCostsNothing(t *testing.T) {
	t.Parallel()
	estateStory(t, nil, func(t *testing.T, y *yard) {
		i := y.after(time.Minute, y.launch(alice).ID)
		address := y.client.Snapshot().Host(i.HostID).Endpoint.Address
		y.change(func() { y.cloud.silent[address] = true })
		y.pass(3 * time.Minute)
		y.change(func() { y.cloud.silent[address] = false })
		view := y.pass(30 * time.Second)
		require.Equal(t, pool.HostActive, view.Host(i.HostID).State)
		require.Zero(t, view.Host(i.HostID).SilentSince)
		require.Equal(t, pool.InstanceRunning, view.Instance(i.ID).State)
	})
}

func TestServerThatIsCutOffFromEverythingGivesNobodyUp(t *testing.T) {
	t.Parallel()
	estateStory(t, nil, func(t *testing.T, y *yard) {
		i := y.after(time.Minute, y.launch(alice).ID)
		address := y.client.Snapshot().Host(i.HostID).Endpoint.Address
		y.change(func() { y.cloud.silent[address], y.cloud.cut = true, true })
		require.Equal(t, pool.InstanceRunning, y.after(3*time.Hour, i.ID).State, "without the cloud's word it may be us")
		y.change(func() { y.cloud.silent[address], y.cloud.cut = false, false })
		view := y.pass(time.Minute)
		require.Equal(t, pool.InstanceRunning, view.Instance(i.ID).State)
		require.Equal(t, pool.HostActive, view.Host(i.HostID).State)
	})
}

func TestMachineDeletedByHandIsNoticed(t *testing.T) {
	t.Parallel()
	estateStory(t, nil, func(t *testing.T, y *yard) {
		i := y.after(time.Minute, y.launch(alice).ID)
		h := y.client.Snapshot().Host(i.HostID)
		y.change(func() {
			delete(y.cloud.things, h.Cloud.ServerID)
			delete(y.cloud.address, h.Name)
			delete(y.containers, i.ContainerID)
		})
		view := y.pass(2 * time.Minute)
		require.Equal(t, pool.InstanceLost, view.Instance(i.ID).State)
		require.Contains(t, view.Instance(i.ID).Failure.Message, "gone from the cloud")
		require.Nil(t, view.Host(h.ID))
	})
}

func TestLaunchOnItsWayToALostHostGoesOnElsewhere(t *testing.T) {
	t.Parallel()
	estateStory(t, nil, func(t *testing.T, y *yard) {
		y.pass(time.Minute)
		y.change(func() { y.answers = func(string) error { return errors.New("not yet") } })
		i := y.after(time.Second, y.launch(alice).ID)
		require.Equal(t, pool.StageProbing, i.Stage)
		h := y.client.Snapshot().Host(i.HostID)
		y.change(func() {
			y.answers = nil
			delete(y.cloud.things, h.Cloud.ServerID)
			delete(y.cloud.address, h.Name)
			y.answers = func(string) error { return errors.New("host unreachable") }
			delete(y.containers, i.ContainerID)
		})
		_, err := y.client.RetireHost(t.Context(), admin, h.ID)
		require.NoError(t, err)
		time.Sleep(30 * time.Second)
		y.change(func() { y.answers = nil })
		view := y.pass(3 * time.Minute)
		require.Contains(t, []pool.InstanceState{pool.InstanceRunning, pool.InstanceFailed}, view.Instance(i.ID).State)
	})
}

func TestThingsWithoutARecordAreListedAndThenReleased(t *testing.T) {
	t.Parallel()
	estateStory(t, nil, func(t *testing.T, y *yard) {
		y.pass(time.Minute)
		y.change(func() {
			y.cloud.make(pool.ThingServer, "pb_dd_orphan", "orphan")
			y.cloud.make(pool.ThingGroup, "pb_dd_orphan", "orphan")
			y.cloud.address["pb_dd_orphan"] = "10.77.0.99"
		})
		view := y.pass(10 * time.Minute)
		require.Len(t, view.Strays, 2)
		require.WithinDuration(t, time.Now().Add(20*time.Minute), view.Strays[0].ReleaseAt, 10*time.Minute)
		require.Contains(t, y.cloud.things, "server-pb_dd_orphan", "somebody may be in his first minute with it")
		view = y.pass(30 * time.Minute)
		require.Empty(t, view.Strays)
		require.NotContains(t, y.cloud.things, "server-pb_dd_orphan")
		require.NotContains(t, y.cloud.things, "security-group-pb_dd_orphan")
		require.Len(t, view.Hosts, 1, "nothing else was touched")
	})
}

func TestRetiredHostGoesWhenItIsEmpty(t *testing.T) {
	t.Parallel()
	estateStory(t, nil, func(t *testing.T, y *yard) {
		i := y.after(time.Minute, y.launch(alice).ID)
		_, err := y.client.RetireHost(t.Context(), admin, i.HostID)
		require.NoError(t, err)
		view := y.pass(time.Minute)
		require.Equal(t, pool.HostStageRetiring, view.Host(i.HostID).Stage)
		require.Equal(t, pool.InstanceRunning, view.Instance(i.ID).State)
		_, err = y.client.EndInstance(t.Context(), alice, i.ID, pool.EndByOwner)
		require.NoError(t, err)
		require.Nil(t, y.pass(time.Minute).Host(i.HostID))
		_, err = y.client.RetireHost(t.Context(), admin, i.HostID)
		require.Equal(t, pool.CodeNotFound, pool.CodeOf(err))
	})
}

func TestReleasedHostTakesItsInstancesWithIt(t *testing.T) {
	t.Parallel()
	estateStory(t, nil, func(t *testing.T, y *yard) {
		i := y.after(time.Minute, y.launch(alice).ID)
		_, err := y.client.ReleaseHost(t.Context(), admin, i.HostID)
		require.NoError(t, err)
		view := y.pass(time.Minute)
		require.Equal(t, pool.InstanceDeleted, view.Instance(i.ID).State)
		require.Equal(t, pool.EndByHost, view.Instance(i.ID).EndReason)
		require.Nil(t, view.Host(i.HostID))
	})
}

func TestHostsAreServedWithoutTheCloud(t *testing.T) {
	t.Parallel()
	estateStory(t, nil, func(t *testing.T, y *yard) {
		i := y.after(time.Minute, y.launch(alice).ID)
		y.change(func() { y.cloud.cut = true })
		y.restart()
		view := y.pass(10 * time.Minute)
		require.Equal(t, pool.HostActive, view.Host(i.HostID).State)
		require.Equal(t, pool.InstanceRunning, y.after(time.Second, y.launch(bob).ID).State)
		y.change(func() { y.cloud.cut = false })
	})
}

func TestLifetimeIsOverAndTheHostIsReplacedBeforeItGoes(t *testing.T) {
	t.Parallel()
	estateStory(t, nil, func(t *testing.T, y *yard) {
		i := y.after(time.Minute, y.launch(alice).ID)
		y.set(pool.VarHostLifetime, "10m")
		view := y.pass(7 * time.Minute)
		require.Len(t, view.Hosts, 2, "its replacement is there when its lifetime is low")
		view = y.pass(5 * time.Minute)
		require.Equal(t, pool.HostStageRetiring, view.Host(i.HostID).Stage)
		require.Equal(t, pool.InstanceRunning, view.Instance(i.ID).State)
	})
}

func TestValueThatTheCloudDoesNotKnowIsRefusedOnSave(t *testing.T) {
	t.Parallel()
	estateStory(t, nil, func(t *testing.T, y *yard) {
		y.change(func() {
			y.cloud.refuses["flavor"] = &pool.Error{Code: pool.CodeInvalid, Field: "flavor", Message: "The cloud has no flavor huge.", Hint: "It has mini, small."}
		})
		_, err := y.client.SetVariable(t.Context(), admin, pool.VarHostFlavorLarge, "huge", 0)
		require.Equal(t, pool.CodeInvalid, pool.CodeOf(err))
		require.ErrorContains(t, err, "It has mini, small.")
		y.change(func() {
			y.cloud.refuses["extra_user_data"] = &pool.Error{Code: pool.CodeInvalid, Field: "extra_user_data", Message: "It is not YAML."}
		})
		_, err = y.client.SetVariable(t.Context(), admin, pool.VarHostUserDataExtra, "#cloud-config\n{", 0)
		require.ErrorContains(t, err, "It is not YAML.")
		y.set(pool.VarHostImage, "Ubuntu-24.04")
		y.change(func() { y.cloud.cut = true })
		y.set(pool.VarHostFlavorLarge, "huge") // nobody can be asked: an admin must be able to go on
		y.change(func() { y.cloud.cut = false })
	})
}

// A kill behind every durable write of a host's way from intent to released:
// after each restart the cloud holds exactly what the records say.
func TestKillBehindEveryWriteOfAHost(t *testing.T) {
	t.Parallel()
	points := 0
	for n := 1; ; n++ {
		reached := false
		estateStory(t, func(e *estate) { e.takes = 5 * time.Second }, func(t *testing.T, y *yard) {
			y.set(pool.VarShutdownMode, "True")
			y.pass(time.Minute)
			kill := make(chan struct{})
			y.change(func() { y.killAfter, y.kill = len(y.saves)+n, kill })
			done, client := make(chan struct{}), y.client
			go func() {
				defer close(done)
				for _, value := range []string{"False", "True"} {
					_, _ = client.SetVariable(context.Background(), admin, pool.VarShutdownMode, value, 0)
					time.Sleep(time.Minute)
				}
			}()
			select {
			case <-kill:
				reached = true
				y.restart()
				<-done
			case <-done:
			}
			y.set(pool.VarShutdownMode, "True")
			view := y.pass(5 * time.Minute)
			require.Equal(t, pool.PoolDrained, view.Status.State)
			require.Empty(t, view.Hosts)
			require.Empty(t, y.cloud.things)
			synctest.Wait()
		})
		if !reached {
			break
		}
		points++
	}
	require.GreaterOrEqual(t, points, 10, "the walk must have gone through the whole way")
	t.Logf("%d kill points walked", points)
}
