package proxy

import (
	"bufio"
	"crypto/sha1" //nolint:gosec // RFC 6455 wants it
	"crypto/tls"
	"encoding/base64"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const websocketKey = "dGhlIHNhbXBsZSBub25jZQ=="

// acceptOf answers a Sec-WebSocket-Key (RFC 6455 4.2.2).
func acceptOf(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")) //nolint:gosec // as above
	return base64.StdEncoding.EncodeToString(sum[:])
}

// rawEnd is one end of a websocket, with every byte in the test's hands.
type rawEnd struct {
	net.Conn
	in *bufio.Reader
}

func (e *rawEnd) Read(p []byte) (int, error) { return e.in.Read(p) }

func (e *rawEnd) closeWrite(t *testing.T) {
	t.Helper()
	require.NoError(t, e.Conn.(interface{ CloseWrite() error }).CloseWrite())
}

// rawPair is a websocket through the proxy: the browser's end and the container's.
type rawPair struct {
	browser, container *rawEnd
	answer             *http.Response // that opened it
	asked              *call
}

// hold is a container that opens websockets and hands their ends over. What
// follows goes out with the opening.
func hold(ends chan<- *call, release <-chan struct{}, follows string, fields ...string) script {
	return func(c *call) bool {
		head := "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " + acceptOf(c.field("Sec-WebSocket-Key")) + "\r\n"
		for _, field := range fields {
			head += field + "\r\n"
		}
		c.say(head + "\r\n" + follows)
		ends <- c
		<-release
		return false
	}
}

// upgradeHead asks for a websocket as a browser does.
func upgradeHead(name, cookie string, fields ...string) string {
	lines := append([]string{
		"GET /ws HTTP/1.1", "Host: " + name, "Connection: keep-alive, Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
		"Sec-WebSocket-Key: " + websocketKey, session(cookie),
	}, fields...)
	return strings.Join(lines, "\r\n") + "\r\n\r\n"
}

func (h *house) dialRaw(t *testing.T) *rawEnd {
	t.Helper()
	conn, err := tls.Dial("tcp", h.address, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"http/1.1"}}) //nolint:gosec // a certificate of the test's own
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
	return &rawEnd{conn, bufio.NewReader(conn)}
}

// pair opens a websocket; early goes out with the browser's request, follows
// with the container's answer.
func (h *house) pair(t *testing.T, early, follows string, offers, takes []string) *rawPair {
	t.Helper()
	ends, release := make(chan *call, 1), make(chan struct{})
	container := newPlainContainer(t, hold(ends, release, follows, takes...))
	t.Cleanup(func() { close(release) })
	name, cookie := h.routeTo(container)
	browser := h.dialRaw(t)
	_, err := io.WriteString(browser, upgradeHead(name, cookie, append([]string{"Origin: https://" + name}, offers...)...)+early)
	require.NoError(t, err)
	answer, err := http.ReadResponse(browser.in, nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusSwitchingProtocols, answer.StatusCode)
	require.Equal(t, acceptOf(websocketKey), answer.Header.Get("Sec-Websocket-Accept"))
	asked := <-ends
	require.NoError(t, asked.conn.SetDeadline(time.Now().Add(patience)))
	return &rawPair{browser: browser, container: &rawEnd{asked.conn, asked.in}, answer: answer, asked: asked}
}

// Frames (RFC 6455 5.2).
const (
	final = 0x80
	rsv1  = 0x40 // compressed, where that was agreed

	opContinue = 0x0
	opText     = 0x1
	opBinary   = 0x2
	opClose    = 0x8
	opPing     = 0x9
	opPong     = 0xa
)

// rawFrame writes a frame; browsers mask theirs.
func rawFrame(first byte, payload string, masked bool) string {
	b := []byte{first}
	var mask byte
	if masked {
		mask = 0x80
	}
	switch n := len(payload); {
	case n < 126:
		b = append(b, mask|byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, mask|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, mask|127), uint64(n))
	}
	if !masked {
		return string(b) + payload
	}
	key := [4]byte{0x12, 0x34, 0x56, 0x78}
	b = append(b, key[:]...)
	at := len(b)
	b = append(b, payload...)
	for n := range payload {
		b[at+n] ^= key[n%4]
	}
	return string(b)
}

func closeFrame(code uint16, reason string, masked bool) string {
	return rawFrame(final|opClose, string(binary.BigEndian.AppendUint16(nil, code))+reason, masked)
}
