package openstack_test

import (
	"fmt"
	"testing"

	"github.com/gophercloud/gophercloud/v2/openstack/blockstorage/v3/volumes"
	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/servers"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/security/groups"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	adapter "dockerdriver/actors/cloud/openstack"
	"dockerdriver/actors/emulator/openstack"
)

// Ids that the emulated cloud is told, so that they need not be looked up.
const (
	flavorID  = "10000000-0000-4000-8000-000000000001"
	imageID   = "10000000-0000-4000-8000-000000000002"
	networkID = "10000000-0000-4000-8000-000000000003"
)

// BenchmarkThings measures one reconcile listing of a pool: a server, a volume
// and a security group with its rules for each host.
func BenchmarkThings(b *testing.B) {
	for _, hosts := range []int{10, 100, 1000} {
		b.Run(fmt.Sprintf("hosts=%d", hosts), func(b *testing.B) {
			config := openstack.Demo()
			config.Networks[0].ID, config.Networks[0].CIDR = networkID, "10.77.0.0/16"
			config.Flavors[0].ID, config.Images[0].ID = flavorID, imageID
			config.DefaultQuota = openstack.Quota{Instances: -1, Cores: -1, RAM: -1, Groups: -1, GroupRules: -1, Ports: -1, Volumes: -1, Gigabytes: -1}
			there, err := openstack.Start(b.Context(), config)
			require.NoError(b, err)
			defer func() { require.NoError(b, there.Close()) }()
			person := newHands(b, demo(there))
			for n := range hosts {
				fill(b, person, n)
			}
			cloud, err := adapter.New(adapter.Config{
				Installation: "bench", Certificates: selfSigned, Log: zerolog.Nop(),
				Credentials: func() (adapter.Credentials, error) { return demo(there), nil },
			})
			require.NoError(b, err)
			defer cloud.Close()
			counted := countCalls(cloud)
			_, err = cloud.Things(b.Context()) // the log-in is not counted
			require.NoError(b, err)
			begun, rounds := counted.calls.Load(), 0
			for b.Loop() {
				rounds++
				things, err := cloud.Things(b.Context())
				require.NoError(b, err)
				require.Len(b, things, 3*hosts)
			}
			b.ReportMetric(float64(counted.calls.Load()-begun)/float64(rounds), "calls/op")
			b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(rounds), "ms/op")
		})
	}
}

func fill(b *testing.B, person hands, n int) {
	b.Helper()
	name, id := fmt.Sprintf("pb_dd_%04x", n), fmt.Sprintf("host-%d", n)
	mark := map[string]string{"pb_installation": "bench", "pb_host": id}
	g, err := groups.Create(b.Context(), person.neutron, groups.CreateOpts{Name: name, Description: "pb_installation=bench pb_host=" + id}).Extract()
	require.NoError(b, err)
	person.open(g.ID, opening{first: 2376, last: 2376, group: g.ID})
	person.open(g.ID, opening{first: 32768, last: 60999, group: g.ID})
	_, err = volumes.Create(b.Context(), person.cinder, volumes.CreateOpts{Name: name + "-data", Size: 1, Metadata: mark}, nil).Extract()
	require.NoError(b, err)
	_, err = servers.Create(b.Context(), person.nova, servers.CreateOpts{
		Name: name, FlavorRef: flavorID, ImageRef: imageID, Metadata: mark, SecurityGroups: []string{g.ID},
		Networks: []servers.Network{{UUID: networkID}},
	}, nil).Extract()
	require.NoError(b, err)
}
