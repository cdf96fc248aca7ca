package emulator_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/docker/docker/client"
	"github.com/gophercloud/gophercloud/v2"
	openstackapi "github.com/gophercloud/gophercloud/v2/openstack"
	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/flavors"
	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/servers"
	"github.com/gophercloud/gophercloud/v2/openstack/image/v2/images"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"dockerdriver/actors/emulator"
)

const patience = 20 * time.Second

// lab is an emulated cloud, and somebody who has an account there.
type lab struct {
	testing.TB
	*emulator.Emulator
	dir  string
	nova *gophercloud.ServiceClient
	ca   authority
	ids  struct{ flavor, image string }
}

func newLab(t *testing.T) *lab {
	t.Helper()
	l := &lab{TB: t, dir: t.TempDir(), ca: newAuthority(t)}
	var err error
	l.Emulator, err = emulator.Start(t.Context(), emulator.Config{StateDir: l.dir, Cloud: &emulator.CloudConfig{BootDelay: 10 * time.Millisecond}, Log: zerolog.Nop()})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, l.Close()) })
	provider, err := openstackapi.AuthenticatedClient(t.Context(), gophercloud.AuthOptions{
		IdentityEndpoint: l.AuthURL(), Username: emulator.CloudUser, Password: emulator.CloudPassword, DomainName: emulator.CloudDomain,
		Scope: &gophercloud.AuthScope{ProjectName: emulator.CloudProject, DomainName: emulator.CloudDomain},
	})
	require.NoError(t, err)
	l.nova, err = openstackapi.NewComputeV2(provider, gophercloud.EndpointOpts{})
	require.NoError(t, err)
	glance, err := openstackapi.NewImageV2(provider, gophercloud.EndpointOpts{})
	require.NoError(t, err)
	pages, err := images.List(glance, nil).AllPages(t.Context())
	require.NoError(t, err)
	all, err := images.ExtractImages(pages)
	require.NoError(t, err)
	l.ids.image = all[0].ID
	sizes, err := flavors.ListDetail(l.nova, nil).AllPages(t.Context())
	require.NoError(t, err)
	known, err := flavors.ExtractFlavors(sizes)
	require.NoError(t, err)
	l.ids.flavor = known[0].ID
	return l
}

// server makes a server with that user-data and waits until it is ACTIVE.
func (l *lab) server(name string, userData []byte) (id, address string) {
	l.Helper()
	made, err := servers.Create(l.Context(), l.nova, servers.CreateOpts{Name: name, FlavorRef: l.ids.flavor, ImageRef: l.ids.image, UserData: userData}, nil).Extract()
	require.NoError(l, err)
	require.Eventually(l, func() bool {
		for _, s := range l.Cloud().Servers() {
			if s.ID == made.ID && s.Status == "ACTIVE" {
				address = s.Address
			}
		}
		return address != ""
	}, patience, 10*time.Millisecond)
	return made.ID, address
}

// userData is cloud-config for an engine with a certificate of its own.
func (l *lab) userData(name string) []byte {
	l.Helper()
	cert, key := l.ca.issue(l, name, x509.ExtKeyUsageServerAuth)
	type file struct {
		Path    string `yaml:"path"`
		Content string `yaml:"content"`
	}
	text, err := yaml.Marshal(map[string]any{"write_files": []file{
		{"/etc/docker/daemon.json", `{"tlsverify": true, "tlscacert": "/tls/ca", "tlscert": "/tls/cert", "tlskey": "/tls/key"}`},
		{"/tls/ca", string(l.ca.pem)},
		{"/tls/cert", string(cert)},
		{"/tls/key", string(key)},
	}})
	require.NoError(l, err)
	return append([]byte("#cloud-config\n"), text...)
}

// docker is a client of the engine at an address that is the named server's.
func (l *lab) docker(address, name string, certificates ...tls.Certificate) *client.Client {
	l.Helper()
	roots := x509.NewCertPool()
	require.True(l, roots.AppendCertsFromPEM(l.ca.pem))
	made, err := client.NewClientWithOpts(client.WithHost("tcp://"+net.JoinHostPort(address, "2376")), client.WithVersion("1.41"), client.WithHTTPClient(&http.Client{
		Timeout: 2 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, ServerName: name, Certificates: certificates}},
	}))
	require.NoError(l, err)
	l.Cleanup(func() { _ = made.Close() })
	return made
}

