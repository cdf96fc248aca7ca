package pki

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestHostGetsOnePairForItsOwnNameAndNothingElse(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ca, err := Open(dir)
	require.NoError(t, err)
	files, err := ca.HostCertificate("pb_dd_abc", HostLifetime)
	require.NoError(t, err)
	pair, err := tls.X509KeyPair(files.Cert, files.Key)
	require.NoError(t, err)

	require.Equal(t, []string{"pb_dd_abc"}, pair.Leaf.DNSNames)
	require.Empty(t, pair.Leaf.IPAddresses)
	require.Equal(t, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, pair.Leaf.ExtKeyUsage)
	require.False(t, pair.Leaf.IsCA)
	require.Equal(t, elliptic.P256(), pair.PrivateKey.(*ecdsa.PrivateKey).Curve)
	require.Equal(t, pair.Leaf.NotAfter, files.NotAfter)
	require.InDelta(t, HostLifetime.Hours(), time.Until(files.NotAfter).Hours(), 1)
	require.Equal(t, ca.CertPEM(), files.CA)

	kept, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, file := range kept {
		text, err := os.ReadFile(filepath.Join(dir, file.Name()))
		require.NoError(t, err)
		require.False(t, bytes.Contains(text, files.Key), "the host's key is kept in %s", file.Name())
	}
}

func TestHostCertificateNeverOutlivesItsAuthority(t *testing.T) {
	t.Parallel()
	ca := openTemp(t)
	files, err := ca.HostCertificate("pb_dd_abc", 2*caLifetime)
	require.NoError(t, err)
	require.Equal(t, ca.cert.NotAfter, files.NotAfter)
}

func TestHostNameThatCouldBeASitesIsRefused(t *testing.T) {
	t.Parallel()
	ca := openTemp(t)
	for _, name := range []string{"", "localhost", "bank.example", "abcdefgh.localhost", "*", "a b", "UPPER", "-a", "a\n", "127.0.0.1"} {
		_, err := ca.HostCertificate(name, HostLifetime)
		require.ErrorContains(t, err, "a host's name must be 1 to 63 of", name)
		_, err = ca.ClientTLS(name)
		require.ErrorContains(t, err, "a host's name must be 1 to 63 of", name)
	}
	_, err := ca.HostCertificate("pb_dd_abc", 0)
	require.ErrorContains(t, err, "its lifetime must be more than 0")
}

// engineSide is what dockerd --tlsverify does with its files.
func engineSide(t *testing.T, trusted *CA, pair tls.Certificate) *tls.Config {
	t.Helper()
	clients := x509.NewCertPool()
	require.True(t, clients.AppendCertsFromPEM(trusted.CertPEM()))
	return &tls.Config{
		Certificates: []tls.Certificate{pair}, ClientCAs: clients,
		ClientAuth: tls.RequireAndVerifyClientCert, MinVersion: tls.VersionTLS12,
	}
}

func hostPair(t *testing.T, ca *CA, name string) tls.Certificate {
	t.Helper()
	files, err := ca.HostCertificate(name, HostLifetime)
	require.NoError(t, err)
	pair, err := tls.X509KeyPair(files.Cert, files.Key)
	require.NoError(t, err)
	return pair
}

// talk lets the two shake hands and exchange one byte.
func talk(t *testing.T, engine, server *tls.Config) (engineErr, serverErr error) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	done := make(chan error, 1)
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			done <- err
			return
		}
		secured := tls.Server(conn, engine)
		_, err = secured.Write([]byte{1})
		done <- err
		// The other side reads the alert before we hang up.
		_, _ = conn.Read(make([]byte, 1))
		_ = secured.Close()
	}()
	conn, err := net.DialTimeout("tcp", listener.Addr().String(), 10*time.Second)
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.SetDeadline(time.Now().Add(10*time.Second)))
	secured := tls.Client(conn, server)
	_, serverErr = secured.Read(make([]byte, 1))
	_ = conn.Close()
	return <-done, serverErr
}

// parties are everybody who could sit at either end.
type parties struct {
	ours, foreign *CA
	// expired is ours, two years ago.
	expired *CA
}

