package pki

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"sync"
)

// ClientFile holds the server's own client certificate and its key, in one file
// of mode 0600, so that the two can never be of different rotations.
const ClientFile = "client.pem"

// clientSubject is what the engines of hosts write into their logs.
const clientSubject = "DockerDriver"

// clientPair is the client certificate in use.
type clientPair struct {
	path string

	mu   sync.Mutex
	held *tls.Certificate
}

// ClientTLS returns how the server dials the host of the given name: it presents
// the client certificate, trusts this authority alone, and verifies the host's
// certificate against serverName, whatever address is dialled. TLS 1.2 is the
// oldest that is spoken, and 1.3 is taken where the host knows it.
//
// The client certificate is read from ClientFile, or made; it is valid for 90
// days and replaced 30 days before its end, at the first handshake after that.
// Connections that are open go on. A file that cannot be used, or that is not
// this authority's, is replaced: nothing else is lost with it.
func (ca *CA) ClientTLS(serverName string) (*tls.Config, error) {
	if err := checkHostName(serverName); err != nil {
		return nil, fmt.Errorf("cannot dial the host %q over TLS: %v", serverName, err)
	}
	if _, err := ca.clientCertificate(); err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AddCert(ca.cert)
	return &tls.Config{
		RootCAs: roots, ServerName: serverName, MinVersion: tls.VersionTLS12, Time: ca.now,
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return ca.clientCertificate() },
	}, nil
}

// clientCertificate returns the certificate to present now, and replaces it when its time has come.
func (ca *CA) clientCertificate() (*tls.Certificate, error) {
	ca.client.mu.Lock()
	defer ca.client.mu.Unlock()
	if ca.isFresh(ca.client.held) {
		return ca.client.held, nil
	}
	stored, err := ca.readClient()
	if err == nil && !ca.isFresh(stored) {
		stored, err = ca.makeClient()
	}
	switch {
	case err == nil:
		ca.client.held = stored
	// A disk that is full for a day must not cut the server from its hosts: the
	// next handshake tries again.
	case ca.client.held == nil || !ca.isValid(ca.client.held):
		return nil, err
	}
	return ca.client.held, nil
}

// isFresh tells whether a certificate may be used without a thought of its end.
func (ca *CA) isFresh(cert *tls.Certificate) bool {
	if cert == nil || !ca.isValid(cert) {
		return false
	}
	// One that ends with the authority cannot be replaced by a longer one.
	return ca.now().Before(cert.Leaf.NotAfter.Add(-leafRenewal)) || cert.Leaf.NotAfter.Equal(ca.cert.NotAfter)
}

func (ca *CA) isValid(cert *tls.Certificate) bool {
	now := ca.now()
	return now.After(cert.Leaf.NotBefore) && now.Before(cert.Leaf.NotAfter)
}

// readClient returns the stored certificate, or nil when there is none that can be used.
func (ca *CA) readClient() (*tls.Certificate, error) {
	info, err := os.Stat(ca.client.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read the client certificate: %w", err)
	}
	// A key that others could read may be theirs by now.
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("cannot use the client certificate %s: its mode %#o lets others read its key: set it to 0600, or delete it to get a new one", ca.client.path, info.Mode().Perm())
	}
	text, err := os.ReadFile(ca.client.path)
	if err != nil {
		return nil, fmt.Errorf("cannot read the client certificate: %w", err)
	}
	cert, err := tls.X509KeyPair(text, text)
	if err != nil || cert.Leaf.CheckSignatureFrom(ca.cert) != nil ||
		!slices.Equal(cert.Leaf.ExtKeyUsage, []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}) {
		return nil, nil
	}
	if _, ok := cert.PrivateKey.(*ecdsa.PrivateKey); !ok {
		return nil, nil
	}
	return &cert, nil
}

func (ca *CA) makeClient() (*tls.Certificate, error) {
	made, err := ca.issue(clientSubject, leafKind{usage: x509.ExtKeyUsageClientAuth, lifetime: leafLifetime})
	if err != nil {
		return nil, err
	}
	key, err := keyPEM(made)
	if err != nil {
		return nil, fmt.Errorf("cannot write the client certificate's key: %w", err)
	}
	if err := writeFile(ca.client.path, bytes.Join([][]byte{leafPEM(made), key}, nil), 0o600); err != nil {
		return nil, fmt.Errorf("cannot store the client certificate: %w", err)
	}
	return made, nil
}
