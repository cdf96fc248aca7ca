package actors

import (
	"context"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

// tarballs is an image directory of images of one size.
type tarballs struct {
	Images
	size int
}

func (t tarballs) Open(context.Context, string, int) (io.ReadCloser, pool.Shipment, error) {
	return io.NopCloser(strings.NewReader(strings.Repeat("x", t.size))), pool.Shipment{Total: int64(t.size)}, nil
}

func TestUplinkIsSharedByAllPushesAndChangesAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		u := newUplink()
		u.limit(1_000_000)
		began := time.Now()
		took := make(chan time.Duration, 2)
		for range 2 {
			tarball, _, err := shipped{tarballs{size: 5_000_000}, u}.Open(t.Context(), "", 0)
			require.NoError(t, err)
			go func() {
				n, err := io.Copy(io.Discard, tarball)
				if err == nil && n == 5_000_000 {
					took <- time.Since(began)
				}
			}()
		}
		time.Sleep(4 * time.Second)
		require.Empty(t, took)
		u.limit(3_000_000)
		<-took
		require.InDelta(t, 6, (<-took).Seconds(), 0.3, "4 MB in 4 s, then 6 MB in 2 s")
		u.limit(0)
		tarball, _, err := shipped{tarballs{size: 50_000_000}, u}.Open(t.Context(), "", 0)
		require.NoError(t, err)
		began = time.Now()
		_, err = io.Copy(io.Discard, tarball)
		require.NoError(t, err)
		require.Less(t, time.Since(began), 200*time.Millisecond)
	})
}

func TestUplinkEndsWithThePush(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		u := newUplink()
		u.limit(1)
		ctx, cancel := context.WithCancel(t.Context())
		tarball, _, err := shipped{tarballs{size: 1_000_000}, u}.Open(ctx, "", 0)
		require.NoError(t, err)
		time.AfterFunc(time.Second, cancel)
		_, err = io.Copy(io.Discard, tarball)
		require.ErrorIs(t, err, context.Canceled)
	})
}
