package openstack_test

import (
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/gophercloud/gophercloud/v2/openstack/blockstorage/v3/volumes"
	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/servers"
	"github.com/gophercloud/gophercloud/v2/openstack/image/v2/images"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/security/groups"
	"github.com/stretchr/testify/require"

	"dockerdriver/actors/emulator/openstack"
)

// manual is the demo cloud with a minute from BUILD to ACTIVE, ten seconds to be gone, and a clock that the test drives.
func manual() (openstack.Config, *openstack.ManualClock) {
	clock, config := openstack.NewManualClock(time.Now()), openstack.Demo()
	config.Clock, config.BuildDelay, config.VolumeDelay = clock, time.Minute, 5*time.Second
	config.DeleteDelay, config.DeletedFor = 10*time.Second, time.Second
	return config, clock
}

func boot(t *testing.T, k *clients, name string, change ...func(*servers.CreateOpts)) *servers.Server {
	t.Helper()
	options := servers.CreateOpts{Name: name, FlavorRef: k.flavor, ImageRef: k.image, Networks: []servers.Network{{UUID: k.network}}}
	for _, c := range change {
		c(&options)
	}
	made, err := servers.Create(t.Context(), k.nova, options, nil).Extract()
	require.NoError(t, err)
	return made
}

func get(t *testing.T, k *clients, id string) *servers.Server {
	t.Helper()
	s, err := servers.Get(t.Context(), k.nova, id).Extract()
	require.NoError(t, err)
	return s
}

func TestAServersTimeIsTheClocks(t *testing.T) {
	t.Parallel()
	config, clock := manual()
	var mu sync.Mutex
	told := []string{}
	record := func(word string) func(openstack.Server) {
		return func(s openstack.Server) {
			mu.Lock()
			defer mu.Unlock()
			told = append(told, word+" "+s.Name+" "+s.Address)
		}
	}
	config.OnActive, config.OnGone = record("active"), record("gone")
	cloud, k := demo(t, config)
	made := boot(t, k, "host", func(o *servers.CreateOpts) { o.ConfigDrive, o.UserData = new(bool), []byte("#cloud-config\n") })
	clock.Advance(59 * time.Second)
	require.Equal(t, "BUILD", get(t, k, made.ID).Status)
	require.Empty(t, get(t, k, made.ID).Addresses)
	clock.Advance(time.Second)
	require.Equal(t, "ACTIVE", get(t, k, made.ID).Status)
	require.Equal(t, "#cloud-config\n", string(cloud.Servers()[0].UserData))
	require.NoError(t, servers.Delete(t.Context(), k.nova, made.ID).ExtractErr())
	require.NoError(t, servers.Delete(t.Context(), k.nova, made.ID).ExtractErr(), "a delete of what is being deleted is accepted")
	require.Equal(t, "deleting", get(t, k, made.ID).TaskState)
	clock.Advance(10 * time.Second)
	require.Equal(t, "DELETED", get(t, k, made.ID).Status)
	require.Empty(t, cloud.Servers())
	clock.Advance(time.Second)
	refused(t, http.StatusNotFound, servers.Get(t.Context(), k.nova, made.ID).Err, "could not be found")
	require.NoError(t, cloud.Close())
	require.Equal(t, []string{"active host 10.77.0.10", "gone host 10.77.0.10"}, told)
}

func TestATokenEndsAndGophercloudSignsInAgain(t *testing.T) {
	t.Parallel()
	config, clock := manual()
	cloud, k := demo(t, config)
	before := k.nova.Token()
	clock.Advance(time.Hour)
	boot(t, k, "after an hour")
	require.NotEqual(t, before, k.nova.Token())
	before = k.nova.Token()
	cloud.ExpireTokens()
	boot(t, k, "at once")
	require.NotEqual(t, before, k.nova.Token())
}

func TestWhoMaySignIn(t *testing.T) {
	t.Parallel()
	cloud := start(t, openstack.Demo())
	for name, who := range map[string][2]string{
		"unknown user": {"nobody", "demo"}, "unknown project": {"demo", "nosuch"}, "another's project": {"demo", "other"},
	} {
		_, err := dial(t, cloud.AuthURL(), who[0], who[1])
		require.ErrorContains(t, err, "401", name)
	}
}

