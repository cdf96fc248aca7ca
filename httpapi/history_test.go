package httpapi

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
	"dockerdriver/httpapi/history"
)

// remember lets the site's history look at its pool.
func (s *site) remember() {
	v := s.pool.Snapshot()
	v.Revision = 1
	s.history.Observe(v, time.Now())
}

// launched launches an instance of a blueprint, which takes some seconds or fails.
func (s *site) launched(by, blueprintID string, seconds int, ok bool) string {
	s.t.Helper()
	id := s.as(by).do("POST", "/api/v1/instances", `{"blueprint_id":"`+blueprintID+`"}`).ok(s.t, 202).text("id")
	s.pool.set(id, func(i *pool.Instance) {
		i.CreatedAt = time.Now().Add(-time.Duration(seconds) * time.Second)
		i.StageSince = i.CreatedAt
		*i = i.At(pool.InstanceProvisioning, pool.StageImage, i.CreatedAt.Add(time.Second))
		if !ok {
			*i = i.At(pool.InstanceFailed, "", time.Now())
			i.Failure = &pool.Failure{Code: pool.CodeInternal}
			return
		}
		*i = i.At(pool.InstanceRunning, "", i.CreatedAt.Add(time.Duration(seconds)*time.Second))
		i.StartedAt = i.StageSince
	})
	return id
}

func TestHistoryHasOneElementForEachPointInAllArrays(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	ann, b := s.as("ann"), s.blueprint()
	empty := ann.do("GET", "/api/v1/pool/history", "").ok(t, 200)
	require.Equal(t, []any{}, empty.json["times"], "also an empty array is one")
	require.Equal(t, "hour", empty.text("span"))

	s.pool.view.Status.SlotsUsed, s.pool.view.Status.Queued, s.pool.view.Status.Headroom.Target = 3, 1, 4
	s.launched("ann", b, 5, true)
	s.launched("bob", b, 3, false)
	s.remember()
	for span, step := range map[string]float64{"hour": 10, "day": 120, "week": 900} {
		h := ann.do("GET", "/api/v1/pool/history?span="+span, "").ok(t, 200).json
		require.InDelta(t, step, h["step_seconds"], 0)
		for field, want := range map[string]float64{
			"slots_used": 3, "slots_free": 5, "slot_target": 4, "queued": 1, "hosts": 1, "launches": 1, "failures": 1,
		} {
			require.Equal(t, []any{want}, h[field], field)
		}
		at, err := time.Parse(time.RFC3339, h["times"].([]any)[0].(string))
		require.NoError(t, err)
		require.Zero(t, at.Unix()%int64(step))
		require.Equal(t, map[string]any{"stage": "launch", "p50_seconds": []any{5.0}, "p90_seconds": []any{5.0}}, h["launch"])
		stages := h["stages"].([]any)
		require.Len(t, stages, 6)
		require.Equal(t, map[string]any{"stage": "queueing", "p50_seconds": []any{1.0}, "p90_seconds": []any{1.0}}, stages[0])
		require.Equal(t, map[string]any{"stage": "scheduled", "p50_seconds": []any{nil}, "p90_seconds": []any{nil}}, stages[1])
		require.Equal(t, map[string]any{"stage": "image", "p50_seconds": []any{4.0}, "p90_seconds": []any{4.0}}, stages[2])
	}
}

func TestHistoryIsForAdministratorsAndOfKnownSpans(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	s.as("bob").do("GET", "/api/v1/pool/history", "").refused(t, 403, pool.CodeForbidden)
	s.as("ann").do("GET", "/api/v1/pool/history?span=year", "").refused(t, 422, pool.CodeInvalid)
}

func TestALaunchIsToldHowLongItTakesFromThreeOfItsOwnEnvironment(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	b, other := s.blueprint(), s.blueprint()
	ann := s.as("ann")
	estimate := func(blueprintID string) any {
		id := s.as("cat").do("POST", "/api/v1/instances", `{"blueprint_id":"`+blueprintID+`"}`).ok(t, 202).text("id")
		defer ann.do("DELETE", "/api/v1/instances/"+id, "")
		return s.as("cat").do("GET", "/api/v1/instances/"+id, "").ok(t, 200).json["launch_estimate"]
	}
	for n, seconds := range []int{8, 20, 9} {
		require.Nil(t, estimate(b), "after %d launches", n)
		id := s.launched("bob", b, seconds, true)
		s.remember()
		require.Nil(t, ann.do("GET", "/api/v1/instances/"+id, "").ok(t, 200).json["launch_estimate"], "it is there")
		ann.do("DELETE", "/api/v1/instances/"+id, "").ok(t, 202)
	}
	require.Equal(t, map[string]any{"p50_seconds": 9.0, "p90_seconds": 20.0, "count": 3.0}, estimate(b))
	require.Nil(t, estimate(other))
}

func newHistory(t *testing.T) *history.History {
	t.Helper()
	return history.Open(filepath.Join(t.TempDir(), history.FileName), time.Now(), zerolog.Nop())
}
