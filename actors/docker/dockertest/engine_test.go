package dockertest_test

import (
	"testing"

	"github.com/docker/docker/client"
	"github.com/stretchr/testify/require"

	"dockerdriver/actors/docker/dockertest"
)

func TestRealEngineAnswersAndIsTheSameForEveryTest(t *testing.T) {
	host := dockertest.RealEngine(t)
	require.Equal(t, host, dockertest.RealEngine(t))

	engine, err := client.NewClientWithOpts(client.WithHost(host), client.WithAPIVersionNegotiation())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, engine.Close()) })
	version, err := engine.ServerVersion(t.Context())
	require.NoError(t, err)
	require.Equal(t, "linux", version.Os)
	require.GreaterOrEqual(t, version.APIVersion, "1.41")
}
