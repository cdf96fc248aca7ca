package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
)

// writePair writes a self-signed pair whose subject tells it from others.
func writePair(t *testing.T, dir, subject string) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: subject}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	require.NoError(t, err)
	private8, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	cert, key = filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key")
	require.NoError(t, os.WriteFile(cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	require.NoError(t, os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private8}), 0o600))
	return cert, key
}

func TestARenewedCertificateIsServedAndCutsNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cert, key := writePair(t, dir, "old")
	var log bytes.Buffer
	c, err := loadCertificate("--tls-cert", cert, key, zerolog.New(&log))
	require.NoError(t, err)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	server.TLS = &tls.Config{GetCertificate: c.get}
	server.StartTLS()
	t.Cleanup(server.Close)

	client := func() *http.Client {
		transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}} //nolint:gosec // only the subject is read
		t.Cleanup(transport.CloseIdleConnections)
		return &http.Client{Transport: transport}
	}
	get := func(by *http.Client) (subject string, reused bool) {
		trace := &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) { reused = info.Reused }}
		r, err := http.NewRequestWithContext(httptrace.WithClientTrace(t.Context(), trace), http.MethodGet, server.URL, nil)
		require.NoError(t, err)
		res, err := by.Do(r)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		return res.TLS.PeerCertificates[0].Subject.CommonName, reused
	}
	// httptest adds a certificate of its own, which is served where GetCertificate is not asked.
	server.TLS.Certificates = nil
	kept := client()
	subject, _ := get(kept)
	require.Equal(t, "old", subject)

	require.NoError(t, os.WriteFile(cert, []byte("half a file"), 0o600))
	c.look()
	require.Contains(t, log.String(), "the old one stays in use")
	subject, _ = get(client())
	require.Equal(t, "old", subject)

	writePair(t, dir, "newer")
	c.look()
	subject, _ = get(client())
	require.Equal(t, "newer", subject, "a new connection")
	subject, reused := get(kept)
	require.True(t, reused, "the one that was open goes on")
	require.Equal(t, "old", subject)
}

func TestCertificatesAreLookedAtUntilTheServerStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		cert, key := writePair(t, dir, "old")
		get, err := servedCertificate(t.Context(), "--tls-cert", cert, key, zerolog.Nop())
		require.NoError(t, err)
		writePair(t, dir, "newer")
		time.Sleep(certificateEvery)
		synctest.Wait()
		now, err := get(nil)
		require.NoError(t, err)
		require.Equal(t, "newer", now.Leaf.Subject.CommonName)
	})
}

func TestACertificateThatCannotBeReadNamesItsFlagAndFiles(t *testing.T) {
	t.Parallel()
	_, err := servedCertificate(t.Context(), "--tls-cert", "/none.crt", "/none.key", zerolog.Nop())
	require.ErrorContains(t, err, "cannot use --tls-cert /none.crt with its key /none.key")
}
