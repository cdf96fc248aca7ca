//go:build openstack

package openstack_test

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

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
	person, group := realHands(t), machine.Resources.SecurityGroupID
	made := person.openings(group)
	person.close(group, 2376)
	person.open(group, opening{first: 22, last: 22, prefix: "0.0.0.0/0"})
	again, err := cloud.Build(t.Context(), host, noNote)
	require.NoError(t, err)
	require.Equal(t, machine, again)
	require.ElementsMatch(t, made, person.openings(group))
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
	require.ErrorContains(t, err, `no compute service in region "Nowhere": its regions are `)
}

func TestServerDeletedByHandIsNoObstacle(t *testing.T) {
	t.Parallel()
	cloud := newCloud(t, "test-"+random(4))
	host := newHost(t, cloud, plan)
	machine, err := cloud.Build(t.Context(), host, noNote)
	require.NoError(t, err)
	realHands(t).deleteServer(machine.Resources.ServerID)
	host.Cloud = machine.Resources
	require.NoError(t, cloud.Release(t.Context(), host))
}
