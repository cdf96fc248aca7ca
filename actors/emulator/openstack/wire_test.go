package openstack_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gophercloud/gophercloud/v2"
	"github.com/gophercloud/gophercloud/v2/openstack/blockstorage/v3/volumes"
	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/servers"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/security/groups"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/security/rules"
	"github.com/stretchr/testify/require"

	"dockerdriver/actors/emulator/openstack"
)

const patience = 3 * time.Minute

func TestTheWholeLifeOfAServer(t *testing.T) {
	t.Parallel()
	config := openstack.Demo()
	config.BuildDelay, config.VolumeDelay = 30*time.Millisecond, 10*time.Millisecond
	config.DeleteDelay, config.DeletedFor = 200*time.Millisecond, 20*time.Millisecond
	cloud, k := demo(t, config)
	wholeLife(t, k, "life")
	require.Empty(t, cloud.Servers())
	require.Empty(t, cloud.Volumes())
}

// wholeLife runs against any OpenStack and leaves nothing.
func wholeLife(t *testing.T, k *clients, name string) {
	ctx := t.Context()
	group, err := groups.Create(ctx, k.neutron, groups.CreateOpts{Name: name}).Extract()
	require.NoError(t, err)
	rule := rules.CreateOpts{
		SecGroupID: group.ID, Direction: rules.DirIngress, EtherType: rules.EtherType4, Protocol: rules.ProtocolTCP, PortRangeMin: 2376, PortRangeMax: 2376, RemoteIPPrefix: "10.77.0.0/24",
	}
	require.NoError(t, rules.Create(ctx, k.neutron, rule).Err)
	refused(t, http.StatusConflict, rules.Create(ctx, k.neutron, rule).Err, "SecurityGroupRuleExists")
	volume, err := volumes.Create(ctx, k.cinder, volumes.CreateOpts{Name: name, Size: 2, ImageID: k.image, VolumeType: "standard", Metadata: map[string]string{"a": "b"}}, nil).Extract()
	require.NoError(t, err)
	require.Equal(t, "creating", volume.Status)
	reaches(t, "available", func(ctx context.Context) (string, error) {
		v, err := volumes.Get(ctx, k.cinder, volume.ID).Extract()
		if err == nil {
			volume = v
		}
		return v.Status, err
	})
	require.Equal(t, "true", volume.Bootable)
	require.Equal(t, map[string]string{"a": "b"}, volume.Metadata)
	made, err := servers.Create(ctx, k.nova, servers.CreateOpts{
		Name: name, FlavorRef: k.flavor, SecurityGroups: []string{name}, Networks: []servers.Network{{UUID: k.network}},
		UserData: []byte("#cloud-config\n"), Metadata: map[string]string{"pool": "a"},
		BlockDevice: []servers.BlockDevice{{SourceType: servers.SourceVolume, UUID: volume.ID, DestinationType: servers.DestinationVolume}},
	}, nil).Extract()
	require.NoError(t, err)
	server := &servers.Server{}
	reaches(t, "ACTIVE", func(ctx context.Context) (string, error) {
		server, err = servers.Get(ctx, k.nova, made.ID).Extract()
		return server.Status, err
	})
	require.Empty(t, server.Image, "booted from a volume")
	require.Equal(t, map[string]string{"pool": "a"}, server.Metadata)
	require.Equal(t, volume.ID, server.AttachedVolumes[0].ID)
	require.Contains(t, server.Addresses["pool-net"].([]any)[0].(map[string]any)["addr"], "10.77.0.")

	refused(t, http.StatusConflict, groups.Delete(ctx, k.neutron, group.ID).Err, "SecurityGroupInUse")
	refused(t, http.StatusBadRequest, volumes.Delete(ctx, k.cinder, volume.ID, nil).Err, "Volume status must be")
	require.NoError(t, servers.Delete(ctx, k.nova, server.ID).ExtractErr())
	refused(t, http.StatusConflict, groups.Delete(ctx, k.neutron, group.ID).Err, "SecurityGroupInUse")
	gone(t, func(ctx context.Context) error { return servers.Get(ctx, k.nova, server.ID).Err })
	reaches(t, "available", func(ctx context.Context) (string, error) {
		v, err := volumes.Get(ctx, k.cinder, volume.ID).Extract()
		return v.Status, err
	})
	require.NoError(t, volumes.Delete(ctx, k.cinder, volume.ID, nil).ExtractErr())
	gone(t, func(ctx context.Context) error { return volumes.Get(ctx, k.cinder, volume.ID).Err })
	require.NoError(t, groups.Delete(ctx, k.neutron, group.ID).ExtractErr())
	refused(t, http.StatusNotFound, servers.Delete(ctx, k.nova, server.ID).ExtractErr(), "could not be found")
}

func reaches(t *testing.T, wanted string, get func(context.Context) (string, error)) {
	t.Helper()
	require.Eventually(t, func() bool {
		status, err := get(t.Context())
		return err == nil && status == wanted
	}, patience, 10*time.Millisecond)
}

func gone(t *testing.T, get func(context.Context) error) {
	t.Helper()
	require.Eventually(t, func() bool { return gophercloud.ResponseCodeIs(get(t.Context()), http.StatusNotFound) }, patience, 10*time.Millisecond)
}

