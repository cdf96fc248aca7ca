package actors_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

func TestTicketsLetInOnceInTimeAndTheRightBrowser(t *testing.T) {
	t.Parallel()
	story(t, nil, func(t *testing.T, s *scene) {
		i := s.after(time.Second, s.launch(alice).ID)
		other := s.after(time.Second, s.launch(alice).ID)
		open := func(browser string) string {
			ticket, err := s.client.Open(t.Context(), pool.TicketRequest{InstanceID: i.ID, User: alice, Login: "l1", Browser: browser})
			require.NoError(t, err)
			return ticket.Secret
		}
		redeem := func(label, secret, browser string) pool.Code {
			cookie, err := s.client.Redeem(t.Context(), label, secret, browser)
			if err == nil {
				require.NotEmpty(t, cookie)
				return ""
			}
			return pool.CodeOf(err)
		}
		secret := open("b1")
		require.Equal(t, pool.CodeTicketInvalid, redeem(i.Label, secret, "b2"), "another browser")
		require.Equal(t, pool.CodeTicketInvalid, redeem(i.Label, secret, "b1"), "and the attempt burnt it")
		require.Equal(t, pool.CodeTicketInvalid, redeem(other.Label, open("b1"), "b1"), "another instance")
		late := open("b1")
		time.Sleep(pool.TicketLifetime + time.Second)
		require.Equal(t, pool.CodeTicketInvalid, redeem(i.Label, late, "b1"), "too late")
		secret = open("b1")
		require.Empty(t, redeem(i.Label, secret, "b1"))
		require.Equal(t, pool.CodeTicketInvalid, redeem(i.Label, secret, "b1"), "replay")
		require.Empty(t, redeem(i.Label, open(""), "whatever"), "an unbound ticket")
		require.Len(t, s.table.Sessions, 2)

		pending := open("b1")
		require.NoError(t, s.client.Revoke(t.Context(), pool.Revocation{Login: "l1"}))
		require.Empty(t, s.table.Sessions, "logout ends what was opened from that login")
		require.Equal(t, pool.CodeTicketInvalid, redeem(i.Label, pending, "b1"), "and tickets on their way")
		synctest.Wait()
		require.Empty(t, s.records.Sessions)
	})
}

func TestOneNotebookRemembersABoundedNumberOfBrowsers(t *testing.T) {
	t.Parallel()
	story(t, nil, func(t *testing.T, s *scene) {
		i := s.after(time.Second, s.launch(alice).ID)
		for range 40 {
			ticket, err := s.client.Open(t.Context(), pool.TicketRequest{InstanceID: i.ID, User: alice})
			require.NoError(t, err)
			_, err = s.client.Redeem(t.Context(), i.Label, ticket.Secret, "")
			require.NoError(t, err)
			time.Sleep(time.Millisecond)
		}
		synctest.Wait()
		require.Len(t, s.table.Sessions, 32)
		require.Len(t, s.records.Sessions, 32)
	})
}

func TestEventsComeInOrderAreReplayedAndResync(t *testing.T) {
	t.Parallel()
	story(t, nil, func(t *testing.T, s *scene) {
		ctx, cancel := context.WithCancel(t.Context())
		events, err := s.client.Subscribe(ctx, 0)
		require.NoError(t, err)
		i := s.launch(alice)
		var states []pool.InstanceState
		var first, last uint64
		for e := range events {
			require.Greater(t, e.ID, last)
			last = e.ID
			if first == 0 {
				first = e.ID
			}
			if e.Kind != pool.EventInstance {
				continue
			}
			require.Equal(t, s.client.Snapshot().Instance(i.ID).ID, e.Instance.ID, "visible before it is told")
			if len(states) == 0 || states[len(states)-1] != e.Instance.State {
				states = append(states, e.Instance.State)
			}
			if e.Instance.State == pool.InstanceRunning {
				break
			}
		}
		require.Equal(t, []pool.InstanceState{pool.InstanceQueueing, pool.InstanceProvisioning, pool.InstanceRunning}, states)
		cancel()
		synctest.Wait()

		again, err := s.client.Subscribe(t.Context(), first)
		require.NoError(t, err)
		require.Equal(t, first+1, (<-again).ID, "the next one after the last seen")
		old, err := s.client.Subscribe(t.Context(), 1)
		require.NoError(t, err)
		require.Equal(t, pool.EventResync, (<-old).Kind, "an id of an earlier run")

		slow, err := s.client.Subscribe(t.Context(), 0)
		require.NoError(t, err)
		for n := range 1200 { // more than its queue
			_, err := s.client.SetVariable(t.Context(), admin, pool.VarFreeSlotTarget, []string{"1", "2"}[n%2], 0)
			require.NoError(t, err)
		}
		synctest.Wait()
		sawMarker := false
		for range 700 {
			select {
			case e := <-slow:
				sawMarker = sawMarker || e.Kind == pool.EventResync
			default:
			}
			_, err := s.client.SetVariable(t.Context(), admin, pool.VarFreeSlotTarget, "3", 0)
			require.NoError(t, err)
			synctest.Wait()
		}
		require.True(t, sawMarker, "who cannot keep up is told to read everything again")
	})
}

func TestSettingsAreCheckedAndEditsDoNotOverwriteEachOther(t *testing.T) {
	t.Parallel()
	story(t, nil, func(t *testing.T, s *scene) {
		b := *s.client.Snapshot().Blueprint(s.blueprint)
		b.Description = "first"
		changed, err := s.client.PutBlueprint(t.Context(), admin, b, b.Version)
		require.NoError(t, err)
		require.Equal(t, b.Version+1, changed.Version)
		_, err = s.client.PutBlueprint(t.Context(), admin, b, b.Version)
		require.Equal(t, pool.CodeEditConflict, pool.CodeOf(err))

		b.Config.DockerImage = "no/such"
		_, err = s.client.PutBlueprint(t.Context(), admin, b, 0)
		require.Equal(t, pool.CodeImageMissing, pool.CodeOf(err))
		require.Contains(t, err.Error(), "dockerdriver/demo-notebook")

		_, err = s.client.PutBlueprint(t.Context(), admin, pool.Blueprint{Name: "demo", Plugin: pool.PluginDocker, Config: changed.Config}, 0)
		require.Equal(t, pool.CodeConflict, pool.CodeOf(err), "names are unique")

		i := s.after(time.Second, s.launch(alice).ID)
		require.Equal(t, pool.CodeBlueprintInUse, pool.CodeOf(s.client.DeleteBlueprint(t.Context(), admin, b.ID, 0)))
		_, err = s.client.EndInstance(t.Context(), alice, i.ID, pool.EndByOwner)
		require.NoError(t, err)
		s.after(time.Second, i.ID)
		require.NoError(t, s.client.DeleteBlueprint(t.Context(), admin, b.ID, 0))

		for value, ok := range map[string]bool{"-1": false, "x": false, "7": true} {
			_, err := s.client.SetVariable(t.Context(), admin, pool.VarMaxHosts, value, 0)
			require.Equal(t, ok, err == nil, value)
		}
		require.Equal(t, 7, s.client.Snapshot().Settings.MaxHosts)
		_, err = s.client.SetVariable(t.Context(), admin, "NO_SUCH", "1", 0)
		require.Equal(t, pool.CodeNotFound, pool.CodeOf(err))
	})
}
