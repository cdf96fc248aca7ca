package actors_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

// orphans are a server and its group without a record, as the pool sees them.
func (y *yard) orphans() []pool.Stray {
	y.Helper()
	y.change(func() {
		y.cloud.make(pool.ThingServer, "pb_dd_orphan", "orphan")
		y.cloud.make(pool.ThingGroup, "pb_dd_orphan", "orphan")
		y.cloud.address["pb_dd_orphan"] = "10.77.0.99"
	})
	view := y.pass(6 * time.Minute)
	require.Len(y.T, view.Strays, 2)
	return view.Strays
}

const orphanServer = "server-pb_dd_orphan"

func TestStrayIsReleasedByHandWithWhatWasMadeWithIt(t *testing.T) {
	t.Parallel()
	estateStory(t, nil, func(t *testing.T, y *yard) {
		y.pass(time.Minute)
		for _, stray := range y.orphans() {
			require.WithinDuration(t, time.Now(), stray.FoundAt, 6*time.Minute)
			require.Contains(t, stray.Why(), "made for host orphan")
		}
		ctx, leave := context.WithCancel(t.Context())
		defer leave()
		events, err := y.client.Subscribe(ctx, 0)
		require.NoError(t, err)
		h, err := y.client.ReleaseStray(t.Context(), admin, orphanServer)
		require.NoError(t, err)
		require.Equal(t, pool.HostRemoving, h.State)
		require.Equal(t, "pb_dd_orphan", h.Name)
		require.Equal(t, orphanServer, h.Cloud.ServerID)
		require.NotEmpty(t, h.Cloud.SecurityGroupID, "all of it goes together")
		view := y.pass(time.Minute)
		require.Empty(t, view.Strays)
		require.NotContains(t, y.cloud.things, orphanServer)
		require.Nil(t, view.Host("orphan"))
		require.Len(t, view.Hosts, 1, "nothing else was touched")
		last := view.Decisions[len(view.Decisions)-1]
		require.Contains(t, last.Because, "an administrator released it")
		told := map[pool.EventKind]bool{}
		for len(told) < 2 {
			told[(<-events).Kind] = true
		}
		require.True(t, told[pool.EventPool] && told[pool.EventHost], "pages hear of it: %v", told)
		_, err = y.client.ReleaseStray(t.Context(), admin, orphanServer)
		require.Equal(t, pool.CodeNotFound, pool.CodeOf(err))
	})
}

func TestStrayIsLookedAtAnewBeforeItIsReleased(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		meanwhile func(y *yard)
		code      pool.Code
		says      string
		stays     bool // in the list
	}{
		"it is gone": {func(y *yard) { delete(y.cloud.things, orphanServer) }, pool.CodeNotFound, "no longer shows this with our mark", false},
		"it was marked as another installation's": {func(y *yard) { y.cloud.unlisted = map[string]bool{orphanServer: true} }, pool.CodeNotFound, "no longer shows this with our mark", false},
		"a record owns it by its mark":            {func(y *yard) { y.remark(orphanServer, y.client.Snapshot().Hosts[0].ID) }, pool.CodeConflict, "A host's record owns this now", false},
		"its mark names no host":                  {func(y *yard) { y.remark(orphanServer, "") }, pool.CodeConflict, "which names no host", true},
		"the cloud cannot be asked":               {func(y *yard) { y.cloud.cut = true }, pool.CodeUnavailable, "nothing was released: cannot reach engine", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			estateStory(t, nil, func(t *testing.T, y *yard) {
				y.pass(time.Minute)
				y.orphans()
				y.change(func() { c.meanwhile(y) })
				_, err := y.client.ReleaseStray(t.Context(), admin, orphanServer)
				require.Equal(t, c.code, pool.CodeOf(err), "%v", err)
				require.ErrorContains(t, err, c.says)
				view := y.pass(time.Second)
				require.Nil(t, view.Host("orphan"))
				require.Equal(t, c.stays, listed(view, orphanServer))
				require.Contains(t, y.cloud.things, "security-group-pb_dd_orphan", "nothing was released")
				y.change(func() {
					y.cloud.cut, y.cloud.unlisted = false, nil
					delete(y.cloud.things, orphanServer)
					delete(y.cloud.things, "security-group-pb_dd_orphan")
				})
			})
		})
	}
}

