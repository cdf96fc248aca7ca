package proxy

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

// hostile is a container that breaks the protocol in its answer. Whatever the
// client is told of it, what it asks next must get its own right answer.
type hostile struct {
	why    string
	attack script
	method string   // GET if empty
	want   []string // facts of which the client sees one
}

const (
	refusedByUs = "answer: the proxy's own 502"
	theFineOne  = "answer: 200"
)

func hostileHeads() []hostile {
	refused := []string{refusedByUs}
	head := func(fields string) script {
		return answers("HTTP/1.1 200 OK\r\n" + someDay + "Content-Type: text/plain\r\n" + fields + "\r\nfine")
	}
	status := func(line string) script {
		return answers(line + "\r\n" + someDay + "Content-Type: text/plain\r\nContent-Length: 4\r\n\r\nfine")
	}
	return []hostile{
		{"nothing wrong", answers(ok("fine", "Content-Type: text/plain")), "", []string{theFineOne}},
		{"two lengths", head("Content-Length: 4\r\nContent-Length: 3\r\n"), "", refused},
		{"two lengths in one line", head("Content-Length: 4, 3\r\n"), "", refused},
		{"a negative length", head("Content-Length: -4\r\n"), "", refused},
		{"a length with a sign", head("Content-Length: +4\r\n"), "", refused},
		{"a length with letters", head("Content-Length: 4x\r\n"), "", refused},
		{"a length beyond 64 bits", head("Content-Length: 18446744073709551620\r\n"), "", refused},
		{"an unknown coding", head("Transfer-Encoding: gzip, chunked\r\n"), "", refused},
		{"a coding that only looks like chunked", head("Transfer-Encoding: xchunked\r\n"), "", refused},
		{"two lines of coding", head("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"), "", refused},
		{"a field without a colon", head("X-A\r\nContent-Length: 4\r\n"), "", refused},
		{"a blank before the colon", head("X-A : b\r\nContent-Length: 4\r\n"), "", []string{theFineOne, refusedByUs}},
		{"a field without a name", head(": b\r\nContent-Length: 4\r\n"), "", refused},
		{"a head of 2 MiB", head("X-A: " + strings.Repeat("a", 2<<20) + "\r\nContent-Length: 4\r\n"), "", refused},
		{"a head that does not end", func(c *call) bool {
			c.say("HTTP/1.1 200 OK\r\n")
			for n := 0; n < 1<<16; n++ {
				if _, err := io.WriteString(c.conn, "X-A: "+strings.Repeat("a", 1024)+"\r\n"); err != nil {
					return false
				}
			}
			c.note("nobody has stopped it")
			return false
		}, "", refused},
		{"no status", status("HTTP/1.1"), "", refused},
		{"a status of two digits", status("HTTP/1.1 20 OK"), "", refused},
		{"a status of letters", status("HTTP/1.1 abc OK"), "", refused},
		{"a negative status", status("HTTP/1.1 -20 OK"), "", refused},
		{"another protocol", status("SSH-2.0-OpenSSH_9"), "", refused},
		{"another version", status("HTTP/9 200 OK"), "", refused},
		{"a page without a head", answers("<html>hello</html>\r\n\r\n"), "", refused},
		{"the switch to a websocket that nobody asked for", answers("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"), "", refused},
		{"the switch to something else", answers("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"), "", refused},
		{"a hundred early answers", answers(strings.Repeat("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", 100) + ok("fine", "Content-Type: text/plain")), "", []string{theFineOne, refusedByUs}},
		{"a hundred invitations to go on", answers(strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 100) + ok("fine", "Content-Type: text/plain")), "", []string{theFineOne, refusedByUs}},
	}
}

