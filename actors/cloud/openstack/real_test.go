//go:build openstack

// Tests against a real OpenStack with the resources of a test project: flavors
// mini and small, image Debian-12, group pb_server, one network. The variables
// OS_* say where.
package openstack_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/servers"
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

	person := realHands(t)
	s := person.server(machine.Resources.ServerID)
	require.Equal(t, "ACTIVE", s.Status)
	require.True(t, s.ConfigDrive)
	require.Equal(t, host.ID, s.Metadata["pb_host"])
	require.Len(t, s.AttachedVolumes, 2)
	ingress := map[[2]int]bool{}
	for _, open := range person.openings(machine.Resources.SecurityGroupID) {
		require.NotEmpty(t, open.group, "nothing is open to addresses")
		ingress[[2]int{open.first, open.last}] = true
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

func TestRealPlansWithoutAMatchAreToldByFieldWithWhatThereIs(t *testing.T) {
	t.Parallel()
	cloud := newCloud(t, "test-"+random(4))
	require.NoError(t, cloud.Check(t.Context(), plan, ""))
	checkWrongPlans(t, cloud, realHands(t))
}

func realHands(t *testing.T) hands {
	t.Helper()
	credentials, err := adapter.ReadCredentials()
	require.NoError(t, err)
	return newHands(t, credentials)
}

func TestWhatIsDoneByHandInARealCloudIsPutRightOrTold(t *testing.T) {
	t.Parallel()
	tellHandStories(t, func(t *testing.T) (*adapter.Cloud, hands) { return newCloud(t, "test-"+random(4)), realHands(t) })
}

func TestMachineThatIsPausedOrSuspendedRunsAgain(t *testing.T) {
	t.Parallel()
	cloud, person := newCloud(t, "test-"+random(4)), realHands(t)
	host := newHost(t, cloud, plan)
	machine, err := cloud.Build(t.Context(), host, noNote)
	require.NoError(t, err)
	host.Cloud = machine.Resources
	for status, halt := range map[string]func(id string) error{
		"PAUSED":    func(id string) error { return servers.Pause(t.Context(), person.nova, id).ExtractErr() },
		"SUSPENDED": func(id string) error { return servers.Suspend(t.Context(), person.nova, id).ExtractErr() },
	} {
		require.NoError(t, halt(host.Cloud.ServerID))
		person.waitServer(host.Cloud.ServerID, status)
		require.NoError(t, cloud.Tend(t.Context(), host))
		person.waitServer(host.Cloud.ServerID, "ACTIVE")
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