func listed(view *pool.View, id string) bool {
	for _, s := range view.Strays {
		if s.ID == id {
			return true
		}
	}
	return false
}

// remark changes whose a thing is, as somebody can by hand; the caller holds the lock.
func (y *yard) remark(id, hostID string) {
	thing := y.cloud.things[id]
	thing.HostID = hostID
	y.cloud.things[id] = thing
}

func TestWhatARecordNamesIsNoStrayWhateverItsMarkSays(t *testing.T) {
	t.Parallel()
	estateStory(t, nil, func(t *testing.T, y *yard) {
		h := y.pass(time.Minute).Hosts[0]
		y.orphans()
		y.change(func() { y.remark(h.Cloud.SecurityGroupID, "orphan") })
		_, err := y.client.ReleaseStray(t.Context(), admin, orphanServer)
		require.Equal(t, pool.CodeConflict, pool.CodeOf(err), "what was made for the same host is a host's: %v", err)
		view := y.pass(6 * time.Minute)
		require.False(t, listed(view, h.Cloud.SecurityGroupID))
		_, err = y.client.ReleaseStray(t.Context(), admin, h.Cloud.SecurityGroupID)
		require.Equal(t, pool.CodeNotFound, pool.CodeOf(err))
		require.Contains(t, y.cloud.things, h.Cloud.SecurityGroupID)
		y.change(func() { y.remark(h.Cloud.SecurityGroupID, h.ID) })
		y.pass(40 * time.Minute)
		require.Contains(t, y.cloud.things, h.Cloud.SecurityGroupID)
	})
}

func TestStrayThatTwoReleaseGoesOnce(t *testing.T) {
	t.Parallel()
	estateStory(t, nil, func(t *testing.T, y *yard) {
		y.pass(time.Minute)
		y.orphans()
		answers := make(chan error, 2)
		for _, id := range []string{orphanServer, "security-group-pb_dd_orphan"} {
			go func() {
				_, err := y.client.ReleaseStray(t.Context(), admin, id)
				answers <- err
			}()
		}
		require.NoError(t, <-answers)
		require.NoError(t, <-answers)
		y.pass(time.Minute)
		require.Equal(t, 1, y.cloud.released)
	})
}

func TestStrayWhoseReleaseCannotBeStoredStays(t *testing.T) {
	t.Parallel()
	estateStory(t, nil, func(t *testing.T, y *yard) {
		y.pass(time.Minute)
		y.orphans()
		y.change(func() { y.failSaves = 1 })
		_, err := y.client.ReleaseStray(t.Context(), admin, orphanServer)
		require.Error(t, err)
		view := y.pass(time.Second)
		require.True(t, listed(view, orphanServer))
		require.Nil(t, view.Host("orphan"))
		_, err = y.client.ReleaseStray(t.Context(), admin, orphanServer)
		require.NoError(t, err)
		require.Empty(t, y.pass(time.Minute).Strays)
	})
}

func TestStrayThatNamesNoHostIsNeverReleasedByItself(t *testing.T) {
	t.Parallel()
	estateStory(t, nil, func(t *testing.T, y *yard) {
		y.pass(time.Minute)
		y.change(func() { y.cloud.make(pool.ThingGroup, "pb_dd_unknown", "") })
		view := y.pass(time.Hour)
		require.Len(t, view.Strays, 1)
		require.True(t, view.Strays[0].ReleaseAt.IsZero(), "and nobody is told that it would be")
		require.Contains(t, view.Strays[0].Why(), "names no host")
		y.change(func() { clear(y.cloud.unlisted); delete(y.cloud.things, "security-group-pb_dd_unknown") })
		require.Empty(t, y.pass(6*time.Minute).Strays)
	})
}
