package proxy

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http/httputil"
	"net/textproto"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

// plainContainer is a notebook's container without an HTTP library: it keeps
// each byte that it got and sends the bytes that its script says.
type plainContainer struct {
	listener net.Listener
	script   script

	mu      sync.Mutex
	conns   int
	running int
	calls   []*call
	wire    bytes.Buffer  // all that came, of all connections
	taken   chan struct{} // one for each piece that a client has
	here    chan struct{} // one for each request that a script says it has
}

// script is what a container does with one request. It returns whether the
// connection may be used again.
type script func(*call) (keep bool)

// call is one request as its container sees it.
type call struct {
	container *plainContainer
	conn      net.Conn
	in        *bufio.Reader
	nth       int // of the connection
	line      string
	fields    []string // as they were written
	body      string   // see digest
	trailers  []string
	notes     []string
}

// wireLimit bounds what is kept of what came.
const wireLimit = 1 << 20

func newPlainContainer(t testing.TB, s script) *plainContainer {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	c := &plainContainer{listener: listener, script: s, taken: make(chan struct{}, 64), here: make(chan struct{}, 64)}
	var open sync.WaitGroup
	open.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			c.mu.Lock()
			c.conns++
			nth := c.conns
			c.mu.Unlock()
			open.Go(func() { c.serve(conn, nth) })
			t.Cleanup(func() { _ = conn.Close() })
		}
	})
	t.Cleanup(func() { _ = listener.Close() })
	return c
}

func (c *plainContainer) address() string { return c.listener.Addr().String() }

// routeTo puts a container behind a label of its own.
func (h *house) routeTo(c *plainContainer) (name, cookie string) {
	label := c.label()
	return label + "." + domain + ":8443", h.notebookAt(pool.Route{Label: label, Target: c.address()})
}

func (c *plainContainer) label() string { return fmt.Sprint(labelOfPort, c.port()) }

func (c *plainContainer) port() int { return c.listener.Addr().(*net.TCPAddr).Port }

// keepWire is an io.Writer that all connections are copied to.
type keepWire struct{ c *plainContainer }

func (k keepWire) Write(p []byte) (int, error) {
	k.c.mu.Lock()
	defer k.c.mu.Unlock()
	if k.c.wire.Len() < wireLimit {
		k.c.wire.Write(p)
	}
	return len(p), nil
}

func (c *plainContainer) serve(conn net.Conn, nth int) {
	defer conn.Close()
	in := bufio.NewReader(io.TeeReader(conn, keepWire{c}))
	for {
		line, fields, err := readHead(in)
		if err != nil {
			return
		}
		one := &call{container: c, conn: conn, in: in, nth: nth, line: line, fields: fields}
		c.mu.Lock()
		c.running++
		c.calls = append(c.calls, one)
		c.mu.Unlock()
		keep := c.script(one)
		c.mu.Lock()
		c.running--
		c.mu.Unlock()
		if !keep {
			return
		}
	}
}

// take returns the requests since the last time, once all of them have ended.
func (c *plainContainer) take(t testing.TB) []*call {
	t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		c.mu.Lock()
		idle, calls := c.running == 0, c.calls
		if idle {
			c.calls = nil
		}
		c.mu.Unlock()
		if idle {
			return calls
		}
		require.True(t, time.Now().Before(end), "the container is still at work")
	}
}

// heard is every byte that came.
func (c *plainContainer) heard() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.wire.String()
}

// readHead reads lines up to an empty one, and no more than that.
func readHead(in *bufio.Reader) (first string, fields []string, err error) {
	lines := textproto.NewReader(in)
	if first, err = lines.ReadLine(); err != nil {
		return "", nil, err
	}
	fields, err = readFields(lines)
	return first, fields, err
}

func readFields(lines *textproto.Reader) (fields []string, err error) {
	for {
		line, err := lines.ReadLine()
		if err != nil || line == "" {
			return fields, err
		}
		fields = append(fields, line)
	}
}

