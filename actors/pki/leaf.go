package pki

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"time"
)

const (
	leafLifetime = 90 * 24 * time.Hour
	// leafRenewal is how long before its end a certificate is replaced.
	leafRenewal = 30 * 24 * time.Hour
)

// leafKind is what a certificate may be used for. Each has one use only, so that
// what is stolen from one side never opens the other.
type leafKind struct {
	usage    x509.ExtKeyUsage
	names    []string // the DNS names of a server; a client has none
	lifetime time.Duration
}

// issueNotebook makes a server certificate for one notebook's name.
func (ca *CA) issueNotebook(name string) (*tls.Certificate, error) {
	return ca.issue(name, leafKind{usage: x509.ExtKeyUsageServerAuth, names: []string{name}, lifetime: leafLifetime})
}

// issue makes a key and its certificate, which never outlives the authority.
func (ca *CA) issue(subject string, kind leafKind) (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("cannot make a key for %s: %w", subject, err)
	}
	serial, err := newSerial()
	if err != nil {
		return nil, fmt.Errorf("cannot make a certificate for %s: %w", subject, err)
	}
	now := ca.now()
	end := now.Add(kind.lifetime)
	if end.After(ca.cert.NotAfter) {
		end = ca.cert.NotAfter
	}
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: subject},
		DNSNames:     kind.names,
		NotBefore:    now.Add(-clockSkew),
		NotAfter:     end,
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{kind.usage},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, ca.cert, key.Public(), ca.key)
	if err != nil {
		return nil, fmt.Errorf("cannot sign a certificate for %s: %w", subject, err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("cannot read the certificate made for %s: %w", subject, err)
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, nil
}

// newSerial returns 127 random bits with the highest one set: always 16 bytes.
func newSerial() (*big.Int, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 126))
	if err != nil {
		return nil, err
	}
	return serial.SetBit(serial, 126, 1), nil
}