func TestProjectsDoNotSeeEachOther(t *testing.T) {
	t.Parallel()
	config, clock := manual()
	cloud, k := demo(t, config)
	other, err := dial(t, cloud.AuthURL(), "other", "other")
	require.NoError(t, err)
	made := boot(t, k, "host")
	clock.Advance(time.Minute)
	refused(t, http.StatusNotFound, servers.Get(t.Context(), other.nova, made.ID).Err, "could not be found")
	refused(t, http.StatusNotFound, servers.Delete(t.Context(), other.nova, made.ID).ExtractErr(), "could not be found")
	for _, g := range cloud.Groups() {
		if g.Project == "demo" {
			refused(t, http.StatusNotFound, groups.Delete(t.Context(), other.neutron, g.ID).ExtractErr(), "does not exist")
		}
	}
	page, err := servers.List(other.nova, servers.ListOpts{}).AllPages(t.Context())
	require.NoError(t, err)
	empty, err := page.IsEmpty()
	require.NoError(t, err)
	require.True(t, empty)
}

func TestListsByExpressionAndByPage(t *testing.T) {
	t.Parallel()
	config := openstack.Demo()
	config.Images = append(config.Images, openstack.Image{Name: "Ubuntu"}, openstack.Image{Name: "Rocky"})
	_, k := demo(t, config)
	for n := range 5 {
		boot(t, k, "host-"+strconv.Itoa(n))
	}
	for name, c := range map[string]struct {
		options servers.ListOpts
		names   []string
	}{
		"all, newest first, in pages": {servers.ListOpts{Limit: 2}, []string{"host-4", "host-3", "host-2", "host-1", "host-0"}},
		"a part of the name":          {servers.ListOpts{Name: "t-3"}, []string{"host-3"}},
		"one name":                    {servers.ListOpts{Name: "^host-1$"}, []string{"host-1"}},
		"several":                     {servers.ListOpts{Name: "host-[12]", Limit: 1}, []string{"host-2", "host-1"}},
		"none":                        {servers.ListOpts{Name: "^host$"}, []string{}},
	} {
		page, err := servers.List(k.nova, c.options).AllPages(t.Context())
		require.NoError(t, err, name)
		found, err := servers.ExtractServers(page)
		require.NoError(t, err, name)
		names := []string{}
		for _, s := range found {
			names = append(names, s.Name)
		}
		require.Equal(t, c.names, names, name)
	}
	_, err := servers.List(k.nova, servers.ListOpts{Name: "["}).AllPages(t.Context())
	refused(t, http.StatusBadRequest, err, "is not a 'regex'")
	page, err := images.List(k.glance, images.ListOpts{Limit: 1}).AllPages(t.Context())
	require.NoError(t, err)
	all, err := images.ExtractImages(page)
	require.NoError(t, err)
	require.Len(t, all, 3)
}

func TestAVolumeThatNovaMakesGoesWithItsServer(t *testing.T) {
	t.Parallel()
	config, clock := manual()
	cloud, k := demo(t, config)
	made := boot(t, k, "host", func(o *servers.CreateOpts) {
		o.ImageRef = ""
		o.BlockDevice = []servers.BlockDevice{{SourceType: servers.SourceImage, UUID: k.image, VolumeSize: 2, DestinationType: servers.DestinationVolume, DeleteOnTermination: true}}
	})
	clock.Advance(time.Minute)
	require.Equal(t, "in-use", cloud.Volumes()[0].Status)
	require.NoError(t, servers.Delete(t.Context(), k.nova, made.ID).ExtractErr())
	clock.Advance(10 * time.Second)
	require.Empty(t, cloud.Volumes())
}

func TestQuotasAnswerInEachServicesWay(t *testing.T) {
	t.Parallel()
	config := openstack.Demo()
	config.DefaultQuota = openstack.Quota{Instances: 1, Volumes: 1, Groups: 2}
	_, k := demo(t, config)
	ctx := t.Context()
	boot(t, k, "host")
	err := servers.Create(ctx, k.nova, servers.CreateOpts{Name: "more", FlavorRef: k.flavor, ImageRef: k.image, Networks: []servers.Network{{UUID: k.network}}}, nil).Err
	refused(t, http.StatusForbidden, err, "Quota exceeded for instances: Requested 1, but already used 1 of 1 instances")
	require.NoError(t, volumes.Create(ctx, k.cinder, volumes.CreateOpts{Size: 1}, nil).Err)
	refused(t, http.StatusRequestEntityTooLarge, volumes.Create(ctx, k.cinder, volumes.CreateOpts{Size: 1}, nil).Err, "VolumeLimitExceeded")
	refused(t, http.StatusConflict, groups.Create(ctx, k.neutron, groups.CreateOpts{Name: "more"}).Err, "OverQuota")
}
