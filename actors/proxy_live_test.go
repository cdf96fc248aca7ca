package actors_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

// liveAt says when what is published from now on is in force; nil: at once.
func (s *scene) liveAt(gate chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.notLive = gate
}

// Where notebooks are served by a process of its own, a table is in force later
// than it is published. Nobody is told before.
func TestNothingIsToldBeforeTheTableIsInForce(t *testing.T) {
	t.Parallel()
	story(t, nil, func(t *testing.T, s *scene) {
		hold := func() (inForce func()) {
			gate := make(chan struct{})
			s.liveAt(gate)
			return func() { s.liveAt(nil); close(gate); synctest.Wait() }
		}
		state := func(i *pool.Instance) pool.InstanceState {
			synctest.Wait()
			return s.client.Snapshot().Instance(i.ID).State
		}

		inForce := hold()
		launched := s.launch(alice)
		i := s.after(time.Second, launched.ID)
		require.Equal(t, pool.InstanceProvisioning, state(i), "its route is not in force")
		inForce()
		require.Equal(t, pool.InstanceRunning, state(i))

		ticket, err := s.client.Open(t.Context(), pool.TicketRequest{InstanceID: i.ID, User: alice, Login: "l1"})
		require.NoError(t, err)
		inForce = hold()
		entered := make(chan error, 1)
		go func() { _, err := s.client.Redeem(t.Context(), i.Label, ticket.Secret, ""); entered <- err }()
		time.Sleep(time.Second)
		synctest.Wait()
		require.Empty(t, entered, "the cookie would be refused")
		inForce()
		require.NoError(t, <-entered)

		inForce = hold()
		revoked := make(chan error, 1)
		go func() { revoked <- s.client.Revoke(t.Context(), pool.Revocation{Login: "l1"}) }()
		time.Sleep(time.Second)
		synctest.Wait()
		require.Empty(t, revoked, "the session still lets in")
		inForce()
		require.NoError(t, <-revoked)

		inForce = hold()
		destroyed := make(chan error, 1)
		go func() { _, err := s.client.EndInstance(t.Context(), alice, i.ID, pool.EndByOwner); destroyed <- err }()
		time.Sleep(time.Second)
		require.Equal(t, pool.InstanceRunning, state(i), "its route still leads there")
		require.Empty(t, destroyed)
		inForce()
		require.NoError(t, <-destroyed)
	})
}

func TestADataPlaneThatNeverAnswersHoldsNothingUpForLong(t *testing.T) {
	t.Parallel()
	story(t, nil, func(t *testing.T, s *scene) {
		s.liveAt(make(chan struct{}))
		i := s.launch(alice)
		time.Sleep(10 * time.Second)
		synctest.Wait()
		require.Equal(t, pool.InstanceRunning, s.client.Snapshot().Instance(i.ID).State)
	})
}
