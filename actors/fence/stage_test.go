package fence_test

import (
	"context"
	"crypto/rand"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/client"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"dockerdriver/actors/docker"
	"dockerdriver/actors/emulator/engine"
	"dockerdriver/actors/fence"
	"dockerdriver/actors/pool"
)

// patience bounds one probe in these tests.
const patience = 60 * time.Second

func TestMain(m *testing.M) {
	engine.MaybeRunShim()
	os.Exit(m.Run())
}

// stage is one test's view of a host: an installation of its own.
type stage struct {
	host   pool.Host
	config fence.Config
	engine *docker.Engine
	fence  *fence.Fence
}

func newStage(tb testing.TB, at pool.Endpoint, program string) *stage {
	tb.Helper()
	engines := docker.New(zerolog.Nop(), docker.WithGrace(time.Second))
	tb.Cleanup(engines.Close)
	s := &stage{
		host:   pool.Host{ID: rand.Text(), Name: "pb_dd_1f", Endpoint: at},
		config: fence.Config{Installation: rand.Text(), Engines: engines, Dir: filepath.Join(tb.TempDir(), "probe"), Program: program, Log: zerolog.New(zerolog.NewTestWriter(tb))},
	}
	s.fence = fence.New(s.config)
	var err error
	s.engine, err = engines.Engine(at)
	require.NoError(tb, err)
	tb.Cleanup(func() { require.Empty(tb, s.left(tb), "containers are left behind") })
	return s
}

func (s *stage) holds(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return s.fence.Holds(ctx, s.host)
}

func (s *stage) left(tb testing.TB) []pool.Container {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	all, err := s.engine.List(ctx, s.config.Installation)
	require.NoError(tb, err)
	return all
}

// emulated starts an emulated engine for one test.
func emulated(tb testing.TB) pool.Endpoint {
	tb.Helper()
	dir, err := os.MkdirTemp("/tmp", "dd-fence-") // unix sockets have short paths
	require.NoError(tb, err)
	started, err := engine.Start(tb.Context(), engine.Config{StateDir: dir + "/state", Listen: "unix://" + dir + "/engine.sock", Log: zerolog.Nop()})
	require.NoError(tb, err)
	tb.Cleanup(func() {
		require.NoError(tb, started.Close())
		require.NoError(tb, os.RemoveAll(dir))
	})
	return pool.Endpoint{URL: started.Endpoint(), Address: "127.0.0.1"}
}

// program builds testdata/program with a lie (none: the honest one).
func program(tb testing.TB, lie string) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "program")
	build := exec.CommandContext(tb.Context(), "go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w -X 'main.lie="+lie+"'", "-o", path, "./testdata/program")
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	said, err := build.CombinedOutput()
	require.NoError(tb, err, "%s", said)
	return path
}

// forget removes the probe's image from an engine that others use too.
func forget(tb testing.TB, url, tag string) {
	tb.Helper()
	bare, err := client.NewClientWithOpts(client.WithHost(url), client.WithAPIVersionNegotiation())
	require.NoError(tb, err)
	defer bare.Close()
	_, err = bare.ImageRemove(context.Background(), tag, image.RemoveOptions{Force: true})
	require.NoError(tb, err)
}