func TestWhatNovaRefuses(t *testing.T) {
	t.Parallel()
	_, k := demo(t, openstack.Demo())
	novaRefuses(t, k)
}

// novaRefuses runs against any OpenStack, with its own words; none of these makes anything.
func novaRefuses(t *testing.T, k *clients) {
	const absent = "5d8b1bd5-7c5c-4a5c-a3f9-2b2f2b2f2b2f"
	device := func(d servers.BlockDevice) func(*servers.CreateOpts) {
		return func(o *servers.CreateOpts) {
			o.ImageRef, o.BlockDevice = "", []servers.BlockDevice{d}
		}
	}
	for name, c := range map[string]struct {
		change func(*servers.CreateOpts)
		words  string
	}{
		"unknown flavor":           {func(o *servers.CreateOpts) { o.FlavorRef = "nosuch" }, "Flavor nosuch could not be found."},
		"unknown image":            {func(o *servers.CreateOpts) { o.ImageRef = absent }, "Can not find requested image"},
		"no image":                 {func(o *servers.CreateOpts) { o.ImageRef = "" }, "Missing imageRef attribute"},
		"unknown network":          {func(o *servers.CreateOpts) { o.Networks = []servers.Network{{UUID: absent}} }, "Network " + absent + " could not be found."},
		"network by name":          {func(o *servers.CreateOpts) { o.Networks = []servers.Network{{UUID: "pool-net"}} }, "network uuid is not in proper format"},
		"unknown group":            {func(o *servers.CreateOpts) { o.SecurityGroups = []string{"nosuch"} }, "Unable to find security_group with name or id 'nosuch'"},
		"user data over the limit": {func(o *servers.CreateOpts) { o.UserData = []byte(strings.Repeat("x y", 20000)) }, "is too long"},
		"unknown volume":           {device(servers.BlockDevice{SourceType: "volume", DestinationType: "volume", UUID: absent}), "failed to get volume"},
		"volume type without 2.67": {
			device(servers.BlockDevice{SourceType: "image", DestinationType: "volume", UUID: k.image, VolumeSize: 1, VolumeType: "standard"}),
			"'volume_type' was unexpected",
		},
		"image into a volume of no size": {device(servers.BlockDevice{SourceType: "image", DestinationType: "volume", UUID: k.image}), "non-zero size"},
	} {
		t.Run(name, func(t *testing.T) {
			options := servers.CreateOpts{Name: "refused", FlavorRef: k.flavor, ImageRef: k.image, Networks: []servers.Network{{UUID: k.network}}}
			c.change(&options)
			refused(t, http.StatusBadRequest, servers.Create(t.Context(), k.nova, options, nil).Err, c.words)
		})
	}
}

func TestWhatNeutronAndCinderRefuse(t *testing.T) {
	t.Parallel()
	_, k := demo(t, openstack.Demo())
	othersRefuse(t, k, "refusals")
}

// othersRefuse runs against any OpenStack and leaves nothing.
func othersRefuse(t *testing.T, k *clients, name string) {
	ctx := t.Context()
	group, err := groups.Create(ctx, k.neutron, groups.CreateOpts{Name: name}).Extract()
	require.NoError(t, err)
	require.Len(t, group.Rules, 2, "all egress is allowed at first")
	twin, err := groups.Create(ctx, k.neutron, groups.CreateOpts{Name: name}).Extract()
	require.NoError(t, err, "names are not unique")
	err = servers.Create(ctx, k.nova, servers.CreateOpts{
		Name: name, FlavorRef: k.flavor, ImageRef: k.image, Networks: []servers.Network{{UUID: k.network}}, SecurityGroups: []string{name},
	}, nil).Err
	refused(t, http.StatusConflict, err, "Multiple security_group matches found")
	require.NoError(t, groups.Delete(ctx, k.neutron, twin.ID).ExtractErr())
	refused(t, http.StatusNotFound, groups.Delete(ctx, k.neutron, twin.ID).ExtractErr(), "SecurityGroupNotFound")
	base := rules.CreateOpts{SecGroupID: group.ID, Direction: rules.DirIngress, EtherType: rules.EtherType4, Protocol: rules.ProtocolTCP}
	backwards, portless, prefix := base, base, base
	backwards.PortRangeMin, backwards.PortRangeMax = 23, 22
	portless.Protocol, portless.PortRangeMin, portless.PortRangeMax = "", 22, 22
	prefix.RemoteIPPrefix = "nonsense"
	refused(t, http.StatusBadRequest, rules.Create(ctx, k.neutron, backwards).Err, "SecurityGroupInvalidPortRange")
	refused(t, http.StatusBadRequest, rules.Create(ctx, k.neutron, portless).Err, "SecurityGroupProtocolRequiredWithPorts")
	refused(t, http.StatusBadRequest, rules.Create(ctx, k.neutron, prefix).Err, "InvalidCIDR")
	require.NoError(t, groups.Delete(ctx, k.neutron, group.ID).ExtractErr())
	refused(t, http.StatusNotFound, volumes.Create(ctx, k.cinder, volumes.CreateOpts{Size: 1, VolumeType: "nosuch"}, nil).Err, "Volume type with name nosuch could not be found.")
	refused(t, http.StatusBadRequest, volumes.Create(ctx, k.cinder, volumes.CreateOpts{Size: 1, ImageID: "nosuch"}, nil).Err, "Invalid image identifier")
}
