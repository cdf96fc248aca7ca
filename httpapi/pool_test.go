package httpapi

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

func TestPoolPageShowsUsersWhatIsTheirs(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	s.pool.view.Status.Blockers = []pool.Blocker{{Kind: pool.BlockerInstance, Name: "pb-1", Words: "it is running"}}
	s.pool.view.Decisions = []pool.Decision{{At: time.Now(), Action: "place", Because: "h1 has room"}}
	s.pool.view.SetAside = []pool.SetAside{{Actor: "Host-h1", At: time.Now(), Reason: "panicked"}}
	all := s.as("ann").do("GET", "/api/v1/pool", "").ok(t, 200)
	for _, field := range []string{"blockers", "decisions", "set_aside"} {
		require.Len(t, all.json[field], 1)
	}
	own := s.as("bob").do("GET", "/api/v1/pool", "").ok(t, 200)
	for _, field := range []string{"blockers", "decisions", "set_aside"} {
		require.Equal(t, []any{}, own.json[field])
	}
	require.Equal(t, "emulator", own.text("cloud"))
	require.Equal(t, "test", own.text("version"))
	require.InDelta(t, 8, own.json["slots_free"], 0)
}

func TestTheQueueIsToldInItsOrderWithReasons(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	second, first := s.running("bob"), s.running("cat")
	for position, id := range []string{first, second} {
		s.pool.set(id, func(i *pool.Instance) {
			i.State, i.Queue = pool.InstanceQueueing, &pool.Queue{Position: position + 1, Reason: "all slots are taken"}
		})
	}
	all := s.as("ann").do("GET", "/api/v1/pool", "").ok(t, 200).json["queue"].([]any)
	require.Len(t, all, 2)
	one := all[0].(map[string]any)
	require.Equal(t, first, one["instance_id"])
	require.Equal(t, "cat@example.org", one["user"])
	require.Equal(t, "all slots are taken", one["reason"])
	require.NotEmpty(t, one["environment"])
	require.NotEmpty(t, one["since"])
	own := s.as("bob").do("GET", "/api/v1/pool", "").ok(t, 200).json["queue"].([]any)
	require.Len(t, own, 1)
	require.Equal(t, second, own[0].(map[string]any)["instance_id"])
	require.Empty(t, own[0].(map[string]any)["user"])
}

func TestWhatWasSetAsideIsToldInFullAndTriedAgain(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	at := time.Date(2026, 11, 26, 2, 0, 0, 0, time.UTC)
	s.pool.view.SetAside = []pool.SetAside{
		{Actor: "Host-h1", At: at, Reason: "it failed 6 times", Tries: 6, Error: "index out of range", Hint: "Try it again."},
		{Actor: "PoolSupervisor", At: at, IsRetried: true},
	}
	ann := s.as("ann")
	told := ann.do("GET", "/api/v1/pool", "").ok(t, 200).json["set_aside"].([]any)
	require.Equal(t, map[string]any{
		"actor": "Host-h1", "at": "2026-11-26T02:00:00Z", "reason": "it failed 6 times", "tries": 6.0, "error": "index out of range", "hint": "Try it again.", "is_retried": false,
	}, told[0])
	s.as("bob").do("POST", "/api/v1/pool/set-aside/Host-h1/retry", "").refused(t, 403, pool.CodeForbidden)
	require.Len(t, ann.do("POST", "/api/v1/pool/set-aside/Host-h1/retry", "").ok(t, 202).json["set_aside"], 1)
	ann.do("POST", "/api/v1/pool/set-aside/Host-h1/retry", "").refused(t, 404, pool.CodeNotFound)
	require.Equal(t, "actor.retry", ann.do("GET", "/api/v1/audit", "").items()[0]["action"])
}

func TestPoolTellsWhetherNotebooksShareAnOrigin(t *testing.T) {
	t.Parallel()
	for _, shared := range []bool{false, true} {
		s := startSite(t, func(c *Config) { c.SharedOrigin = shared })
		require.Equal(t, shared, s.as("ann").do("GET", "/api/v1/pool", "").ok(t, 200).json["shared_origin"])
	}
}

func TestPoolTellsWhatTheScalerSawAndWhatTheCloudSaid(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	require.Nil(t, s.as("ann").do("GET", "/api/v1/pool", "").ok(t, 200).json["pause"])
	s.pool.view.Status.Headroom = pool.Headroom{Projected: -2, Target: 4, Largest: 8, Hosts: 1, MaxHosts: 4, Building: 1}
	s.pool.view.Status.Pause = pool.Pause{Since: time.Now(), Until: time.Now().Add(time.Minute), Reason: "Quota exceeded for cores"}
	s.pool.view.Strays = []pool.Stray{{Thing: pool.Thing{Kind: pool.ThingVolume, ID: "v1", Name: "pb_dd_x-data", HostID: "x"}, ReleaseAt: time.Now()}}
	s.pool.view.Status.LargestHost = 6
	all := s.as("ann").do("GET", "/api/v1/pool", "").ok(t, 200)
	require.Equal(t, 6.0, all.json["largest_host"])
	require.Equal(t, map[string]any{"projected": -2.0, "target": 4.0, "largest": 8.0, "fits": false, "hosts": 1.0, "max_hosts": 4.0, "building": 1.0}, all.json["headroom"])
	require.Equal(t, "Quota exceeded for cores", all.json["pause"].(map[string]any)["reason"])
	require.Equal(t, "v1", all.json["strays"].([]any)[0].(map[string]any)["id"])
	own := s.as("bob").do("GET", "/api/v1/pool", "").ok(t, 200)
	require.Empty(t, own.json["pause"].(map[string]any)["reason"], "the cloud's words are for administrators")
	require.Empty(t, own.json["strays"])
}

