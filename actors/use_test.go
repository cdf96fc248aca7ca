package actors_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

// mayIdle lets instances idle for half an hour of their two.
func mayIdle(c *pool.Config) { c.MaximumLifetime, c.MaximumIdleTime = "2h", "30m" }

// use tells that an instance is used at this moment.
func (s *scene) use(id string) {
	s.client.Used(map[string]time.Time{id: time.Now(), "nobody-knows-it": time.Now()})
	synctest.Wait()
}

func TestWhatNobodyUsesEnds(t *testing.T) {
	t.Parallel()
	for why, c := range map[string]struct {
		change func(*pool.Config)
		uses   []time.Duration // after it runs
		ends   time.Duration   // after it runs; by a minute at most later
		reason string
	}{
		"never opened":                 {mayIdle, nil, 30 * time.Minute, pool.EndByIdling},
		"used once":                    {mayIdle, []time.Duration{20 * time.Minute}, 50 * time.Minute, pool.EndByIdling},
		"used in the very last moment": {mayIdle, []time.Duration{30*time.Minute + 10*time.Second}, time.Hour, pool.EndByIdling},
		"used all the time":            {mayIdle, []time.Duration{25 * time.Minute, 50 * time.Minute, 75 * time.Minute, 100 * time.Minute}, 2 * time.Hour, pool.EndByLifetime},
		"it may idle to its end":       {nil, nil, time.Hour, pool.EndByLifetime},
	} {
		t.Run(why, func(t *testing.T) {
			t.Parallel()
			story(t, c.change, func(t *testing.T, s *scene) {
				i := s.after(time.Second, s.launch(alice).ID)
				s.enter(t, i, alice, "l1")
				for _, at := range c.uses {
					time.Sleep(time.Until(i.StartedAt.Add(at)))
					s.use(i.ID)
				}
				time.Sleep(time.Until(i.StartedAt.Add(c.ends - time.Second)))
				synctest.Wait()
				require.Equal(t, pool.InstanceRunning, s.client.Snapshot().Instance(i.ID).State)
				ended := s.after(time.Minute+time.Second, i.ID)
				require.Equal(t, pool.InstanceDeleted, ended.State)
				require.Equal(t, c.reason, ended.EndReason)
				if c.reason == pool.EndByIdling {
					require.Equal(t, "Nobody used it for 30m. You can launch a new one.", ended.WhyEnded())
					require.Equal(t, ended.WhyEnded(), s.table.Ended[i.Label].Words, "its own address says so too")
				}
			})
		})
	}
}

func TestWhatHappenedInTheServersAbsenceCountsAsUse(t *testing.T) {
	t.Parallel()
	story(t, mayIdle, func(t *testing.T, s *scene) {
		i := s.after(time.Second, s.launch(alice).ID)
		time.Sleep(29 * time.Minute)
		s.restart()
		began := time.Now()
		ends := s.client.Snapshot().Instance(i.ID).IdleEndsAt()
		require.WithinDuration(t, began.Add(30*time.Minute), ends, time.Second, "everybody is told the new end")
		require.Equal(t, pool.InstanceRunning, s.after(30*time.Minute, i.ID).State)
		require.Equal(t, pool.EndByIdling, s.after(time.Minute, i.ID).EndReason)
	})
}

// An instance in use is shown anew each minute, and stored every ten.
func TestUseIsShownSoonAndStoredSeldom(t *testing.T) {
	t.Parallel()
	story(t, func(c *pool.Config) { c.MaximumLifetime = "2h" }, func(t *testing.T, s *scene) {
		i := s.after(time.Second, s.launch(alice).ID)
		writes := 0
		s.slow(func(ch pool.Changes) bool {
			if len(ch.Instances) > 0 {
				writes++
			}
			return false
		})
		for range 4 * 60 { // an hour, told as a data plane tells
			time.Sleep(15 * time.Second)
			s.use(i.ID)
			shown := s.client.Snapshot().Instance(i.ID).LastUsedAt
			require.Less(t, time.Since(shown), time.Minute+time.Second)
		}
		require.InDelta(t, 6, writes, 1)
		s.restart()
		require.Less(t, time.Since(s.client.Snapshot().Instance(i.ID).LastUsedAt), 11*time.Minute)
		require.Equal(t, pool.EndByLifetime, s.after(time.Hour+time.Minute, i.ID).EndReason)
	})
}

// multiply makes more running instances like one, with containers of their own.
func (o *outside) multiply(one pool.Instance, more int) {
	for n := range more {
		i, c := one, *o.containers[one.ContainerID]
		i.ID, i.Name, i.Label, i.Spec.Slots = fmt.Sprintf("%s-%d", one.ID, n), fmt.Sprintf("%s-%d", one.Name, n), fmt.Sprintf("%s%d", one.Label, n), 0
		i.ContainerID = "c-" + i.ID
		c.ID, c.Name, c.InstanceID = i.ContainerID, i.Name, i.ID
		o.containers[c.ID] = &c
		o.records.Instances = append(o.records.Instances, i)
	}
}

