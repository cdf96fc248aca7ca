package images

import (
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/client"
	"github.com/stretchr/testify/require"

	"dockerdriver/actors/docker/dockertest"
)

func TestRealEngineLoadsAndStartsTheDemoImage(t *testing.T) {
	t.Parallel()
	if runtime.GOARCH != "amd64" {
		t.Skip("the program in this test is made of amd64 instructions")
	}
	const tag = "dockerdriver/demo-notebook-test:images"
	engine, err := client.NewClientWithOpts(client.WithHost(dockertest.RealEngine(t)), client.WithAPIVersionNegotiation())
	require.NoError(t, err)
	t.Cleanup(func() { _ = engine.Close() })
	demo, err := WriteDemo(t.Context(), filepath.Join(t.TempDir(), DemoFile), program(t, nil), DemoOptions{Tag: tag})
	require.NoError(t, err)
	file, err := os.Open(demo.Path)
	require.NoError(t, err)
	defer func() { _ = file.Close() }()

	loaded, err := engine.ImageLoad(t.Context(), file)
	require.NoError(t, err)
	words, err := io.ReadAll(loaded.Body)
	require.NoError(t, err)
	require.NoError(t, loaded.Body.Close())
	require.Contains(t, string(words), "Loaded image: "+tag)
	seen, err := engine.ImageInspect(t.Context(), tag)
	require.NoError(t, err)
	require.Equal(t, demo.Digest, seen.ID, "the engine's id is the digest that we tell")

	made, err := engine.ContainerCreate(t.Context(), &container.Config{Image: tag}, &container.HostConfig{NetworkMode: "none"}, nil, nil, "")
	require.NoError(t, err)
	defer func() {
		require.NoError(t, engine.ContainerRemove(t.Context(), made.ID, container.RemoveOptions{Force: true}))
		_, err := engine.ImageRemove(t.Context(), demo.Digest, image.RemoveOptions{Force: true})
		require.NoError(t, err)
	}()
	ended, failed := engine.ContainerWait(t.Context(), made.ID, container.WaitConditionNextExit)
	require.NoError(t, engine.ContainerStart(t.Context(), made.ID, container.StartOptions{}))
	select {
	case status := <-ended:
		require.EqualValues(t, 42, status.StatusCode, "the program in the image ran")
	case err := <-failed:
		require.NoError(t, err)
	}
}
