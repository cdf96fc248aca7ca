package actors_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

// anHourAndAHalf is a lifetime of an hour that may be prolonged by half an hour.
func anHourAndAHalf(c *pool.Config) { c.MaximumLifetime, c.MaximumExtension = "1h", "30m" }

func TestExtensionBeginsTheLifetimeAnewUpToTheCap(t *testing.T) {
	t.Parallel()
	story(t, anHourAndAHalf, func(t *testing.T, s *scene) {
		i := s.after(time.Second, s.launch(alice).ID)
		latest := i.StartedAt.Add(90 * time.Minute)
		require.WithinDuration(t, latest, i.ExtendableUntil(), 0)
		time.Sleep(10 * time.Minute)
		for range 2 { // asking twice does no harm
			longer, err := s.client.ExtendInstance(t.Context(), alice, i.ID)
			require.NoError(t, err)
			require.WithinDuration(t, time.Now().Add(time.Hour), longer.ExpiresAt, time.Second)
			require.Equal(t, longer.ExpiresAt, s.client.Snapshot().Instance(i.ID).ExpiresAt, "all see it when it is answered")
		}
		require.Equal(t, pool.InstanceRunning, s.after(49*time.Minute+58*time.Second, i.ID).State)
		longer, err := s.client.ExtendInstance(t.Context(), admin, i.ID)
		require.NoError(t, err)
		require.WithinDuration(t, latest, longer.ExpiresAt, 0, "no further than the cap")
		_, err = s.client.ExtendInstance(t.Context(), alice, i.ID)
		require.Equal(t, pool.CodeConflict, pool.CodeOf(err))
		require.ErrorContains(t, err, "as far as is allowed")
		s.restart()
		require.Equal(t, pool.InstanceRunning, s.after(29*time.Minute, i.ID).State, "what was granted outlives the server")
		ended := s.after(time.Minute+2*time.Second, i.ID)
		require.Equal(t, pool.InstanceDeleted, ended.State)
		require.Equal(t, pool.EndByLifetime, ended.EndReason)
	})
}

func TestExtensionIsRefusedInWords(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		config func(*pool.Config)
		before func(*testing.T, *scene, string)
		by     pool.User
		code   pool.Code
		words  string
	}{
		"somebody else's": {anHourAndAHalf, nil, bob, pool.CodeNotFound, "no such instance"},
		"none is allowed": {nil, nil, alice, pool.CodeConflict, "cannot be extended"},
		"it has no end":   {func(c *pool.Config) { c.MaximumLifetime, c.MaximumExtension = "0m", "1h" }, nil, alice, pool.CodeConflict, "cannot be extended"},
		"it has ended": {anHourAndAHalf, func(t *testing.T, s *scene, id string) {
			_, err := s.client.EndInstance(t.Context(), alice, id, pool.EndByOwner)
			require.NoError(t, err)
			s.after(time.Second, id)
		}, alice, pool.CodeConflict, "not running"},
		"the pool drains": {anHourAndAHalf, func(t *testing.T, s *scene, _ string) {
			require.NoError(t, s.client.Drain(t.Context(), admin, nil))
		}, alice, pool.CodeShutdownMode, "shutdown mode"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			story(t, c.config, func(t *testing.T, s *scene) {
				i := s.after(time.Second, s.launch(alice).ID)
				if c.before != nil {
					c.before(t, s, i.ID)
				}
				_, err := s.client.ExtendInstance(t.Context(), c.by, i.ID)
				require.Equal(t, c.code, pool.CodeOf(err))
				require.ErrorContains(t, err, c.words)
				require.Equal(t, i.ExpiresAt, s.client.Snapshot().Instance(i.ID).ExpiresAt)
			})
		})
	}
}

func TestWhatIsBeingEndedIsNotAmended(t *testing.T) {
	t.Parallel()
	story(t, anHourAndAHalf, func(t *testing.T, s *scene) {
		i := s.after(time.Second, s.launch(alice).ID)
		s.change(func() { s.saveTakes = func(pool.Changes) time.Duration { return 5 * time.Second } })
		ended := make(chan error, 1)
		go func() {
			_, err := s.client.EndInstance(t.Context(), alice, i.ID, pool.EndByOwner)
			ended <- err
		}()
		require.Equal(t, pool.InstanceRunning, s.after(time.Second, i.ID).State, "its end is not stored yet")
		_, err := s.client.ExtendInstance(t.Context(), alice, i.ID)
		require.Equal(t, pool.CodeConflict, pool.CodeOf(err))
		require.ErrorContains(t, err, "not running")
		_, err = s.client.VisitInstance(t.Context(), admin, i.ID, "help was asked for")
		require.Equal(t, pool.CodeNotRunning, pool.CodeOf(err))
		require.NoError(t, <-ended)
	})
}

// TestExtensionInTheMiddleOfAWriteWaitsForIt asks while use is being stored.
func TestExtensionInTheMiddleOfAWriteWaitsForIt(t *testing.T) {
	t.Parallel()
	story(t, anHourAndAHalf, func(t *testing.T, s *scene) {
		i := s.after(time.Second, s.launch(alice).ID)
		time.Sleep(20 * time.Minute)
		s.change(func() { s.saveTakes = func(pool.Changes) time.Duration { return 2 * time.Second } })
		used := time.Now()
		s.client.Used(map[string]time.Time{i.ID: used})
		time.Sleep(time.Second)
		longer, err := s.client.ExtendInstance(t.Context(), alice, i.ID)
		require.NoError(t, err)
		require.WithinDuration(t, used.Add(time.Hour), longer.ExpiresAt, 5*time.Second)
		require.True(t, s.client.Snapshot().Instance(i.ID).LastUsedAt.Equal(used), "neither is lost")
	})
}

func TestVisitsAreKeptWithTheirReasons(t *testing.T) {
	t.Parallel()
	story(t, nil, func(t *testing.T, s *scene) {
		i := s.after(time.Second, s.launch(alice).ID)
		_, err := s.client.VisitInstance(t.Context(), bob, i.ID, "curiosity")
		require.Equal(t, pool.CodeNotFound, pool.CodeOf(err), "somebody else's")
		for n := range pool.MaxVisits + 2 {
			reason := fmt.Sprintf("call %d", n)
			_, err := s.client.VisitInstance(t.Context(), admin, i.ID, reason)
			require.NoError(t, err)
			last := s.client.Snapshot().Instance(i.ID).Visits
			require.Equal(t, pool.Visit{At: time.Now().Round(0), UserID: admin.ID, Reason: reason}, last[len(last)-1], "its owner sees it when it is answered")
		}
		s.restart()
		visits := s.after(time.Second, i.ID).Visits
		require.Len(t, visits, pool.MaxVisits)
		require.Equal(t, "call 2", visits[0].Reason, "the oldest are dropped")
		require.NoError(t, s.client.Drain(t.Context(), admin, nil))
		_, err = s.client.VisitInstance(t.Context(), admin, i.ID, "who does not save their work?")
		require.NoError(t, err, "a drain does not keep administrators out")
		_, err = s.client.EndInstance(t.Context(), alice, i.ID, pool.EndByOwner)
		require.NoError(t, err)
		s.after(time.Second, i.ID)
		_, err = s.client.VisitInstance(t.Context(), admin, i.ID, "too late")
		require.Equal(t, pool.CodeNotRunning, pool.CodeOf(err))
	})
}
