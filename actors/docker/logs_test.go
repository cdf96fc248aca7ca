package docker_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/docker"
)

func TestLogsAreTheLastLinesBoundedAndPlain(t *testing.T) {
	tell(t, func(t *testing.T, s *stage) {
		started := s.launch(t, s.spec("talk"))
		s.awaitEnd(t, started.ID)

		said, err := s.engine.Logs(t.Context(), started.ID, 1_000_000)
		require.NoError(t, err)
		require.LessOrEqual(t, len(said), docker.MaxLogLines)
		require.Greater(t, len(said), docker.MaxLogLines-20, "a long line counts as several with some engines")
		last := said[len(said)-3:]
		require.Equal(t, "100% done", last[0])
		require.Equal(t, strings.Repeat("x", docker.MaxLogLineBytes), last[1])
		require.Equal(t, "no newline", last[2])
		require.Equal(t, "line 2099", said[len(said)-4])

		few, err := s.engine.Logs(t.Context(), started.ID, 1)
		require.NoError(t, err)
		require.Equal(t, []string{"no newline"}, few)
	})
}
