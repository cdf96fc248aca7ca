package openstack_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gophercloud/gophercloud/v2"
	gopher "github.com/gophercloud/gophercloud/v2/openstack"
	"github.com/gophercloud/gophercloud/v2/openstack/blockstorage/v3/volumes"
	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/servers"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/security/groups"
	"github.com/stretchr/testify/require"

	"dockerdriver/actors/emulator/openstack"
)

func TestALostReplyLeavesWhatItMade(t *testing.T) {
	t.Parallel()
	cloud, k := demo(t, openstack.Demo())
	require.NoError(t, cloud.Inject(openstack.Fault{Match: "POST */servers", Times: 1, DropConnection: true, After: true}))
	err := servers.Create(t.Context(), k.nova, servers.CreateOpts{Name: "lost", FlavorRef: k.flavor, ImageRef: k.image, Networks: []servers.Network{{UUID: k.network}}}, nil).Err
	require.Error(t, err)
	require.Equal(t, "lost", cloud.Servers()[0].Name)
	require.Equal(t, 1, cloud.Faults()[0].Met)
	boot(t, k, "next")
}

func TestARefusalHasItsServicesShape(t *testing.T) {
	t.Parallel()
	cloud, k := demo(t, openstack.Demo())
	require.NoError(t, cloud.Inject(openstack.Fault{Match: "* /compute/*", Times: 1, Status: http.StatusServiceUnavailable, Message: "come back later"}))
	require.NoError(t, cloud.Inject(openstack.Fault{Match: "POST /network/*", Times: 1, Status: http.StatusConflict, Body: `{"to":"the letter"}`}))
	refused(t, http.StatusServiceUnavailable, servers.Get(t.Context(), k.nova, "any").Err, `{"computeFault":{"code":503,"message":"come back later"}}`)
	refused(t, http.StatusConflict, groups.Create(t.Context(), k.neutron, groups.CreateOpts{Name: "g"}).Err, `{"to":"the letter"}`)
	require.Len(t, cloud.Groups(), 3, "nothing was made")
}

func TestWhatBecomesOfServersCanBeArranged(t *testing.T) {
	t.Parallel()
	config, clock := manual()
	cloud, k := demo(t, config)
	for _, o := range []openstack.Outcome{
		{Match: "^broken$", Build: openstack.Error, Message: "No valid host was found."},
		{Match: "^stuck$", Build: openstack.Stuck},
		{Match: "^nowhere$", Build: openstack.NoAddress},
		{Match: "^sticky$", Delete: openstack.Ignored},
		{Match: "^deaf$", Delete: openstack.Stuck},
	} {
		require.NoError(t, cloud.Arrange(o))
	}
	ids := map[string]string{}
	for _, name := range []string{"broken", "stuck", "nowhere", "sticky", "deaf", "good"} {
		ids[name] = boot(t, k, name).ID
	}
	clock.Advance(time.Hour - time.Second)
	require.Equal(t, "ERROR", get(t, k, ids["broken"]).Status)
	require.Equal(t, "No valid host was found.", get(t, k, ids["broken"]).Fault.Message)
	require.Equal(t, "BUILD", get(t, k, ids["stuck"]).Status)
	require.Equal(t, "ACTIVE", get(t, k, ids["nowhere"]).Status)
	require.Empty(t, get(t, k, ids["nowhere"]).Addresses)
	for _, id := range ids {
		require.NoError(t, servers.Delete(t.Context(), k.nova, id).ExtractErr())
	}
	clock.Advance(time.Minute)
	left := map[string]string{}
	for _, s := range cloud.Servers() {
		left[s.Name] = s.Status + "/" + s.TaskState
	}
	require.Equal(t, map[string]string{"sticky": "ACTIVE/", "deaf": "ACTIVE/deleting"}, left)
	require.True(t, cloud.RemoveServer(ids["deaf"]))
	refused(t, http.StatusNotFound, servers.Get(t.Context(), k.nova, ids["deaf"]).Err, "could not be found")
}

func TestWhatAnOperatorDoesByHand(t *testing.T) {
	t.Parallel()
	config, clock := manual()
	cloud, k := demo(t, config)
	volume, err := volumes.Create(t.Context(), k.cinder, volumes.CreateOpts{Name: "data", Size: 1}, nil).Extract()
	require.NoError(t, err)
	clock.Advance(5 * time.Second)
	made := boot(t, k, "host", func(o *servers.CreateOpts) {
		o.BlockDevice = []servers.BlockDevice{
			{SourceType: servers.SourceImage, DestinationType: servers.DestinationLocal, UUID: k.image},
			{SourceType: servers.SourceVolume, DestinationType: servers.DestinationVolume, UUID: volume.ID, BootIndex: -1},
		}
	})
	clock.Advance(time.Minute)
	require.Equal(t, "in-use", cloud.Volumes()[0].Status)
	require.True(t, cloud.DetachVolume(volume.ID))
	require.False(t, cloud.DetachVolume(volume.ID))
	require.Equal(t, "available", cloud.Volumes()[0].Status)
	require.Empty(t, get(t, k, made.ID).AttachedVolumes)
	require.True(t, cloud.RemoveServer(made.ID))
	require.False(t, cloud.RemoveServer(made.ID))
	require.True(t, cloud.RemoveFlavor("mini"))
	err = servers.Create(t.Context(), k.nova, servers.CreateOpts{Name: "next", FlavorRef: k.flavor, ImageRef: k.image}, nil).Err
	refused(t, http.StatusBadRequest, err, "Flavor "+k.flavor+" could not be found.")
	require.True(t, cloud.RemoveImage("Debian-12"))
}

