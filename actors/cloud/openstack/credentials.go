package openstack

import (
	"bytes"
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"os"
	"strconv"

	"github.com/gophercloud/gophercloud/v2"
	"github.com/gophercloud/gophercloud/v2/openstack/config/clouds"
	"gopkg.in/yaml.v3"
)

// Credentials say who asks which cloud.
type Credentials struct {
	Auth     gophercloud.AuthOptions
	Endpoint gophercloud.EndpointOpts
	TLS      *tls.Config // nil: the system's authorities
}

// ReadCredentials reads clouds.yaml when OS_CLOUD names a cloud of it, else the
// variables OS_*, as every OpenStack client does. A domain that neither says is
// the one with the id "default", as for those.
func ReadCredentials() (Credentials, error) {
	named := os.Getenv("OS_CLOUD")
	if named == "" && os.Getenv("OS_AUTH_URL") == "" {
		return Credentials{}, errors.New("cannot log in to OpenStack: there are no credentials; " +
			"set OS_CLOUD to a cloud of your clouds.yaml, or source the project's openrc file (OS_AUTH_URL and others)")
	}
	var how []clouds.ParseOption
	if named == "" {
		file, err := yaml.Marshal(clouds.Clouds{Clouds: map[string]clouds.Cloud{"envvars": environment()}})
		if err != nil {
			return Credentials{}, fmt.Errorf("cannot read the variables OS_*: %w", err)
		}
		how = append(how, clouds.WithCloudName("envvars"), clouds.WithCloudsYAML(bytes.NewReader(file)))
	}
	auth, endpoint, tlsConfig, err := clouds.Parse(how...)
	if err != nil {
		return Credentials{}, fmt.Errorf("cannot read the credentials of cloud %q: %w", cmp.Or(named, "envvars"), err)
	}
	if auth.IdentityEndpoint == "" {
		return Credentials{}, fmt.Errorf("cannot log in to cloud %q: its entry has no auth_url", cmp.Or(named, "envvars"))
	}
	auth.AllowReauth = true
	withDefaultDomains(&auth)
	return Credentials{Auth: auth, Endpoint: endpoint, TLS: tlsConfig}, nil
}

func environment() clouds.Cloud {
	get := os.Getenv
	auth := &clouds.AuthInfo{
		AuthURL:                     get("OS_AUTH_URL"),
		Token:                       get("OS_TOKEN"),
		Username:                    get("OS_USERNAME"),
		UserID:                      cmp.Or(get("OS_USER_ID"), get("OS_USERID")),
		Password:                    get("OS_PASSWORD"),
		ApplicationCredentialID:     get("OS_APPLICATION_CREDENTIAL_ID"),
		ApplicationCredentialName:   get("OS_APPLICATION_CREDENTIAL_NAME"),
		ApplicationCredentialSecret: get("OS_APPLICATION_CREDENTIAL_SECRET"),
		ProjectName:                 cmp.Or(get("OS_PROJECT_NAME"), get("OS_TENANT_NAME")),
		ProjectID:                   cmp.Or(get("OS_PROJECT_ID"), get("OS_TENANT_ID")),
		UserDomainName:              get("OS_USER_DOMAIN_NAME"),
		UserDomainID:                get("OS_USER_DOMAIN_ID"),
		ProjectDomainName:           get("OS_PROJECT_DOMAIN_NAME"),
		ProjectDomainID:             get("OS_PROJECT_DOMAIN_ID"),
		DomainName:                  get("OS_DOMAIN_NAME"),
		DomainID:                    get("OS_DOMAIN_ID"),
	}
	// A name and an id of one domain, as Horizon's files have them at times, are
	// one too many for the library; the id says all.
	for _, pair := range [][2]*string{
		{&auth.UserDomainID, &auth.UserDomainName},
		{&auth.ProjectDomainID, &auth.ProjectDomainName},
		{&auth.DomainID, &auth.DomainName},
	} {
		if *pair[0] != "" {
			*pair[1] = ""
		}
	}
	cloud := clouds.Cloud{
		AuthInfo:       auth,
		AuthType:       clouds.AuthType(get("OS_AUTH_TYPE")),
		RegionName:     get("OS_REGION_NAME"),
		Interface:      cmp.Or(get("OS_INTERFACE"), get("OS_ENDPOINT_TYPE")),
		CACertFile:     get("OS_CACERT"),
		ClientCertFile: get("OS_CERT"),
		ClientKeyFile:  get("OS_KEY"),
	}
	if insecure, err := strconv.ParseBool(get("OS_INSECURE")); err == nil {
		verify := !insecure
		cloud.Verify = &verify
	}
	return cloud
}

// withDefaultDomains completes what Keystone needs beside a name, and drops
// what an application credential must not be sent with: it has its own scope.
func withDefaultDomains(auth *gophercloud.AuthOptions) {
	const theDefault = "default"
	if auth.Username != "" && auth.UserID == "" && auth.DomainID == "" && auth.DomainName == "" {
		auth.DomainID = theDefault
	}
	if auth.DomainID != "" {
		auth.DomainName = ""
	}
	if s := auth.Scope; s != nil && s.ProjectName != "" && s.DomainID == "" && s.DomainName == "" {
		s.DomainID = theDefault
	}
	if s := auth.Scope; s != nil && s.DomainID != "" {
		s.DomainName = ""
	}
	if auth.ApplicationCredentialSecret != "" {
		auth.Scope, auth.TenantID, auth.TenantName, auth.Password = nil, "", "", ""
		if auth.ApplicationCredentialID != "" {
			auth.ApplicationCredentialName, auth.Username, auth.UserID, auth.DomainID, auth.DomainName = "", "", "", "", ""
		}
	}
}
