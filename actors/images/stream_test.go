package images

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
)

func TestAPanicWhileATarballIsMadeEndsItsStreamAlone(t *testing.T) {
	t.Parallel()
	file, err := os.Create(filepath.Join(t.TempDir(), "an.img"))
	require.NoError(t, err)
	var log bytes.Buffer
	made := newStream(t.Context(), zerolog.New(&log), file, func(_ context.Context, w io.Writer) error {
		_, _ = w.Write([]byte("the beginning"))
		panic("index out of range")
	})
	_, err = io.ReadAll(made)
	require.EqualError(t, err, "cannot make the tarball: internal fault: index out of range")
	require.NoError(t, made.Close())
	require.Equal(t, 1, strings.Count(log.String(), `"stack":"goroutine `), "the stack, once")
	require.ErrorIs(t, file.Close(), os.ErrClosed)
}
