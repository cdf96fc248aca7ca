//go:build linux

package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"dockerdriver/httpapi/proxy"
)

// domain is where the notebooks are.
const domain = "localhost"

// notebooks is how many routes our proxy has where their number is not the
// question. A session may have 512 requests at once, so many of them are needed
// for thousands of websockets.
const notebooks = 64

func label(i int) string  { return fmt.Sprintf("nb%010d", i) }
func secret(i int) string { return fmt.Sprintf("secret-%042d", i) } // as long as a real one
func cookie(i int) string { return proxy.SessionCookie + "=" + secret(i) }

// site is what all contenders share: a backend, and a certificate of one kind.
type site struct {
	dir       string // of configurations and logs; removed with close
	cache     string // where CHP is installed
	self      string // our own binary
	cert, key string // PEM files, ECDSA P-256
	both      string // one file with both, for haproxy
	backend   *process
	plain     string // the backend's address
}

func newSite(ctx context.Context, cache string) (_ *site, err error) {
	s := &site{}
	if s.cache, err = filepath.Abs(cache); err != nil {
		return nil, err
	}
	if s.self, err = os.Executable(); err != nil {
		return nil, err
	}
	if s.dir, err = os.MkdirTemp("", "bench-proxy-"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if err = s.makeCertificate(); err != nil {
		return nil, err
	}
	if s.plain, err = freeAddress(); err != nil {
		return nil, err
	}
	_, s.backend, err = s.startBackend(ctx, s.plain)
	return s, err
}

// startBackend also tells its address with TLS.
func (s *site) startBackend(ctx context.Context, plain string) (string, *process, error) {
	address, err := freeAddress()
	if err != nil {
		return "", nil, err
	}
	p, err := start(s.dir, "backend", s.self, "backend", "--listen", plain, "--tls-listen", address, "--cert", s.cert, "--key", s.key)
	if err != nil {
		return "", nil, err
	}
	if err := p.await(ctx, func() error { return answers(ctx, address) }); err != nil {
		p.stop()
		return "", nil, err
	}
	return address, p, nil
}

func (s *site) close() {
	if s.backend != nil {
		s.backend.stop()
	}
	os.RemoveAll(s.dir)
}

func (s *site) makeCertificate() error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: domain}, DNSNames: []string{domain, "*." + domain},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	secret := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})
	s.cert, s.key, s.both = s.path("cert.pem"), s.path("key.pem"), s.path("both.pem")
	for path, text := range map[string][]byte{s.cert: cert, s.key: secret, s.both: append(cert, secret...)} {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			return err
		}
	}
	return nil
}

func (s *site) path(name string) string { return filepath.Join(s.dir, name) }

// freeAddress is one on loopback where nobody listens at the moment.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

func portOf(address string) int {
	_, port, _ := net.SplitHostPort(address)
	n, _ := strconv.Atoi(port)
	return n
}
