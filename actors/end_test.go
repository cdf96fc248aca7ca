package actors_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

func TestDestroyAnswersWhenNobodyCanReachTheNotebook(t *testing.T) {
	t.Parallel()
	story(t, nil, func(t *testing.T, s *scene) {
		i := s.after(time.Second, s.launch(alice).ID)
		s.change(func() { s.failRemove = 3 })
		ending, err := s.client.EndInstance(t.Context(), alice, i.ID, pool.EndByOwner)
		require.NoError(t, err)
		require.Equal(t, pool.InstanceDeleting, ending.State)
		require.NotContains(t, s.table.Routes, i.Label)
		require.Equal(t, pool.InstanceDeleting, s.after(2*time.Second, i.ID).State, "a container that will not go holds its slots")
		gone := s.after(time.Minute, i.ID)
		require.Equal(t, pool.InstanceDeleted, gone.State)
		require.Equal(t, pool.EndByOwner, gone.EndReason)
		again, err := s.client.EndInstance(t.Context(), alice, i.ID, pool.EndByOwner)
		require.NoError(t, err, "destroying twice is fine")
		require.Equal(t, pool.InstanceDeleted, again.State)
	})
}

func TestDestroyIsTheOwnersOrAnAdmins(t *testing.T) {
	t.Parallel()
	story(t, nil, func(t *testing.T, s *scene) {
		i := s.after(time.Second, s.launch(alice).ID)
		_, err := s.client.EndInstance(t.Context(), bob, i.ID, pool.EndByOwner)
		require.Equal(t, pool.CodeNotFound, pool.CodeOf(err), "what is not yours is not there")
		_, err = s.client.EndInstance(t.Context(), admin, i.ID, pool.EndByAdmin)
		require.NoError(t, err)
	})
}

func TestDestroyInEveryStageLeavesNothing(t *testing.T) {
	t.Parallel()
	for _, wait := range []time.Duration{0, 2 * time.Second, 6 * time.Second, 20 * time.Second} {
		t.Run("after "+wait.String(), func(t *testing.T) {
			t.Parallel()
			story(t, nil, func(t *testing.T, s *scene) {
				time.Sleep(time.Second)
				synctest.Wait()
				answering := time.Now().Add(15 * time.Second)
				s.change(func() {
					s.images, s.loadTakes = map[string]bool{}, 5*time.Second
					s.answers = func(string) error {
						if time.Now().Before(answering) {
							return errDown
						}
						return nil
					}
				})
				i := s.launch(alice)
				time.Sleep(wait)
				_, err := s.client.EndInstance(t.Context(), alice, i.ID, pool.EndByOwner)
				require.NoError(t, err)
				require.Equal(t, pool.InstanceDeleted, s.after(10*time.Second, i.ID).State)
				require.Empty(t, s.containers)
			})
		})
	}
}

func TestLifetimeEndsByItselfAlsoOverARestart(t *testing.T) {
	t.Parallel()
	story(t, nil, func(t *testing.T, s *scene) {
		first := s.after(time.Second, s.launch(alice).ID)
		time.Sleep(30 * time.Minute)
		second := s.after(time.Second, s.launch(alice).ID)
		s.restart()
		require.Equal(t, pool.InstanceRunning, s.client.Snapshot().Instance(first.ID).State)
		ended := s.after(30*time.Minute, first.ID)
		require.Equal(t, pool.InstanceDeleted, ended.State)
		require.Equal(t, pool.EndByLifetime, ended.EndReason)
		require.Equal(t, pool.InstanceRunning, s.client.Snapshot().Instance(second.ID).State)
	})
}

func TestAbsenceOfTheServerCullsNobodyAtOnce(t *testing.T) {
	t.Parallel()
	story(t, nil, func(t *testing.T, s *scene) {
		i := s.after(time.Second, s.launch(alice).ID)
		require.NoError(t, s.sys.Stop(t.Context()))
		time.Sleep(3 * time.Hour)
		s.begin()
		require.Equal(t, pool.InstanceRunning, s.after(time.Minute, i.ID).State, "its owner has a moment to see and save")
		require.Equal(t, pool.InstanceDeleted, s.after(2*time.Minute, i.ID).State)
	})
}