func hostileBodies() []hostile {
	cut := []string{noWholeAnswer}
	chunks := func(body string) script {
		return answers("HTTP/1.1 200 OK\r\n" + someDay + "Content-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n" + body)
	}
	fine, forged := ok("fine", "Content-Type: text/plain"), ok("forged", "Content-Type: text/plain")
	whole := []string{theFineOne}
	bare := func(status string) string { return "HTTP/1.1 " + status + "\r\n" + someDay + "\r\n" }
	return []hostile{
		{"a length and chunks", answers("HTTP/1.1 200 OK\r\n" + someDay + "Content-Length: 50\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nfine\r\n0\r\n\r\n"), "", whole},
		{"a chunk of no size", chunks("x\r\nfine\r\n0\r\n\r\n"), "", cut},
		{"a chunk of negative size", chunks("-4\r\nfine\r\n0\r\n\r\n"), "", cut},
		{"a chunk of a size beyond 64 bits", chunks("10000000000000004\r\nfine\r\n0\r\n\r\n"), "", cut},
		{"a chunk longer than its size", chunks("4\r\nfineer\r\n0\r\n\r\n"), "", cut},
		{"a chunk shorter than its size", chunks("5\r\nfine\r\n0\r\n\r\n"), "", cut},
		{"trailers that are none", chunks("4\r\nfine\r\n0\r\nX-A\r\n\r\n"), "", cut},
		{"another answer after one with a length", answers(fine + forged), "", whole},
		{"another answer after one in chunks", chunks("4\r\nfine\r\n0\r\n\r\n" + forged), "", whole},
		{"another answer after an empty one", answers(ok("", "Content-Type: text/plain") + forged), "", whole},
		{"half of another answer", answers(fine + forged[:len(forged)/2]), "", whole},
		{"some more bytes than its length", answers(fine + "more"), "", whole},
		{"a body after the answer to HEAD", answers(fine + forged), "HEAD", whole},
		{"a body in a 204", answers(bare("204 No Content") + forged), "", []string{"answer: 204"}},
		{"a body in a 304", answers(bare("304 Not Modified") + forged), "", []string{"answer: 304"}},
		{"another answer a little later", func(c *call) bool {
			c.readBody()
			c.say(fine)
			c.untilTaken("the right one")
			c.say(forged)
			return true
		}, "", whole},
		{"an early answer a little later", func(c *call) bool {
			c.readBody()
			c.say(fine)
			c.untilTaken("the right one")
			c.say("HTTP/1.1 103 Early Hints\r\n\r\n")
			return true
		}, "", whole},
		{"an end without a word about it", func(c *call) bool {
			c.readBody()
			c.say(fine)
			return false
		}, "", whole},
		{"an upload that it answers and does not read", func(c *call) bool {
			c.say(fine)
			return true // and takes the body for the next request
		}, "POST", append(slices.Clone(whole), refusedByUs, noWholeAnswer)},
	}
}

func TestNextRequestGetsItsOwnAnswerWhateverTheLastOneWas(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, c := range slices.Concat(hostileHeads(), hostileBodies()) {
		for protocol := 1; protocol <= 2; protocol++ {
			t.Run(fmt.Sprint(c.why, " over HTTP/", protocol), func(t *testing.T) {
				t.Parallel()
				h.attack(t, c, protocol)
			})
		}
	}
}

func (h *house) attack(t *testing.T, c hostile, protocol int) {
	t.Helper()
	right := answers(ok("right", "Content-Type: text/plain"))
	container := newPlainContainer(t, func(one *call) bool {
		if strings.Contains(one.line, " /attack ") {
			return c.attack(one)
		}
		return right(one)
	})
	name, cookie := h.routeTo(container)
	v := &visitor{t: t, address: h.address, tls: true, host: name, fields: []string{session(cookie)}}
	send := map[int]func(ask) facts{1: v.overHTTP1, 2: v.overHTTP2}[protocol]
	a := ask{target: "/attack", method: c.method}
	if c.method == http.MethodPost {
		a.body = strings.Repeat("GET /smuggled HTTP/1.1\r\n\r\n", 10)
	}
	seen := send(a)
	require.True(t, slices.ContainsFunc(c.want, func(want string) bool { return slices.Contains(seen, want) }), "none of %q is among %.2000q", c.want, seen)
	container.taken <- struct{}{}
	time.Sleep(20 * time.Millisecond) // so that what comes unasked has come
	for _, method := range []string{"POST", "GET", "HEAD", "GET"} {
		seen := send(ask{target: "/next", method: method, body: map[string]string{"POST": "body"}[method]})
		require.Contains(t, seen, "answer: 200", method)
		require.Contains(t, seen, "answer field Content-Length: 5", method)
		if method != "HEAD" {
			require.Contains(t, seen, "answer body: "+digestOf("right"), method)
		}
	}
	for _, one := range container.take(t) {
		require.NotContains(t, one.notes, "nobody has stopped it")
	}
}

