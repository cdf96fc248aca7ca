package local_test

import (
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"dockerdriver/actors/cloud/cloudtest"
	"dockerdriver/actors/cloud/local"
	"dockerdriver/actors/docker"
	"dockerdriver/actors/docker/dockertest"
	"dockerdriver/actors/emulator/engine"
	"dockerdriver/actors/pool"
)

func TestMain(m *testing.M) {
	engine.MaybeRunShim()
	os.Exit(m.Run())
}

func newCloud(t *testing.T, config local.Config) *local.Cloud {
	t.Helper()
	engines := docker.New(zerolog.Nop())
	t.Cleanup(engines.Close)
	cloud, err := local.New(config, engines)
	require.NoError(t, err)
	return cloud
}

func TestRealEnginePassesTheSuiteOfClouds(t *testing.T) {
	runSuite(t, local.Config{Kind: local.KindLocal, EngineURL: dockertest.RealEngine(t)})
}

func TestEmulatedEnginePassesTheSuiteOfClouds(t *testing.T) {
	socket := socketPath(t)
	emulated, err := engine.Start(t.Context(), engine.Config{
		StateDir: filepath.Join(filepath.Dir(socket), "state"), Listen: "unix://" + socket, Log: zerolog.Nop(),
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, emulated.Close()) })
	runSuite(t, local.Config{Kind: local.KindEmulator, EngineURL: emulated.Endpoint()})
}

func runSuite(t *testing.T, config local.Config) {
	t.Helper()
	cloudtest.Run(t, func(t *testing.T) (cloudtest.Cloud, pool.Host) {
		return newCloud(t, config), pool.Host{Name: "pb_dd_0001"}
	})
}

func noNote(pool.CloudResources) error { return nil }

func TestSlotsComeFromMemoryUnlessGiven(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		why           string
		memory        string
		given, wanted int
	}{
		{"a slot each 512 MiB", "1610612736", 0, 3},
		{"what is left over is no slot", "1610612735", 0, 2},
		{"one at least", "1048576", 0, 1},
		{"given ones count", "1048576", 7, 7},
	} {
		t.Run(c.why, func(t *testing.T) {
			t.Parallel()
			url := fakeEngine(t, `{"ID":"a","ServerVersion":"20.10","MemTotal":`+c.memory+`,"NCPU":2,"OSType":"linux"}`)
			cloud := newCloud(t, local.Config{Kind: local.KindLocal, EngineURL: url, Slots: c.given})
			machine, err := cloud.Build(t.Context(), pool.Host{Name: "pb_dd_0001"}, noNote)
			require.NoError(t, err)
			require.Equal(t, c.wanted, machine.Slots)
			require.Equal(t, pool.Endpoint{URL: url, Address: "127.0.0.1"}, machine.Endpoint)
		})
	}
}

func TestContainersArePublishedWhereTheEngineIs(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	serveEngine(t, listener, `{"ID":"a"}`)
	address := listener.Addr().String()
	_, port, err := net.SplitHostPort(address)
	require.NoError(t, err)
	for _, c := range []struct{ why, url string }{
		{"an address", "tcp://" + address},
		{"a name", "tcp://localhost:" + port},
	} {
		t.Run(c.why, func(t *testing.T) {
			cloud := newCloud(t, local.Config{Kind: local.KindEmulator, EngineURL: c.url})
			machine, err := cloud.Build(t.Context(), pool.Host{Name: "pb_dd_0001"}, noNote)
			require.NoError(t, err)
			require.Equal(t, pool.Endpoint{URL: c.url, Address: "127.0.0.1"}, machine.Endpoint)
		})
	}
}

func TestSecondHostHasToWaitForTheFirstOnesRelease(t *testing.T) {
	t.Parallel()
	cloud := newCloud(t, local.Config{Kind: local.KindLocal, EngineURL: fakeEngine(t, `{"ID":"a"}`)})
	require.Equal(t, 1, cloud.MaxHosts())
	first, second := pool.Host{Name: "pb_dd_0001"}, pool.Host{Name: "pb_dd_0002"}
	_, err := cloud.Build(t.Context(), first, noNote)
	require.NoError(t, err)
	_, err = cloud.Build(t.Context(), second, noNote)
	require.Equal(t, pool.CodeConflict, pool.CodeOf(err))
	require.ErrorContains(t, err, "one Docker engine, and host pb_dd_0001 has it")

	require.NoError(t, cloud.Release(t.Context(), second), "what was never built is no loss")
	_, err = cloud.Build(t.Context(), second, noNote)
	require.Error(t, err, "and frees nothing")
	require.NoError(t, cloud.Release(t.Context(), first))
	_, err = cloud.Build(t.Context(), second, noNote)
	require.NoError(t, err)
}