func newParties(t *testing.T) parties {
	t.Helper()
	dir, past := t.TempDir(), &clock{at: time.Now().Add(-2 * HostLifetime)}
	expired, err := Open(dir, WithClock(past.now))
	require.NoError(t, err)
	ours, err := Open(dir)
	require.NoError(t, err)
	return parties{ours: ours, foreign: openTemp(t), expired: expired}
}

func TestHostIsVerifiedByItsNameAuthorityUseAndTime(t *testing.T) {
	t.Parallel()
	p := newParties(t)
	notebook, err := p.ours.NotebookTLS("nb.example")(&tls.ClientHelloInfo{ServerName: "nb.example"})
	require.NoError(t, err)
	ownClient, err := p.ours.clientCertificate()
	require.NoError(t, err)
	for _, c := range []struct {
		why   string
		shows tls.Certificate
		good  bool
	}{
		{"the host itself", hostPair(t, p.ours, "pb_dd_1"), true},
		{"wrong: the stolen key of another host", hostPair(t, p.ours, "pb_dd_2"), false},
		{"wrong: a notebook's certificate", *notebook, false},
		{"wrong: the client certificate", *ownClient, false},
		{"expired", hostPair(t, p.expired, "pb_dd_1"), false},
		{"foreign", hostPair(t, p.foreign, "pb_dd_1"), false},
	} {
		for version, name := range versions {
			t.Run(c.why+" over "+name, func(t *testing.T) {
				t.Parallel()
				config, err := p.ours.ClientTLS("pb_dd_1")
				require.NoError(t, err)
				config.MaxVersion = version
				engineErr, serverErr := talk(t, engineSide(t, p.ours, c.shows), config)
				if c.good {
					require.NoError(t, errors.Join(engineErr, serverErr))
					return
				}
				var refused *tls.CertificateVerificationError
				require.ErrorAs(t, serverErr, &refused)
			})
		}
	}
}

var versions = map[uint16]string{tls.VersionTLS12: "TLS 1.2", tls.VersionTLS13: "TLS 1.3"}

func TestServerIsVerifiedByItsAuthorityUseAndTime(t *testing.T) {
	t.Parallel()
	p := newParties(t)
	client := func(ca *CA) *tls.Certificate {
		cert, err := ca.issue(clientSubject, leafKind{usage: x509.ExtKeyUsageClientAuth, lifetime: leafLifetime})
		require.NoError(t, err)
		return cert
	}
	stolen := hostPair(t, p.ours, "pb_dd_2")
	itself := hostPair(t, p.ours, "pb_dd_1")
	notebook, err := p.ours.issueNotebook("nb.example")
	require.NoError(t, err)
	for _, c := range []struct {
		why      string
		presents *tls.Certificate
		good     bool
	}{
		{"the server itself", client(p.ours), true},
		{"wrong: no certificate", &tls.Certificate{}, false},
		{"wrong: the stolen key of another host", &stolen, false},
		{"wrong: the host's own key", &itself, false},
		{"wrong: a notebook's certificate", notebook, false},
		{"expired", client(p.expired), false},
		{"foreign", client(p.foreign), false},
	} {
		for version, name := range versions {
			t.Run(c.why+" over "+name, func(t *testing.T) {
				t.Parallel()
				config, err := p.ours.ClientTLS("pb_dd_1")
				require.NoError(t, err)
				config.MaxVersion = version
				config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return c.presents, nil }
				engineErr, serverErr := talk(t, engineSide(t, p.ours, itself), config)
				if c.good {
					require.NoError(t, errors.Join(engineErr, serverErr))
					return
				}
				require.ErrorContains(t, engineErr, "tls: ")
				require.ErrorContains(t, serverErr, "remote error: tls: ")
			})
		}
	}
}

func TestOldTLSIsNotSpoken(t *testing.T) {
	t.Parallel()
	p := newParties(t)
	config, err := p.ours.ClientTLS("pb_dd_1")
	require.NoError(t, err)
	engine := engineSide(t, p.ours, hostPair(t, p.ours, "pb_dd_1"))
	engine.MinVersion, engine.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	engineErr, serverErr := talk(t, engine, config)
	require.Error(t, engineErr)
	require.ErrorContains(t, serverErr, "protocol version")
}
