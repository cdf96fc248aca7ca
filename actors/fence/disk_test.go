package fence_test

import (
	"context"
	"testing"

	"github.com/docker/docker/client"
	"github.com/stretchr/testify/require"

	"dockerdriver/actors"
	"dockerdriver/actors/disk"
	"dockerdriver/actors/docker/dockertest"
	"dockerdriver/actors/fence"
	"dockerdriver/actors/images"
	"dockerdriver/actors/pool"
)

var _ actors.Disks = (*fence.Fence)(nil)

func (s *stage) disk(ctx context.Context) (pool.Disk, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return s.fence.Disk(ctx, s.host)
}

// TestAContainerTellsTheDiskOfItsEngine is not beside others that remove the
// probe's image from the real engine.
func TestAContainerTellsTheDiskOfItsEngine(t *testing.T) {
	for _, kind := range []struct {
		name string
		at   func(t *testing.T) pool.Endpoint
	}{
		{"emulated", func(t *testing.T) pool.Endpoint { return emulated(t) }},
		{"real", func(t *testing.T) pool.Endpoint {
			url := dockertest.RealEngine(t)
			t.Cleanup(func() { forget(t, url, images.ProbeTag) })
			return pool.Endpoint{URL: url, Address: "127.0.0.1"}
		}},
	} {
		t.Run(kind.name, func(t *testing.T) {
			at := kind.at(t)
			s := newStage(t, at, program(t, ""))
			bare, err := client.NewClientWithOpts(client.WithHost(at.URL), client.WithAPIVersionNegotiation())
			require.NoError(t, err)
			defer bare.Close()
			info, err := bare.Info(t.Context())
			require.NoError(t, err)
			there, err := disk.At(info.DockerRootDir)
			require.NoError(t, err)
			for range 2 { // again, with the image there
				told, err := s.disk(t.Context())
				require.NoError(t, err)
				require.Equal(t, there.Total, told.Total)
				require.InDelta(t, there.Free, told.Free, 2<<30, "others write at the same time")
				require.Empty(t, s.left(t))
			}
		})
	}
}

func TestALookThatTellsNothingIsNoDisk(t *testing.T) {
	t.Parallel()
	at := emulated(t)
	for _, lie := range []string{"exits at once", "prints garbage"} {
		t.Run(lie, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, at, program(t, lie))
			_, err := s.disk(t.Context())
			require.ErrorContains(t, err, "cannot look at the disk of host pb_dd_1f: the probe did not tell of the disk")
		})
	}
}
