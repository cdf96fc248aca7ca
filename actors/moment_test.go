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

// Each of these stories puts one thing into the moment in which another is
// being written.

func TestDestroyWhileItFailsIsNotLost(t *testing.T) {
	t.Parallel()
	story(t, nil, func(t *testing.T, s *scene) {
		i := s.after(time.Second, s.launch(alice).ID)
		s.slow(becomes(pool.InstanceFailed))
		s.change(func() { s.containers[i.ContainerID].Running = false })
		s.happen(pool.ContainerEvent{InstanceID: i.ID, ContainerID: i.ContainerID, Kind: pool.ContainerDied})
		time.Sleep(500 * time.Millisecond)
		ended, err := s.client.EndInstance(t.Context(), alice, i.ID, pool.EndByOwner)
		require.NoError(t, err)
		require.Contains(t, []pool.InstanceState{pool.InstanceDeleting, pool.InstanceDeleted}, ended.State)
		require.Equal(t, pool.InstanceDeleted, s.after(time.Second, i.ID).State)
	})
}

func TestDismissingAFailedOneNeedsNoEngine(t *testing.T) {
	t.Parallel()
	story(t, nil, func(t *testing.T, s *scene) {
		time.Sleep(time.Second)
		one := 1
		s.change(func() { s.exitAtStart = &one })
		i := s.after(time.Second, s.launch(alice).ID)
		require.Equal(t, pool.InstanceFailed, i.State)
		s.change(func() { s.exitAtStart, s.engineDown = nil, true })
		_, err := s.client.EndInstance(t.Context(), alice, i.ID, pool.EndByOwner)
		require.NoError(t, err)
		require.Equal(t, pool.InstanceDeleted, s.after(time.Second, i.ID).State, "it holds nothing, and takes no slot again")
		s.change(func() { s.engineDown = false })
	})
}

func TestShutdownTakenBackWhileAHostIsReleasedPlacesNothingThere(t *testing.T) {
	t.Parallel()
	story(t, nil, func(t *testing.T, s *scene) {
		time.Sleep(time.Second)
		synctest.Wait()
		old := s.client.Snapshot().Hosts[0].ID
		s.slow(func(ch pool.Changes) bool { return len(ch.Hosts) == 1 && ch.Hosts[0].State == pool.HostRemoving })
		for _, value := range []string{"True", "False"} {
			_, err := s.client.SetVariable(t.Context(), admin, pool.VarShutdownMode, value, 0)
			require.NoError(t, err)
			time.Sleep(200 * time.Millisecond)
		}
		i := s.after(time.Minute, s.launch(alice).ID)
		require.Equal(t, pool.InstanceRunning, i.State)
		require.NotEqual(t, old, i.HostID)
		require.NotNil(t, s.client.Snapshot().Host(i.HostID))
	})
}

func TestWhatADrainSentBackToTheQueueCanBeCancelledWhenItsHostIsGone(t *testing.T) {
	t.Parallel()
	story(t, nil, func(t *testing.T, s *scene) {
		time.Sleep(time.Second)
		s.change(func() { s.images, s.loadTakes = map[string]bool{}, 20*time.Minute })
		i := s.after(time.Second, s.launch(alice).ID)
		require.Equal(t, pool.StageImage, i.Stage)
		_, err := s.client.SetVariable(t.Context(), admin, pool.VarShutdownMode, "True", 0)
		require.NoError(t, err)
		require.Equal(t, pool.InstanceQueueing, s.after(time.Minute, i.ID).State)
		require.Empty(t, s.client.Snapshot().Hosts)
		require.Empty(t, s.client.Snapshot().Pushes)
		s.change(func() { s.engineDown = true })
		_, err = s.client.EndInstance(t.Context(), alice, i.ID, pool.EndByOwner)
		require.NoError(t, err)
		require.Equal(t, pool.InstanceDeleted, s.after(time.Second, i.ID).State)
	})
}

func TestProxyThatFallsOverBeforeTheRecordRunsKeepsTheRoute(t *testing.T) {
	t.Parallel()
	story(t, nil, func(t *testing.T, s *scene) {
		time.Sleep(time.Second)
		s.slow(becomes(pool.InstanceRunning))
		i := s.after(100*time.Millisecond, s.launch(alice).ID)
		require.Contains(t, s.table.Routes, i.Label)
		s.topple()
		require.Equal(t, pool.InstanceRunning, s.after(time.Minute, i.ID).State)
		require.Contains(t, s.table.Routes, i.Label)
	})
}

