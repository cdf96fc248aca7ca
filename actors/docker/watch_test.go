package docker_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/stretchr/testify/require"

	"dockerdriver/actors/docker"
	"dockerdriver/actors/pool"
)

// watcher gathers what a Watch reports.
type watcher struct {
	mu   sync.Mutex
	seen []pool.ContainerEvent
	stop context.CancelFunc
	done chan error
}

func watch(t *testing.T, e *docker.Engine, installation string) *watcher {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	w := &watcher{stop: stop, done: make(chan error, 1)}
	go func() {
		w.done <- e.Watch(ctx, installation, func(event pool.ContainerEvent) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.seen = append(w.seen, event)
		})
	}()
	t.Cleanup(stop)
	return w
}

func (w *watcher) all() []pool.ContainerEvent {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.seen)
}

func (w *watcher) await(t *testing.T, event pool.ContainerEvent) {
	t.Helper()
	require.Eventually(t, func() bool { return slices.Contains(w.all(), event) }, patience, 20*time.Millisecond,
		"not seen: %+v", event)
}

func TestWatchSeesOurContainersStartDieAndVanish(t *testing.T) {
	tell(t, func(t *testing.T, s *stage) {
		w := watch(t, s.engine, s.installation)
		spec := s.spec("exit", "3")
		// Started without a wait for the stream: what happens since the call is reported too.
		started := s.launch(t, spec)
		stranger := s.bareContainer(t, s.spec().Name, nil)
		require.NoError(t, s.bare.ContainerStart(t.Context(), stranger, container.StartOptions{}))

		w.await(t, pool.ContainerEvent{InstanceID: spec.InstanceID, ContainerID: started.ID, Kind: pool.ContainerStarted})
		w.await(t, pool.ContainerEvent{InstanceID: spec.InstanceID, ContainerID: started.ID, Kind: pool.ContainerDied, ExitCode: 3})
		require.NoError(t, s.engine.Remove(t.Context(), started.ID))
		w.await(t, pool.ContainerEvent{InstanceID: spec.InstanceID, ContainerID: started.ID, Kind: pool.ContainerDestroyed})
		for _, event := range w.all() {
			require.Equal(t, started.ID, event.ContainerID)
		}

		w.stop()
		require.ErrorIs(t, <-w.done, context.Canceled)
	})
}

func TestWatchSeesContainerRunOutOfMemory(t *testing.T) {
	tell(t, func(t *testing.T, s *stage) {
		w := watch(t, s.engine, s.installation)
		spec := s.spec("eat", "512")
		started := s.launch(t, spec)
		w.await(t, pool.ContainerEvent{InstanceID: spec.InstanceID, ContainerID: started.ID, Kind: pool.ContainerOOM})
		w.await(t, pool.ContainerEvent{InstanceID: spec.InstanceID, ContainerID: started.ID, Kind: pool.ContainerDied, ExitCode: 137})
	})
}

func TestEngineThatGoesAwayEndsTheWatchAndGivesErrorsThatPass(t *testing.T) {
	tell(t, func(t *testing.T, s *stage) {
		wire := newWire(t, s.at.URL)
		cut, err := s.engines.Engine(pool.Endpoint{URL: wire.url, Address: s.at.Address})
		require.NoError(t, err)
		w := watch(t, cut, s.installation)
		spec := s.spec()
		started := s.launch(t, spec)
		w.await(t, pool.ContainerEvent{InstanceID: spec.InstanceID, ContainerID: started.ID, Kind: pool.ContainerStarted})

		wire.cut()
		select {
		case err := <-w.done:
			require.ErrorContains(t, err, "event stream ended")
		case <-time.After(patience):
			require.Fail(t, "the watch goes on")
		}
		for what, call := range map[string]func() error{
			"info":   func() error { _, err := cut.Info(t.Context()); return err },
			"create": func() error { _, err := cut.Create(t.Context(), spec); return err },
			"start":  func() error { _, err := cut.Start(t.Context(), started.ID); return err },
			"list":   func() error { _, err := cut.List(t.Context(), s.installation); return err },
			"image":  func() error { _, err := cut.HasImage(t.Context(), s.image.id); return err },
			"logs":   func() error { _, err := cut.Logs(t.Context(), started.ID, 1); return err },
			"remove": func() error { return cut.Remove(t.Context(), started.ID) },
		} {
			err := call()
			require.Error(t, err, what)
			require.Equal(t, pool.CodeInternal, pool.CodeOf(err), "%s: an error that passes: %v", what, err)
		}
		require.True(t, s.find(t, started.ID).Running, "the container runs on")
	})
}