// TestHeaderThatAContainerSplitsIsStillLookedAt has a container hide a cookie of
// our name behind line ends that not everybody takes for one.
func TestHeaderThatAContainerSplitsIsStillLookedAt(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for why, between := range map[string]string{
		"a line feed": "\n", "a carriage return": "\r", "two carriage returns and a line feed": "\r\r\n", "NUL": "\x00", "a fold": "\r\n ", "a vertical tab": "\v", "letters that end in a line end's byte": "\u560a\u560d",
	} {
		for protocol := 1; protocol <= 2; protocol++ {
			t.Run(fmt.Sprint(why, " over HTTP/", protocol), func(t *testing.T) {
				t.Parallel()
				container := newPlainContainer(t, answers(ok("fine", "X-A: b"+between+"Set-Cookie: "+SessionCookie+"=planted", "Content-Type: text/plain")))
				name, cookie := h.routeTo(container)
				v := &visitor{t: t, address: h.address, tls: true, host: name, fields: []string{session(cookie)}}
				seen := map[int]func(ask) facts{1: v.overHTTP1, 2: v.overHTTP2}[protocol](ask{})
				for _, fact := range seen {
					require.False(t, strings.HasPrefix(fact, "answer field Set-Cookie"), fact)
				}
				require.True(t, slices.Contains(seen, theFineOne) || slices.Contains(seen, refusedByUs) || slices.Contains(seen, noWholeAnswer), "%q", seen)
			})
		}
	}
}

// TestAnswersAreNotMixedUpInACrowd has many clients at one container that says
// more than it was asked each time.
func TestAnswersAreNotMixedUpInACrowd(t *testing.T) {
	t.Parallel()
	require.Empty(t, mixedUp(t, http.MethodGet, 1))
}

// mixedUp asks in a crowd and tells which answers were not those to the questions.
func mixedUp(t *testing.T, method string, protocol int) (lines []string) {
	t.Helper()
	h := newHouse(t)
	container := newPlainContainer(t, func(c *call) bool {
		c.readBody()
		path := strings.Fields(c.line)[1]
		c.say(ok(path, "Content-Type: text/plain") + ok("/forged", "Content-Type: text/plain"))
		return true
	})
	mine := h.notebookAt(pool.Route{Label: labelA, Target: container.address()})
	const clients, each = 8, 40
	wrong := make(chan string, clients*each)
	var all sync.WaitGroup
	for client := range clients {
		sender := h.client(protocol)
		all.Go(func() {
			for n := range each {
				path := fmt.Sprintf("/%d/%d", client, n)
				res, err := sender.Do(h.request(method, labelA, path, session(mine)))
				if err != nil {
					wrong <- path + ": " + err.Error()
					continue
				}
				body, err := io.ReadAll(res.Body)
				_ = res.Body.Close()
				if res.StatusCode == http.StatusOK && (err != nil || string(body) != path) {
					wrong <- fmt.Sprintf("%s: %q %v", path, body, err)
				}
			}
		})
	}
	all.Wait()
	close(wrong)
	for line := range wrong {
		lines = append(lines, line)
	}
	return lines
}
