package docker

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

func TestWordsForWhatGoesWrongInTLS(t *testing.T) {
	t.Parallel()
	at := pool.Endpoint{URL: "tcp://10.0.0.5:2376", ServerName: "pb_dd_1"}
	alert := func(number uint8) error {
		return &net.OpError{Op: "remote error", Err: tls.AlertError(number)}
	}
	for _, c := range []struct {
		why   string
		err   error
		words string
	}{
		{"our certificate is expired there", alert(45), "refuses this server's client certificate: it is expired by the host's clock (remote error: tls: expired certificate)"},
		{"the host trusts another authority", alert(48), "it is not of the certificate authority that the host trusts"},
		{"the host got none", alert(116), "it got none"},
		{"an old engine's general refusal", alert(42), "it cannot be verified (remote error: tls: bad certificate)"},
		{"an alert that is not about certificates", alert(70), "cannot agree on TLS with the host pb_dd_1: remote error: tls: protocol version not supported"},
		{"a client certificate in the host's place", &tls.CertificateVerificationError{Err: x509.CertificateInvalidError{Reason: x509.IncompatibleUsage}}, "a certificate that is not a server's: it is not pb_dd_1"},
		{"anything else", io.ErrUnexpectedEOF, "cannot agree on TLS with the host pb_dd_1: unexpected EOF"},
	} {
		t.Run(c.why, func(t *testing.T) {
			t.Parallel()
			err := handshakeError(at, c.err)
			require.ErrorContains(t, err, c.words)
			require.ErrorIs(t, err, c.err)
		})
	}
}

func TestResetBeforeTheFirstAnswerMayBeARefusal(t *testing.T) {
	t.Parallel()
	reset := fmt.Errorf("write: %w", syscall.ECONNRESET)
	conn := &securedConn{at: pool.Endpoint{ServerName: "pb_dd_1"}}
	require.ErrorContains(t, conn.explain(reset), "the host pb_dd_1 closed the connection before its first answer")
	require.NoError(t, conn.explain(nil))
	require.Equal(t, io.EOF, conn.explain(io.EOF))
	conn.hasRead.Store(true)
	require.True(t, errors.Is(conn.explain(reset), syscall.ECONNRESET))
	require.Equal(t, reset, conn.explain(reset), "later it is what it is")
}
