package httpapi

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

func TestDrainTakesADeadlineInAnyForm(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body string
		in   time.Duration // from now; below 0: there is none
	}{
		"a span":              {`{"deadline":"1h 30m"}`, 90 * time.Minute},
		"a time":              {`{"deadline":"` + time.Now().Add(time.Hour).Format(time.RFC3339) + `"}`, time.Hour},
		"force":               {`{"force":true}`, 0},
		"force, said twice":   {`{"force":true,"deadline":"now"}`, 0},
		"none":                {`{"deadline":"none"}`, -1},
		"nothing said":        {`{}`, -1},
		"not even an object":  {``, -1},
		"an empty deadline":   {`{"deadline":""}`, -1},
		"without force":       {`{"force":false}`, -1},
		"a span of one blank": {`{"deadline":" 5m "}`, 5 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startSite(t)
			told := s.as("ann").do("POST", "/api/v1/pool/drain", c.body).ok(t, 202)
			require.Equal(t, "draining", told.text("state"))
			deadline := told.json["drain"].(map[string]any)["deadline"]
			if c.in < 0 {
				require.Nil(t, deadline)
				return
			}
			at, err := time.Parse(time.RFC3339, deadline.(string))
			require.NoError(t, err)
			require.WithinDuration(t, time.Now().Add(c.in), at, time.Minute) // of a busy machine
		})
	}
}

func TestDrainSaysWhyADeadlineIsNone(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	for _, body := range []string{`{"deadline":"soon"}`, `{"deadline":"-1h"}`, `{"deadline":"2026-13-01T00:00:00Z"}`, `{"deadline":"2h","force":true}`} {
		s.as("ann").do("POST", "/api/v1/pool/drain", body).refused(t, 422, pool.CodeInvalid)
	}
	s.as("bob").do("POST", "/api/v1/pool/drain", `{}`).refused(t, 403, pool.CodeForbidden)
	s.as("bob").do("DELETE", "/api/v1/pool/drain", "").refused(t, 403, pool.CodeForbidden)
	require.Equal(t, "running", s.as("ann").do("GET", "/api/v1/pool", "").ok(t, 200).text("state"))
}

func TestDrainIsToldToEverybodyAsFarAsItIsTheirs(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	id := s.running("bob")
	lifetime := time.Now().Add(8 * time.Hour).Truncate(time.Second)
	s.pool.set(id, func(i *pool.Instance) { i.ExpiresAt = lifetime })
	require.Nil(t, s.as("bob").do("GET", "/api/v1/pool", "").ok(t, 200).json["drain"])
	s.as("ann").do("POST", "/api/v1/pool/drain", `{"deadline":"2h"}`).ok(t, 202)
	owner := s.pool.Snapshot().Instance(id).UserID
	s.pool.mu.Lock()
	s.pool.view.Status.Blockers = []pool.Blocker{
		{Kind: pool.BlockerHost, ID: "h1", Name: "pb_dd_1", HostID: "h1", Words: "it cannot be released yet", Remove: []string{"openstack server delete s1"}},
		{Kind: pool.BlockerInstance, ID: id, Name: "pb-1", HostID: "h1", UserID: owner, Words: "it is running", EndsAt: lifetime},
		{Kind: pool.BlockerCloud, Words: "the cloud is asked whether anything of ours is left"},
	}
	s.pool.mu.Unlock()
	drain := s.as("ann").do("GET", "/api/v1/pool", "").ok(t, 200).json["drain"].(map[string]any)
	require.InDelta(t, 1, drain["hosts_left"], 0)
	require.InDelta(t, 1, drain["instances_left"], 0)
	waits := drain["waits_for"].([]any)
	require.Len(t, waits, 3)
	require.Equal(t, []any{"openstack server delete s1"}, waits[0].(map[string]any)["remove"])
	require.Equal(t, "bob@example.org", waits[1].(map[string]any)["user"])
	require.Equal(t, []any{"host pb_dd_1: it cannot be released yet", "instance pb-1: it is running", "the cloud is asked whether anything of ours is left"},
		s.as("ann").do("GET", "/api/v1/pool", "").ok(t, 200).json["blockers"])

	own := s.as("bob").do("GET", "/api/v1/pool", "").ok(t, 200).json["drain"].(map[string]any)
	require.NotNil(t, own["deadline"])
	require.Empty(t, own["waits_for"])
	shown := s.as("bob").do("GET", "/api/v1/instances/"+id, "").ok(t, 200)
	require.Equal(t, own["deadline"], shown.json["expires_at"], "the deadline is its end, if its lifetime is longer")
	s.as("ann").do("DELETE", "/api/v1/pool/drain", "").ok(t, 202)
	shown = s.as("bob").do("GET", "/api/v1/instances/"+id, "").ok(t, 200)
	require.Equal(t, lifetime.UTC().Format(time.RFC3339), shown.json["expires_at"])
	acts := s.as("ann").do("GET", "/api/v1/audit", "").items()
	require.Equal(t, "pool.resume", acts[0]["action"])
	require.Equal(t, "pool.drain", acts[1]["action"])
}
