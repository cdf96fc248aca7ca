package pki

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"regexp"
	"time"
)

// HostLifetime is how long a host's certificate is valid, unless a site wants
// another time: longer than any host should live.
const HostLifetime = 365 * 24 * time.Hour

// HostFiles is what one host's engine is started with, each part in PEM
// (dockerd's --tlscacert, --tlscert and --tlskey).
type HostFiles struct {
	CA   []byte
	Cert []byte
	// Key is the only copy: it is written nowhere here, and goes to the host alone.
	Key []byte
	// NotAfter is when the certificate ends. It is not replaced on a running host:
	// a host that lives so long is retired before.
	NotAfter time.Time
}

// hostName is one label of DNS (RFC 1123), without a dot; the underscore of the
// pool's host names is beyond that, and verified all the same.
var hostName = regexp.MustCompile(`^[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?$`)

// HostCertificate makes the key and the server certificate of one host, whose
// only name is the given one: a label of 1 to 63 characters (a–z, 0–9, and inside
// hyphens and underscores). Names with dots and localhost are refused: people trust this
// authority in their browsers, so a host must never get the name of a website
// or of a notebook. The certificate ends after lifetime (more than 0), or with the authority.
func (ca *CA) HostCertificate(name string, lifetime time.Duration) (HostFiles, error) {
	if err := checkHostName(name); err != nil {
		return HostFiles{}, fmt.Errorf("cannot make a certificate for the host %q: %v", name, err)
	}
	if lifetime <= 0 {
		return HostFiles{}, fmt.Errorf("cannot make a certificate for the host %s: its lifetime must be more than 0, not %s", name, lifetime)
	}
	made, err := ca.issue(name, leafKind{usage: x509.ExtKeyUsageServerAuth, names: []string{name}, lifetime: lifetime})
	if err != nil {
		return HostFiles{}, err
	}
	key, err := keyPEM(made)
	if err != nil {
		return HostFiles{}, fmt.Errorf("cannot write the key of the host %s: %v", name, err)
	}
	return HostFiles{CA: ca.CertPEM(), Cert: leafPEM(made), Key: key, NotAfter: made.Leaf.NotAfter}, nil
}

func checkHostName(name string) error {
	if !hostName.MatchString(name) || name == "localhost" {
		return fmt.Errorf("a host's name must be 1 to 63 of a–z, 0–9, hyphens and underscores, begin and end with a letter or digit, and not be localhost")
	}
	return nil
}

func leafPEM(cert *tls.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Leaf.Raw})
}

func keyPEM(cert *tls.Certificate) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(cert.PrivateKey)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}
