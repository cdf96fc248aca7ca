package actors_test

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors"
	"dockerdriver/actors/pool"
)

func TestLaunchReachesRunningWithItsRouteAndLifetime(t *testing.T) {
	t.Parallel()
	story(t, func(c *pool.Config) { c.EnvironmentVars = "TOKEN={password} BASE={proxy_path}" }, func(t *testing.T, s *scene) {
		began := time.Now()
		queued := s.launch(alice)
		require.Equal(t, pool.InstanceQueueing, queued.State, "the answer comes before anything slow")
		i := s.after(time.Second, queued.ID)
		require.Equal(t, pool.InstanceRunning, i.State)
		require.WithinDuration(t, began.Add(time.Hour), i.ExpiresAt, 2*time.Second)
		require.Equal(t, i.Target, s.table.Routes[i.Label].Target)
		require.Equal(t, []string{"TOKEN=" + i.Password, "BASE=/"}, s.running()[0].spec.Env)
		var stages []string
		for _, p := range i.Passed {
			stages = append(stages, p.Stage)
		}
		require.Subset(t, stages, []string{"queueing", pool.StageScheduled, pool.StageCreating, pool.StageStarting, pool.StageProbing})
	})
}

func TestNotebookIsToldThePathThatItIsServedAt(t *testing.T) {
	t.Parallel()
	o := newOutside()
	o.ports = func(options *actors.Options) {
		options.ProxyPath = func(label string) string { return "/" + label + "/" }
	}
	storyOn(t, o, func(c *pool.Config) { c.LaunchCommand = "serve --base={proxy_path}" }, func(t *testing.T, s *scene) {
		i := s.after(time.Second, s.launch(alice).ID)
		require.Equal(t, []string{"serve", "--base=/" + i.Label + "/"}, s.running()[0].spec.Command)
	})
}

func TestAnAdministratorTriesABlueprintThatIsNotActive(t *testing.T) {
	t.Parallel()
	story(t, nil, func(t *testing.T, s *scene) {
		b := *s.client.Snapshot().Blueprint(s.blueprint)
		b.IsEnabled = false
		_, err := s.client.PutBlueprint(t.Context(), admin, b, 0)
		require.NoError(t, err)
		_, err = s.client.Launch(t.Context(), admin, b.ID)
		require.Equal(t, pool.CodeBlueprintOff, pool.CodeOf(err))
		_, err = s.client.TestLaunch(t.Context(), alice, b.ID)
		require.Equal(t, pool.CodeForbidden, pool.CodeOf(err))
		tried, err := s.client.TestLaunch(t.Context(), admin, b.ID)
		require.NoError(t, err)
		tested := s.after(time.Second, tried.ID)
		require.Equal(t, pool.InstanceRunning, tested.State)
		require.True(t, tested.Test)
		_, err = s.client.TestLaunch(t.Context(), admin, b.ID)
		require.NoError(t, err)
		_, err = s.client.TestLaunch(t.Context(), admin, b.ID)
		require.Equal(t, pool.CodeInstanceLimit, pool.CodeOf(err), "two at most, as for everybody")
		require.Error(t, s.client.DeleteBlueprint(t.Context(), admin, b.ID, 0), "while a test is there")
	})
}

func TestLaunchIsRefusedInWords(t *testing.T) {
	t.Parallel()
	story(t, nil, func(t *testing.T, s *scene) {
		_, err := s.client.Launch(t.Context(), alice, "no-such")
		require.Equal(t, pool.CodeNotFound, pool.CodeOf(err))

		s.launch(alice)
		s.launch(alice)
		_, err = s.client.Launch(t.Context(), alice, s.blueprint)
		require.Equal(t, pool.CodeInstanceLimit, pool.CodeOf(err), "two at most")
		s.launch(bob) // the limit is each user's own

		_, err = s.client.SetVariable(t.Context(), admin, pool.VarShutdownMode, "yes", 0)
		require.NoError(t, err)
		_, err = s.client.Launch(t.Context(), bob, s.blueprint)
		require.Equal(t, pool.CodeShutdownMode, pool.CodeOf(err))
	})
}

func TestLimitHoldsAgainstLaunchesAtTheSameMoment(t *testing.T) {
	t.Parallel()
	story(t, nil, func(t *testing.T, s *scene) {
		results := make(chan error, 20)
		for range cap(results) {
			go func() {
				_, err := s.client.Launch(t.Context(), alice, s.blueprint)
				results <- err
			}()
		}
		synctest.Wait()
		taken := 0
		for range cap(results) {
			if <-results == nil {
				taken++
			}
		}
		require.Equal(t, 2, taken, "the reservation comes before the slow part")
	})
}

