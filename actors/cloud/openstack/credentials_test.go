package openstack

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gophercloud/gophercloud/v2"
	"github.com/stretchr/testify/require"
)

// onlyEnv sets these variables and clears every other of OpenStack's.
func onlyEnv(t *testing.T, set map[string]string) {
	t.Helper()
	for _, pair := range os.Environ() {
		if name, _, _ := strings.Cut(pair, "="); strings.HasPrefix(name, "OS_") {
			t.Setenv(name, "")
		}
	}
	for name, value := range set {
		t.Setenv(name, value)
	}
}

func TestCredentialsOfTheEnvironment(t *testing.T) {
	const url = "http://cloud.example:5000/v3"
	for _, c := range []struct {
		why    string
		env    map[string]string
		wanted gophercloud.AuthOptions
	}{
		{
			"a password with the two usual domains",
			map[string]string{"OS_USERNAME": "u", "OS_PASSWORD": "p", "OS_PROJECT_NAME": "x", "OS_USER_DOMAIN_NAME": "Default", "OS_PROJECT_DOMAIN_NAME": "Research"},
			gophercloud.AuthOptions{
				Username: "u", Password: "p", DomainName: "Default", TenantName: "x",
				Scope: &gophercloud.AuthScope{ProjectName: "x", DomainName: "Research"},
			},
		},
		{
			"Horizon's file: domains by name and by id, the project by both",
			map[string]string{
				"OS_USERNAME": "u", "OS_PASSWORD": "p", "OS_PROJECT_ID": "1", "OS_PROJECT_NAME": "x",
				"OS_USER_DOMAIN_NAME": "Default", "OS_PROJECT_DOMAIN_ID": "default",
			},
			gophercloud.AuthOptions{
				Username: "u", Password: "p", DomainName: "Default", TenantID: "1", TenantName: "x",
				Scope: &gophercloud.AuthScope{ProjectID: "1"},
			},
		},
		{
			"one domain for both",
			map[string]string{"OS_USERNAME": "u", "OS_PASSWORD": "p", "OS_PROJECT_NAME": "x", "OS_DOMAIN_NAME": "Research"},
			gophercloud.AuthOptions{
				Username: "u", Password: "p", DomainName: "Research", TenantName: "x",
				Scope: &gophercloud.AuthScope{ProjectName: "x", DomainName: "Research"},
			},
		},
		{
			"no domain, as in the oldest files",
			map[string]string{"OS_USERNAME": "u", "OS_PASSWORD": "p", "OS_TENANT_NAME": "x"},
			gophercloud.AuthOptions{
				Username: "u", Password: "p", DomainID: "default", TenantName: "x",
				Scope: &gophercloud.AuthScope{ProjectName: "x", DomainID: "default"},
			},
		},
		{
			"an application credential, in a shell that has a project too",
			map[string]string{
				"OS_AUTH_TYPE": "v3applicationcredential", "OS_APPLICATION_CREDENTIAL_ID": "a", "OS_APPLICATION_CREDENTIAL_SECRET": "s",
				"OS_PROJECT_NAME": "x", "OS_PROJECT_DOMAIN_NAME": "Default",
			},
			gophercloud.AuthOptions{ApplicationCredentialID: "a", ApplicationCredentialSecret: "s"},
		},
		{
			"an application credential by name",
			map[string]string{
				"OS_APPLICATION_CREDENTIAL_NAME": "pool", "OS_APPLICATION_CREDENTIAL_SECRET": "s",
				"OS_USERNAME": "u", "OS_USER_DOMAIN_NAME": "Default",
			},
			gophercloud.AuthOptions{ApplicationCredentialName: "pool", ApplicationCredentialSecret: "s", Username: "u", DomainName: "Default"},
		},
	} {
		t.Run(c.why, func(t *testing.T) {
			onlyEnv(t, c.env)
			t.Setenv("OS_AUTH_URL", url)
			t.Setenv("OS_REGION_NAME", "RegionTwo")
			t.Setenv("OS_INTERFACE", "internal")
			read, err := ReadCredentials()
			require.NoError(t, err)
			c.wanted.IdentityEndpoint, c.wanted.AllowReauth = url, true
			require.Equal(t, c.wanted, read.Auth)
			require.Equal(t, gophercloud.EndpointOpts{Region: "RegionTwo", Availability: gophercloud.AvailabilityInternal}, read.Endpoint)
			_, err = read.Auth.ToTokenV3ScopeMap()
			require.NoError(t, err)
			scope, err := read.Auth.ToTokenV3ScopeMap()
			require.NoError(t, err)
			_, err = read.Auth.ToTokenV3CreateMap(scope)
			require.NoError(t, err, "the library takes them")
		})
	}
}

func TestCredentialsOfCloudsYAML(t *testing.T) {
	file := filepath.Join(t.TempDir(), "clouds.yaml")
	require.NoError(t, os.WriteFile(file, []byte(`clouds:
  ours:
    auth: {auth_url: "http://cloud.example:5000/v3", username: u, password: p, project_name: x, user_domain_name: Default, project_domain_name: Default}
    region_name: RegionOne
  empty: {auth: {username: u}}
`), 0o600))
	onlyEnv(t, map[string]string{"OS_CLIENT_CONFIG_FILE": file, "OS_CLOUD": "ours", "OS_AUTH_URL": "http://elsewhere.example"})
	read, err := ReadCredentials()
	require.NoError(t, err)
	require.Equal(t, "http://cloud.example:5000/v3", read.Auth.IdentityEndpoint, "OS_CLOUD comes first")
	require.Equal(t, "RegionOne", read.Endpoint.Region)
	require.True(t, read.Auth.AllowReauth)

	t.Setenv("OS_CLOUD", "theirs")
	_, err = ReadCredentials()
	require.ErrorContains(t, err, `"theirs" not found in clouds.yaml`)
	t.Setenv("OS_CLOUD", "empty")
	_, err = ReadCredentials()
	require.ErrorContains(t, err, "no auth_url")
}

func TestNoCredentialsSayHowToGiveThem(t *testing.T) {
	onlyEnv(t, nil)
	_, err := ReadCredentials()
	require.ErrorContains(t, err, "OS_CLOUD")
	require.ErrorContains(t, err, "openrc")
}
