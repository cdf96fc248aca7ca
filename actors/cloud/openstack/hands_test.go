package openstack_test

import (
	"testing"
	"time"

	"github.com/gophercloud/gophercloud/v2"
	"github.com/gophercloud/gophercloud/v2/openstack"
	"github.com/gophercloud/gophercloud/v2/openstack/blockstorage/v3/volumes"
	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/servers"
	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/volumeattach"
	"github.com/gophercloud/gophercloud/v2/openstack/config"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/security/groups"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/security/rules"
	"github.com/stretchr/testify/require"

	adapter "dockerdriver/actors/cloud/openstack"
)

// patience is how long the cloud may take for what a person asked.
const patience = time.Minute

// hands are a person's, who works on the project beside the adapter.
type hands struct {
	t                     testing.TB
	nova, cinder, neutron *gophercloud.ServiceClient
}

func newHands(t testing.TB, credentials adapter.Credentials) hands {
	t.Helper()
	provider, err := config.NewProviderClient(t.Context(), credentials.Auth)
	require.NoError(t, err)
	h := hands{t: t}
	h.nova, err = openstack.NewComputeV2(provider, credentials.Endpoint)
	require.NoError(t, err)
	h.cinder, err = openstack.NewBlockStorageV3(provider, credentials.Endpoint)
	require.NoError(t, err)
	h.neutron, err = openstack.NewNetworkV2(provider, credentials.Endpoint)
	require.NoError(t, err)
	return h
}

func (h hands) server(id string) *servers.Server {
	s, err := servers.Get(h.t.Context(), h.nova, id).Extract()
	require.NoError(h.t, err)
	return s
}

func (h hands) waitServer(id, status string) {
	h.t.Helper()
	require.Eventually(h.t, func() bool { return h.server(id).Status == status }, patience, 50*time.Millisecond, "server is not %s", status)
}

func (h hands) stop(id string) {
	require.NoError(h.t, servers.Stop(h.t.Context(), h.nova, id).ExtractErr())
	h.waitServer(id, "SHUTOFF")
}

func (h hands) deleteServer(id string) {
	require.NoError(h.t, servers.Delete(h.t.Context(), h.nova, id).ExtractErr())
	require.Eventually(h.t, func() bool {
		return gophercloud.ResponseCodeIs(servers.Get(h.t.Context(), h.nova, id).Err, 404)
	}, patience, 50*time.Millisecond)
}

func (h hands) detach(server, volume string) {
	require.NoError(h.t, volumeattach.Delete(h.t.Context(), h.nova, server, volume).ExtractErr())
	require.Eventually(h.t, func() bool {
		v, err := volumes.Get(h.t.Context(), h.cinder, volume).Extract()
		return err == nil && v.Status == "available" && len(h.server(server).AttachedVolumes) == 0
	}, patience, 50*time.Millisecond)
}

func (h hands) deleteVolume(id string) {
	require.NoError(h.t, volumes.Delete(h.t.Context(), h.cinder, id, nil).ExtractErr())
	require.Eventually(h.t, func() bool {
		return gophercloud.ResponseCodeIs(volumes.Get(h.t.Context(), h.cinder, id).Err, 404)
	}, patience, 50*time.Millisecond)
}

// opening is what a rule lets in, without its id.
type opening struct {
	first, last   int
	group, prefix string
}

func (h hands) openings(group string) (open []opening) {
	g, err := groups.Get(h.t.Context(), h.neutron, group).Extract()
	require.NoError(h.t, err)
	for _, r := range g.Rules {
		if r.Direction == "ingress" {
			open = append(open, opening{r.PortRangeMin, r.PortRangeMax, r.RemoteGroupID, r.RemoteIPPrefix})
		}
	}
	return open
}

func (h hands) open(group string, o opening) {
	_, err := rules.Create(h.t.Context(), h.neutron, rules.CreateOpts{
		SecGroupID: group, Direction: rules.DirIngress, EtherType: rules.EtherType4, Protocol: rules.ProtocolTCP,
		PortRangeMin: o.first, PortRangeMax: o.last, RemoteGroupID: o.group, RemoteIPPrefix: o.prefix,
	}).Extract()
	require.NoError(h.t, err)
}

func (h hands) close(group string, port int) {
	g, err := groups.Get(h.t.Context(), h.neutron, group).Extract()
	require.NoError(h.t, err)
	for _, r := range g.Rules {
		if r.Direction == "ingress" && r.PortRangeMin == port {
			require.NoError(h.t, rules.Delete(h.t.Context(), h.neutron, r.ID).ExtractErr())
		}
	}
}
