package docker

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"dockerdriver/actors/pool"
)

// handshakeLimit bounds a TLS handshake: a daemon that hangs still accepts connections.
const handshakeLimit = 10 * time.Second

type dialFunc func(ctx context.Context) (net.Conn, error)

// secure returns a dial that ends with a finished handshake. It is done here and
// not by http.Transport, so that what goes wrong is said in words of ours.
func (e *Engines) secure(at pool.Endpoint, network string, dial dialFunc) (dialFunc, error) {
	switch {
	case network != "tcp":
		return nil, errors.New("TLS is for tcp:// only: leave the server name empty")
	case e.tls == nil:
		return nil, errors.New("it is to be verified by name, but this server has no certificates for that")
	}
	given, err := e.tls(at.ServerName)
	if err != nil {
		return nil, err
	}
	config := given.Clone()
	config.ServerName = at.ServerName
	return func(ctx context.Context) (net.Conn, error) {
		plain, err := dial(ctx)
		if err != nil {
			return nil, err
		}
		ctx, cancel := context.WithTimeout(ctx, handshakeLimit)
		defer cancel()
		conn := tls.Client(plain, config)
		if err := conn.HandshakeContext(ctx); err != nil {
			_ = plain.Close()
			return nil, handshakeError(at, err)
		}
		return &securedConn{Conn: conn, at: at}, nil
	}, nil
}

// securedConn says in clear words that the host refused our certificate. With
// TLS 1.3 that is not known before the first read: the handshake is over for us
// when the host begins to look at the certificate.
type securedConn struct {
	*tls.Conn
	at      pool.Endpoint
	hasRead atomic.Bool
}

func (c *securedConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 {
		c.hasRead.Store(true)
	}
	return n, c.explain(err)
}

func (c *securedConn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	return n, c.explain(err)
}

func (c *securedConn) explain(err error) error {
	switch {
	case err == nil || c.hasRead.Load():
		return err
	case refusal(err) != "":
		return handshakeError(c.at, err)
	// What we had sent already can turn the host's refusal into a reset.
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return fmt.Errorf("the host %s closed the connection before its first answer, as one does that refuses our client certificate: %w", c.at.ServerName, err)
	}
	return err
}

// handshakeError says which side did not like what.
func handshakeError(at pool.Endpoint, err error) error {
	why := refusal(err)
	if why == "" {
		why = distrust(at, err)
	}
	if why == "" {
		return fmt.Errorf("cannot agree on TLS with the host %s: %w", at.ServerName, err)
	}
	return fmt.Errorf("%s (%w)", why, err)
}

// distrust is why we refuse the host.
func distrust(at pool.Endpoint, err error) string {
	var (
		authority x509.UnknownAuthorityError
		name      x509.HostnameError
		invalid   x509.CertificateInvalidError
		noTLS     tls.RecordHeaderError
		netError  net.Error
	)
	switch {
	case errors.As(err, &authority):
		return fmt.Sprintf("the host at %s shows a certificate of another certificate authority: it is not %s as this server made it", at.URL, at.ServerName)
	case errors.As(err, &name):
		return fmt.Sprintf("the host at %s shows the certificate of %s: it is not %s", at.URL, strings.Join(name.Certificate.DNSNames, ", "), at.ServerName)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return fmt.Sprintf("the certificate of the host %s is valid from %s to %s only: replace the host, or correct this server's clock",
			at.ServerName, invalid.Cert.NotBefore.UTC().Format(time.RFC3339), invalid.Cert.NotAfter.UTC().Format(time.RFC3339))
	case errors.As(err, &invalid) && invalid.Reason == x509.IncompatibleUsage:
		return fmt.Sprintf("the host at %s shows a certificate that is not a server's: it is not %s", at.URL, at.ServerName)
	case errors.As(err, &noTLS):
		return fmt.Sprintf("the engine at %s does not speak TLS: start it with --tlsverify", at.URL)
	case errors.As(err, &netError) && netError.Timeout():
		return fmt.Sprintf("the host %s accepts connections, but does not answer in time", at.ServerName)
	}
	return ""
}

// refusals are the alerts (RFC 8446, section 6.2) with which a host refuses us.
var refusals = map[tls.AlertError]string{
	42:  "it cannot be verified",
	43:  "it is of a kind that the host does not take",
	44:  "it is revoked",
	45:  "it is expired by the host's clock",
	46:  "it cannot be verified",
	48:  "it is not of the certificate authority that the host trusts",
	49:  "it has no access",
	116: "it got none",
}

// refusal is why the host refuses us.
func refusal(err error) string {
	var said *net.OpError
	if !errors.As(err, &said) || said.Op != "remote error" {
		return ""
	}
	for alert, why := range refusals {
		// What crypto/tls returns here is of a type that it keeps to itself.
		if said.Err.Error() == alert.Error() {
			return "the host refuses this server's client certificate: " + why
		}
	}
	return ""
}
