package actors_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors"
	"dockerdriver/actors/pool"
)

// disks is the Disks port: one engine's disk, with faults on demand.
type disks struct {
	*outside
	free  int64
	fail  error
	looks int
}

const diskTotal = 100 << 30

func (d *disks) Disk(ctx context.Context, _ pool.Host) (pool.Disk, error) {
	if err := wait(ctx, time.Second); err != nil {
		return pool.Disk{}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.looks++
	return pool.Disk{Total: diskTotal, Free: d.free, At: time.Now()}, d.fail
}

func (d *disks) count() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.looks
}

func TestAHostsDiskIsLookedAtAgainAndAgain(t *testing.T) {
	var d *disks
	estateStory(t, func(e *estate) {
		d = &disks{outside: e.outside, free: 40 << 30}
		ports := e.ports
		e.ports = func(o *actors.Options) { ports(o); o.Disks = d }
		e.holes = 4
	}, func(t *testing.T, y *yard) {
		h := y.pass(3 * time.Second).Hosts[0]
		require.Equal(t, pool.HostPreparing, h.State)
		require.Zero(t, d.count(), "not before it is fenced")
		h = y.pass(time.Minute).Hosts[0]
		require.Equal(t, pool.HostActive, h.State)
		require.EqualValues(t, 40<<30, h.Disk.Free)
		require.EqualValues(t, diskTotal, h.Disk.Total)
		y.change(func() { require.Equal(t, h.Disk, y.records.Hosts[0].Disk) })
		faults, first := h.Trouble, d.count()

		y.change(func() { d.fail = errors.New("no such image") })
		h = y.pass(20 * time.Minute).Hosts[0]
		require.Equal(t, first+2, d.count())
		require.Equal(t, pool.HostActive, h.State, "a look that fails is no fault of the host")
		require.Equal(t, faults, h.Trouble)
		require.EqualValues(t, 40<<30, h.Disk.Free, "what was seen last")
		y.change(func() { d.fail, d.free = nil, 30<<30 })
		h = y.pass(10 * time.Minute).Hosts[0]
		require.EqualValues(t, 30<<30, h.Disk.Free)
		y.restart()
		require.Equal(t, first+3, d.count())
		y.pass(2 * time.Second)
		require.Equal(t, first+4, d.count(), "anew after a restart")
	})
}

func TestNobodyLooksWithoutDisks(t *testing.T) {
	story(t, nil, func(t *testing.T, s *scene) {
		time.Sleep(time.Hour)
		require.Zero(t, s.client.Snapshot().Hosts[0].Disk)
	})
}

// TestAProbesContainerIsNoStray holds that a look that takes long is not cut off by
// the host's own list of containers.
func TestAProbesContainerIsNoStray(t *testing.T) {
	story(t, nil, func(t *testing.T, s *scene) {
		h := s.client.Snapshot().Hosts[0]
		s.change(func() {
			s.containers["probe"] = &fakeContainer{Container: pool.Container{ID: "probe", InstanceID: h.ProbeID()}}
			s.containers["stray"] = &fakeContainer{Container: pool.Container{ID: "stray", InstanceID: "nobody"}}
		})
		time.Sleep(2 * time.Minute)
		s.change(func() {
			require.Contains(t, s.containers, "probe")
			require.NotContains(t, s.containers, "stray")
		})
	})
}
