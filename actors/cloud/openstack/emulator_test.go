package openstack_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/gophercloud/gophercloud/v2"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"dockerdriver/actors/cloud/cloudtest"
	adapter "dockerdriver/actors/cloud/openstack"
	"dockerdriver/actors/emulator/openstack"
	"dockerdriver/actors/pool"
)

// emulate starts an OpenStack of the test's own and an adapter for it.
func emulate(t *testing.T, change func(*openstack.Config)) (*openstack.Cloud, *adapter.Cloud) {
	t.Helper()
	config := openstack.Demo()
	config.BuildDelay, config.VolumeDelay = 20*time.Millisecond, 5*time.Millisecond
	config.DeleteDelay, config.DeletedFor = 10*time.Millisecond, 5*time.Millisecond
	if change != nil {
		change(&config)
	}
	there, err := openstack.Start(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, there.Close()) })
	cloud, err := adapter.New(adapter.Config{
		Installation: "test-" + random(4), Certificates: selfSigned, Log: zerolog.Nop(),
		Credentials: func() (adapter.Credentials, error) { return demo(there), nil },
	})
	require.NoError(t, err)
	t.Cleanup(cloud.Close)
	return there, cloud
}

func demo(there *openstack.Cloud) adapter.Credentials {
	return adapter.Credentials{Auth: gophercloud.AuthOptions{
		IdentityEndpoint: there.AuthURL(), Username: "demo", Password: "demo", DomainName: "Default", AllowReauth: true,
		Scope: &gophercloud.AuthScope{ProjectName: "demo", DomainName: "Default"},
	}}
}

func TestEmulatedCloudPassesTheSuiteOfClouds(t *testing.T) {
	t.Parallel()
	cloudtest.Run(t, func(t *testing.T) (cloudtest.Cloud, pool.Host) {
		_, cloud := emulate(t, nil)
		return cloud, newHost(t, cloud, plan)
	})
}

func TestUserDataReachesTheServer(t *testing.T) {
	t.Parallel()
	there, cloud := emulate(t, nil)
	host := newHost(t, cloud, plan)
	machine, err := cloud.Build(t.Context(), host, noNote)
	require.NoError(t, err)
	server := there.Servers()[0]
	require.True(t, server.ConfigDrive)
	require.Equal(t, host.ID, server.Metadata["pb_host"])
	require.Contains(t, string(server.UserData), "/dev/disk/by-id/virtio-"+machine.Resources.VolumeIDs[0][:20])
	require.Contains(t, string(server.UserData), "10.77.0.0/24", "the pool's own network is known to the firewall")
}

func TestServerThatFailsTellsItsFaultAndIsRemoved(t *testing.T) {
	t.Parallel()
	there, cloud := emulate(t, nil)
	require.NoError(t, there.Arrange(openstack.Outcome{Build: openstack.Error, Message: "No valid host was found. There are not enough hosts available."}))
	host := newHost(t, cloud, plan)
	_, err := cloud.Build(t.Context(), host, noNote)
	require.ErrorContains(t, err, "is in status ERROR: No valid host was found.")
	require.Equal(t, pool.CodeBuildFailed, pool.CodeOf(err), "another try of the same host would not help")
	require.NoError(t, cloud.Release(t.Context(), host))
	require.Empty(t, there.Servers())
	require.Empty(t, there.Volumes())
}

func TestServerThatNeverComesIsGivenUpAndRemoved(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ why, build, says string }{
		{"it stays in BUILD", openstack.Stuck, "in status BUILD"},
		{"it gets no address", openstack.NoAddress, "without a fixed IPv4 address"},
	} {
		t.Run(c.why, func(t *testing.T) {
			t.Parallel()
			there, cloud := emulate(t, nil)
			require.NoError(t, there.Arrange(openstack.Outcome{Build: c.build}))
			host := newHost(t, cloud, plan)
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
			defer cancel()
			_, err := cloud.Build(ctx, host, noNote)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.ErrorContains(t, err, c.says)
		})
	}
}

func TestQuotaIsToldAsOne(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		why   string
		quota openstack.Quota
	}{
		{"of servers", openstack.Quota{Instances: 1}},
		{"of volumes", openstack.Quota{Volumes: 1}},
		{"of security groups", openstack.Quota{Groups: 3}}, // default, pb_server and one host's
	} {
		t.Run(c.why, func(t *testing.T) {
			t.Parallel()
			_, cloud := emulate(t, func(config *openstack.Config) { config.DefaultQuota = c.quota })
			_, err := cloud.Build(t.Context(), newHost(t, cloud, plan), noNote)
			require.NoError(t, err)
			_, err = cloud.Build(t.Context(), newHost(t, cloud, plan), noNote)
			require.Equal(t, pool.CodeQuota, pool.CodeOf(err), "%v", err)
			require.True(t, strings.Contains(err.Error(), "xceeded"), "the cloud's own words: %v", err)
		})
	}
}

func TestTwoNetworksLeaveAutoWithoutAChoice(t *testing.T) {
	t.Parallel()
	there, cloud := emulate(t, func(config *openstack.Config) {
		config.Networks = append(config.Networks, openstack.Network{Name: "lab-net", Project: "demo", CIDR: "10.78.0.0/24"})
	})
	_, err := cloud.Build(t.Context(), newHost(t, cloud, plan), noNote)
	require.Equal(t, pool.CodeInvalid, pool.CodeOf(err))
	require.ErrorContains(t, err, "lab-net (")
	require.ErrorContains(t, err, "pool-net (")
	require.Empty(t, there.Servers())

	named := plan
	named.Networks = []string{"lab-net"}
	machine, err := cloud.Build(t.Context(), newHost(t, cloud, named), noNote)
	require.NoError(t, err)
	require.Contains(t, machine.Endpoint.Address, "10.78.0.")
}

func TestRandomFaultsLeaveOneOfEachAndThenNothing(t *testing.T) {
	t.Parallel()
	there, cloud := emulate(t, nil)
	require.NoError(t, there.InjectRandom(openstack.Random{Seed: 1, Probability: 0.1}))
	for range 3 {
		host := newHost(t, cloud, plan)
		var noted pool.CloudResources
		machine, err := cloud.Build(t.Context(), host, func(r pool.CloudResources) error { noted = r; return nil })
		require.NoError(t, err)
		require.Equal(t, machine.Resources, noted)
		require.Len(t, there.Servers(), 1)
		require.Len(t, there.Volumes(), 1)
		require.NoError(t, cloud.Release(t.Context(), host))
		require.Empty(t, there.Servers())
		require.Empty(t, there.Volumes())
	}
	require.Positive(t, there.RandomFaults().Met)
	require.NoError(t, there.InjectRandom(openstack.Random{}))
}

func TestWhatWasMadeBeforeAFailureIsReleasedByName(t *testing.T) {
	t.Parallel()
	there, cloud := emulate(t, nil)
	host := newHost(t, cloud, plan)
	steps := 0
	for stop := 1; stop <= 3; stop++ {
		steps = 0
		_, err := cloud.Build(t.Context(), host, func(pool.CloudResources) error {
			if steps++; steps == stop {
				return errors.New("the process was killed")
			}
			return nil
		})
		require.ErrorContains(t, err, "the process was killed")
		require.NoError(t, cloud.Release(t.Context(), host))
		require.Empty(t, there.Servers())
		require.Empty(t, there.Volumes())
	}
}