func TestRandomFaultsComeFromTheirSeed(t *testing.T) {
	t.Parallel()
	pattern := func() string {
		cloud, k := demo(t, openstack.Demo())
		require.NoError(t, cloud.InjectRandom(openstack.Random{Seed: 7, Probability: 0.3}))
		// One try each: gophercloud is not to hide a fault.
		k.nova.HTTPClient.Transport.(*http.Transport).DisableKeepAlives = true
		outcome := ""
		for range 60 {
			if gophercloud.ResponseCodeIs(servers.Get(t.Context(), k.nova, "any").Err, http.StatusNotFound) {
				outcome += "."
			} else {
				outcome += "x"
			}
		}
		require.Equal(t, cloud.RandomFaults().Met, strings.Count(outcome, "x"))
		return outcome
	}
	first := pattern()
	require.Contains(t, first, "x")
	require.Contains(t, first, ".")
	require.Equal(t, first, pattern())
}

func TestFaultsAreAskedForOverHTTP(t *testing.T) {
	t.Parallel()
	cloud, k := demo(t, openstack.Demo())
	send := func(method, path, body string) int {
		request, err := http.NewRequestWithContext(t.Context(), method, cloud.URL()+path, strings.NewReader(body))
		require.NoError(t, err)
		answer, err := k.nova.HTTPClient.Do(request)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		return answer.StatusCode
	}
	require.Equal(t, http.StatusCreated, send(http.MethodPost, "/_emulator/faults", `{"match":"GET */flavors","status":500}`))
	require.Equal(t, http.StatusBadRequest, send(http.MethodPost, "/_emulator/faults", `{"match":"GET","status":500}`))
	require.Equal(t, http.StatusBadRequest, send(http.MethodPost, "/_emulator/faults", `{"mach":"GET /"}`))
	require.Equal(t, http.StatusBadRequest, send(http.MethodPost, "/_emulator/outcomes", `{"build":"odd"}`))
	require.Equal(t, http.StatusBadRequest, send(http.MethodPost, "/_emulator/random", `{"probability":2}`))
	require.Len(t, cloud.Faults(), 1)
	require.Equal(t, http.StatusNoContent, send(http.MethodDelete, "/_emulator/faults", ""))
	require.Empty(t, cloud.Faults())
	require.Equal(t, http.StatusNotFound, send(http.MethodDelete, "/_emulator/servers/nosuch", ""))
	before := k.nova.Token()
	require.Equal(t, http.StatusNoContent, send(http.MethodDelete, "/_emulator/tokens", ""))
	boot(t, k, "host")
	require.NotEqual(t, before, k.nova.Token())
}

func TestAnApplicationCredentialIsForOneProject(t *testing.T) {
	t.Parallel()
	config := openstack.Demo()
	config.Credentials = []openstack.Credential{{ID: "c1", Name: "pool", Secret: "s", User: "demo", Project: "demo"}}
	cloud := start(t, config)
	for name, c := range map[string]struct {
		options gophercloud.AuthOptions
		ok      bool
	}{
		"by id":        {gophercloud.AuthOptions{ApplicationCredentialID: "c1", ApplicationCredentialSecret: "s"}, true},
		"by name":      {gophercloud.AuthOptions{ApplicationCredentialName: "pool", ApplicationCredentialSecret: "s", Username: "demo", DomainName: "Default"}, true},
		"wrong secret": {gophercloud.AuthOptions{ApplicationCredentialID: "c1", ApplicationCredentialSecret: "x"}, false},
	} {
		c.options.IdentityEndpoint = cloud.AuthURL()
		provider, err := gopher.NewClient(cloud.AuthURL())
		require.NoError(t, err)
		transport := &http.Transport{}
		t.Cleanup(transport.CloseIdleConnections)
		provider.HTTPClient = http.Client{Transport: transport}
		err = gopher.Authenticate(t.Context(), provider, c.options)
		require.Equal(t, c.ok, err == nil, "%s: %v", name, err)
		if c.ok {
			boot(t, services(t, provider), "host")
		}
	}
}
