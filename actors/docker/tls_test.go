package docker_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"dockerdriver/actors/docker"
	"dockerdriver/actors/pki"
	"dockerdriver/actors/pool"
)

const tlsHost = "pb_dd_first"

// refused is what is said of a client certificate that a host does not take,
// with its alert or, where the connection was reset before that was read, without.
const refused = `refuses (this server's|our) client certificate`

// Before TLS 1.3 there was no alert of its own for a client without one.
const noneGiven = refused + `|cannot agree on TLS with the host pb_dd_first: .* handshake failure`

// presenting is our configuration with another client certificate.
func presenting(ours *pki.CA, cert tls.Certificate) func(string) (*tls.Config, error) {
	return func(name string) (*tls.Config, error) {
		config, err := ours.ClientTLS(name)
		if err == nil {
			config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &cert, nil }
		}
		return config, err
	}
}

// clientOf is the client certificate of an authority.
func clientOf(t *testing.T, ca *pki.CA) tls.Certificate {
	t.Helper()
	config, err := ca.ClientTLS(tlsHost)
	require.NoError(t, err)
	cert, err := config.GetClientCertificate(&tls.CertificateRequestInfo{})
	require.NoError(t, err)
	return *cert
}

func pairOf(t *testing.T, files pki.HostFiles) tls.Certificate {
	t.Helper()
	pair, err := tls.X509KeyPair(files.Cert, files.Key)
	require.NoError(t, err)
	return pair
}

func TestHostTakesOurClientCertificateOnly(t *testing.T) {
	t.Parallel()
	all := newAuthorities(t)
	own := hostFiles(t, all.ours, tlsHost)
	expired := clientOf(t, all.past)
	clients := []struct {
		why    string
		config func(string) (*tls.Config, error)
		words  string // empty: it is taken
	}{
		{"the server itself", all.ours.ClientTLS, ""},
		{"wrong: none at all", presenting(all.ours, tls.Certificate{}), noneGiven},
		{"wrong: another host's own certificate", presenting(all.ours, pairOf(t, hostFiles(t, all.ours, "pb_dd_second"))), refused},
		{"wrong: this host's own certificate", presenting(all.ours, pairOf(t, own)), refused},
		{"expired", presenting(all.ours, expired), refused},
		{"foreign", presenting(all.ours, clientOf(t, all.foreign)), refused},
	}
	for _, kind := range tlsEngineKinds {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			url := kind.start(t, own)
			for _, c := range clients {
				t.Run(c.why, func(t *testing.T) {
					ctx, cancel := context.WithTimeout(t.Context(), patience)
					defer cancel()
					info, err := connect(t, url, tlsHost, c.config).Info(ctx)
					if c.words == "" {
						require.NoError(t, err)
						require.NotEmpty(t, info.ID)
						return
					}
					require.Error(t, err)
					require.Regexp(t, c.words, err.Error())
					require.Equal(t, pool.CodeInternal, pool.CodeOf(err), "an error that passes")
				})
			}
		})
	}
}

func TestEngineThatIsNotTheHostIsNotSpokenTo(t *testing.T) {
	t.Parallel()
	all := newAuthorities(t)
	// What a thief has: another host's pair, or one of his own, at our host's
	// address. He trusts anybody: it is not he who refuses.
	for _, c := range []struct {
		why   string
		shows pki.HostFiles
		words string
	}{
		{"wrong: the stolen key of another host", hostFiles(t, all.ours, "pb_dd_second"), "shows the certificate of pb_dd_second: it is not pb_dd_first"},
		{"expired", hostFiles(t, all.past, tlsHost), "the certificate of the host pb_dd_first is valid from "},
		{"foreign", hostFiles(t, all.foreign, tlsHost), "shows a certificate of another certificate authority"},
	} {
		t.Run(c.why, func(t *testing.T) {
			t.Parallel()
			for _, kind := range tlsEngineKinds {
				t.Run(kind.name, func(t *testing.T) {
					t.Parallel()
					ctx, cancel := context.WithTimeout(t.Context(), patience)
					defer cancel()
					_, err := connect(t, kind.start(t, c.shows), tlsHost, all.ours.ClientTLS).Info(ctx)
					require.ErrorContains(t, err, "cannot reach the Docker engine at tcp://127.0.0.1:")
					require.ErrorContains(t, err, c.words)
					require.Equal(t, pool.CodeInternal, pool.CodeOf(err), "an error that passes")
				})
			}
		})
	}
}