func TestProxyThatFallsOverBeforeTheRecordEndsDoesNotBringTheRouteBack(t *testing.T) {
	t.Parallel()
	story(t, nil, func(t *testing.T, s *scene) {
		i := s.after(time.Second, s.launch(alice).ID)
		s.slow(becomes(pool.InstanceDeleting))
		go func() { _, _ = s.client.EndInstance(context.Background(), alice, i.ID, pool.EndByOwner) }()
		time.Sleep(100 * time.Millisecond)
		synctest.Wait()
		require.NotContains(t, s.table.Routes, i.Label)
		s.topple()
		require.Equal(t, pool.InstanceDeleted, s.after(time.Minute, i.ID).State)
		require.NotContains(t, s.table.Routes, i.Label)
	})
}

// topple makes the Proxy panic, once.
func (s *scene) topple() {
	s.change(func() { s.panicRoutes = 1 })
	ctx, cancel := context.WithTimeout(s.Context(), 10*time.Millisecond)
	defer cancel()
	_ = s.client.Revoke(ctx, pool.Revocation{UserID: "nobody"})
}

func TestLogoutAnswersWhenItIsDurable(t *testing.T) {
	t.Parallel()
	story(t, nil, func(t *testing.T, s *scene) {
		i := s.after(time.Second, s.launch(alice).ID)
		ticket, err := s.client.Open(t.Context(), pool.TicketRequest{InstanceID: i.ID, User: alice, Login: "l1"})
		require.NoError(t, err)
		_, err = s.client.Redeem(t.Context(), i.Label, ticket.Secret, "")
		require.NoError(t, err)
		s.slow(func(ch pool.Changes) bool { return len(ch.GoneSessions) > 0 })
		began := time.Now()
		require.NoError(t, s.client.Revoke(t.Context(), pool.Revocation{Login: "l1"}))
		require.Equal(t, time.Second, time.Since(began), "a crash after the answer must not let anybody in again")
	})
}

func TestEverybodyIsToldThatThePoolDrains(t *testing.T) {
	t.Parallel()
	story(t, nil, func(t *testing.T, s *scene) {
		s.after(time.Second, s.launch(alice).ID)
		events, err := s.client.Subscribe(t.Context(), 0)
		require.NoError(t, err)
		_, err = s.client.SetVariable(t.Context(), admin, pool.VarShutdownMode, "True", 0)
		require.NoError(t, err)
		var told []pool.PoolState
		deadline := time.After(time.Second)
		for done := false; !done; {
			select {
			case e := <-events:
				if e.Kind == pool.EventPool {
					told = append(told, e.Status.State)
					require.Equal(t, pool.PoolDraining, s.client.Snapshot().Status.State, "visible before it is told")
				}
			case <-deadline:
				done = true
			}
		}
		require.Contains(t, told, pool.PoolDraining)
	})
}

func TestWhoFellBehindIsToldAlsoWhenNothingFollows(t *testing.T) {
	t.Parallel()
	story(t, nil, func(t *testing.T, s *scene) {
		slow, err := s.client.Subscribe(t.Context(), 0)
		require.NoError(t, err)
		for n := range 700 {
			_, err := s.client.SetVariable(t.Context(), admin, pool.VarFreeSlotTarget, []string{"1", "2"}[n%2], 0)
			require.NoError(t, err)
		}
		synctest.Wait()
		var last pool.Event
		for quiet := false; !quiet; {
			select {
			case last = <-slow:
			case <-time.After(time.Second):
				quiet = true
			}
		}
		require.Equal(t, pool.EventResync, last.Kind)
	})
}

func TestCloudIdsSurviveABuildThatFailsLater(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &scene{T: t, outside: newOutside()}
		s.failBuild = []error{errors.New("no valid host was found")}
		s.begin()
		time.Sleep(500 * time.Millisecond)
		synctest.Wait()
		s.change(func() {
			require.Equal(t, 1, s.records.Hosts[0].Errors)
			require.NotEmpty(t, s.records.Hosts[0].Cloud.ServerID, "what the cloud made stays known by its id")
		})
		s.end()
	})
}

func TestEngineAwayAtStartTakesNothingUntilItAnswers(t *testing.T) {
	t.Parallel()
	story(t, nil, func(t *testing.T, s *scene) {
		time.Sleep(time.Second)
		s.change(func() { s.engineDown = true })
		s.restart()
		time.Sleep(5 * time.Second)
		i := s.after(10*time.Minute, s.launch(alice).ID)
		require.Equal(t, pool.InstanceQueueing, i.State, "it waits instead of failing there: %+v", i.Failure)
		require.Equal(t, pool.HostInactive, s.client.Snapshot().Hosts[0].State)
		s.change(func() { s.engineDown = false })
		require.Equal(t, pool.InstanceRunning, s.after(2*time.Minute, i.ID).State)
	})
}

func TestImageDirectoryThatCannotBeReadAtStartIsReadLater(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &scene{T: t, outside: newOutside()}
		s.failScans = 2
		s.begin()
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Len(t, s.client.Snapshot().Images, 1)
		s.end()
	})
}

