package pki

import (
	"crypto/tls"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// clock is a time that a test sets.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func present(t *testing.T, config *tls.Config) *tls.Certificate {
	t.Helper()
	cert, err := config.GetClientCertificate(&tls.CertificateRequestInfo{})
	require.NoError(t, err)
	return cert
}

func TestClientCertificateIsKeptOverRestartsInAFileOfItsOwn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ca, err := Open(dir)
	require.NoError(t, err)
	config, err := ca.ClientTLS("pb_dd_1")
	require.NoError(t, err)
	first := present(t, config)

	info, err := os.Stat(filepath.Join(dir, ClientFile))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	require.Empty(t, first.Leaf.DNSNames, "it speaks for no server")

	again, err := Open(dir)
	require.NoError(t, err)
	config, err = again.ClientTLS("pb_dd_2")
	require.NoError(t, err)
	require.Equal(t, first.Leaf.Raw, present(t, config).Leaf.Raw)
}

func TestClientCertificateIsReplacedBeforeItsEnd(t *testing.T) {
	t.Parallel()
	dir, clock := t.TempDir(), &clock{at: time.Now()}
	ca, err := Open(dir, WithClock(clock.now))
	require.NoError(t, err)
	config, err := ca.ClientTLS("pb_dd_1")
	require.NoError(t, err)
	first := present(t, config)

	clock.at = first.Leaf.NotAfter.Add(-leafRenewal - time.Minute)
	require.Same(t, first, present(t, config))
	clock.at = clock.at.Add(2 * time.Minute)
	second := present(t, config)
	require.NotEqual(t, first.Leaf.SerialNumber, second.Leaf.SerialNumber)

	other, err := Open(dir, WithClock(clock.now))
	require.NoError(t, err)
	config, err = other.ClientTLS("pb_dd_1")
	require.NoError(t, err)
	require.Equal(t, second.Leaf.Raw, present(t, config).Leaf.Raw, "the new one is what is stored")
}

func TestDiskThatFailsDoesNotCutTheServerFromItsHosts(t *testing.T) {
	t.Parallel()
	dir, clock := filepath.Join(t.TempDir(), "pki"), &clock{at: time.Now()}
	ca, err := Open(dir, WithClock(clock.now))
	require.NoError(t, err)
	config, err := ca.ClientTLS("pb_dd_1")
	require.NoError(t, err)
	first := present(t, config)

	require.NoError(t, os.Rename(dir, dir+"-away"))
	clock.at = first.Leaf.NotAfter.Add(-time.Hour)
	require.Same(t, first, present(t, config))
	clock.at = first.Leaf.NotAfter.Add(time.Hour)
	_, err = config.GetClientCertificate(&tls.CertificateRequestInfo{})
	require.ErrorContains(t, err, "cannot store the client certificate")

	require.NoError(t, os.Rename(dir+"-away", dir))
	require.True(t, present(t, config).Leaf.NotAfter.After(clock.at))
}

func TestStoredClientCertificateThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	foreign := openTemp(t)
	_, err := foreign.ClientTLS("pb_dd_1")
	require.NoError(t, err)
	others, err := os.ReadFile(foreign.client.path)
	require.NoError(t, err)
	for _, c := range []struct {
		why   string
		text  func(t *testing.T, ca *CA, own []byte) []byte
		mode  os.FileMode
		words string // empty: it is replaced
	}{
		{"is empty", func(*testing.T, *CA, []byte) []byte { return nil }, 0o600, ""},
		{"is cut short", func(_ *testing.T, _ *CA, own []byte) []byte { return own[:len(own)/2] }, 0o600, ""},
		{"is another authority's", func(*testing.T, *CA, []byte) []byte { return others }, 0o600, ""},
		{"is a host's", func(t *testing.T, ca *CA, _ []byte) []byte {
			host, err := ca.HostCertificate("pb_dd_1", HostLifetime)
			require.NoError(t, err)
			return append(host.Cert, host.Key...)
		}, 0o600, ""},
		{"is readable by others", func(_ *testing.T, _ *CA, own []byte) []byte { return own }, 0o644, "its mode 0644 lets others read its key"},
	} {
		t.Run(c.why, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			ca, err := Open(dir)
			require.NoError(t, err)
			_, err = ca.ClientTLS("pb_dd_1")
			require.NoError(t, err)
			own, err := os.ReadFile(ca.client.path)
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(ca.client.path, c.text(t, ca, own), 0o600))
			require.NoError(t, os.Chmod(ca.client.path, c.mode))

			restarted, err := Open(dir)
			require.NoError(t, err)
			config, err := restarted.ClientTLS("pb_dd_1")
			if c.words != "" {
				require.ErrorContains(t, err, c.words)
				return
			}
			require.NoError(t, err)
			require.NoError(t, present(t, config).Leaf.CheckSignatureFrom(ca.cert))
			text, err := os.ReadFile(ca.client.path)
			require.NoError(t, err)
			require.NotEqual(t, own, text)
		})
	}
}
