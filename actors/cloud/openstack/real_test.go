//go:build openstack

// Tests against a real OpenStack with the resources of a test project: flavors
// mini and small, image Debian-12, group pb_server, one network. The variables
// OS_* say where.
package openstack_test

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/gophercloud/gophercloud/v2/openstack"
	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/servers"
	"github.com/gophercloud/gophercloud/v2/openstack/config"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/security/groups"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"dockerdriver/actors/cloud/cloudtest"
	adapter "dockerdriver/actors/cloud/openstack"
	"dockerdriver/actors/pool"
)

func newCloud(t *testing.T, installation string) *adapter.Cloud {
	t.Helper()
	cloud, err := adapter.New(adapter.Config{
		Installation: installation, Certificates: selfSigned, Log: zerolog.New(zerolog.NewTestWriter(t)),
	})
	require.NoError(t, err)
	t.Cleanup(cloud.Close)
	return cloud
}

// raw is the cloud without the adapter, to look over its shoulder.
func raw(t *testing.T) (nova func(id string) *servers.Server, group func(id string) *groups.SecGroup, makeGroup func(name string) (remove func()), deleteServer func(id string)) {
	t.Helper()
	credentials, err := adapter.ReadCredentials()
	require.NoError(t, err)
	provider, err := config.NewProviderClient(t.Context(), credentials.Auth)
	require.NoError(t, err)
	compute, err := openstack.NewComputeV2(provider, credentials.Endpoint)
	require.NoError(t, err)
	network, err := openstack.NewNetworkV2(provider, credentials.Endpoint)
	require.NoError(t, err)
	nova = func(id string) *servers.Server {
		s, err := servers.Get(t.Context(), compute, id).Extract()
		require.NoError(t, err)
		return s
	}
	group = func(id string) *groups.SecGroup {
		g, err := groups.Get(t.Context(), network, id).Extract()
		require.NoError(t, err)
		return g
	}
	makeGroup = func(name string) func() {
		g, err := groups.Create(t.Context(), network, groups.CreateOpts{Name: name}).Extract()
		require.NoError(t, err)
		return func() { require.NoError(t, groups.Delete(context.Background(), network, g.ID).ExtractErr()) }
	}
	deleteServer = func(id string) {
		require.NoError(t, servers.Delete(t.Context(), compute, id).ExtractErr())
	}
	return nova, group, makeGroup, deleteServer
}

func TestRealCloudPassesTheSuiteOfClouds(t *testing.T) {
	t.Parallel()
	cloudtest.Run(t, func(t *testing.T) (cloudtest.Cloud, pool.Host) {
		cloud := newCloud(t, "test-"+random(4))
		return cloud, newHost(t, cloud, plan)
	})
}

func TestServerHasAllThatTheHostNeeds(t *testing.T) {
	t.Parallel()
	cloud := newCloud(t, "test-"+random(4))
	rooted := plan
	rooted.RootVolumeGB = 2
	rooted.ExtraUserData = "#cloud-config\ntimezone: Europe/Helsinki\n"
	host := newHost(t, cloud, rooted)
	var noted []pool.CloudResources
	machine, err := cloud.Build(t.Context(), host, func(r pool.CloudResources) error { noted = append(noted, r); return nil })
	require.NoError(t, err)
	require.Len(t, noted, 4, "each thing is noted when it is known")
	require.Equal(t, host.Name, machine.Endpoint.ServerName)
	require.Equal(t, "tcp://"+machine.Endpoint.Address+":2376", machine.Endpoint.URL)
	require.Equal(t, 6, machine.Slots)
	require.Len(t, machine.Resources.VolumeIDs, 2)

	server, group, _, _ := raw(t)
	s := server(machine.Resources.ServerID)
	require.Equal(t, "ACTIVE", s.Status)
	require.True(t, s.ConfigDrive)
	require.Equal(t, host.ID, s.Metadata["pb_host"])
	require.Len(t, s.AttachedVolumes, 2)
	ingress := map[[2]int]bool{}
	g := group(machine.Resources.SecurityGroupID)
	for _, r := range g.Rules {
		if r.Direction == "ingress" {
			require.NotEmpty(t, r.RemoteGroupID, "nothing is open to addresses")
			ingress[[2]int{r.PortRangeMin, r.PortRangeMax}] = true
		}
	}
	require.Equal(t, map[[2]int]bool{{2376, 2376}: true, {32768, 60999}: true}, ingress)

	mine, err := cloud.Things(t.Context())
	require.NoError(t, err)
	require.Len(t, mine, 4, "server, two volumes, group")
}