func TestAnInstanceThatFitsNoHostHoldsUpNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &scene{T: t, outside: newOutside()}
		s.buildTakes = time.Minute // how large hosts are is not known yet
		s.begin()
		make := func(name string, slots int) string {
			b, err := s.client.PutBlueprint(t.Context(), admin, pool.Blueprint{Name: name, Plugin: pool.PluginDocker, IsEnabled: true, Config: pool.Config{
				DockerImage: "dockerdriver/demo-notebook", InternalPort: 8787, ConsumedSlots: slots,
			}}, 0)
			require.NoError(t, err)
			return b.ID
		}
		s.blueprint = make("large", 8)
		large := s.launch(alice)
		s.blueprint = make("small", 1)
		small := s.launch(bob)
		require.Equal(t, pool.InstanceRunning, s.after(2*time.Minute, small.ID).State)
		waits := s.client.Snapshot().Instance(large.ID)
		require.Equal(t, "it takes 8 slots, and the largest host has 4", waits.Queue.Reason)
		s.end()
	})
}

func TestViewsOfASupervisorThatCameBackAreNewer(t *testing.T) {
	t.Parallel()
	story(t, nil, func(t *testing.T, s *scene) {
		i := s.after(time.Second, s.launch(alice).ID)
		require.True(t, i.ExpiresAt == i.ExpiresAt.Round(0), "deadlines follow the wall clock, also when it is set")
		before := s.client.Snapshot().Revision
		s.change(func() { s.panicKind = 1 })
		_, err := s.client.SetVariable(t.Context(), admin, pool.VarFreeSlotTarget, "2", 0)
		require.Error(t, err)
		time.Sleep(time.Second)
		require.Greater(t, s.client.Snapshot().Revision, before)
	})
}

func TestEngineThatGoesAwayBeforeTheContainerIsMadeSendsTheLaunchBackToTheQueue(t *testing.T) {
	t.Parallel()
	story(t, nil, func(t *testing.T, s *scene) {
		time.Sleep(time.Second)
		s.change(func() { s.images, s.loadTakes = map[string]bool{}, 30*time.Second })
		i := s.after(time.Second, s.launch(alice).ID)
		require.Equal(t, pool.StageImage, i.Stage)
		s.change(func() { s.engineDown = true })
		i = s.after(10*time.Minute, i.ID)
		require.Equal(t, pool.InstanceQueueing, i.State, "%+v", i.Failure)
		s.change(func() { s.engineDown, s.loadTakes = false, 0 })
		require.Equal(t, pool.InstanceRunning, s.after(time.Minute, i.ID).State)
	})
}

func TestEndIsNotLostWithTheActorThatWasToldOfIt(t *testing.T) {
	t.Parallel()
	story(t, nil, func(t *testing.T, s *scene) {
		i := s.after(time.Second, s.launch(alice).ID)
		s.change(func() { s.panicLog = map[string]int{"instance changed": 1} })
		_, err := s.client.EndInstance(t.Context(), alice, i.ID, pool.EndByOwner)
		require.NoError(t, err)
		require.Equal(t, pool.InstanceDeleted, s.after(time.Second, i.ID).State)
	})
}

func TestWhatWasSetAsideIsTriedAnewWhenItsEndIsAskedFor(t *testing.T) {
	t.Parallel()
	story(t, nil, func(t *testing.T, s *scene) {
		i := s.after(time.Second, s.launch(alice).ID)
		s.change(func() { s.panicLog = map[string]int{"instance changed": 1000} })
		_, err := s.client.EndInstance(t.Context(), alice, i.ID, pool.EndByOwner)
		require.Equal(t, pool.CodeUnavailable, pool.CodeOf(err))
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Len(t, s.client.Snapshot().SetAside, 1)
		s.change(func() { s.panicLog = nil })
		_, err = s.client.EndInstance(t.Context(), alice, i.ID, pool.EndByOwner)
		require.NoError(t, err)
		require.Equal(t, pool.InstanceDeleted, s.after(time.Second, i.ID).State)
		require.Empty(t, s.client.Snapshot().SetAside)
	})
}

func TestPushThatFallsOverAgainAndAgainFailsTheLaunchInWords(t *testing.T) {
	t.Parallel()
	story(t, nil, func(t *testing.T, s *scene) {
		time.Sleep(time.Second)
		s.change(func() { s.images, s.panicLog = map[string]bool{}, map[string]int{"push changed": 1000} })
		i := s.after(5*time.Minute, s.launch(alice).ID)
		require.Equal(t, pool.InstanceFailed, i.State)
		require.Equal(t, pool.CodeImagePush, i.Failure.Code)
		s.change(func() { s.panicLog = nil })
		require.Equal(t, pool.InstanceRunning, s.after(time.Minute, s.launch(alice).ID).State)
	})
}
