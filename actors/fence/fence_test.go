package fence_test

import (
	"context"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors"
	"dockerdriver/actors/docker/dockertest"
	"dockerdriver/actors/fence"
	"dockerdriver/actors/images"
	"dockerdriver/actors/pool"
)

var _ actors.Fence = (*fence.Fence)(nil)

func TestContainersWithoutAWayOutAreFenced(t *testing.T) {
	t.Parallel()
	s := newStage(t, emulated(t), program(t, ""))
	require.NoError(t, s.holds(t.Context()))
	require.NoError(t, s.holds(t.Context()), "again, with the image there")
}

func TestAnEngineAsItComesIsNotFenced(t *testing.T) {
	t.Parallel()
	url := dockertest.RealEngine(t)
	s := newStage(t, pool.Endpoint{URL: url, Address: "127.0.0.1"}, program(t, ""))
	t.Cleanup(func() { forget(t, url, images.ProbeTag) })
	err := s.holds(t.Context())
	require.Equal(t, pool.CodeNotFenced, pool.CodeOf(err), "%v", err)
	require.Regexp(t, `^A container on host pb_dd_1f reaches .*[0-9]:8787 \(connected\)`, err.Error(), "the neighbour's own address")
}

func TestAProbeThatTellsNothingProvesNothing(t *testing.T) {
	t.Parallel()
	at := emulated(t)
	for lie, why := range map[string]string{
		"exits at once":    "did not tell of control",
		"prints garbage":   "did not tell of control",
		"has no neighbour": "the neighbour ended with exit code 3",
	} {
		t.Run(lie, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, at, program(t, lie))
			err := s.holds(t.Context())
			require.ErrorContains(t, err, why)
			require.Equal(t, pool.CodeInternal, pool.CodeOf(err), "nobody knows whether the host is fenced")
		})
	}
}

func TestLeftoversOfAKilledServerAreRemovedFirst(t *testing.T) {
	t.Parallel()
	s := newStage(t, emulated(t), program(t, ""))
	require.NoError(t, s.holds(t.Context()))
	made, err := images.WriteProbe(t.Context(), s.config.Dir+"/probe.img", s.config.Program)
	require.NoError(t, err)
	_, err = s.engine.Create(t.Context(), pool.ContainerSpec{
		Name: "pb-probe-" + s.host.ID + "-neighbour", Installation: s.config.Installation, InstanceID: "probe-" + s.host.ID,
		ImageID: made.Digest, Command: []string{"fence", "other"}, MemoryB: 64 << 20, CPUs: 1, Pids: 64, Port: 1, Address: "127.0.0.1",
	})
	require.NoError(t, err)
	require.NoError(t, s.holds(t.Context()))
}

func TestContainersOfACancelledProbeAreRemoved(t *testing.T) {
	t.Parallel()
	s := newStage(t, emulated(t), program(t, "hangs"))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- s.holds(ctx) }()
	require.Eventually(t, func() bool { return len(s.left(t)) == 2 }, patience, 20*time.Millisecond, "the neighbour and a probe that hangs")
	cancel()
	err := <-ended
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, pool.CodeInternal, pool.CodeOf(err), "nobody knows whether the host is fenced")
	require.Empty(t, s.left(t))
}

func TestProbesAtOnce(t *testing.T) {
	t.Parallel()
	first, second := newStage(t, emulated(t), program(t, "")), pool.Host{ID: "OTHER", Name: "pb_dd_2e", Endpoint: emulated(t)}
	var all sync.WaitGroup
	errs := make([]error, 4)
	for i, host := range []pool.Host{first.host, second, first.host, second} {
		all.Go(func() { errs[i] = first.fence.Holds(t.Context(), host) })
	}
	all.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
}

func TestAnEngineOutOfReachIsNoVerdict(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := listener.Addr().String()
	require.NoError(t, listener.Close())
	s := newStage(t, emulated(t), program(t, ""))
	s.host.Endpoint = pool.Endpoint{URL: "tcp://" + address, Address: "127.0.0.1"}
	err = s.holds(t.Context())
	require.True(t, strings.HasPrefix(err.Error(), "cannot probe the fence of host pb_dd_1f: "), "%v", err)
	require.Equal(t, pool.CodeInternal, pool.CodeOf(err))
}