func TestAnotherInstallationsHostIsNotTouched(t *testing.T) {
	t.Parallel()
	ours, theirs := newCloud(t, "test-"+random(4)), newCloud(t, "test-"+random(4))
	host := newHost(t, theirs, plan)
	machine, err := theirs.Build(t.Context(), host, noNote)
	require.NoError(t, err)
	_, err = ours.Build(t.Context(), host, noNote)
	require.ErrorContains(t, err, "without the mark of this installation")
	require.NoError(t, ours.Release(t.Context(), host), "of ours there is nothing")
	host.Cloud = machine.Resources
	require.ErrorContains(t, ours.Release(t.Context(), host), "not touched")
	again, err := theirs.Build(t.Context(), host, noNote)
	require.NoError(t, err)
	require.Equal(t, machine, again)
}

func TestPlanWithoutAMatchSaysWhatThereIs(t *testing.T) {
	t.Parallel()
	cloud := newCloud(t, "test-"+random(4))
	require.NoError(t, cloud.Check(t.Context(), plan, ""))
	twin := "pb-twin-" + random(4)
	_, _, makeGroup, _ := raw(t)
	for range 2 {
		t.Cleanup(makeGroup(twin))
	}
	for _, c := range []struct {
		why, field, says string
		change           func(*pool.HostPlan)
	}{
		{"a flavor that is not offered", "flavor", "mini (", func(p *pool.HostPlan) { p.Flavor = "huge" }},
		{"an image that is gone", "image", "Debian-12 (", func(p *pool.HostPlan) { p.Image = "CentOS-7.0" }},
		{"a network of nobody", "networks", "pool-net (", func(p *pool.HostPlan) { p.Networks = []string{"nowhere"} }},
		{"a master group that was not made", "master_group", "pb_server (", func(p *pool.HostPlan) { p.MasterGroup = "nobody" }},
		{"an extra group whose name two have", "extra_groups", "2 security groups named", func(p *pool.HostPlan) { p.ExtraGroups = []string{twin} }},
	} {
		t.Run(c.why, func(t *testing.T) {
			wrong := plan
			c.change(&wrong)
			err := cloud.Check(t.Context(), wrong, c.field)
			require.Equal(t, pool.CodeInvalid, pool.CodeOf(err), "%v", err)
			require.ErrorContains(t, err, c.says)
			var said *pool.Error
			require.ErrorAs(t, err, &said)
			require.Equal(t, c.field, said.Field)

			host := newHost(t, cloud, wrong)
			_, err = cloud.Build(t.Context(), host, noNote)
			require.Equal(t, pool.CodeInvalid, pool.CodeOf(err), "and nothing was made: %v", err)
			left, err := cloud.Things(t.Context())
			require.NoError(t, err)
			require.Empty(t, left)
		})
	}
}

func TestWrongCredentialsAreRefusedAtOnceAndReadAnew(t *testing.T) {
	t.Parallel()
	wrong := true
	cloud, err := adapter.New(adapter.Config{
		Installation: "test", Certificates: selfSigned,
		Credentials: func() (adapter.Credentials, error) {
			credentials, err := adapter.ReadCredentials()
			if wrong {
				credentials.Auth.Password = "not this"
			}
			return credentials, err
		},
	})
	require.NoError(t, err)
	t.Cleanup(cloud.Close)
	begun := time.Now()
	_, err = cloud.Things(t.Context())
	require.ErrorContains(t, err, "cannot log in to OpenStack")
	require.ErrorContains(t, err, "401")
	require.False(t, strings.Contains(err.Error(), "not this"), "no secret in an error")
	require.Less(t, time.Since(begun), 30*time.Second)
	wrong = false
	_, err = cloud.Things(t.Context())
	require.NoError(t, err)
}

func TestMain(m *testing.M) {
	if os.Getenv("OS_AUTH_URL") == "" && os.Getenv("OS_CLOUD") == "" {
		println("these tests need an OpenStack: set OS_CLOUD or OS_AUTH_URL and others")
		os.Exit(1)
	}
	os.Exit(m.Run())
}