func TestFullHostQueuesInOrderAndSaysWhy(t *testing.T) {
	t.Parallel()
	story(t, func(c *pool.Config) { c.ConsumedSlots, c.MaximumInstancesPerUser = 2, 10 }, func(t *testing.T, s *scene) {
		var ids []string
		for n := range 5 {
			ids = append(ids, s.launch(pool.User{ID: fmt.Sprint("u", n)}).ID)
			time.Sleep(time.Second)
		}
		synctest.Wait()
		view := s.client.Snapshot()
		require.Equal(t, pool.InstanceRunning, view.Instance(ids[1]).State)
		require.Equal(t, &pool.Queue{Position: 1, Reason: "all slots are taken, and 1 of at most 1 notebook hosts are there"}, view.Instance(ids[2]).Queue)
		require.Equal(t, &pool.Queue{Position: 3, Reason: "others came first"}, view.Instance(ids[4]).Queue)
		_, err := s.client.EndInstance(t.Context(), admin, ids[0], pool.EndByAdmin)
		require.NoError(t, err)
		require.Equal(t, pool.InstanceRunning, s.after(time.Second, ids[2]).State, "the first in the queue gets the place")
		require.Equal(t, 1, s.client.Snapshot().Instance(ids[3]).Queue.Position)
	})
}

func TestLaunchFailsInWordsAndLeavesNothing(t *testing.T) {
	t.Parallel()
	three := 3
	cases := map[string]struct {
		break_ func(*outside)
		within time.Duration
		code   pool.Code
		log    []string
	}{
		"the engine refuses the container": {
			break_: func(o *outside) { o.failCreate = []error{pool.Refuse(pool.CodeCreateFailed, "invalid", "fix")} },
			within: time.Second, code: pool.CodeCreateFailed,
		},
		"the program exits at once": {
			break_: func(o *outside) { o.exitAtStart = &three },
			within: time.Second, code: pool.CodeExitedAtStart, log: []string{"cannot find config", "giving up"},
		},
		"the port never answers HTTP": {
			break_: func(o *outside) { o.answers = func(string) error { return errors.New("connection refused") } },
			within: 70 * time.Second, code: pool.CodeNotAnswering,
		},
		"the engine stays away": {
			break_: func(o *outside) {
				for range 1000 {
					o.failCreate = append(o.failCreate, errDown)
				}
			},
			within: 3 * time.Minute, code: pool.CodeUnavailable,
		},
		"the image cannot be loaded": {
			break_: func(o *outside) {
				o.images = map[string]bool{}
				o.failLoad = pool.Refuse(pool.CodeImagePush, "unexpected EOF", "")
			},
			within: time.Second, code: pool.CodeImagePush,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			story(t, nil, func(t *testing.T, s *scene) {
				synctest.Wait()
				s.change(func() { tc.break_(s.outside) })
				i := s.after(tc.within, s.launch(alice).ID)
				require.Equal(t, pool.InstanceFailed, i.State)
				require.Equal(t, tc.code, i.Failure.Code)
				require.NotEmpty(t, i.Failure.Message)
				require.Equal(t, tc.log, i.Failure.Log)
				require.Empty(t, s.containers, "nothing is left running")
				require.Zero(t, s.client.Snapshot().SlotsUsed(i.HostID), "a failed one holds no slot")
				s.change(func() { *s.outside = *repaired(s.outside) })
				require.Equal(t, pool.InstanceRunning, s.after(5*time.Second, s.launch(alice).ID).State, "and none of the limit")
			})
		})
	}
}

// repaired is the same outside without its faults.
func repaired(o *outside) *outside {
	o.failCreate, o.exitAtStart, o.answers, o.failLoad = nil, nil, nil, nil
	return o
}

func TestLostReplyIsFoundAgainByName(t *testing.T) {
	t.Parallel()
	story(t, nil, func(t *testing.T, s *scene) {
		s.change(func() { s.loseCreate = 1 })
		require.Equal(t, pool.InstanceRunning, s.after(5*time.Second, s.launch(alice).ID).State)
		require.Len(t, s.containers, 1)
	})
}

func TestFullDiskOnlyDelays(t *testing.T) {
	t.Parallel()
	story(t, nil, func(t *testing.T, s *scene) {
		i := s.launch(alice)
		s.change(func() { s.failSaves = 2 })
		require.Equal(t, pool.InstanceRunning, s.after(time.Minute, i.ID).State)
		s.change(func() { s.failSaves = 1 })
		_, err := s.client.Launch(t.Context(), bob, s.blueprint)
		require.Equal(t, pool.CodeUnavailable, pool.CodeOf(err), "a launch that cannot be stored is refused")
	})
}

func TestImageIsPushedOnceForAllWhoWait(t *testing.T) {
	t.Parallel()
	story(t, nil, func(t *testing.T, s *scene) {
		time.Sleep(time.Second)
		synctest.Wait()
		s.change(func() { s.images, s.order, s.loadTakes = map[string]bool{}, nil, 10*time.Second })
		a, b := s.launch(alice), s.launch(bob)
		waiting := s.after(time.Second, a.ID)
		require.Equal(t, pool.StageImage, waiting.Stage)
		require.Equal(t, pool.PushSending, s.client.Snapshot().Pushes[0].State)
		require.Equal(t, pool.InstanceRunning, s.after(15*time.Second, a.ID).State)
		require.Equal(t, pool.InstanceRunning, s.client.Snapshot().Instance(b.ID).State)
		loads := 0
		for _, what := range s.order {
			if what == "load" {
				loads++
			}
		}
		require.Equal(t, 1, loads)
	})
}
