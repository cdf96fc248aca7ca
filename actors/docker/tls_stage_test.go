package docker_test

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"dockerdriver/actors/docker"
	"dockerdriver/actors/docker/dockertest"
	"dockerdriver/actors/pki"
	"dockerdriver/actors/pool"
)

// tlsEngineKinds start an engine with a host's files, and return its address.
var tlsEngineKinds = []struct {
	name  string
	start func(t *testing.T, files pki.HostFiles) string
}{
	{"real", func(t *testing.T, files pki.HostFiles) string {
		return dockertest.TLSEngine(t, files.CA, files.Cert, files.Key)
	}},
	{"emulated over TLS 1.3", func(t *testing.T, files pki.HostFiles) string {
		return emulatedOverTLS(t, files, tls.VersionTLS13)
	}},
	{"emulated over TLS 1.2", func(t *testing.T, files pki.HostFiles) string {
		return emulatedOverTLS(t, files, tls.VersionTLS12)
	}},
}

// emulatedOverTLS is the emulated engine behind what dockerd --tlsverify would be.
func emulatedOverTLS(t *testing.T, files pki.HostFiles, version uint16) string {
	t.Helper()
	url, err := startEmulated()
	require.NoError(t, err)
	pair, err := tls.X509KeyPair(files.Cert, files.Key)
	require.NoError(t, err)
	clients := x509.NewCertPool()
	require.True(t, clients.AppendCertsFromPEM(files.CA))
	server := httptest.NewUnstartedServer(engineProxy(t, url))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.TLS = &tls.Config{
		Certificates: []tls.Certificate{pair}, ClientCAs: clients, ClientAuth: tls.RequireAndVerifyClientCert,
		MinVersion: version, MaxVersion: version,
	}
	server.StartTLS()
	t.Cleanup(server.Close)
	return "tcp://" + server.Listener.Addr().String()
}

// authorities are ours, ours as it was two years ago, and somebody else's.
type authorities struct{ ours, past, foreign *pki.CA }

func newAuthorities(t *testing.T) authorities {
	t.Helper()
	open := func(dir string, options ...pki.Option) *pki.CA {
		ca, err := pki.Open(dir, options...)
		require.NoError(t, err)
		return ca
	}
	dir := t.TempDir()
	return authorities{
		past: open(dir, pki.WithClock(func() time.Time { return time.Now().Add(-2 * pki.HostLifetime) })),
		ours: open(dir), foreign: open(t.TempDir()),
	}
}

func hostFiles(t *testing.T, ca *pki.CA, name string) pki.HostFiles {
	t.Helper()
	files, err := ca.HostCertificate(name, pki.HostLifetime)
	require.NoError(t, err)
	return files
}

// connect returns the engine as the server sees it: dialled by address, known by name.
func connect(t *testing.T, url, name string, config func(name string) (*tls.Config, error)) *docker.Engine {
	t.Helper()
	engines := docker.New(zerolog.Nop(), docker.WithGrace(time.Second), docker.WithTLS(config))
	t.Cleanup(engines.Close)
	engine, err := engines.Engine(pool.Endpoint{URL: url, Address: "127.0.0.1", ServerName: name})
	require.NoError(t, err)
	return engine
}
