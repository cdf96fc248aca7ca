package proxy

import (
	"crypto/tls"
	"io"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
)

// handshake connects once and tells how.
func handshake(t *testing.T, address string, client *tls.Config) (tls.ConnectionState, error) {
	t.Helper()
	client = client.Clone()
	client.InsecureSkipVerify, client.ServerName = true, labelA+"."+domain
	client.NextProtos = []string{"http/1.1"}
	conn, err := tls.Dial("tcp", address, client)
	if err != nil {
		return tls.ConnectionState{}, err
	}
	defer conn.Close()
	// The server's tickets come with the first answer.
	_, err = conn.Write([]byte("GET / HTTP/1.1\r\nHost: " + labelA + ".nb.example:8443\r\nConnection: close\r\n\r\n"))
	require.NoError(t, err)
	require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
	for buffer := make([]byte, 4096); err == nil; {
		_, err = conn.Read(buffer)
	}
	return conn.ConnectionState(), nil
}

func TestVersionsOfTLS(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	state, err := handshake(t, h.address, &tls.Config{})
	require.NoError(t, err)
	require.Equal(t, uint16(tls.VersionTLS13), state.Version, "the newest where both know it")
	state, err = handshake(t, h.address, &tls.Config{MaxVersion: tls.VersionTLS12})
	require.NoError(t, err)
	require.Equal(t, uint16(tls.VersionTLS12), state.Version)
	require.NotContains(t, tls.CipherSuiteName(state.CipherSuite), "CBC")
	for _, old := range []uint16{tls.VersionTLS10, tls.VersionTLS11} {
		_, err = handshake(t, h.address, &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: old})
		require.Error(t, err, tls.VersionName(old))
	}
}

// Whoever takes a ticket's key can read what was said under it. So the keys are
// made by crypto/tls, one each day, and forgotten after a week: no key of ours is
// set that would stay.
func TestKeysOfSessionTicketsAreForgotten(t *testing.T) {
	t.Parallel()
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		t.Run(tls.VersionName(version), func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			clock := &clock{now: began}
			p := New(Config{Domain: domain, Port: 8443, UIURL: "http://ui.example", Log: zerolog.Nop()})
			cert := selfSigned(t)
			server := p.Server("", func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return cert, nil })
			server.TLSConfig.Time = clock.get
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			require.NoError(t, err)
			go func() { _ = server.ServeTLS(listener, "", "") }()
			t.Cleanup(func() { _ = server.Close() })

			// A client that keeps tickets for ever, at a time that stands still.
			client := &tls.Config{MaxVersion: version, ClientSessionCache: tls.NewLRUClientSessionCache(1), Time: func() time.Time { return began }}
			resumed := func() bool {
				state, err := handshake(t, listener.Addr().String(), client)
				require.NoError(t, err)
				return state.DidResume
			}
			require.False(t, resumed(), "the first time")
			require.True(t, resumed(), "at once")
			clock.add(25 * time.Hour)
			require.True(t, resumed(), "a day later: by the key of the day before")
			clock.add(8 * 24 * time.Hour)
			require.False(t, resumed(), "a week later: that key is gone")
			require.True(t, resumed(), "and a new one is there")
		})
	}
}

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) get() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Whoever sends a header a byte at a time holds a connection, but not for long.
func TestHeaderThatDoesNotComeIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	p := New(Config{Domain: domain, Port: 8443, UIURL: "http://ui.example", Log: zerolog.Nop()})
	cert := selfSigned(t)
	server := p.Server("", func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return cert, nil })
	require.Equal(t, readHeaderLimit, server.ReadHeaderTimeout)
	require.Zero(t, server.ReadTimeout, "uploads may take for ever")
	require.Zero(t, server.WriteTimeout, "so may answers")
	server.ReadHeaderTimeout = 200 * time.Millisecond
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	go func() { _ = server.ServeTLS(listener, "", "") }()
	t.Cleanup(func() { _ = server.Close() })
	for why, said := range map[string]string{"not even a handshake": "", "half a header": "GET / HTTP/1.1\r\nHost: a"} {
		conn, err := net.Dial("tcp", listener.Addr().String())
		require.NoError(t, err)
		if said != "" {
			conn = tls.Client(conn, &tls.Config{InsecureSkipVerify: true})
			_, err = conn.Write([]byte(said))
			require.NoError(t, err)
		}
		require.NoError(t, conn.SetReadDeadline(time.Now().Add(patience)))
		_, err = io.Copy(io.Discard, conn)
		require.NotErrorIs(t, err, os.ErrDeadlineExceeded, why)
		require.NoError(t, conn.Close())
	}
}