func TestEngineThatDoesNotFitIsRefusedInWords(t *testing.T) {
	t.Parallel()
	engines := docker.New(zerolog.Nop())
	for _, c := range []struct {
		why, says string
		config    local.Config
	}{
		{"a kind of its own", "local or emulator", local.Config{Kind: "cloud", EngineURL: "unix:///x"}},
		{"an address over ssh", "unix:///path or tcp://ip:port", local.Config{Kind: local.KindLocal, EngineURL: "ssh://me@there"}},
		{"no address", "unix:///path or tcp://ip:port", local.Config{Kind: local.KindLocal}},
		{"fewer slots than none", "-1 slots", local.Config{Kind: local.KindLocal, EngineURL: "unix:///x", Slots: -1}},
	} {
		t.Run(c.why, func(t *testing.T) {
			t.Parallel()
			_, err := local.New(c.config, engines)
			require.ErrorContains(t, err, c.says)
		})
	}

	windows := newCloud(t, local.Config{Kind: local.KindLocal, EngineURL: fakeEngine(t, `{"ID":"a","OSType":"windows"}`)})
	_, err := windows.Build(t.Context(), pool.Host{Name: "pb_dd_0001"}, noNote)
	require.ErrorContains(t, err, "it runs windows containers")
	nobody := newCloud(t, local.Config{Kind: local.KindLocal, EngineURL: "unix:///nowhere"})
	_, err = nobody.Build(t.Context(), pool.Host{Name: "pb_dd_0001"}, noNote)
	require.ErrorContains(t, err, "cannot reach the Docker engine at unix:///nowhere")
}

func TestEngineIsFoundWhereItAnswers(t *testing.T) {
	url := fakeEngine(t, `{}`)
	dead := socketPath(t)
	listener, err := net.Listen("unix", dead)
	require.NoError(t, err)
	defer listener.Close() // accepts, and never answers

	for _, c := range []struct{ why, host, runtimeDir, wanted string }{
		{"in DOCKER_HOST", url, "", url},
		{"of the user, without root", "", filepath.Dir(strings.TrimPrefix(url, "unix://")), url},
		{"not where nothing answers", "unix://" + dead, "", ""},
		{"not elsewhere than DOCKER_HOST says", "unix:///nowhere", filepath.Dir(strings.TrimPrefix(url, "unix://")), ""},
		{"not at an address of no kind", "nonsense", "", ""},
	} {
		t.Run(c.why, func(t *testing.T) {
			t.Setenv("DOCKER_HOST", c.host)
			t.Setenv("XDG_RUNTIME_DIR", c.runtimeDir)
			begun := time.Now()
			found, ok := local.FindEngine(t.Context())
			require.Less(t, time.Since(begun), 5*time.Second)
			if c.host == "" && found == "unix:///var/run/docker.sock" {
				return // the machine's own engine comes first
			}
			require.Equal(t, c.wanted, found)
			require.Equal(t, c.wanted != "", ok)
		})
	}
}

func socketPath(t *testing.T) string {
	t.Helper()
	// Paths of sockets are short; t.TempDir is not.
	dir, err := os.MkdirTemp("/tmp", "dd-local-")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return filepath.Join(dir, "docker.sock")
}

// fakeEngine answers /_ping and /info, as much of an engine as Build needs.
func fakeEngine(t *testing.T, info string) (url string) {
	t.Helper()
	path := socketPath(t)
	listener, err := net.Listen("unix", path)
	require.NoError(t, err)
	serveEngine(t, listener, info)
	return "unix://" + path
}

func serveEngine(t *testing.T, listener net.Listener, info string) {
	t.Helper()
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Api-Version", "1.41")
		w.Header().Set("Content-Type", "application/json")
		if strings.HasSuffix(r.URL.Path, "/info") {
			_, _ = w.Write([]byte(info))
		}
	})}
	var served sync.WaitGroup
	served.Go(func() { _ = server.Serve(listener) })
	t.Cleanup(func() {
		_ = server.Close()
		served.Wait()
	})
}