func (l *lab) us() tls.Certificate {
	l.Helper()
	cert, key := l.ca.issue(l, "us", x509.ExtKeyUsageClientAuth)
	pair, err := tls.X509KeyPair(cert, key)
	require.NoError(l, err)
	return pair
}

func (l *lab) awaitPing(c *client.Client) {
	l.Helper()
	require.Eventually(l, func() bool { _, err := c.Ping(l.Context()); return err == nil }, patience, 20*time.Millisecond)
}

func TestServerIsAnEngineForWhoeverItsUserDataTrusts(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	id, address := l.server("one", l.userData("one"))
	require.True(t, strings.HasPrefix(address, "127."))
	ours := l.docker(address, "one", l.us())
	l.awaitPing(ours)
	_, err := l.docker(address, "one").Ping(t.Context())
	require.Error(t, err, "who shows no certificate is refused")
	strangers := newAuthority(t)
	cert, key := strangers.issue(t, "us", x509.ExtKeyUsageClientAuth)
	pair, err := tls.X509KeyPair(cert, key)
	require.NoError(t, err)
	_, err = l.docker(address, "one", pair).Ping(t.Context())
	require.Error(t, err, "who shows another authority's certificate is refused")
	_, err = l.docker(address, "two", l.us()).Ping(t.Context())
	require.ErrorContains(t, err, "certificate is valid for one, not two")

	require.NoError(t, servers.Delete(t.Context(), l.nova, id).ExtractErr())
	require.Eventually(t, func() bool {
		_, err := net.DialTimeout("tcp", net.JoinHostPort(address, "2376"), time.Second)
		_, left := os.Stat(filepath.Join(l.dir, "machines", id))
		return err != nil && os.IsNotExist(left)
	}, patience, 20*time.Millisecond, "a deleted server leaves no engine and no files")
}

func TestServerWithoutUsableUserDataHasNoEngine(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	for name, data := range map[string][]byte{"none": nil, "a script": []byte("#!/bin/sh\n"), "no certificate": []byte("#cloud-config\nwrite_files: []\n")} {
		_, address := l.server(strings.ReplaceAll(name, " ", "-"), data)
		_, err := net.DialTimeout("tcp", net.JoinHostPort(address, "2376"), time.Second)
		require.Error(t, err, name)
	}
}

func TestMachinesCanBeStruckAndHealed(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	id, address := l.server("one", l.userData("one"))
	ours := l.docker(address, "one", l.us())
	l.awaitPing(ours)
	for _, blow := range []emulator.Blow{emulator.Hang, emulator.CutOff, emulator.PowerOff} {
		require.NoError(t, l.Strike(id, blow))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		_, err := ours.Ping(ctx)
		cancel()
		require.Error(t, err, blow)
		require.Equal(t, "ACTIVE", l.Cloud().Servers()[0].Status, "the cloud does not notice")
		require.NoError(t, l.Strike(id, emulator.Heal))
		l.awaitPing(ours)
	}
	require.ErrorContains(t, l.Strike(id, "flood"), `write "hang"`)
	require.ErrorContains(t, l.Strike("nobody", emulator.Hang), "no such server")
}

func TestNetworkMustBeOfLoopback(t *testing.T) {
	t.Parallel()
	for _, network := range []string{"10.77.0.0/24", "127.0.0.0/7", "everywhere"} {
		_, err := emulator.Start(t.Context(), emulator.Config{StateDir: t.TempDir(), Cloud: &emulator.CloudConfig{Network: network}})
		require.ErrorContains(t, err, "within 127.0.0.0/8", network)
	}
}

// authority is a certificate authority of the test's own.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pem  []byte
}

func newAuthority(t testing.TB) authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: fmt.Sprint("test ", time.Now().UnixNano())},
		NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	cert, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	return authority{cert: cert, key: key, pem: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})}
}

func (a authority) issue(t testing.TB, name string, usage x509.ExtKeyUsage) (cert, key []byte) {
	t.Helper()
	own, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotAfter: time.Now().Add(time.Hour), ExtKeyUsage: []x509.ExtKeyUsage{usage},
	}, a.cert, own.Public(), a.key)
	require.NoError(t, err)
	private, err := x509.MarshalPKCS8PrivateKey(own)
	require.NoError(t, err)
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})
}
