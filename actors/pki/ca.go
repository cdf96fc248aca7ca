package pki

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Names of the CA's files in its directory.
const (
	KeyFile  = "ca.key" // PKCS #8, mode 0600
	CertFile = "ca.crt"
)

const (
	caLifetime = 10 * 365 * 24 * time.Hour
	// clockSkew is how far a browser's clock may be behind ours.
	clockSkew = time.Hour
)

// CA is the installation's certificate authority. It is safe for concurrent use.
type CA struct {
	cert    *x509.Certificate
	certPEM []byte
	key     *ecdsa.PrivateKey
	now     func() time.Time
	client  clientPair
}

// Open reads the CA in dir, or makes one that is valid for ten years if there is
// none. Whoever calls it holds the lock of the data directory. Files that cannot
// be used are never overwritten: the error says what is wrong with them.
func Open(dir string, options ...Option) (*CA, error) {
	ca := &CA{now: time.Now, client: clientPair{path: filepath.Join(dir, ClientFile)}}
	for _, set := range options {
		set(ca)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("cannot make the directory of the certificate authority: %w", err)
	}
	key, err := openKey(dir)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, CertFile)
	text, err := os.ReadFile(path)
	// The key is written first, so a key alone is a first start that was cut off.
	if errors.Is(err, fs.ErrNotExist) {
		text, err = makeCert(path, key, ca.now())
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read the certificate authority: %w", err)
	}
	cert, err := parseCert(text, key, ca.now())
	if err != nil {
		return nil, fmt.Errorf("cannot use the certificate authority in %s: %w", path, err)
	}
	ca.cert, ca.certPEM, ca.key = cert, text, key
	return ca, nil
}

// CertPEM returns the CA's certificate, for people to trust.
func (ca *CA) CertPEM() []byte { return append([]byte(nil), ca.certPEM...) }

func openKey(dir string) (*ecdsa.PrivateKey, error) {
	path := filepath.Join(dir, KeyFile)
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(filepath.Join(dir, CertFile)); err == nil {
			return nil, fmt.Errorf("cannot use the certificate authority in %s: %s is missing: restore it from a backup, or move %s away to make a new authority, which browsers then have to trust again", dir, KeyFile, CertFile)
		}
		return makeKey(path)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read the certificate authority's key: %w", err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return nil, fmt.Errorf("cannot use the certificate authority's key %s: its mode %#o lets others read it: set it to 0600", path, mode)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read the certificate authority's key: %w", err)
	}
	key, err := parseKey(text)
	if err != nil {
		return nil, fmt.Errorf("cannot use the certificate authority's key %s: %w", path, err)
	}
	return key, nil
}

var errDamaged = errors.New("the file is damaged: restore it from a backup, or move both files away to make a new authority, which browsers then have to trust again")

func parseKey(text []byte) (*ecdsa.PrivateKey, error) {
	block, _ := pem.Decode(text)
	if block == nil || block.Type != "PRIVATE KEY" {
		return nil, errDamaged
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errDamaged
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok {
		return nil, errors.New("it is not an ECDSA key")
	}
	return key, nil
}

func parseCert(text []byte, key *ecdsa.PrivateKey, now time.Time) (*x509.Certificate, error) {
	block, _ := pem.Decode(text)
	if block == nil || block.Type != "CERTIFICATE" {
		return nil, errDamaged
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, errDamaged
	}
	switch {
	case !key.PublicKey.Equal(cert.PublicKey):
		return nil, fmt.Errorf("it does not belong to the key in %s: restore both from the same backup", KeyFile)
	case !cert.IsCA || cert.CheckSignatureFrom(cert) != nil:
		return nil, errors.New("it is not a certificate authority that signed itself")
	case now.After(cert.NotAfter):
		return nil, fmt.Errorf("it ended on %s: move both files away to make a new authority, which browsers then have to trust again", cert.NotAfter.Format(time.DateOnly))
	case now.Before(cert.NotBefore):
		return nil, fmt.Errorf("it begins on %s only: set this machine's clock", cert.NotBefore.Format(time.RFC3339))
	}
	return cert, nil
}

func makeKey(path string) (*ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("cannot make the certificate authority's key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("cannot make the certificate authority's key: %w", err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	if err := writeFile(path, text, 0o600); err != nil {
		return nil, fmt.Errorf("cannot store the certificate authority's key: %w", err)
	}
	return key, nil
}

func makeCert(path string, key *ecdsa.PrivateKey, now time.Time) ([]byte, error) {
	serial, err := newSerial()
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial,
		// The tail keeps two installations apart in a browser's list.
		Subject:               pkix.Name{CommonName: "DockerDriver CA " + hex.EncodeToString(serial.Bytes()[:4])},
		NotBefore:             now.Add(-clockSkew),
		NotAfter:              now.Add(caLifetime),
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		BasicConstraintsValid: true,
		IsCA:                  true,
		MaxPathLenZero:        true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return text, writeFile(path, text, 0o644)
}
