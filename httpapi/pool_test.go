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
	s.pool.view.Status.Blockers = []string{"instance pb-1 of bob@example.org"}
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
		map[string]any{"host_id": "h1", "state": "present", "sent": 10.0, "total": 10.0},
		map[string]any{"host_id": "h2", "state": "sending", "sent": 5.0, "total": 10.0},
		map[string]any{"host_id": "h3", "state": "absent", "sent": 0.0, "total": 0.0},
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
	require.Equal(t, map[string]any{"sent": 5.0, "total": 10.0}, shown.json["image_progress"])
}
