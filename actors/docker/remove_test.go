package docker_test

import (
	"sync"
	"testing"
	"time"

	"github.com/containerd/errdefs"
	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

func TestRemovedContainerIsGoneAndRemovedAgainIsSuccess(t *testing.T) {
	tell(t, func(t *testing.T, s *stage) {
		started := s.launch(t, s.spec())
		require.NoError(t, s.engine.Remove(t.Context(), started.ID))
		_, err := s.bare.ContainerInspect(t.Context(), started.ID)
		require.True(t, errdefs.IsNotFound(err), "%v", err)
		require.NoError(t, s.engine.Remove(t.Context(), started.ID))
		require.Error(t, s.engines.Answers(t.Context(), started.Target), "its port is closed")

		_, err = s.engine.Start(t.Context(), started.ID)
		require.Equal(t, pool.CodeContainerGone, pool.CodeOf(err))
		_, err = s.engine.Logs(t.Context(), started.ID, 1)
		require.Equal(t, pool.CodeContainerGone, pool.CodeOf(err))
	})
}

func TestStubbornProgramIsKilledAfterItsGrace(t *testing.T) {
	tell(t, func(t *testing.T, s *stage) {
		started := s.launch(t, s.spec("stubborn"))
		require.Eventually(t, func() bool {
			said, err := s.engine.Logs(t.Context(), started.ID, 1)
			return err == nil && len(said) == 1 && said[0] == "ready"
		}, patience, 20*time.Millisecond)
		begun := time.Now()
		require.NoError(t, s.engine.Remove(t.Context(), started.ID))
		require.GreaterOrEqual(t, time.Since(begun), time.Second, "the grace of these tests is 1 s")
		require.Empty(t, s.find(t, started.ID).ID)
	})
}

func TestRemovalsAtOnceAllWaitUntilItIsGone(t *testing.T) {
	tell(t, func(t *testing.T, s *stage) {
		started := s.launch(t, s.spec())
		var crowd sync.WaitGroup
		errs := make([]error, 4)
		for i := range errs {
			crowd.Go(func() {
				errs[i] = s.engine.Remove(t.Context(), started.ID)
				if errs[i] == nil {
					_, err := s.bare.ContainerInspect(t.Context(), started.ID)
					if !errdefs.IsNotFound(err) {
						t.Errorf("it is still there: %v", err)
					}
				}
			})
		}
		crowd.Wait()
		for _, err := range errs {
			require.NoError(t, err)
		}
	})
}

func TestStrangersContainerIsNeitherListedNorRemoved(t *testing.T) {
	tell(t, func(t *testing.T, s *stage) {
		stranger := s.bareContainer(t, s.spec().Name, map[string]string{"else": "where"})
		theirs := s.bareContainer(t, s.spec().Name, map[string]string{"pb.installation": s.installation + "0"})
		all, err := s.engine.List(t.Context(), s.installation)
		require.NoError(t, err)
		require.Empty(t, all)
		require.ErrorContains(t, s.engine.Remove(t.Context(), stranger), "not ours")
		for _, id := range []string{stranger, theirs} {
			_, err := s.bare.ContainerInspect(t.Context(), id)
			require.NoError(t, err)
		}
	})
}
