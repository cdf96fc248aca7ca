package httpapi

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

func TestHostLogTellsItsStepsAndItsMachinesWords(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	h := s.pool.view.Host("h1")
	at := time.Date(2026, 11, 26, 2, 0, 0, 0, time.UTC)
	h.CreatedAt, h.State, h.StateSince = at, pool.HostActive, at.Add(3*time.Second)
	h.Passed = []pool.StageTime{{Stage: "building", Duration: 1500 * time.Millisecond}, {Stage: "engine", Duration: 1500 * time.Millisecond}}
	h.Trouble = []pool.Trouble{{At: at.Add(time.Second), Message: "the cloud is busy"}}
	s.pool.consoles = map[string][]string{"h1": {"Linux version 6.1", "login:"}}
	ann := s.as("ann")
	told := ann.do("GET", "/api/v1/hosts/h1/log", "").ok(t, 200).json
	require.Equal(t, []any{
		map[string]any{"at": "2026-11-26T02:00:00Z", "step": "building", "seconds": 1.5, "fault": ""},
		map[string]any{"at": "2026-11-26T02:00:01Z", "step": "", "seconds": nil, "fault": "the cloud is busy"},
		map[string]any{"at": "2026-11-26T02:00:01.5Z", "step": "engine", "seconds": 1.5, "fault": ""},
		map[string]any{"at": "2026-11-26T02:00:03Z", "step": "active", "seconds": nil, "fault": ""},
	}, told["events"])
	require.Equal(t, map[string]any{"lines": []any{"Linux version 6.1", "login:"}, "missing": "", "message": ""}, told["console"])
}

func TestHostLogSaysInWordsWhatIsMissing(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	ann := s.as("ann")
	console := ann.do("GET", "/api/v1/hosts/h1/log", "").ok(t, 200).json["console"].(map[string]any)
	require.Equal(t, []any{}, console["lines"])
	require.Equal(t, "not_yet", console["missing"])
	require.Contains(t, console["message"], "no console yet")
	s.pool.fail = pool.Refuse(pool.CodeUnavailable, "The cloud did not answer in time.", "Try again.")
	late := ann.do("GET", "/api/v1/hosts/h1/log", "").refused(t, 503, pool.CodeUnavailable)
	require.Equal(t, "The cloud did not answer in time.", late.text("detail"))
	ann.do("GET", "/api/v1/hosts/nobody/log", "").refused(t, 404, pool.CodeNotFound)
	s.as("bob").do("GET", "/api/v1/hosts/h1/log", "").refused(t, 403, pool.CodeForbidden)
}
