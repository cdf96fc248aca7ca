package openstack

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gophercloud/gophercloud/v2"
	api "github.com/gophercloud/gophercloud/v2/openstack"
	"github.com/gophercloud/gophercloud/v2/openstack/config"
	"github.com/gophercloud/gophercloud/v2/openstack/identity/v3/tokens"
)

// session is one log-in: the services' clients, which share its token and
// renew it when it ends.
type session struct {
	nova, neutron, cinder, glance *gophercloud.ServiceClient
	project                       string // id
	close                         func()
}

// dialLimit bounds how long an address is waited for that nobody answers at.
const dialLimit = 10 * time.Second

// loginFailure is how a log-in ended that was under way while others waited.
type loginFailure struct {
	at  time.Time
	err error
}

// connect returns the session, logging in when there is none. One log-in is
// under way at a time; the others wait for it, and share its failure: each
// would fail as slowly, one after the other.
func (c *Cloud) connect(ctx context.Context) (*session, error) {
	asked := time.Now()
	select {
	case c.loggingIn <- struct{}{}:
		defer func() { <-c.loggingIn }()
	case <-ctx.Done():
		return nil, fmt.Errorf("cannot log in to OpenStack: %w", ctx.Err())
	}
	if s := c.session.Load(); s != nil {
		return s, nil
	}
	if failed := c.loginFailed; failed.at.After(asked) {
		return nil, failed.err
	}
	var s *session
	err := c.retry(ctx, "log in to OpenStack", func(ctx context.Context) error {
		var err error
		s, err = c.logIn(ctx)
		return err
	})
	if err != nil {
		if ctx.Err() == nil {
			c.loginFailed = loginFailure{time.Now(), err}
		}
		return nil, err
	}
	c.session.Store(s)
	return s, nil
}

func (c *Cloud) logIn(ctx context.Context) (*session, error) {
	credentials, err := c.config.Credentials()
	if err != nil {
		return nil, err
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DialContext = (&net.Dialer{Timeout: dialLimit}).DialContext
	if credentials.TLS != nil {
		transport.TLSClientConfig = credentials.TLS
	}
	// The limit is the client's, for it covers the reading of the answer too.
	client := http.Client{Timeout: c.config.CallLimit, Transport: c.around(transport)}
	provider, err := config.NewProviderClient(ctx, credentials.Auth, config.WithHTTPClient(client))
	if err != nil {
		transport.CloseIdleConnections()
		return nil, err
	}
	s := &session{close: transport.CloseIdleConnections}
	if err := s.open(provider, credentials); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// open finds the services in the catalogue and the project in the token.
func (s *session) open(provider *gophercloud.ProviderClient, credentials Credentials) error {
	token, ok := provider.GetAuthResult().(tokens.CreateResult)
	if !ok {
		return fmt.Errorf("the identity service at %s is not Keystone v3", credentials.Auth.IdentityEndpoint)
	}
	var err error
	for _, service := range []struct {
		open func(*gophercloud.ProviderClient, gophercloud.EndpointOpts) (*gophercloud.ServiceClient, error)
		into **gophercloud.ServiceClient
		name string
	}{
		{api.NewComputeV2, &s.nova, "compute"},
		{api.NewNetworkV2, &s.neutron, "network"},
		{api.NewBlockStorageV3, &s.cinder, "block-storage"},
		{api.NewImageV2, &s.glance, "image"},
	} {
		if *service.into, err = service.open(provider, credentials.Endpoint); err != nil {
			return notServed(service.name, credentials.Endpoint.Region, token, err)
		}
	}
	project, err := token.ExtractProject()
	if err != nil {
		return fmt.Errorf("cannot read the token: %w", err)
	}
	if project == nil {
		return errors.New("the credentials name no project: set OS_PROJECT_NAME, or project_name in clouds.yaml")
	}
	s.project = project.ID
	return nil
}

// notServed tells that a service has no address, and which regions there are,
// for a person who named another.
func notServed(service, region string, token tokens.CreateResult, why error) error {
	_, absent := errors.AsType[*gophercloud.ErrEndpointNotFound](why)
	if !absent {
		_, absent = errors.AsType[gophercloud.ErrEndpointNotFound](why)
	}
	catalogue, err := token.ExtractServiceCatalog()
	if !absent || err != nil {
		return fmt.Errorf("cannot find the %s service in region %q: %w", service, region, why)
	}
	var there []string
	for _, service := range catalogue.Entries {
		for _, endpoint := range service.Endpoints {
			if !slices.Contains(there, endpoint.Region) {
				there = append(there, endpoint.Region)
			}
		}
	}
	if len(there) == 0 {
		return errors.New("the catalogue is empty: the credentials name no project; set OS_PROJECT_NAME, or project_name in clouds.yaml")
	}
	slices.Sort(there)
	return fmt.Errorf("the catalogue has no %s service in region %q: its regions are %s; set OS_REGION_NAME, or region_name in clouds.yaml",
		service, region, strings.Join(there, ", "))
}

// forget drops the session when the cloud no longer takes its credentials, so
// that the next call reads them anew: they may have been replaced meanwhile.
func (c *Cloud) forget(s *session, err error) (dropped bool) {
	if !refused(err) {
		return false
	}
	if c.session.CompareAndSwap(s, nil) {
		s.close()
	}
	return true
}
