package httpapi

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

func TestStraysTellWhyTheyAreAndAreReleased(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	at := time.Date(2026, 11, 26, 2, 0, 0, 0, time.UTC)
	thing := func(kind, id, hostID string) pool.Thing {
		return pool.Thing{Kind: kind, ID: id, Name: "pb_dd_" + hostID, HostID: hostID, CreatedAt: at}
	}
	s.pool.view.Strays = []pool.Stray{
		{Thing: thing(pool.ThingServer, "s1", "x"), FoundAt: at.Add(time.Minute), ReleaseAt: at.Add(30 * time.Minute)},
		{Thing: thing(pool.ThingVolume, "v1", "x"), FoundAt: at.Add(time.Minute), ReleaseAt: at.Add(30 * time.Minute)},
		{Thing: thing(pool.ThingGroup, "g1", ""), FoundAt: at.Add(time.Minute)},
	}
	ann := s.as("ann")
	told := ann.do("GET", "/api/v1/pool", "").ok(t, 200).json["strays"].([]any)
	require.Equal(t, map[string]any{
		"kind": "server", "id": "s1", "name": "pb_dd_x", "host_id": "x", "created_at": "2026-11-26T02:00:00Z", "found_at": "2026-11-26T02:01:00Z",
		"reason": "it was made for host x, of which there is no record", "release_at": "2026-11-26T02:30:00Z",
	}, told[0])
	unknown := told[2].(map[string]any)
	require.Nil(t, unknown["release_at"], "it is not released by itself")
	require.Contains(t, unknown["reason"], "names no host")

	s.as("bob").do("DELETE", "/api/v1/pool/strays/s1", "").refused(t, 403, pool.CodeForbidden)
	require.Equal(t, "removing", ann.do("DELETE", "/api/v1/pool/strays/s1", "").ok(t, 202).text("state"))
	require.Len(t, ann.do("GET", "/api/v1/pool", "").ok(t, 200).json["strays"], 1)
	ann.do("DELETE", "/api/v1/pool/strays/s1", "").refused(t, 404, pool.CodeNotFound)
	s.pool.fail = pool.Refuse(pool.CodeConflict, "This security group carries our mark, which names no host.", "Remove it by hand.")
	ann.do("DELETE", "/api/v1/pool/strays/g1", "").refused(t, 409, pool.CodeConflict)
	done := ann.do("GET", "/api/v1/audit", "").items()
	require.Equal(t, "stray.release", done[0]["action"])
	require.Equal(t, "s1", done[0]["target"])
	require.Equal(t, "pb_dd_x", done[0]["detail"])
}