// field returns the first value of a request's field.
func (c *call) field(name string) string {
	for _, line := range c.fields {
		if key, value, _ := strings.Cut(line, ":"); strings.EqualFold(key, name) {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

const requestBroken = "the request ended with an error"

// readBody reads the request to its end, and its trailers.
func (c *call) readBody() {
	body := newDigest()
	var err error
	if length := c.field("Content-Length"); length != "" {
		var n int64
		if n, err = strconv.ParseInt(length, 10, 64); err == nil {
			_, err = io.CopyN(body, c.in, n)
		}
	} else if c.field("Transfer-Encoding") != "" {
		if _, err = io.Copy(body, httputil.NewChunkedReader(c.in)); err == nil {
			c.trailers, err = readFields(textproto.NewReader(c.in))
		}
	}
	c.body = body.String()
	if err != nil {
		c.note(requestBroken)
	}
}

// say sends bytes; what cannot be sent has nobody to be told.
func (c *call) say(text string) { _, _ = io.WriteString(c.conn, text) }

// note tells something that is compared as well.
func (c *call) note(text string) { c.notes = append(c.notes, text) }

// untilTaken waits until the client has what was said.
func (c *call) untilTaken(what string) {
	select {
	case <-c.container.taken:
		c.note(what + " reached the client by itself")
	case <-time.After(patience / 3):
		c.note(what + " did not reach the client")
	}
}

// untilLeft waits for the connection's end, which tells a container that nobody
// waits for its answer.
func (c *call) untilLeft() {
	_ = c.conn.SetReadDeadline(time.Now().Add(patience / 5))
	_, err := io.Copy(io.Discard, c.in)
	var slow net.Error
	if errors.As(err, &slow) && slow.Timeout() {
		c.note("was not told that the client has left")
		return
	}
	c.note("was told that the client has left")
}

// digest is a short name of some content.
type digest struct {
	sum  interface{ Sum([]byte) []byte }
	to   io.Writer
	size int64
}

func newDigest() *digest {
	sum := sha256.New()
	return &digest{sum: sum, to: sum}
}

func (d *digest) Write(p []byte) (int, error) {
	d.size += int64(len(p))
	return d.to.Write(p)
}

// String returns the length and the begin of the SHA-256.
func (d *digest) String() string {
	if d.size == 0 {
		return "none"
	}
	return fmt.Sprint(d.size, " bytes ", hex.EncodeToString(d.sum.Sum(nil))[:12])
}

func digestOf(text string) string {
	d := newDigest()
	_, _ = io.WriteString(d, text)
	return d.String()
}

// Scripts.

const someDay = "Date: Mon, 01 Jan 2024 00:00:00 GMT\r\n"

// answers reads the request and says text. The connection lives on.
func answers(text string) script {
	return func(c *call) bool {
		c.readBody()
		c.say(text)
		return true
	}
}

// answersAndCloses is answers with the connection's end.
func answersAndCloses(text string) script {
	s := answers(text)
	return func(c *call) bool {
		s(c)
		return false
	}
}

// answersUnread says text without a look at the body, and takes what is on its
// way, so that the answer is not lost with the connection.
func answersUnread(text string) script {
	return func(c *call) bool {
		c.say(text)
		_ = c.conn.(*net.TCPConn).CloseWrite()
		_ = c.conn.SetReadDeadline(time.Now().Add(patience / 3))
		_, _ = io.Copy(io.Discard, c.in)
		return false
	}
}

// answersInPieces says each of them once the client has the one before.
func answersInPieces(head string, pieces ...string) script {
	return func(c *call) bool {
		c.readBody()
		c.say(head)
		for n, piece := range pieces {
			c.say(fmt.Sprintf("%x\r\n%s\r\n", len(piece), piece))
			c.untilTaken(fmt.Sprint("piece ", n+1))
		}
		c.say("0\r\n\r\n")
		return true
	}
}

// ok is a whole answer of some fields and a body.
func ok(body string, fields ...string) string { return answer("200 OK", body, fields...) }

func answer(status, body string, fields ...string) string {
	head := "HTTP/1.1 " + status + "\r\n" + someDay
	for _, field := range fields {
		head += field + "\r\n"
	}
	return head + "Content-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body
}
