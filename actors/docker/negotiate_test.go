package docker_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"dockerdriver/actors/docker"
	"dockerdriver/actors/pool"
)

// TestUpgradedEngineIsSpokenToInItsNewVersion has an engine that goes from
// Docker 20.10 to one that no longer knows that version, while others speak to it.
func TestUpgradedEngineIsSpokenToInItsNewVersion(t *testing.T) {
	t.Parallel()
	var speaks atomic.Pointer[string]
	say := func(version string) { speaks.Store(&version) }
	say("1.41")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Api-Version", *speaks.Load())
		w.Header().Set("Content-Type", "application/json")
		switch {
		case strings.HasSuffix(r.URL.Path, "/_ping"):
		case !strings.HasPrefix(r.URL.Path, "/v"+*speaks.Load()+"/"):
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{"message":"client version is too old"}`)
		case strings.HasSuffix(r.URL.Path, "/containers/json"):
			fmt.Fprint(w, `[]`)
		default:
			fmt.Fprint(w, `{"ID":"a","DriverStatus":[["driver-type","io.containerd.snapshotter.v1"]]}`)
		}
	}))
	t.Cleanup(server.Close)
	engines := docker.New(zerolog.Nop())
	t.Cleanup(engines.Close)
	engine, err := engines.Engine(pool.Endpoint{URL: "tcp://" + server.Listener.Addr().String()})
	require.NoError(t, err)

	for _, version := range []string{"1.41", "1.44", "1.43"} {
		say(version)
		var crowd sync.WaitGroup
		for range 4 {
			crowd.Go(func() { _, _ = engine.List(t.Context(), "x") })
		}
		info, err := engine.Info(t.Context())
		crowd.Wait()
		require.NoError(t, err)
		require.Equal(t, version, info.APIVersion)
		require.Contains(t, strings.Join(info.Warnings, " "), "containerd-snapshotter")
		_, err = engine.List(t.Context(), "x")
		require.NoError(t, err)
	}

	say("1.40")
	_, err = engine.Info(t.Context())
	require.ErrorContains(t, err, "1.41 (Docker 20.10) is the oldest that works")
}

func TestEnginesAreSharedByEndpointAndNeverDialledEarly(t *testing.T) {
	t.Parallel()
	engines := docker.New(zerolog.Nop())
	first, err := engines.Engine(pool.Endpoint{URL: "unix:///nowhere"})
	require.NoError(t, err, "nothing is dialled yet")
	second, err := engines.Engine(pool.Endpoint{URL: "unix:///nowhere"})
	require.NoError(t, err)
	require.Same(t, first, second)
	other, err := engines.Engine(pool.Endpoint{URL: "unix:///elsewhere"})
	require.NoError(t, err)
	require.NotSame(t, first, other)

	for _, wrong := range []string{"", "nonsense", "unix://", "ssh://me@there", "https://127.0.0.1:2376"} {
		_, err := engines.Engine(pool.Endpoint{URL: wrong})
		require.ErrorContains(t, err, "write its address as unix:///path or tcp://ip:port", wrong)
	}

	_, err = first.Info(t.Context())
	require.ErrorContains(t, err, "cannot reach the Docker engine at unix:///nowhere")
	require.Equal(t, pool.CodeInternal, pool.CodeOf(err), "an error that passes")
}
