package pki

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func openTemp(t *testing.T) *CA {
	t.Helper()
	ca, err := Open(t.TempDir())
	require.NoError(t, err)
	return ca
}

func TestWhoTrustsTheAuthorityTrustsTheNotebook(t *testing.T) {
	t.Parallel()
	ca := openTemp(t)
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(ca.CertPEM()))
	many := &tls.Config{GetCertificate: ca.NotebookTLS("nb.example"), MinVersion: tls.VersionTLS12}
	one := &tls.Config{GetCertificate: ca.HostTLS("NB.example"), MinVersion: tls.VersionTLS12}
	for _, c := range []struct {
		why, name string
		config    *tls.Config
		words     string
	}{
		{"a label", "abcdefgh234.nb.example", many, ""},
		{"the domain itself", "nb.example", many, ""},
		{"a label that is too short", "abc.nb.example", many, "no notebook's name"},
		{"a name below a label", "a.abcdefgh234.nb.example", many, "no notebook's name"},
		{"a name that only ends like the domain", "abcdefgh234.evilnb.example", many, "no notebook's name"},
		{"somebody else's name", "example.org", many, "no notebook's name"},
		{"the one name of all notebooks", "nb.example", one, ""},
		{"a label where all share one name", "abcdefgh234.nb.example", one, "no notebook's name"},
	} {
		t.Run(c.why, func(t *testing.T) {
			t.Parallel()
			client, server := net.Pipe()
			done := make(chan error, 1)
			go func() {
				done <- tls.Server(server, c.config).Handshake()
				server.Close()
			}()
			conn := tls.Client(client, &tls.Config{ServerName: c.name, RootCAs: roots, MinVersion: tls.VersionTLS12})
			require.NoError(t, conn.SetDeadline(time.Now().Add(10*time.Second)))
			err := conn.Handshake()
			if c.words == "" {
				require.NoError(t, err)
				require.NoError(t, <-done)
				return
			}
			require.Error(t, err)
			require.ErrorContains(t, <-done, c.words)
		})
	}
}

func TestServerNameVariantsShareOneCertificate(t *testing.T) {
	t.Parallel()
	get := openTemp(t).NotebookTLS("Localhost")
	plain, err := get(&tls.ClientHelloInfo{ServerName: "abcdefgh.localhost"})
	require.NoError(t, err)
	for _, name := range []string{"ABCDEFGH.localhost", "abcdefgh.LocalHost."} {
		other, err := get(&tls.ClientHelloInfo{ServerName: name})
		require.NoError(t, err)
		require.Same(t, plain, other)
	}
	unnamed, err := get(&tls.ClientHelloInfo{})
	require.NoError(t, err)
	require.Equal(t, []string{"localhost"}, unnamed.Leaf.DNSNames)
}

func TestCertificateIsRenewedBeforeItsEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ca := openTemp(t)
		get := ca.NotebookTLS("localhost")
		hello := &tls.ClientHelloInfo{ServerName: "abcdefgh.localhost"}
		first, err := get(hello)
		require.NoError(t, err)
		require.Equal(t, leafLifetime, time.Until(first.Leaf.NotAfter).Round(time.Second))

		time.Sleep(leafLifetime - leafRenewal - time.Minute)
		same, err := get(hello)
		require.NoError(t, err)
		require.Same(t, first, same)

		time.Sleep(2 * time.Minute)
		renewed, err := get(hello)
		require.NoError(t, err)
		require.NotSame(t, first, renewed)
		require.Equal(t, leafLifetime, time.Until(renewed.Leaf.NotAfter).Round(time.Second))

		time.Sleep(time.Until(ca.cert.NotAfter) - 10*24*time.Hour)
		last, err := get(hello)
		require.NoError(t, err)
		require.Equal(t, ca.cert.NotAfter, last.Leaf.NotAfter, "no certificate outlives its authority")
	})
}

func TestOnlyTheNamesUsedLastAreKept(t *testing.T) {
	t.Parallel()
	made := map[string]int{}
	ca := openTemp(t)
	cache := newLeafCache(func(name string) (*tls.Certificate, error) {
		made[name]++
		leaf := *ca.cert
		leaf.Subject.CommonName = name
		return &tls.Certificate{Leaf: &leaf}, nil
	}, time.Now)
	for n := range maxLeaves + 10 {
		_, err := cache.get("used-all-the-time")
		require.NoError(t, err)
		_, err = cache.get(fmt.Sprint("name-", n))
		require.NoError(t, err)
	}
	require.Len(t, cache.byName, maxLeaves)
	require.Equal(t, maxLeaves, cache.recent.Len())
	require.Equal(t, 1, made["used-all-the-time"])
	_, err := cache.get("name-0")
	require.NoError(t, err)
	require.Equal(t, 2, made["name-0"])
}

func TestManyBrowsersAtOnce(t *testing.T) {
	t.Parallel()
	get := openTemp(t).NotebookTLS("localhost")
	var group sync.WaitGroup
	for n := range 64 {
		group.Go(func() {
			cert, err := get(&tls.ClientHelloInfo{ServerName: fmt.Sprintf("abcdefgh%d.localhost", n%8)})
			if err != nil || cert == nil {
				t.Error("no certificate", err)
			}
		})
	}
	group.Wait()
}
