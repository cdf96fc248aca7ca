package emulator_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/docker/docker/client"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"dockerdriver/actors/emulator"
	"dockerdriver/actors/emulator/engine"
)

func TestMain(m *testing.M) {
	engine.MaybeRunShim()
	os.Exit(m.Run())
}

func TestSeveralEnginesAnswerAtTheirOwnAddresses(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "m")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	for name, listen := range map[string]string{"sockets": "unix://" + filepath.Join(dir, "docker.sock"), "ports": "tcp://127.0.0.1:0"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			state := t.TempDir()
			e, err := emulator.Start(t.Context(), emulator.Config{StateDir: state, Listen: listen, Engines: 3, Log: zerolog.Nop()})
			require.NoError(t, err)
			endpoints := e.Endpoints()
			require.Len(t, endpoints, 3)
			roots := map[string]bool{}
			for _, endpoint := range endpoints {
				docker, err := client.NewClientWithOpts(client.WithHost(endpoint), client.WithAPIVersionNegotiation())
				require.NoError(t, err)
				info, err := docker.Info(t.Context())
				require.NoError(t, err)
				require.True(t, strings.HasPrefix(info.DockerRootDir, state))
				roots[info.DockerRootDir] = true
				require.NoError(t, docker.Close())
			}
			require.Len(t, roots, 3)
			require.NoError(t, e.Close())
			again, err := emulator.Start(t.Context(), emulator.Config{StateDir: state, Listen: listen, Engines: 3})
			require.NoError(t, err)
			require.NoError(t, again.Close())
		})
	}
}

func TestOneEngineIsTheDefault(t *testing.T) {
	t.Parallel()
	e, err := emulator.Start(t.Context(), emulator.Config{StateDir: t.TempDir(), Listen: "tcp://127.0.0.1:0"})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	require.Len(t, e.Endpoints(), 1)
	require.Equal(t, e.Endpoints()[0], e.Engine(0).Endpoint())
}

func TestWhatCannotBeEmulatedIsRefusedAndLeavesNothingRunning(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	for name, c := range map[string]struct {
		config emulator.Config
		words  string
	}{
		"too many engines": {emulator.Config{Engines: 65, Listen: "tcp://127.0.0.1:0"}, "the number must be 1 to 64"},
		"fewer than none":  {emulator.Config{Engines: -1, Listen: "tcp://127.0.0.1:0"}, "the number must be 1 to 64"},
		"no address":       {emulator.Config{Engines: 1}, "it must be unix:///path or tcp://host:port"},
		"another protocol": {emulator.Config{Listen: "npipe:////./pipe/docker"}, "it must be unix:///path or tcp://host:port"},
		"no port":          {emulator.Config{Engines: 2, Listen: "tcp://127.0.0.1"}, "cannot"},
	} {
		c.config.StateDir = state
		_, err := emulator.Start(t.Context(), c.config)
		require.ErrorContains(t, err, c.words, name)
	}
	// A state directory that were still in use could not be used again.
	e, err := emulator.Start(t.Context(), emulator.Config{StateDir: state, Listen: "tcp://127.0.0.1:0"})
	require.NoError(t, err)
	require.NoError(t, e.Close())
}