// A batch of many is shown in few views, and nobody who listens falls behind.
func TestManyUsesAtOnceAreShownTogether(t *testing.T) {
	t.Parallel()
	const many = 600 // more than a subscriber may lag behind
	story(t, func(c *pool.Config) { c.MaximumLifetime = "0m" }, func(t *testing.T, s *scene) {
		first := s.after(time.Second, s.launch(alice).ID)
		s.change(func() { s.multiply(*first, many-1) })
		s.restart()
		events, err := s.client.Subscribe(t.Context(), 0)
		require.NoError(t, err)
		when := map[string]time.Time{}
		for _, i := range s.client.Snapshot().Instances {
			when[i.ID] = time.Now()
		}
		require.Len(t, when, many)
		before := s.client.Snapshot().Revision
		s.client.Used(when)
		shown := map[string]bool{}
		for len(shown) < many {
			select {
			case e := <-events:
				require.NotEqual(t, pool.EventResync, e.Kind)
				if e.Kind == pool.EventInstance && e.Instance.LastUsedAt.Equal(when[e.Instance.ID]) {
					shown[e.Instance.ID] = true
				}
			case <-time.After(5 * time.Second):
				t.Fatalf("only %d were shown", len(shown))
			}
		}
		require.Less(t, s.client.Snapshot().Revision-before, uint64(many/10))
	})
}

func TestUseOfWhatEndsChangesNothing(t *testing.T) {
	t.Parallel()
	story(t, mayIdle, func(t *testing.T, s *scene) {
		i := s.after(time.Second, s.launch(alice).ID)
		s.change(func() { s.failRemove = 3 })
		_, err := s.client.EndInstance(t.Context(), alice, i.ID, pool.EndByOwner)
		require.NoError(t, err)
		s.use(i.ID)
		ended := s.after(time.Minute, i.ID)
		require.Equal(t, pool.InstanceDeleted, ended.State)
		require.Zero(t, ended.LastUsedAt)
		s.use(i.ID)
	})
}

// What fails in the moment in which it has idled for long enough has failed: its
// owner is told why.
func TestAnEndByIdlingHidesNoFailure(t *testing.T) {
	t.Parallel()
	story(t, mayIdle, func(t *testing.T, s *scene) {
		i := s.after(time.Second, s.launch(alice).ID)
		time.Sleep(time.Until(i.IdleEndsAt().Add(43 * time.Second)))
		synctest.Wait()
		live := make(chan struct{})
		s.change(func() { // the route takes its time to close, past the end by idling
			s.notLive = live
			s.containers[i.ContainerID].Running, s.containers[i.ContainerID].ExitCode = false, 3
		})
		s.happen(pool.ContainerEvent{InstanceID: i.ID, ContainerID: i.ContainerID, Kind: pool.ContainerDied})
		require.Equal(t, pool.InstanceRunning, s.after(2500*time.Millisecond, i.ID).State, "nobody is told before it is closed")
		s.change(func() { s.notLive = nil })
		close(live)
		ended := s.after(time.Second, i.ID)
		require.Equal(t, pool.InstanceFailed, ended.State)
		require.Equal(t, pool.CodeExited, ended.Failure.Code)
	})
}

// A data plane may tell of what its clock says, or of what happens while its
// server sets the clock back: nobody idles later than from now.
func TestUseInTheFutureIsUseNow(t *testing.T) {
	t.Parallel()
	story(t, mayIdle, func(t *testing.T, s *scene) {
		i := s.after(10*time.Minute, s.launch(alice).ID)
		s.client.Used(map[string]time.Time{i.ID: time.Now().Add(24 * time.Hour)})
		synctest.Wait()
		require.WithinDuration(t, time.Now().Add(30*time.Minute), s.client.Snapshot().Instance(i.ID).IdleEndsAt(), time.Second)
	})
}

// What a data plane did not tell before it went is not held against anybody.
func TestWhatADataPlaneMayNotHaveToldCountsAsUse(t *testing.T) {
	t.Parallel()
	story(t, mayIdle, func(t *testing.T, s *scene) {
		i := s.after(time.Second, s.launch(alice).ID)
		s.slow(func(ch pool.Changes) bool { return len(ch.Instances) > 0 })
		time.Sleep(20 * time.Minute)
		s.use(i.ID) // takes a second to be stored
		time.Sleep(500 * time.Millisecond)
		s.client.Unwatched()
		again := time.Now()
		synctest.Wait()
		time.Sleep(2 * time.Second)
		require.WithinDuration(t, again.Add(30*time.Minute), s.client.Snapshot().Instance(i.ID).IdleEndsAt(), time.Millisecond)
		time.Sleep(9 * time.Minute)
		s.client.Unwatched()
		again = time.Now()
		require.Equal(t, pool.InstanceRunning, s.after(29*time.Minute, i.ID).State)
		require.WithinDuration(t, again.Add(30*time.Minute), s.client.Snapshot().Instance(i.ID).IdleEndsAt(), time.Second)
		require.Equal(t, pool.EndByIdling, s.after(2*time.Minute, i.ID).EndReason)
	})
}

func TestWhatABlueprintSaysOfRequestsIsInItsRoute(t *testing.T) {
	t.Parallel()
	story(t, func(c *pool.Config) {
		c.ProxyOptions.RequestHeaders = "X-Remote-User: jovyan\n\nX-Tenant:42"
		c.ProxyOptions.IdlePaths = "*/events/get_events /api/status"
	}, func(t *testing.T, s *scene) {
		i := s.after(time.Second, s.launch(alice).ID)
		route := s.table.Routes[i.Label]
		require.Equal(t, []pool.HeaderField{{Name: "X-Remote-User", Value: "jovyan"}, {Name: "X-Tenant", Value: "42"}}, route.Headers)
		require.True(t, route.IsIdle("/rstudio/events/get_events"))
		require.False(t, route.IsIdle("/api/statuses"))
	})
}