func TestClientCertificateIsRotatedWhileConnectionsAreOpen(t *testing.T) {
	t.Parallel()
	for _, kind := range tlsEngineKinds {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
			defer cancel()
			// It begins 70 days ago, when the certificate was made, and ends today, when that has to go.
			var age atomic.Int64
			age.Store(int64(70 * 24 * time.Hour))
			ca, err := pki.Open(t.TempDir(), pki.WithClock(func() time.Time { return time.Now().Add(-time.Duration(age.Load())) }))
			require.NoError(t, err)
			url := kind.start(t, hostFiles(t, ca, tlsHost))
			engine := connect(t, url, tlsHost, ca.ClientTLS)
			before := clientOf(t, ca)

			installation := rand.Text()
			events := make(chan pool.ContainerEvent, 16)
			watching, stop := context.WithCancel(ctx)
			ended := make(chan error, 1)
			go func() { ended <- engine.Watch(watching, installation, func(e pool.ContainerEvent) { events <- e }) }()
			t.Cleanup(stop)
			run := func(engine *docker.Engine) {
				t.Helper()
				id, err := engine.Create(ctx, containerOverTLS(t, ctx, engine, installation))
				require.NoError(t, err)
				_, err = engine.Start(ctx, id)
				require.NoError(t, err)
				require.NoError(t, engine.Remove(ctx, id))
				for seen := ""; seen != pool.ContainerDestroyed; {
					select {
					case event := <-events:
						require.Equal(t, id, event.ContainerID)
						seen = event.Kind
					case err := <-ended:
						require.NoError(t, err, "the stream broke")
					case <-ctx.Done():
						require.Fail(t, "no event came")
					}
				}
			}
			run(engine)

			age.Store(0)
			after := clientOf(t, ca)
			require.NotEqual(t, before.Leaf.SerialNumber, after.Leaf.SerialNumber)
			// Another client shares no connection with the first: it shows the new certificate.
			run(connect(t, url, tlsHost, ca.ClientTLS))
			stop()
			require.ErrorIs(t, <-ended, context.Canceled, "the first stream was open all the time")
		})
	}
}

// containerOverTLS loads the image through the engine, and says what to run.
func containerOverTLS(t *testing.T, ctx context.Context, engine *docker.Engine, installation string) pool.ContainerSpec {
	t.Helper()
	img, err := buildImage()
	require.NoError(t, err)
	require.NoError(t, engine.Load(ctx, bytes.NewReader(img.tarball)))
	s := &stage{at: pool.Endpoint{Address: "127.0.0.1"}, image: img, installation: installation}
	return s.spec()
}

func TestTLSThatCannotBeIsSaidAtOnce(t *testing.T) {
	t.Parallel()
	ours := newAuthorities(t).ours
	for _, c := range []struct {
		why   string
		at    pool.Endpoint
		with  []docker.Option
		words string
	}{
		{"no certificates", pool.Endpoint{URL: "tcp://127.0.0.1:1", ServerName: tlsHost}, nil, "this server has no certificates for that"},
		{"a unix socket", pool.Endpoint{URL: "unix:///nowhere", ServerName: tlsHost}, []docker.Option{docker.WithTLS(ours.ClientTLS)}, "TLS is for tcp:// only"},
		{"a name that no host has", pool.Endpoint{URL: "tcp://127.0.0.1:1", ServerName: "a.b"}, []docker.Option{docker.WithTLS(ours.ClientTLS)}, `cannot dial the host "a.b" over TLS`},
	} {
		t.Run(c.why, func(t *testing.T) {
			t.Parallel()
			_, err := docker.New(zerolog.Nop(), c.with...).Engine(c.at)
			require.ErrorContains(t, err, c.words)
		})
	}
}

func TestEngineWithoutTLSIsSaidToBeOne(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n"))
			_ = conn.Close()
		}
	}()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	_, err = connect(t, "tcp://"+listener.Addr().String(), tlsHost, newAuthorities(t).ours.ClientTLS).Info(ctx)
	require.ErrorContains(t, err, "does not speak TLS: start it with --tlsverify")
}

func TestEngineThatHangsInTheHandshakeIsGivenUp(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err = connect(t, "tcp://"+listener.Addr().String(), tlsHost, newAuthorities(t).ours.ClientTLS).Info(ctx)
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestPlainEndpointsStayPlainBesideTLS(t *testing.T) {
	t.Parallel()
	url, err := startEmulated()
	require.NoError(t, err)
	_, err = connect(t, url, "", newAuthorities(t).ours.ClientTLS).Info(t.Context())
	require.NoError(t, err)
}
