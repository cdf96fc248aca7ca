package cloudtest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

func checksPlan(t *testing.T, cloud Cloud, host pool.Host) {
	for _, field := range []string{
		"", "flavor", "image", "networks", "master_group", "extra_groups", "data_volume_type", "extra_user_data", "slots",
	} {
		require.NoError(t, cloud.Check(t.Context(), host.Plan, field), "field %q", field)
	}
	things, err := cloud.Things(t.Context())
	require.NoError(t, err)
	require.Empty(t, things, "a check makes nothing")
}

func tendsInPeace(t *testing.T, cloud Cloud, host pool.Host) {
	machine, _ := build(t, cloud, host)
	host.Cloud, host.Endpoint = machine.Resources, machine.Endpoint
	before, err := cloud.Things(t.Context())
	require.NoError(t, err)
	require.NoError(t, cloud.Tend(t.Context(), host))
	require.NoError(t, cloud.Tend(t.Context(), host))
	after, err := cloud.Things(t.Context())
	require.NoError(t, err)
	require.ElementsMatch(t, before, after)
	again, _ := build(t, cloud, host)
	require.Equal(t, machine, again)
}

func findsLost(t *testing.T, cloud Cloud, host pool.Host) {
	machine, _ := build(t, cloud, host)
	host.Cloud, host.Endpoint = machine.Resources, machine.Endpoint
	require.NoError(t, cloud.Release(t.Context(), host))
	err := cloud.Tend(t.Context(), host)
	if hasNothing(machine.Resources) {
		require.NoError(t, err, "what was never made is not missed")
		return
	}
	require.Equal(t, pool.CodeHostLost, pool.CodeOf(err), "%v", err)
	things, err := cloud.Things(t.Context())
	require.NoError(t, err)
	require.Empty(t, things)
}

func listsThings(t *testing.T, cloud Cloud, host pool.Host) {
	machine, _ := build(t, cloud, host)
	host.Cloud = machine.Resources
	things, err := cloud.Things(t.Context())
	require.NoError(t, err)
	made := map[string]string{}
	for _, thing := range things {
		require.Equal(t, host.ID, thing.HostID)
		require.NotEmpty(t, thing.Name)
		require.False(t, thing.CreatedAt.IsZero(), "strays are known by their age")
		made[thing.ID] = thing.Kind
	}
	recorded := map[string]string{}
	for _, id := range machine.Resources.VolumeIDs {
		recorded[id] = pool.ThingVolume
	}
	if id := machine.Resources.ServerID; id != "" {
		recorded[id] = pool.ThingServer
	}
	if id := machine.Resources.SecurityGroupID; id != "" {
		recorded[id] = pool.ThingGroup
	}
	require.Equal(t, recorded, made)
	require.NoError(t, cloud.Release(t.Context(), host))
	things, err = cloud.Things(t.Context())
	require.NoError(t, err)
	require.Empty(t, things)
}