func TestHostTellsItsStepsAndIsGivenBack(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	h := s.pool.view.Host("h1")
	h.Plan.Flavor = "mini"
	h.Passed = []pool.StageTime{{Stage: "building", Duration: 1500 * time.Millisecond}}
	h.Trouble = []pool.Trouble{{At: time.Now().Add(-2 * time.Hour), Message: "old"}, {At: time.Now(), Message: "new"}}
	s.pool.view.Settings.Hosts.ErrorDecay = time.Hour
	ann := s.as("ann")
	told := ann.do("GET", "/api/v1/hosts/h1", "").ok(t, 200)
	require.Equal(t, "mini", told.text("flavor"))
	require.Equal(t, []any{map[string]any{"step": "building", "seconds": 1.5}}, told.json["steps"])
	require.InDelta(t, 1, told.json["errors"], 0, "the old one has decayed")
	require.Nil(t, told.json["silent_since"])
	require.Nil(t, told.json["disk"], "nobody has looked")
	h.Disk = pool.Disk{Total: 40e9, Free: 12e9, At: time.Date(2026, 11, 26, 2, 0, 0, 0, time.UTC)}
	require.Equal(t, map[string]any{"total": 40e9, "free": 12e9, "at": "2026-11-26T02:00:00Z"}, ann.do("GET", "/api/v1/hosts/h1", "").ok(t, 200).json["disk"])
	require.Equal(t, "retiring", ann.do("POST", "/api/v1/hosts/h1/retire", "").ok(t, 202).text("stage"))
	require.Equal(t, "inactive", ann.do("POST", "/api/v1/hosts/h1/release", "").ok(t, 202).text("state"))
	ann.do("POST", "/api/v1/hosts/nobody/retire", "").refused(t, 404, pool.CodeNotFound)
	acts := ann.do("GET", "/api/v1/audit", "").items()
	require.Equal(t, "host.release", acts[0]["action"])
	require.Equal(t, "host.retire", acts[1]["action"])
}

func TestHostsAndImagesTellWhoHasWhat(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	s.running("bob")
	s.pool.view.Hosts = append(s.pool.view.Hosts,
		&pool.Host{ID: "h2", State: pool.HostPreparing}, &pool.Host{ID: "h3", State: pool.HostActive}, &pool.Host{ID: "h4", State: pool.HostRemoved})
	s.pool.view.Pushes = []pool.Push{{HostID: "h1", ImageID: "sha256:aaa", State: pool.PushDone, Sent: 10, Total: 10}, {HostID: "h2", ImageID: "sha256:aaa", State: pool.PushSending, Sent: 5, Total: 10}}
	ann := s.as("ann")
	h := ann.do("GET", "/api/v1/hosts/h1", "").ok(t, 200)
	require.InDelta(t, 1, h.json["slots_used"], 0)
	require.Equal(t, []any{"sha256:aaa"}, h.json["images"])
	require.Len(t, ann.do("GET", "/api/v1/hosts", "").items(), 4)

	images := ann.do("GET", "/api/v1/images", "").ok(t, 200).items()
	require.Len(t, images, 2)
	require.Equal(t, []any{"Demo"}, images[0]["used_by"])
	require.Equal(t, []any{
		map[string]any{"host_id": "h1", "state": "present", "sent": 10.0, "total": 10.0, "skipped": 0.0, "eta_seconds": nil, "failure": ""},
		map[string]any{"host_id": "h2", "state": "sending", "sent": 5.0, "total": 10.0, "skipped": 0.0, "eta_seconds": nil, "failure": ""},
		map[string]any{"host_id": "h3", "state": "absent", "sent": 0.0, "total": 0.0, "skipped": 0.0, "eta_seconds": nil, "failure": ""},
	}, images[0]["hosts"])
	require.Equal(t, "The file ends too early.", images[1]["fault"])
	require.Len(t, ann.do("GET", "/api/v1/variables", "").items(), len(pool.Definitions))
}

func TestOperationsListener(t *testing.T) {
	t.Parallel()
	metrics := prometheus.NewRegistry()
	metrics.MustRegister(prometheus.NewCounter(prometheus.CounterOpts{Name: "launches_total", Help: "Launches."}))
	var ready atomic.Bool
	h := Ops(metrics, func() error {
		if !ready.Load() {
			return errors.New("routes are not published yet")
		}
		return nil
	})
	ask := func(path string) (int, string) {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		return w.Code, w.Body.String()
	}
	status, body := ask("/readyz")
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.Contains(t, body, "not published")
	ready.Store(true)
	for path, words := range map[string]string{
		"/readyz": "ready", "/healthz": "ok", "/metrics": "launches_total",
		"/debug/pprof/": "goroutine", "/debug/pprof/goroutine?debug=1": "goroutine profile",
	} {
		status, body = ask(path)
		require.Equal(t, http.StatusOK, status, path)
		require.Contains(t, body, words, path)
	}
}

func TestOwnersSeeHowFarTheirImageIs(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	id := s.running("bob")
	s.pool.set(id, func(i *pool.Instance) {
		i.State, i.Stage, i.HostID, i.Spec.ImageID = pool.InstanceProvisioning, pool.StageImage, "h1", "sha256:aaa"
	})
	s.pool.mu.Lock()
	s.pool.view.Pushes = []pool.Push{{HostID: "h1", ImageID: "sha256:aaa", State: pool.PushSending, Sent: 5, Total: 10}}
	s.pool.mu.Unlock()
	shown := s.as("bob").do("GET", "/api/v1/instances/"+id, "").ok(t, 200)
	require.Equal(t, map[string]any{"sent": 5.0, "total": 10.0, "skipped": 0.0, "eta_seconds": nil}, shown.json["image_progress"])
}
