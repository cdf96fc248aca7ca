package docker_test

import (
	"testing"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"dockerdriver/actors/disk"
	"dockerdriver/actors/docker"
	"dockerdriver/actors/pool"
)

func TestDiskIsTheOneOfTheEnginesDirectory(t *testing.T) {
	tell(t, func(t *testing.T, s *stage) {
		told, err := s.engine.Disk(t.Context())
		require.NoError(t, err)
		info, err := s.bare.Info(t.Context())
		require.NoError(t, err)
		there, err := disk.At(info.DockerRootDir)
		require.NoError(t, err)
		require.Equal(t, there.Total, told.Total)
		require.InDelta(t, there.Free, told.Free, 2<<30, "others write at the same time")
	})
}

func TestDiskOfAnotherMachineIsNotLookedAtFromHere(t *testing.T) {
	t.Parallel()
	at := pool.Endpoint{URL: "tcp://192.0.2.1:2376"}
	require.False(t, docker.IsHere(at))
	engines := docker.New(zerolog.Nop())
	engine, err := engines.Engine(at)
	require.NoError(t, err)
	_, err = engine.Disk(t.Context())
	require.ErrorContains(t, err, "it is on another machine")
}
