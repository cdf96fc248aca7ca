package actors_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

func (s *scene) enter(t *testing.T, i *pool.Instance, by pool.User, login string) {
	t.Helper()
	ticket, err := s.client.Open(t.Context(), pool.TicketRequest{InstanceID: i.ID, User: by, Login: login})
	require.NoError(t, err)
	_, err = s.client.Redeem(t.Context(), i.Label, ticket.Secret, "")
	require.NoError(t, err)
}

func (s *scene) destroy(t *testing.T, i *pool.Instance) {
	t.Helper()
	_, err := s.client.EndInstance(t.Context(), alice, i.ID, pool.EndByOwner)
	require.NoError(t, err)
}

func TestThoseWhoWereInANotebookMayReadWhyItEnded(t *testing.T) {
	t.Parallel()
	story(t, nil, func(t *testing.T, s *scene) {
		i := s.after(time.Second, s.launch(alice).ID)
		s.enter(t, i, alice, "l1")
		s.enter(t, i, alice, "l2")
		unseen := s.after(time.Second, s.launch(alice).ID)

		s.destroy(t, i)
		s.destroy(t, unseen)
		synctest.Wait()
		ended := s.table.Ended[i.Label]
		require.Equal(t, i.ID, ended.InstanceID)
		require.Contains(t, ended.Words, "You destroyed it.")
		require.Len(t, ended.Sessions, 2)
		require.Empty(t, s.table.Sessions, "none of them lets anybody in")
		require.NotContains(t, s.table.Ended, unseen.Label, "nobody was in there")

		require.NoError(t, s.client.Revoke(t.Context(), pool.Revocation{Login: "l1"}))
		synctest.Wait()
		require.Len(t, s.table.Ended[i.Label].Sessions, 1, "who has logged out reads it no more")
		require.NoError(t, s.client.Revoke(t.Context(), pool.Revocation{UserID: alice.ID}))
		synctest.Wait()
		require.Empty(t, s.table.Ended)
	})
}

func TestAnEndIsToldForADay(t *testing.T) {
	t.Parallel()
	story(t, nil, func(t *testing.T, s *scene) {
		i := s.after(time.Second, s.launch(alice).ID)
		s.enter(t, i, alice, "l1")
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		require.Contains(t, s.table.Ended[i.Label].Words, "lifetime")
		time.Sleep(25 * time.Hour)
		other := s.after(time.Second, s.launch(alice).ID)
		s.enter(t, other, alice, "l1")
		s.destroy(t, other)
		synctest.Wait()
		require.Len(t, s.table.Ended, 1)
		require.Contains(t, s.table.Ended, other.Label)
	})
}
