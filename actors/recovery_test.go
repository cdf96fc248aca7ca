package actors_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

func TestRestartFindsTheSameInstancesAndSessions(t *testing.T) {
	t.Parallel()
	story(t, nil, func(t *testing.T, s *scene) {
		i := s.after(time.Second, s.launch(alice).ID)
		ticket, err := s.client.Open(t.Context(), pool.TicketRequest{InstanceID: i.ID, User: alice})
		require.NoError(t, err)
		_, err = s.client.Redeem(t.Context(), i.Label, ticket.Secret, "")
		require.NoError(t, err)
		before := s.table
		s.restart()
		require.Equal(t, before.Routes, s.table.Routes, "routes are there when Start returns")
		require.Len(t, s.table.Sessions, 1, "the same cookie still lets in")
		require.Len(t, s.running(), 1)
		require.Equal(t, pool.InstanceRunning, s.after(time.Minute, i.ID).State)
	})
}

// After a kill behind every single durable write of a launch and a destroy,
// the restarted pool ends in order: the instance runs, or is gone as asked.
func TestKillBehindEveryWrite(t *testing.T) {
	t.Parallel()
	points := 0
	for n := 1; ; n++ {
		reached := false
		story(t, nil, func(t *testing.T, s *scene) {
			time.Sleep(time.Second)
			synctest.Wait()
			s.change(func() { s.images = map[string]bool{} })
			kill := make(chan struct{})
			s.change(func() { s.killAfter, s.kill = len(s.saves)+n, kill })
			done, client := make(chan string, 1), s.client
			go func() {
				i, err := client.Launch(context.Background(), alice, s.blueprint)
				if err == nil {
					time.Sleep(10 * time.Second)
					_, _ = client.EndInstance(context.Background(), alice, i.ID, pool.EndByOwner)
				}
				time.Sleep(10 * time.Second)
				done <- i.ID
			}()
			select {
			case <-kill:
				reached = true
				s.restart()
				<-done
			case <-done:
			}
			s.checkInvariants()
			for _, i := range s.client.Snapshot().Instances {
				require.Contains(t, []pool.InstanceState{pool.InstanceRunning, pool.InstanceDeleted}, i.State, "no state is stuck: %+v", i.Failure)
			}
		})
		if !reached {
			break
		}
		points++
	}
	require.GreaterOrEqual(t, points, 8, "the walk must have gone through the whole scenario")
	t.Logf("%d kill points walked", points)
}

func TestPanicInAnEffectIsTriedAgain(t *testing.T) {
	t.Parallel()
	story(t, nil, func(t *testing.T, s *scene) {
		s.change(func() { s.panicCreate = 2 })
		require.Equal(t, pool.InstanceRunning, s.after(10*time.Second, s.launch(alice).ID).State)
		require.Len(t, s.containers, 1)
	})
}

func TestPanickingProxyIsRespawnedAndTheLaunchGoesOn(t *testing.T) {
	t.Parallel()
	story(t, nil, func(t *testing.T, s *scene) {
		first := s.after(time.Second, s.launch(alice).ID)
		s.change(func() { s.panicRoutes = 2 })
		require.Equal(t, pool.InstanceRunning, s.after(30*time.Second, s.launch(bob).ID).State)
		require.Contains(t, s.table.Routes, first.Label, "routes of others come back with it")
		require.Empty(t, s.client.Snapshot().SetAside)
	})
}

func TestActorThatFailsAgainAndAgainIsSetAsideAlone(t *testing.T) {
	t.Parallel()
	story(t, nil, func(t *testing.T, s *scene) {
		i := s.after(time.Second, s.launch(alice).ID)
		s.change(func() { s.panicRoutes = 1000 })
		_, err := s.client.Open(t.Context(), pool.TicketRequest{InstanceID: i.ID, User: alice})
		require.NoError(t, err, "reading tickets needs no table")
		s.launch(bob)
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		view := s.client.Snapshot()
		require.Len(t, view.SetAside, 1)
		require.Equal(t, "Proxy", view.SetAside[0].Actor)
		require.Equal(t, pool.InstanceRunning, view.Instance(i.ID).State)
		s.change(func() { s.panicRoutes = 0 })
		s.restart()
	})
}

func TestPanickingSupervisorLoadsEverythingAnew(t *testing.T) {
	t.Parallel()
	story(t, nil, func(t *testing.T, s *scene) {
		i := s.after(time.Second, s.launch(alice).ID)
		s.change(func() { s.panicKind = 1 })
		_, err := s.client.SetVariable(t.Context(), admin, pool.VarFreeSlotTarget, "2", 0)
		require.Error(t, err, "the one question that met it gets no answer")
		require.Equal(t, pool.InstanceRunning, s.after(30*time.Second, i.ID).State)
		require.Equal(t, pool.InstanceRunning, s.after(30*time.Second, s.launch(bob).ID).State)
		require.Len(t, s.running(), 2)
	})
}

