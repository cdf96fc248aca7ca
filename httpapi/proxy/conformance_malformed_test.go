package proxy

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// malformed is a request that two servers might read as two different ones. It
// is followed by another one, without a session: whoever reads both as one, or
// the first's end elsewhere, would carry that past the gate.
type malformed struct {
	why     string
	request string   // HOST and COOKIE stand for lines that let it in
	answers string   // status codes in their order, a regexp; 401 is the second request's, at the gate
	heard   []string // request lines and bodies that reach the container
}

// brokenOff is the answer to a body that turns out to be malformed when its
// request has begun. Which of the two it is says nothing about the second one.
const brokenOff = "400|502"

const smuggled = "GET /smuggled HTTP/1.1\r\nHost: NAME\r\nConnection: close\r\n\r\n"

func malformedHeads() []malformed {
	get := func(fields string) string { return "GET /a HTTP/1.1\r\nHOSTCOOKIE" + fields + "\r\n" }
	plain := []string{"GET /a HTTP/1.1 none"}
	return []malformed{
		{"nothing odd, to know that the second is answered at the gate", get(""), "200 401", plain},
		{"a folded field", get("X-A: b\r\n c: d\r\n"), "200 401", plain},
		{"a fold before the first field", "GET /a HTTP/1.1\r\n X-A: b\r\nHOSTCOOKIE\r\n", "400", nil},
		{"bare line feeds", strings.ReplaceAll(get("X-A: b\r\n"), "\r\n", "\n"), "200 401", plain},
		{"a bare carriage return in a value", get("X-A: b\rX-B: c\r\n"), "400", nil},
		{"a bare carriage return as a line's end", get("X-A: b\r\rGET /smuggled HTTP/1.1\r\n"), "400", nil},
		{"a blank before the colon", get("X-A : b\r\n"), "400", nil},
		{"a tab before the colon", get("X-A\t: b\r\n"), "400", nil},
		{"a field without a colon", get("X-A\r\n"), "400", nil},
		{"a field without a name", get(": b\r\n"), "400", nil},
		{"a name with a bracket", get("X(A): b\r\n"), "400", nil},
		{"a name beyond ASCII", get("X-\xe4: b\r\n"), "400", nil},
		{"NUL in a value", get("X-A: b\x00c\r\n"), "400", nil},
		{"NUL in a name", get("X-\x00A: b\r\n"), "400", nil},
		{"NUL in the path", "GET /a\x00b HTTP/1.1\r\nHOSTCOOKIE\r\n", "400", nil},
		{"a control character in a value", get("X-A: b\x07c\r\n"), "400", nil},
		{"two hosts", get("Host: evil.example\r\n"), "400", nil},
		{"the same host twice", get("HOST"), "400", nil},
		{"no host", "GET /a HTTP/1.1\r\nCOOKIE\r\n", "400", nil},
		{"an empty host", "GET /a HTTP/1.1\r\nHost:\r\nCOOKIE\r\n", "421 401", nil},
		{"a host with a path", "GET /a HTTP/1.1\r\nHost: NAME/x\r\nCOOKIE\r\n", "400", nil},
		{"a host with a user", "GET /a HTTP/1.1\r\nHost: u@NAME\r\nCOOKIE\r\n", "400", nil},
		{"a host with a blank", "GET /a HTTP/1.1\r\nHost: NAME evil.example\r\nCOOKIE\r\n", "400", nil},
		{"two names in a host", "GET /a HTTP/1.1\r\nHost: NAME, evil.example\r\nCOOKIE\r\n", "400", nil},
		{"HTTP/0.9", "GET /a\r\n", "400", nil},
		{"HTTP/1.0", "GET /a HTTP/1.0\r\nHOSTCOOKIE\r\n", "200", plain},
		{"HTTP/1.0 that stays", "GET /a HTTP/1.0\r\nHOSTCOOKIEConnection: keep-alive\r\n\r\n", "200 401", plain},
		{"HTTP/1.2", "GET /a HTTP/1.2\r\nHOSTCOOKIE\r\n", "200 401", plain},
		{"HTTP/2.0 in words", "GET /a HTTP/2.0\r\nHOSTCOOKIE\r\n", "505", nil},
		{"the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "421", nil},
		{"HTTP/1.10", "GET /a HTTP/1.10\r\nHOSTCOOKIE\r\n", "400", nil},
		{"a version in lower case", "GET /a http/1.1\r\nHOSTCOOKIE\r\n", "400", nil},
		{"words after the version", "GET /a HTTP/1.1 x\r\nHOSTCOOKIE\r\n", "400", nil},
		{"a method in lower case", "get /a HTTP/1.1\r\nHOSTCOOKIE\r\n", "200 401", []string{"get /a HTTP/1.1 none"}},
		{"a method with a bracket", "GE(T /a HTTP/1.1\r\nHOSTCOOKIE\r\n", "400", nil},
		{"no method", " /a HTTP/1.1\r\nHOSTCOOKIE\r\n", "400", nil},
		{"tabs in the request line", "GET\t/a\tHTTP/1.1\r\nHOSTCOOKIE\r\n", "400", nil},
		{"two blanks in the request line", "GET  /a HTTP/1.1\r\nHOSTCOOKIE\r\n", "400", nil},
		{"a blank in the path", "GET /a b HTTP/1.1\r\nHOSTCOOKIE\r\n", "400", nil},
		{"an empty line before the request", "\r\n" + get(""), "400", nil},
		{"ten thousand fields", get(strings.Repeat("X: y\r\n", 20000)), "431", nil},
		{"a body where none is told", get("") + "GET /hidden HTTP/1.1\r\nHost: NAME\r\n\r\n", "200 401 401", plain},
	}
}

// malformedBodies are requests whose end is told twice, or badly. The container
// learns the end that we saw, once.
func malformedBodies() []malformed {
	post := func(fields, body string) string { return "POST /a HTTP/1.1\r\nHOSTCOOKIE" + fields + "\r\n" + body }
	chunk := "Transfer-Encoding: chunked\r\n"
	of := func(body string) []string { return []string{"POST /a HTTP/1.1 " + digestOf(body)} }
	broken := []string{"POST /a HTTP/1.1 broken"}
	return []malformed{
		{"a length and chunks", post("Content-Length: 6\r\n"+chunk, "0\r\n\r\nG"), "200 401", of("")},
		{"chunks and a length", post(chunk+"Content-Length: 3\r\n", "3\r\nabc\r\n0\r\n\r\n"), "200 401", of("abc")},
		{"two lengths", post("Content-Length: 3\r\nContent-Length: 4\r\n", "abcd"), "400", nil},
		{"one length twice", post("Content-Length: 3\r\nContent-Length: 3\r\n", "abc"), "200 401", of("abc")},
		{"two lengths in one line", post("Content-Length: 3, 3\r\n", "abc"), "400", nil},
		{"a negative length", post("Content-Length: -3\r\n", "abc"), "400", nil},
		{"a length with a sign", post("Content-Length: +3\r\n", "abc"), "400", nil},
		{"a hexadecimal length", post("Content-Length: 0x3\r\n", "abc"), "400", nil},
		{"an empty length", post("Content-Length:\r\n", "abc"), "400", nil},
		{"a length beyond 64 bits", post("Content-Length: 18446744073709551619\r\n", "abc"), "400", nil},
		{"a length with letters", post("Content-Length: 3abc\r\n", "abc"), "400", nil},
		{"a length with an underscore", post("Content_Length: 30\r\nContent-Length: 3\r\n", "abc"), "200 401", of("abc")},
		{"two codings", post("Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n"), "501", nil},
		{"chunked twice", post("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n"), "501", nil},
		{"two lines of coding", post(chunk+"Transfer-Encoding: identity\r\n", "0\r\n\r\n"), "501", nil},
		{"two lines of coding the other way round", post("Transfer-Encoding: identity\r\n"+chunk, "0\r\n\r\n"), "501", nil},
		{"a coding that only looks like chunked", post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"), "501", nil},
		{"a coding with a control character", post("Transfer-Encoding: \x0bchunked\r\n", "0\r\n\r\n"), "400", nil},
		{"a coding in quotes", post("Transfer-Encoding: \"chunked\"\r\n", "0\r\n\r\n"), "501", nil},
		{"a coding in a fold", post("Transfer-Encoding:\r\n chunked\r\n", "3\r\nabc\r\n0\r\n\r\n"), "200 401", of("abc")},
		{"a coding with a blank before the colon", post("Transfer-Encoding : chunked\r\nContent-Length: 3\r\n", "abc"), "400", nil},
		{"a coding in capitals", post("TRANSFER-ENCODING: CHUNKED\r\n", "3\r\nabc\r\n0\r\n\r\n"), "200 401", of("abc")},
		{"chunks in HTTP/1.0", strings.Replace(post(chunk, "3\r\nabc\r\n0\r\n\r\n"), "HTTP/1.1", "HTTP/1.0", 1), "200", []string{"POST /a HTTP/1.1 none"}},
		{"words after a chunk's size", post(chunk, "3;a=b;c=\"d\"\r\nabc\r\n0;e\r\n\r\n"), "200 401", of("abc")},
		{"a chunk's size with zeros before it", post(chunk, "0003\r\nabc\r\n0\r\n\r\n"), "200 401", of("abc")},
		{"a length among the trailers", post(chunk, "3\r\nabc\r\n0\r\nContent-Length: 30\r\n\r\n"), "200 401", of("abc")},
		{"a chunk's size with many words", post(chunk, "3;"+strings.Repeat("a", 20000)+"\r\nabc\r\n0\r\n\r\n"), brokenOff, broken},
		{"a chunk's size beyond 64 bits", post(chunk, "10000000000000003\r\nabc\r\n0\r\n\r\n"), brokenOff, broken},
		{"a chunk's size with a sign", post(chunk, "+3\r\nabc\r\n0\r\n\r\n"), brokenOff, broken},
		{"a negative chunk", post(chunk, "-3\r\nabc\r\n0\r\n\r\n"), brokenOff, broken},
		{"a chunk's size with a prefix", post(chunk, "0x3\r\nabc\r\n0\r\n\r\n"), brokenOff, broken},
		{"a chunk's size that ends in a line feed", post(chunk, "3\nabc\r\n0\r\n\r\n"), brokenOff, broken},
		{"a chunk without an end", post(chunk, "3\r\nabcd\r\n0\r\n\r\n"), brokenOff, broken},
		{"a chunk that ends in a line feed", post(chunk, "3\r\nabc\n0\r\n\r\n"), brokenOff, broken},
		{"no size", post(chunk, "\r\nabc\r\n0\r\n\r\n"), brokenOff, broken},
		{
			"an upgrade that the container does not follow", "GET /a HTTP/1.1\r\nHOSTCOOKIEOrigin: https://NAME\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
			"200 401",
			[]string{"GET /a HTTP/1.1 none"},
		},
	}
}

var statusLine = regexp.MustCompile(`HTTP/1\.[01] ([0-9]{3}) `)

func TestNoSecondRequestHidesInAMalformedOne(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, c := range slices.Concat(malformedHeads(), malformedBodies()) {
		t.Run(c.why, func(t *testing.T) {
			t.Parallel()
			container := newPlainContainer(t, answers(ok("fine", "Content-Type: text/plain")))
			name, cookie := h.routeTo(container)
			text := strings.NewReplacer("HOST", "Host: "+name+"\r\n", "COOKIE", session(cookie)+"\r\n", "NAME", name).Replace(c.request + smuggled)
			answer := h.untilClosed(t, text)
			var codes, heard []string
			for _, match := range statusLine.FindAllStringSubmatch(answer, -1) {
				codes = append(codes, match[1])
			}
			for _, call := range container.take(t) {
				body := call.body
				if slices.Contains(call.notes, requestBroken) {
					body = "broken"
				}
				heard = append(heard, call.line+" "+body)
			}
			require.Regexp(t, "^("+c.answers+")$", strings.Join(codes, " "), answer)
			if len(heard) > 0 || c.answers != brokenOff { // whose begin may have been held back
				require.Equal(t, c.heard, heard)
			}
			require.NotContains(t, container.heard(), "smuggled")
			require.NotContains(t, container.heard(), "hidden")
			require.NotContains(t, container.heard(), cookie)
		})
	}
}

// untilClosed sends bytes over TLS and returns what comes back until the server
// closes, which it must do within the tests' patience.
func (h *house) untilClosed(t *testing.T, text string) string {
	t.Helper()
	conn, err := tls.Dial("tcp", h.address, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"http/1.1"}}) //nolint:gosec // a certificate of the test's own
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
	_, _ = io.WriteString(conn, text) // what is refused need not be taken in whole
	var all bytes.Buffer
	_, err = io.Copy(&all, conn)
	var slow net.Error
	require.False(t, errors.As(err, &slow) && slow.Timeout(), "not closed after %q", all.String())
	return all.String()
}
