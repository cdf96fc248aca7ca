package openstack_test

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	adapter "dockerdriver/actors/cloud/openstack"
	"dockerdriver/actors/pool"
)

var plan = pool.HostPlan{
	Flavor: "mini", Slots: 6, Image: "Debian-12", MasterGroup: "pb_server",
	DataVolumeGB: 1, DataVolumeDevice: "/dev/vdb", DataVolumeType: "standard", PortFirst: 32768, PortLast: 60999,
}

func random(bytes int) string {
	b := make([]byte, bytes)
	_, _ = rand.Read(b)
	return hex.EncodeToString(b)
}

// newHost is a host that is released at the test's end, whatever comes.
func newHost(t *testing.T, cloud *adapter.Cloud, plan pool.HostPlan) pool.Host {
	t.Helper()
	host := pool.Host{ID: random(8), Name: "pb_dd_" + random(4), Plan: plan}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
		defer cancel()
		require.NoError(t, cloud.Release(ctx, host))
		left, err := cloud.Things(ctx)
		require.NoError(t, err)
		for _, thing := range left {
			require.NotEqual(t, host.ID, thing.HostID, "%s %s is left in the cloud", thing.Kind, thing.Name)
		}
	})
	return host
}

func noNote(pool.CloudResources) error { return nil }
