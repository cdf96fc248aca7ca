package docker_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/docker/docker/api/types/container"
	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

func TestRepeatedCreateFindsTheFirstOne(t *testing.T) {
	tell(t, func(t *testing.T, s *stage) {
		spec := s.spec()
		first, err := s.engine.Create(t.Context(), spec)
		require.NoError(t, err)
		second, err := s.engine.Create(t.Context(), spec)
		require.NoError(t, err)
		require.Equal(t, first, second)
	})
}

func TestCreatesAtOnceMakeOneContainer(t *testing.T) {
	tell(t, func(t *testing.T, s *stage) {
		spec := s.spec()
		var crowd sync.WaitGroup
		ids, errs := make([]string, 4), make([]error, 4)
		for i := range ids {
			crowd.Go(func() { ids[i], errs[i] = s.engine.Create(t.Context(), spec) })
		}
		crowd.Wait()
		for i := range ids {
			require.NoError(t, errs[i])
			require.Equal(t, ids[0], ids[i])
		}
		all, err := s.engine.List(t.Context(), s.installation)
		require.NoError(t, err)
		require.Len(t, all, 1)
	})
}

func TestCreateWhoseReplyIsLostIsAdoptedByTheNext(t *testing.T) {
	tell(t, func(t *testing.T, s *stage) {
		wire := newWire(t, s.at.URL)
		cut, err := s.engines.Engine(pool.Endpoint{URL: wire.url, Address: s.at.Address})
		require.NoError(t, err)
		wire.loseReplyTo("/containers/create")
		spec := s.spec()
		_, err = cut.Create(t.Context(), spec)
		require.Error(t, err)
		require.Equal(t, pool.CodeInternal, pool.CodeOf(err), "an error that passes: %v", err)

		made, err := s.engine.List(t.Context(), s.installation)
		require.NoError(t, err)
		require.Len(t, made, 1)
		adopted, err := cut.Create(t.Context(), spec)
		require.NoError(t, err)
		require.Equal(t, made[0].ID, adopted)
	})
}

func TestNameOfAStrangersContainerIsNotAdopted(t *testing.T) {
	for _, c := range []struct {
		whose  string
		labels func(spec pool.ContainerSpec) map[string]string
	}{
		{"somebody's without labels", func(pool.ContainerSpec) map[string]string { return nil }},
		{"another installation's", func(spec pool.ContainerSpec) map[string]string {
			return map[string]string{"pb.installation": "other", "pb.instance": spec.InstanceID}
		}},
		{"another instance's", func(spec pool.ContainerSpec) map[string]string {
			return map[string]string{"pb.installation": spec.Installation, "pb.instance": "other"}
		}},
	} {
		t.Run(c.whose, func(t *testing.T) {
			tell(t, func(t *testing.T, s *stage) {
				spec := s.spec()
				stranger := s.bareContainer(t, spec.Name, c.labels(spec))
				_, err := s.engine.Create(t.Context(), spec)
				require.Equal(t, pool.CodeCreateFailed, pool.CodeOf(err))
				require.ErrorContains(t, err, spec.Name)
				_, err = s.bare.ContainerInspect(t.Context(), stranger)
				require.NoError(t, err, "it stays untouched")
			})
		})
	}
}

func TestWhatTheEngineRefusesIsToldInWords(t *testing.T) {
	for _, c := range []struct {
		why, says string
		code      pool.Code
		change    func(*pool.ContainerSpec)
	}{
		{"an image that is not there", "not on the host", pool.CodeImageMissing, func(s *pool.ContainerSpec) {
			s.ImageID = "sha256:" + strings.Repeat("0", 64)
		}},
		{"less memory than an engine takes", "memory limit", pool.CodeCreateFailed, func(s *pool.ContainerSpec) { s.MemoryB = 1 << 20 }},
		{"more processors than there are", "CPU", pool.CodeCreateFailed, func(s *pool.ContainerSpec) { s.CPUs = 4096 }},
	} {
		t.Run(c.why, func(t *testing.T) {
			tell(t, func(t *testing.T, s *stage) {
				spec := s.spec()
				c.change(&spec)
				_, err := s.engine.Create(t.Context(), spec)
				require.Equal(t, c.code, pool.CodeOf(err), "%v", err)
				require.ErrorContains(t, err, c.says)
				all, err := s.engine.List(t.Context(), s.installation)
				require.NoError(t, err)
				require.Empty(t, all, "nothing is left")
			})
		})
	}
}

// bareContainer makes a container that is not ours to touch.
func (s *stage) bareContainer(t *testing.T, name string, labels map[string]string) string {
	t.Helper()
	made, err := s.bare.ContainerCreate(t.Context(), &container.Config{Image: s.image.id, Labels: labels}, nil, nil, nil, name)
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, s.bare.ContainerRemove(bareContext(t), made.ID, container.RemoveOptions{Force: true}))
	})
	return made.ID
}