func TestNoLifetimeMeansNoEnd(t *testing.T) {
	t.Parallel()
	story(t, func(c *pool.Config) { c.MaximumLifetime = "0m" }, func(t *testing.T, s *scene) {
		i := s.after(48*time.Hour, s.launch(alice).ID)
		require.Equal(t, pool.InstanceRunning, i.State)
		require.True(t, i.ExpiresAt.IsZero())
	})
}

func TestContainerThatEndsByItselfIsToldInWords(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		end  func(*outside, *fakeContainer)
		code pool.Code
		tell bool // whether the engine's event arrives
	}{
		"out of memory, told only after the end": {func(o *outside, c *fakeContainer) {
			c.ExitCode = 137
			time.AfterFunc(200*time.Millisecond, func() {
				o.happen(pool.ContainerEvent{InstanceID: c.InstanceID, ContainerID: c.ID, Kind: pool.ContainerOOM})
			})
		}, pool.CodeOutOfMemory, true},
		"killed, and nobody says for what": {func(o *outside, c *fakeContainer) { c.ExitCode = 137 }, pool.CodeExited, true},
		"exit":                             {func(o *outside, c *fakeContainer) { c.ExitCode = 1 }, pool.CodeExited, true},
		"exit that the list shows late": {func(o *outside, c *fakeContainer) {
			c.Running = true
			time.AfterFunc(500*time.Millisecond, func() { o.change(func() { c.ExitCode, c.Running = 1, false }) })
		}, pool.CodeExited, true},
		"out of memory":              {func(o *outside, c *fakeContainer) { c.ExitCode, c.OOMKilled = 137, true }, pool.CodeOutOfMemory, true},
		"exit whose event was lost":  {func(o *outside, c *fakeContainer) { c.ExitCode = 1 }, pool.CodeExited, false},
		"removed behind our back":    {nil, pool.CodeContainerGone, true},
		"removed and the event lost": {nil, pool.CodeContainerGone, false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			story(t, nil, func(t *testing.T, s *scene) {
				i := s.after(time.Second, s.launch(alice).ID)
				s.change(func() {
					if tc.end == nil {
						delete(s.containers, i.ContainerID)
						return
					}
					c := s.containers[i.ContainerID]
					c.Running = false
					tc.end(s.outside, c)
				})
				within := 45 * time.Second
				if tc.tell {
					s.happen(pool.ContainerEvent{InstanceID: i.ID, ContainerID: i.ContainerID, Kind: pool.ContainerDied})
					within = 2 * time.Second
				}
				failed := s.after(within, i.ID)
				require.Equal(t, pool.InstanceFailed, failed.State)
				require.Equal(t, tc.code, failed.Failure.Code)
				require.NotContains(t, s.table.Routes, i.Label)
				require.Empty(t, s.containers)
				_, err := s.client.EndInstance(t.Context(), alice, i.ID, pool.EndByOwner)
				require.NoError(t, err, "a failed one can be dismissed")
				require.Equal(t, pool.InstanceDeleted, s.after(time.Second, i.ID).State)
			})
		})
	}
}

func TestStrayContainersGoAndEndedRecordsAreForgottenAfterADay(t *testing.T) {
	t.Parallel()
	story(t, nil, func(t *testing.T, s *scene) {
		i := s.after(time.Second, s.launch(alice).ID)
		s.change(func() {
			s.containers["stray"] = &fakeContainer{Container: pool.Container{ID: "stray", InstanceID: "nobody", Running: true}}
		})
		time.Sleep(time.Minute)
		synctest.Wait()
		require.NotContains(t, s.containers, "stray")
		_, err := s.client.EndInstance(t.Context(), alice, i.ID, pool.EndByOwner)
		require.NoError(t, err)
		require.NotNil(t, s.after(23*time.Hour, i.ID))
		require.Nil(t, s.after(2*time.Hour, i.ID))
		require.Empty(t, s.records.Instances)
	})
}
