//go:build openstack

package openstack_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/gophercloud/gophercloud/v2/openstack"
	"github.com/gophercloud/gophercloud/v2/openstack/config"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/security/groups"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/security/rules"
	"github.com/stretchr/testify/require"

	adapter "dockerdriver/actors/cloud/openstack"
)

// faulty does to calls what bad days do: the first answer to each kind of
// create is lost after the cloud has done it, and every seventh call is refused.
type faulty struct {
	direct http.RoundTripper
	mu     sync.Mutex
	calls  int
	lost   map[string]bool
}

func (f *faulty) RoundTrip(r *http.Request) (*http.Response, error) {
	f.mu.Lock()
	f.calls++
	refuse := f.calls%7 == 0
	create := r.Method == http.MethodPost && !strings.Contains(r.URL.Path, "/auth/")
	lose := create && !refuse && !f.lost[r.URL.Path]
	if lose {
		f.lost[r.URL.Path] = true
	}
	f.mu.Unlock()
	if refuse {
		return &http.Response{StatusCode: 503, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("busy")), Request: r}, nil
	}
	answer, err := f.direct.RoundTrip(r)
	if lose && err == nil {
		_ = answer.Body.Close()
		return nil, io.ErrUnexpectedEOF
	}
	return answer, err
}

func TestLostAnswersAndRefusalsLeaveOneOfEach(t *testing.T) {
	t.Parallel()
	cloud := newCloud(t, "test-"+random(4))
	bad := &faulty{lost: map[string]bool{}}
	cloud.Around(func(direct http.RoundTripper) http.RoundTripper { bad.direct = direct; return bad })
	rooted := plan
	rooted.RootVolumeGB = 2
	host := newHost(t, cloud, rooted)
	machine, err := cloud.Build(t.Context(), host, noNote)
	require.NoError(t, err)
	require.Len(t, bad.lost, 4, "group, rules, volumes, servers")
	all, err := cloud.Things(t.Context())
	require.NoError(t, err)
	var ids []string
	for _, thing := range all {
		ids = append(ids, thing.ID)
	}
	r := machine.Resources
	require.ElementsMatch(t, append([]string{r.ServerID, r.SecurityGroupID}, r.VolumeIDs...), ids)
}

func TestGroupEditedByHandIsPutRight(t *testing.T) {
	t.Parallel()
	cloud := newCloud(t, "test-"+random(4))
	host := newHost(t, cloud, plan)
	machine, err := cloud.Build(t.Context(), host, noNote)
	require.NoError(t, err)
	credentials, err := adapter.ReadCredentials()
	require.NoError(t, err)
	provider, err := config.NewProviderClient(t.Context(), credentials.Auth)
	require.NoError(t, err)
	network, err := openstack.NewNetworkV2(provider, credentials.Endpoint)
	require.NoError(t, err)
	ingress := func() (open []string) {
		g, err := groups.Get(t.Context(), network, machine.Resources.SecurityGroupID).Extract()
		require.NoError(t, err)
		for _, r := range g.Rules {
			if r.Direction == "ingress" {
				open = append(open, fmt.Sprintf("%d-%d from %s%s", r.PortRangeMin, r.PortRangeMax, r.RemoteGroupID, r.RemoteIPPrefix))
			}
		}
		return open
	}
	made := ingress()
	g, err := groups.Get(t.Context(), network, machine.Resources.SecurityGroupID).Extract()
	require.NoError(t, err)
	for _, r := range g.Rules {
		if r.PortRangeMin == 2376 {
			require.NoError(t, rules.Delete(t.Context(), network, r.ID).ExtractErr())
		}
	}
	_, err = rules.Create(t.Context(), network, rules.CreateOpts{
		SecGroupID: g.ID, Direction: rules.DirIngress, EtherType: rules.EtherType4, Protocol: rules.ProtocolTCP,
		PortRangeMin: 22, PortRangeMax: 22, RemoteIPPrefix: "0.0.0.0/0",
	}).Extract()
	require.NoError(t, err)
	again, err := cloud.Build(t.Context(), host, noNote)
	require.NoError(t, err)
	require.Equal(t, machine, again)
	require.ElementsMatch(t, made, ingress())
}

// expiring ends every token that was issued before the last end.
type expiring struct {
	direct http.RoundTripper
	mu     sync.Mutex
	issued []string
	ended  map[string]bool
}

func (e *expiring) RoundTrip(r *http.Request) (*http.Response, error) {
	e.mu.Lock()
	if e.ended[r.Header.Get("X-Auth-Token")] {
		r = r.Clone(r.Context())
		r.Header.Set("X-Auth-Token", "ended")
	}
	e.mu.Unlock()
	answer, err := e.direct.RoundTrip(r)
	if err == nil && answer.Header.Get("X-Subject-Token") != "" {
		e.mu.Lock()
		e.issued = append(e.issued, answer.Header.Get("X-Subject-Token"))
		e.mu.Unlock()
	}
	return answer, err
}

func (e *expiring) end() (issued int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, token := range e.issued {
		e.ended[token] = true
	}
	return len(e.issued)
}

func TestTokenThatEndsIsRenewed(t *testing.T) {
	t.Parallel()
	cloud := newCloud(t, "test-"+random(4))
	clock := &expiring{ended: map[string]bool{}}
	cloud.Around(func(direct http.RoundTripper) http.RoundTripper { clock.direct = direct; return clock })
	for round := range 3 {
		_, err := cloud.Things(t.Context())
		require.NoError(t, err)
		require.Equal(t, round+1, clock.end(), "one log-in for each token that ended")
	}
}

func TestWrongRegionSaysWhichServiceIsNotThere(t *testing.T) {
	t.Parallel()
	cloud, err := adapter.New(adapter.Config{
		Installation: "test", Certificates: selfSigned,
		Credentials: func() (adapter.Credentials, error) {
			credentials, err := adapter.ReadCredentials()
			credentials.Endpoint.Region = "Nowhere"
			return credentials, err
		},
	})
	require.NoError(t, err)
	t.Cleanup(cloud.Close)
	_, err = cloud.Things(t.Context())
	require.ErrorContains(t, err, `no compute service in region "Nowhere"`)
}

func TestServerDeletedByHandIsNoObstacle(t *testing.T) {
	t.Parallel()
	cloud := newCloud(t, "test-"+random(4))
	host := newHost(t, cloud, plan)
	machine, err := cloud.Build(t.Context(), host, noNote)
	require.NoError(t, err)
	_, _, _, deleteServer := raw(t)
	deleteServer(machine.Resources.ServerID)
	host.Cloud = machine.Resources
	require.NoError(t, cloud.Release(t.Context(), host))
}
