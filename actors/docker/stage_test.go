package docker_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/client"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"dockerdriver/actors/docker"
	"dockerdriver/actors/docker/dockertest"
	"dockerdriver/actors/emulator/engine"
	"dockerdriver/actors/pool"
)

// patience bounds every wait for an engine in these tests.
const patience = 30 * time.Second

func TestMain(m *testing.M) {
	engine.MaybeRunShim()
	code := m.Run()
	for i := len(atEnd) - 1; i >= 0; i-- {
		atEnd[i]()
	}
	os.Exit(code)
}

var (
	atEndMu sync.Mutex
	atEnd   []func()
)

func whenAllTestsEnd(do func()) {
	atEndMu.Lock()
	defer atEndMu.Unlock()
	atEnd = append(atEnd, do)
}

var startEmulated = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("/tmp", "dd-docker-emulated-")
	if err != nil {
		return "", err
	}
	emulated, err := engine.Start(context.Background(), engine.Config{
		StateDir: dir + "/state", Listen: "unix://" + dir + "/engine.sock", Log: zerolog.Nop(),
	})
	if err != nil {
		return "", err
	}
	whenAllTestsEnd(func() {
		_ = emulated.Close()
		_ = os.RemoveAll(dir)
	})
	return emulated.Endpoint(), nil
})

// engineKinds are the engines that every story is told on.
var engineKinds = []struct {
	name string
	url  func(tb testing.TB) string
}{
	{"real", dockertest.RealEngine},
	{"emulated", func(tb testing.TB) string {
		url, err := startEmulated()
		require.NoError(tb, err)
		return url
	}},
}

// stage is one test's view of an engine: an installation of its own.
type stage struct {
	at           pool.Endpoint
	engines      *docker.Engines
	engine       *docker.Engine
	bare         *client.Client // to see what really is there
	image        testImage
	installation string
	isReal       bool
}

func newStage(tb testing.TB, url string) *stage {
	tb.Helper()
	s := &stage{at: pool.Endpoint{URL: url, Address: "127.0.0.1"}, installation: rand.Text()}
	s.engines = docker.New(zerolog.Nop(), docker.WithGrace(time.Second))
	tb.Cleanup(s.engines.Close)
	var err error
	s.engine, err = s.engines.Engine(s.at)
	require.NoError(tb, err)
	s.bare, err = client.NewClientWithOpts(client.WithHost(url), client.WithAPIVersionNegotiation())
	require.NoError(tb, err)
	tb.Cleanup(func() { _ = s.bare.Close() })
	s.image, err = buildImage()
	require.NoError(tb, err)
	require.NoError(tb, loadOnce(s.engine, url, s.image))
	// Whatever a story leaves behind, even when it fails.
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		left, err := s.engine.List(ctx, s.installation)
		require.NoError(tb, err)
		for _, c := range left {
			require.NoError(tb, s.engine.Remove(ctx, c.ID))
		}
	})
	return s
}

var (
	loadedMu sync.Mutex
	loaded   = map[string]bool{}
)

// loadOnce loads the image into an engine, and removes it when all tests have ended.
func loadOnce(e *docker.Engine, url string, img testImage) error {
	loadedMu.Lock()
	defer loadedMu.Unlock()
	if loaded[url+img.id] {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := e.Load(ctx, bytes.NewReader(img.tarball)); err != nil {
		return err
	}
	if there, err := e.HasImage(ctx, img.id); err != nil || !there {
		return fmt.Errorf("the image is not there after its load: %v", err)
	}
	loaded[url+img.id] = true
	whenAllTestsEnd(func() {
		if bare, err := client.NewClientWithOpts(client.WithHost(url), client.WithAPIVersionNegotiation()); err == nil {
			_, _ = bare.ImageRemove(context.Background(), img.id, image.RemoveOptions{Force: true})
			_ = bare.Close()
		}
	})
	return nil
}

// spec is a container that runs the test program with the arguments.
func (s *stage) spec(arguments ...string) pool.ContainerSpec {
	id := rand.Text()
	return pool.ContainerSpec{
		Name: "ddtest-" + id, Installation: s.installation, InstanceID: id, Slots: 1,
		ImageID: s.image.id, Command: arguments, Env: []string{"NAME=" + id},
		MemoryB: 64 << 20, CPUs: 0.5, Pids: 64, Port: 8787, Address: s.at.Address,
	}
}

// launch creates and starts a container.
func (s *stage) launch(tb testing.TB, spec pool.ContainerSpec) pool.Container {
	tb.Helper()
	id, err := s.engine.Create(tb.Context(), spec)
	require.NoError(tb, err)
	started, err := s.engine.Start(tb.Context(), id)
	require.NoError(tb, err)
	require.Equal(tb, id, started.ID)
	return started
}

// awaitEnd returns the container as List shows it once it no longer runs.
func (s *stage) awaitEnd(tb testing.TB, id string) (ended pool.Container) {
	tb.Helper()
	require.Eventually(tb, func() bool {
		ended = s.find(tb, id)
		return ended.ID != "" && !ended.Running
	}, patience, 50*time.Millisecond)
	return ended
}

func (s *stage) find(tb testing.TB, id string) pool.Container {
	tb.Helper()
	all, err := s.engine.List(tb.Context(), s.installation)
	if err != nil {
		tb.Errorf("list: %v", err)
	}
	for _, c := range all {
		if c.ID == id {
			return c
		}
	}
	return pool.Container{}
}

// tell runs a test on every kind of engine.
func tell(t *testing.T, story func(t *testing.T, s *stage)) {
	t.Parallel()
	for _, kind := range engineKinds {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, kind.url(t))
			s.isReal = kind.name == "real"
			story(t, s)
		})
	}
}
