package openstack_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/gophercloud/gophercloud/v2"
	"github.com/gophercloud/gophercloud/v2/openstack/blockstorage/v3/volumes"
	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/limits"
	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/quotasets"
	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/servers"
	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/volumeattach"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/ports"
	"github.com/stretchr/testify/require"

	"dockerdriver/actors/emulator/openstack"
)

func TestMicroversionsChangeWhatIsShownAndTaken(t *testing.T) {
	t.Parallel()
	config, _ := manual()
	_, k := demo(t, config)
	made := boot(t, k, "host")
	require.Equal(t, k.flavor, get(t, k, made.ID).Flavor["id"])
	k.nova.Microversion = "2.79"
	inline := get(t, k, made.ID).Flavor
	require.Equal(t, "mini", inline["original_name"])
	require.NotContains(t, inline, "id")
	boot(t, k, "tagged", func(o *servers.CreateOpts) { o.Tags = []string{"pool"} })
	err := servers.Create(t.Context(), k.nova, servers.CreateOpts{Name: "anywhere", FlavorRef: k.flavor, ImageRef: k.image}, nil).Err
	refused(t, http.StatusBadRequest, err, "'networks' is a required property")
	k.nova.Microversion = "2.51"
	err = servers.Create(t.Context(), k.nova, servers.CreateOpts{Name: "tagged", FlavorRef: k.flavor, ImageRef: k.image, Tags: []string{"pool"}}, nil).Err
	refused(t, http.StatusBadRequest, err, "'tags' was unexpected")
	k.nova.Microversion = "2.999"
	refused(t, http.StatusNotAcceptable, servers.Get(t.Context(), k.nova, made.ID).Err, "Minimum is 2.1 and maximum is 2.93.")
}

func TestMetadataPowerAndVolumesOfARunningServer(t *testing.T) {
	t.Parallel()
	config, clock := manual()
	cloud, k := demo(t, config)
	ctx := t.Context()
	made := boot(t, k, "host", func(o *servers.CreateOpts) { o.Metadata = map[string]string{"a": "1"} })
	refused(t, http.StatusConflict, servers.Stop(ctx, k.nova, made.ID).ExtractErr(), "while it is in task_state scheduling")
	clock.Advance(time.Minute)
	_, err := servers.UpdateMetadata(ctx, k.nova, made.ID, servers.MetadataOpts{"b": "2"}).Extract()
	require.NoError(t, err)
	require.NoError(t, servers.DeleteMetadatum(ctx, k.nova, made.ID, "a").ExtractErr())
	require.Equal(t, map[string]string{"b": "2"}, get(t, k, made.ID).Metadata)
	require.NoError(t, servers.Stop(ctx, k.nova, made.ID).ExtractErr())
	require.Equal(t, "SHUTOFF", get(t, k, made.ID).Status)
	require.NoError(t, servers.Start(ctx, k.nova, made.ID).ExtractErr())
	output, err := servers.ShowConsoleOutput(ctx, k.nova, made.ID, servers.ShowConsoleOutputOpts{}).Extract()
	require.NoError(t, err)
	require.NotEmpty(t, output)

	volume, err := volumes.Create(ctx, k.cinder, volumes.CreateOpts{Size: 1}, nil).Extract()
	require.NoError(t, err)
	attach := volumeattach.CreateOpts{VolumeID: volume.ID}
	refused(t, http.StatusBadRequest, volumeattach.Create(ctx, k.nova, made.ID, attach).Err, "Currently in 'creating'")
	clock.Advance(5 * time.Second)
	require.NoError(t, volumeattach.Create(ctx, k.nova, made.ID, attach).Err)
	refused(t, http.StatusBadRequest, volumes.Delete(ctx, k.cinder, volume.ID, nil).Err, "Volume status must be")
	require.NoError(t, volumeattach.Delete(ctx, k.nova, made.ID, volume.ID).ExtractErr())
	require.Equal(t, "detaching", cloud.Volumes()[0].Status)
	clock.Advance(5 * time.Second)
	require.Equal(t, "available", cloud.Volumes()[0].Status)
	require.NoError(t, volumes.Delete(ctx, k.cinder, volume.ID, nil).ExtractErr())
	refused(t, http.StatusBadRequest, volumes.Delete(ctx, k.cinder, volume.ID, nil).Err, "Volume status must be")
}

func TestWhatIsUsedOfTheQuota(t *testing.T) {
	t.Parallel()
	cloud, k := demo(t, openstack.Demo())
	boot(t, k, "host")
	used, err := limits.Get(t.Context(), k.nova, nil).Extract()
	require.NoError(t, err)
	require.Equal(t, 1, used.Absolute.TotalInstancesUsed)
	require.Equal(t, 512, used.Absolute.TotalRAMUsed)
	page, err := ports.List(k.neutron, ports.ListOpts{DeviceID: cloud.Servers()[0].ID}).AllPages(t.Context())
	require.NoError(t, err)
	found, err := ports.ExtractPorts(page)
	require.NoError(t, err)
	require.Len(t, found, 1)
	set, err := quotasets.GetDetail(t.Context(), k.nova, found[0].ProjectID).Extract()
	require.NoError(t, err)
	require.Equal(t, 1, set.Instances.InUse)
	require.Equal(t, 1000, set.Instances.Limit)
}

func TestTheNetworkIsChosenOnlyWhereThereIsOne(t *testing.T) {
	t.Parallel()
	config := openstack.Demo()
	config.Networks = append(config.Networks, openstack.Network{Name: "second", Project: "demo", CIDR: "10.78.0.0/24"})
	_, k := demo(t, config)
	err := servers.Create(t.Context(), k.nova, servers.CreateOpts{Name: "host", FlavorRef: k.flavor, ImageRef: k.image}, nil).Err
	refused(t, http.StatusConflict, err, "Multiple possible networks found")
}

func TestACloudThatCannotBeIsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*openstack.Config)
		words  string
	}{
		"nobody":          {func(c *openstack.Config) { c.Users = nil }, "nobody can use"},
		"no such project": {func(c *openstack.Config) { c.Users[0].Projects = []string{"nosuch"} }, "not in the list of projects"},
		"no prefix":       {func(c *openstack.Config) { c.Networks[0].CIDR = "10.0.0.1" }, "no IPv4 prefix"},
		"back in time":    {func(c *openstack.Config) { c.BuildDelay = -1 }, "must not be negative"},
		"no address":      {func(c *openstack.Config) { c.Listen = "nowhere" }, "cannot listen"},
	} {
		config := openstack.Demo()
		c.change(&config)
		_, err := openstack.Start(t.Context(), config)
		require.ErrorContains(t, err, c.words, name)
	}
}

func TestWithoutATokenThereIsNothing(t *testing.T) {
	t.Parallel()
	_, k := demo(t, openstack.Demo())
	for list, service := range map[string]*gophercloud.ServiceClient{"servers": k.nova, "networks": k.neutron, "volumes": k.cinder, "images": k.glance} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, service.ResourceBaseURL()+list, nil)
		require.NoError(t, err)
		answer, err := service.HTTPClient.Do(request)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		require.Equal(t, http.StatusUnauthorized, answer.StatusCode, list)
	}
}
