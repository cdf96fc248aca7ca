package docker_test

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

func TestDamagedTarballIsRefusedInWords(t *testing.T) {
	for _, c := range []struct {
		why  string
		take func(whole []byte) []byte
	}{
		{"cut in the middle", func(whole []byte) []byte { return whole[:len(whole)/2] }},
		{"no tarball", func([]byte) []byte { return []byte(strings.Repeat("These are only words. ", 100)) }},
	} {
		t.Run(c.why, func(t *testing.T) {
			tell(t, func(t *testing.T, s *stage) {
				err := s.engine.Load(t.Context(), bytes.NewReader(c.take(s.image.tarball)))
				require.Equal(t, pool.CodeImagePush, pool.CodeOf(err), "%v", err)
				require.ErrorContains(t, err, "The engine could not load the image: ")
			})
		})
	}
}

func TestTarballThatCannotBeReadIsAnErrorThatPasses(t *testing.T) {
	tell(t, func(t *testing.T, s *stage) {
		broken := errors.New("the disk has a bad sector")
		err := s.engine.Load(t.Context(), io.MultiReader(bytes.NewReader(s.image.tarball[:4096]), failing{broken}))
		require.ErrorIs(t, err, broken)
		require.Equal(t, pool.CodeInternal, pool.CodeOf(err))
	})
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestImageIsThereOnlyOnceLoaded(t *testing.T) {
	tell(t, func(t *testing.T, s *stage) {
		there, err := s.engine.HasImage(t.Context(), s.image.id)
		require.NoError(t, err)
		require.True(t, there)
		there, err = s.engine.HasImage(t.Context(), "sha256:"+strings.Repeat("0", 64))
		require.NoError(t, err)
		require.False(t, there)

		var nothing bytes.Buffer
		require.NoError(t, tar.NewWriter(&nothing).Close())
		// What is in a tarball is for HasImage to tell; the load itself may pass or be refused.
		if err := s.engine.Load(t.Context(), &nothing); err != nil {
			require.Equal(t, pool.CodeImagePush, pool.CodeOf(err), "%v", err)
		}
	})
}

func TestTagMovesFromOneImageToAnother(t *testing.T) {
	tell(t, func(t *testing.T, s *stage) {
		other, err := imageWithoutProgram()
		require.NoError(t, err)
		require.NoError(t, loadOnce(s.engine, s.at.URL, other))
		tag := "dockerdriver.test/moving:" + strings.ToLower(s.installation)
		for _, id := range []string{s.image.id, other.id, other.id, s.image.id} {
			require.NoError(t, s.engine.Tag(t.Context(), id, tag))
			found, err := s.bare.ImageInspect(t.Context(), tag)
			require.NoError(t, err)
			require.Equal(t, id, found.ID)
		}
		err = s.engine.Tag(t.Context(), "sha256:"+strings.Repeat("0", 64), tag)
		require.Equal(t, pool.CodeImageMissing, pool.CodeOf(err))
	})
}

func TestInfoTellsWhoTheEngineIs(t *testing.T) {
	tell(t, func(t *testing.T, s *stage) {
		info, err := s.engine.Info(t.Context())
		require.NoError(t, err)
		require.NotEmpty(t, info.ID)
		require.NotEmpty(t, info.Version)
		require.GreaterOrEqual(t, info.APIVersion, "1.41")
		require.Greater(t, info.MemoryB, int64(64<<20))
		require.Positive(t, info.CPUs)
		again, err := s.engine.Info(t.Context())
		require.NoError(t, err)
		require.Equal(t, info.ID, again.ID)
	})
}
