package openstack_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/gophercloud/gophercloud/v2"
	gopher "github.com/gophercloud/gophercloud/v2/openstack"
	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/flavors"
	"github.com/gophercloud/gophercloud/v2/openstack/image/v2/images"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/networks"
	"github.com/stretchr/testify/require"

	"dockerdriver/actors/emulator/openstack"
)

// clients are one project's, with what its servers are made of.
type clients struct {
	nova, neutron, cinder, glance *gophercloud.ServiceClient
	image, flavor, network        string
}

func start(t *testing.T, config openstack.Config) *openstack.Cloud {
	t.Helper()
	cloud, err := openstack.Start(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, cloud.Close()) })
	return cloud
}

// dial signs in; each client has connections of its own, so that none outlives its test.
func dial(t *testing.T, authURL, user, project string) (*clients, error) {
	t.Helper()
	options := gophercloud.AuthOptions{IdentityEndpoint: authURL, Username: user, Password: "demo", DomainName: "Default", TenantName: project, AllowReauth: true}
	provider, err := gopher.NewClient(authURL)
	require.NoError(t, err)
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	provider.HTTPClient = http.Client{Transport: transport, Timeout: 2 * time.Minute}
	if err := gopher.Authenticate(t.Context(), provider, options); err != nil {
		return nil, err
	}
	return services(t, provider), nil
}

func services(t *testing.T, provider *gophercloud.ProviderClient) *clients {
	t.Helper()
	k, region := &clients{}, gophercloud.EndpointOpts{Region: "RegionOne"}
	for _, service := range []struct {
		into *(*gophercloud.ServiceClient)
		make func(*gophercloud.ProviderClient, gophercloud.EndpointOpts) (*gophercloud.ServiceClient, error)
	}{{&k.nova, gopher.NewComputeV2}, {&k.neutron, gopher.NewNetworkV2}, {&k.cinder, gopher.NewBlockStorageV3}, {&k.glance, gopher.NewImageV2}} {
		made, err := service.make(provider, region)
		require.NoError(t, err)
		*service.into = made
	}
	k.lookUp(t.Context(), t)
	return k
}

func (k *clients) lookUp(ctx context.Context, t *testing.T) {
	t.Helper()
	page, err := images.List(k.glance, images.ListOpts{Name: "Debian-12"}).AllPages(ctx)
	require.NoError(t, err)
	found, err := images.ExtractImages(page)
	require.NoError(t, err)
	require.Len(t, found, 1)
	k.image = found[0].ID
	page, err = flavors.ListDetail(k.nova, nil).AllPages(ctx)
	require.NoError(t, err)
	sizes, err := flavors.ExtractFlavors(page)
	require.NoError(t, err)
	for _, f := range sizes {
		if f.Name == "mini" {
			k.flavor = f.ID
		}
	}
	require.NotEmpty(t, k.flavor)
	page, err = networks.List(k.neutron, networks.ListOpts{Name: "pool-net"}).AllPages(ctx)
	require.NoError(t, err)
	nets, err := networks.ExtractNetworks(page)
	require.NoError(t, err)
	if len(nets) > 0 {
		k.network = nets[0].ID
	}
}

// demo is the project's clients on a cloud of their own.
func demo(t *testing.T, config openstack.Config) (*openstack.Cloud, *clients) {
	t.Helper()
	cloud := start(t, config)
	k, err := dial(t, cloud.AuthURL(), "demo", "demo")
	require.NoError(t, err)
	return cloud, k
}

func refused(t *testing.T, status int, err error, words string) {
	t.Helper()
	require.Error(t, err)
	require.True(t, gophercloud.ResponseCodeIs(err, status), "not %d: %v", status, err)
	require.ErrorContains(t, err, words)
}
