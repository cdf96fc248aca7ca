package pool

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSharedLayersAreThoseFromTheBottomUp(t *testing.T) {
	t.Parallel()
	image := []string{"a", "b", "c"}
	for _, c := range []struct {
		why   string
		there [][]string
		want  int
	}{
		{"nothing there", nil, 0},
		{"an engine that does not tell layers", [][]string{nil}, 0},
		{"another base", [][]string{{"x", "b", "c"}}, 0},
		{"a gap in the middle", [][]string{{"a", "x", "c"}}, 1},
		{"the best of several", [][]string{{"a"}, {"a", "b", "x", "y"}, {"b"}}, 2},
		{"all of them, and more", [][]string{{"a", "b", "c", "d"}}, 3},
	} {
		t.Run(c.why, func(t *testing.T) {
			t.Parallel()
			var there []EngineImage
			for _, layers := range c.there {
				there = append(there, EngineImage{Layers: layers})
			}
			require.Equal(t, c.want, SharedLayers(image, there))
		})
	}
}

func TestTrimmedLoadsAreForStoresThatAreKnownToTakeThem(t *testing.T) {
	t.Parallel()
	require.True(t, EngineInfo{Driver: "overlay2"}.TakesTrimmed())
	require.False(t, EngineInfo{}.TakesTrimmed())
	require.False(t, EngineInfo{Driver: "overlayfs", Containerd: true}.TakesTrimmed())
	require.False(t, EngineInfo{Driver: "overlay2", Containerd: true}.TakesTrimmed())
}
