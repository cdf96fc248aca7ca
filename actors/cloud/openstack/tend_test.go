package openstack_test

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/servers"
	"github.com/stretchr/testify/require"

	adapter "dockerdriver/actors/cloud/openstack"
	"dockerdriver/actors/emulator/openstack"
	"dockerdriver/actors/pool"
)

// handStory is what a person does to a host that is built, and what Tend makes of it.
type handStory struct {
	why string
	do  func(h hands, r pool.CloudResources)
	// lost is what the refusal says; empty: all is as it was made afterwards.
	lost string
}

// handStories hold for every OpenStack.
var handStories = []handStory{
	{"nothing", func(hands, pool.CloudResources) {}, ""},
	{"the machine is stopped", func(h hands, r pool.CloudResources) { h.stop(r.ServerID) }, ""},
	{"the machine is deleted", func(h hands, r pool.CloudResources) { h.deleteServer(r.ServerID) }, "gone from the cloud"},
	{"the volume is detached", func(h hands, r pool.CloudResources) { h.detach(r.ServerID, r.VolumeIDs[0]) }, ""},
	{"the volume is detached from a stopped machine", func(h hands, r pool.CloudResources) {
		h.stop(r.ServerID)
		h.detach(r.ServerID, r.VolumeIDs[0])
	}, ""},
	{"the volume is deleted", func(h hands, r pool.CloudResources) {
		h.detach(r.ServerID, r.VolumeIDs[0])
		h.deleteVolume(r.VolumeIDs[0])
	}, "gone from the cloud"},
	{"the group is opened to the world", func(h hands, r pool.CloudResources) {
		h.open(r.SecurityGroupID, opening{first: 22, last: 22, prefix: "0.0.0.0/0"})
	}, ""},
	{"the group is closed to us", func(h hands, r pool.CloudResources) { h.close(r.SecurityGroupID, 2376) }, ""},
	{"the group is opened to itself in our place", func(h hands, r pool.CloudResources) {
		h.close(r.SecurityGroupID, 2376)
		h.open(r.SecurityGroupID, opening{first: 2376, last: 2376, group: r.SecurityGroupID})
	}, ""},
}

func tellHandStories(t *testing.T, fresh func(t *testing.T) (*adapter.Cloud, hands)) {
	for _, story := range handStories {
		t.Run(story.why, func(t *testing.T) {
			t.Parallel()
			cloud, person := fresh(t)
			host := newHost(t, cloud, plan)
			machine, err := cloud.Build(t.Context(), host, noNote)
			require.NoError(t, err)
			host.Cloud = machine.Resources
			open := person.openings(host.Cloud.SecurityGroupID)

			story.do(person, host.Cloud)
			err = cloud.Tend(t.Context(), host)
			if story.lost != "" {
				require.Equal(t, pool.CodeHostLost, pool.CodeOf(err), "%v", err)
				require.ErrorContains(t, err, story.lost)
				things, err := cloud.Things(t.Context())
				require.NoError(t, err)
				require.Less(t, len(things), 3, "nothing was made in its place")
				return
			}
			require.NoError(t, err)
			person.waitServer(host.Cloud.ServerID, "ACTIVE")
			require.Equal(t, []servers.AttachedVolume{{ID: host.Cloud.VolumeIDs[0]}}, person.server(host.Cloud.ServerID).AttachedVolumes)
			require.ElementsMatch(t, open, person.openings(host.Cloud.SecurityGroupID))
			require.NoError(t, cloud.Tend(t.Context(), host))
		})
	}
}

func TestWhatIsDoneByHandIsPutRightOrTold(t *testing.T) {
	t.Parallel()
	tellHandStories(t, func(t *testing.T) (*adapter.Cloud, hands) {
		there, cloud := emulate(t, nil)
		return cloud, newHands(t, demo(there))
	})
}

func TestMachineThatCannotBeHadBackIsLostInWords(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ why, view, says string }{
		{"it broke", `"status": "ERROR", "fault": {"message": "the hypervisor is gone"}`, "is in status ERROR: the hypervisor is gone."},
		{"it broke, and nobody says why", `"status": "ERROR"`, "does not say why"},
		{"it was shelved", `"status": "SHELVED_OFFLOADED"`, "was shelved by hand"},
		{"it is being deleted", `"status": "ACTIVE", "OS-EXT-STS:task_state": "deleting"`, "is being deleted"},
		{"it may be had back for a while only", `"status": "SOFT_DELETED"`, "is being deleted"},
	} {
		t.Run(c.why, func(t *testing.T) {
			t.Parallel()
			there, cloud := emulate(t, nil)
			host := newHost(t, cloud, plan)
			machine, err := cloud.Build(t.Context(), host, noNote)
			require.NoError(t, err)
			host.Cloud = machine.Resources
			mark := there.Servers()[0].Metadata
			require.NoError(t, there.Inject(openstack.Fault{
				Match: "GET /compute/v2.1/servers/" + host.Cloud.ServerID, Times: 1, Status: http.StatusOK,
				Body: fmt.Sprintf(`{"server": {"id": %q, "metadata": {"pb_installation": %q, "pb_host": %q}, %s}}`,
					host.Cloud.ServerID, mark["pb_installation"], mark["pb_host"], c.view),
			}))
			err = cloud.Tend(t.Context(), host)
			require.Equal(t, pool.CodeHostLost, pool.CodeOf(err), "%v", err)
			require.ErrorContains(t, err, c.says)
		})
	}
}

// counting counts the calls that go through it.
type counting struct {
	direct http.RoundTripper
	calls  atomic.Int64
}

func (c *counting) RoundTrip(r *http.Request) (*http.Response, error) {
	c.calls.Add(1)
	return c.direct.RoundTrip(r)
}

func countCalls(cloud *adapter.Cloud) *counting {
	counted := &counting{}
	cloud.Around(func(direct http.RoundTripper) http.RoundTripper { counted.direct = direct; return counted })
	return counted
}

func TestTendingCostsTwoCalls(t *testing.T) {
	t.Parallel()
	_, cloud := emulate(t, nil)
	counted := countCalls(cloud)
	host := newHost(t, cloud, plan)
	machine, err := cloud.Build(t.Context(), host, noNote)
	require.NoError(t, err)
	host.Cloud = machine.Resources
	before := counted.calls.Load()
	require.NoError(t, cloud.Tend(t.Context(), host))
	require.EqualValues(t, 2, counted.calls.Load()-before)
}

func TestCloudThatIsAwayLosesNoHost(t *testing.T) {
	t.Parallel()
	there, cloud := emulate(t, nil)
	host := newHost(t, cloud, plan)
	machine, err := cloud.Build(t.Context(), host, noNote)
	require.NoError(t, err)
	host.Cloud = machine.Resources
	for _, match := range []string{"GET /compute/*", "GET /network/*"} {
		require.NoError(t, there.Inject(openstack.Fault{Match: match, Times: 1, Status: http.StatusForbidden, Message: "not today"}))
		err := cloud.Tend(t.Context(), host)
		require.ErrorContains(t, err, "not today")
		require.Equal(t, pool.CodeInternal, pool.CodeOf(err))
	}
	require.NoError(t, cloud.Tend(t.Context(), host))
}