func TestEngineAwayQuarantinesTheHostAndKeepsItsNotebooks(t *testing.T) {
	t.Parallel()
	story(t, nil, func(t *testing.T, s *scene) {
		i := s.after(time.Second, s.launch(alice).ID)
		s.change(func() { s.engineDown = true })
		require.Equal(t, pool.InstanceRunning, s.after(time.Minute, i.ID).State, "an engine that does not answer is not a notebook that has ended")
		host := s.client.Snapshot().Hosts[0]
		require.Equal(t, pool.HostInactive, host.State)
		require.NotEmpty(t, host.Trouble)
		waiting := s.after(time.Second, s.launch(bob).ID)
		require.Equal(t, pool.InstanceQueueing, waiting.State)
		s.change(func() { s.engineDown = false })
		require.Equal(t, pool.InstanceRunning, s.after(time.Minute, waiting.ID).State)
	})
}

func TestShutdownModeDrainsAndCanBeTakenBack(t *testing.T) {
	t.Parallel()
	story(t, func(c *pool.Config) { c.ConsumedSlots = 3 }, func(t *testing.T, s *scene) {
		running := s.after(time.Second, s.launch(alice).ID)
		queued := s.after(time.Second, s.launch(bob).ID)
		set := func(value string) {
			_, err := s.client.SetVariable(t.Context(), admin, pool.VarShutdownMode, value, 0)
			require.NoError(t, err)
			time.Sleep(time.Second)
			synctest.Wait()
		}
		set("True")
		view := s.client.Snapshot()
		require.Equal(t, pool.PoolDraining, view.Status.State)
		require.NotEmpty(t, view.Status.Blockers)
		require.Equal(t, "the pool is in shutdown mode", view.Instance(queued.ID).Queue.Reason)
		set("False")
		require.Equal(t, pool.HostActive, s.client.Snapshot().Hosts[0].State, "the host is revived")
		set("True")
		s.change(func() { s.order = nil })
		_, err := s.client.EndInstance(t.Context(), alice, running.ID, pool.EndByOwner)
		require.NoError(t, err)
		time.Sleep(time.Minute)
		synctest.Wait()
		view = s.client.Snapshot()
		require.Equal(t, pool.PoolDrained, view.Status.State)
		require.Empty(t, view.Hosts)
		require.Empty(t, s.records.Hosts)
		require.Equal(t, []string{"remove", "release"}, s.order, "the machine goes after its last container")
		s.restart()
		require.Equal(t, pool.PoolDrained, s.client.Snapshot().Status.State, "the mode is durable")
		set("False")
		require.Equal(t, pool.InstanceRunning, s.after(time.Minute, queued.ID).State, "queued launches go on")
	})
}

func TestShutdownCutsOffABuildAndAPush(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &scene{T: t, outside: newOutside()}
		s.buildTakes = 10 * time.Minute
		s.begin()
		time.Sleep(time.Second)
		require.Equal(t, pool.HostBuilding, s.client.Snapshot().Hosts[0].State)
		_, err := s.client.SetVariable(t.Context(), admin, pool.VarShutdownMode, "1", 0)
		require.NoError(t, err)
		time.Sleep(time.Second)
		synctest.Wait()
		require.Equal(t, pool.PoolDrained, s.client.Snapshot().Status.State)
		require.Len(t, s.released, 1, "what the build may have made is released by name")
		s.end()
	})
}

func TestRestartsDoNotPutOffTheEndOfASilentNotebook(t *testing.T) {
	t.Parallel()
	story(t, nil, func(t *testing.T, s *scene) {
		time.Sleep(time.Second)
		synctest.Wait()
		s.change(func() { s.answers = func(string) error { return errDown } })
		began := time.Now()
		i := s.launch(alice)
		for range 5 {
			time.Sleep(20 * time.Second)
			synctest.Wait()
			s.restart()
		}
		failed := s.after(15*time.Second, i.ID)
		require.Equal(t, pool.CodeNotAnswering, failed.Failure.Code)
		require.WithinDuration(t, began.Add(time.Minute), failed.EndedAt, 20*time.Second)
		require.LessOrEqual(t, len(failed.Passed), 5, "a restart is no new stage: %v", failed.Passed)
	})
}
