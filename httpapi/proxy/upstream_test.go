package proxy

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

// script is a container that answers as it is told: connection and request are
// counted from 1.
func (h *house) script(answer func(connection, request int, conn net.Conn, r *http.Request) (goOn bool)) (cookie string, connections *atomic.Int32) {
	h.t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(h.t, err)
	h.t.Cleanup(func() { _ = listener.Close() })
	connections = new(atomic.Int32)
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			connection := int(connections.Add(1))
			go func() {
				defer conn.Close()
				in := bufio.NewReader(conn)
				for request := 1; ; request++ {
					r, err := http.ReadRequest(in)
					if err != nil || !answer(connection, request, conn, r) {
						return
					}
				}
			}()
		}
	}()
	return h.notebookAt(pool.Route{Label: labelA, Target: listener.Addr().String()}), connections
}

// says is an answer of length words.
func says(words string) string {
	return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(words), words)
}

func TestConnectionsToContainersAreUsedAgain(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	mine, connections := h.script(func(_, _ int, conn net.Conn, r *http.Request) bool {
		_, err := io.WriteString(conn, map[string]string{
			"/length": says("x"), "/none": "HTTP/1.1 204 No Content\r\n\r\n", "/same": "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
			"/chunks": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
			"/hints":  "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + says("x"),
			"/head":   "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
		}[r.URL.Path])
		return err == nil
	})
	for _, path := range []string{"/length", "/none", "/same", "/chunks", "/hints", "/length"} {
		res, body := h.get(labelA, path, session(mine))
		require.Less(t, res.StatusCode, 400, path)
		require.Equal(t, strings.Contains("/length /chunks /hints", path), body == "x", path)
	}
	res, _ := h.do(h.request(http.MethodHead, labelA, "/head", session(mine)))
	require.Equal(t, int64(5), res.ContentLength)
	require.Equal(t, int32(1), connections.Load())
}

func TestConnectionsToContainersThatCannotBeUsedAgain(t *testing.T) {
	t.Parallel()
	for why, first := range map[string]struct {
		answer string
		status int
	}{
		"it says that it closes":                 {"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx", 200},
		"its answer ends with the connection":    {"HTTP/1.1 200 OK\r\n\r\nx", 200},
		"it speaks HTTP/1.0":                     {"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", 200},
		"more comes than the answer":             {says("x") + says("an answer to the next request"), 200},
		"a body comes where none may":            {"HTTP/1.1 204 No Content\r\n\r\n" + says("an answer to the next request"), 204},
		"two lengths that differ":                {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxy", 502},
		"a length that is none":                  {"HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\nx", 502},
		"no HTTP":                                {"SSH-2.0-OpenSSH_9.2\r\n", 502},
		"a field without a colon":                {"HTTP/1.1 200 OK\r\nContent-Length 1\r\n\r\nx", 502},
		"a header without an end":                {"HTTP/1.1 200 OK\r\n" + strings.Repeat("A: "+strings.Repeat("x", 1000)+"\r\n", 1200), 502},
		"informational answers without an end":   {strings.Repeat("HTTP/1.1 103 Early Hints\r\n\r\n", 20), 502},
		"nothing at all, and the end":            {"", 502},
		"half a header, and the end":             {"HTTP/1.1 200 OK\r\nConten", 502},
		"chunks that are none":                   {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nx\r\n", 0},
		"chunks that stop":                       {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nx", 0},
		"less than the length":                   {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nx", 0},
		"a coding that nobody knows":             {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nx", 502},
		"a length beside chunks":                 {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n" + says("more"), 200},
		"another protocol that nobody asked for": {"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n", 502},
	} {
		t.Run(why, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			mine, connections := h.script(func(connection, request int, conn net.Conn, _ *http.Request) bool {
				if connection > 1 || request > 1 {
					_, err := io.WriteString(conn, says("the right one"))
					return err == nil
				}
				_, err := io.WriteString(conn, first.answer)
				// It waits for more unless only its end ends the answer.
				return err == nil && first.status == 200 && !strings.HasSuffix(first.answer, "OK\r\n\r\nx")
			})
			res, err := h.client(1).Do(h.request("GET", labelA, "/", session(mine)))
			if err == nil {
				_, err = io.ReadAll(res.Body)
				require.NoError(t, res.Body.Close())
			}
			if first.status == 0 {
				require.Error(t, err, "a part must not look like the whole")
			} else {
				require.NoError(t, err)
				require.Equal(t, first.status, res.StatusCode)
			}
			res, body := h.get(labelA, "/", session(mine))
			require.Equal(t, http.StatusOK, res.StatusCode)
			require.Equal(t, "the right one", body)
			require.Equal(t, int32(2), connections.Load())
		})
	}
}

// What comes on an idle connection comes after the answer was passed on.
func TestWhatAContainerSaysUnaskedIsNoAnswer(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	late := make(chan func())
	mine, connections := h.script(func(connection, _ int, conn net.Conn, _ *http.Request) bool {
		_, _ = io.WriteString(conn, says(fmt.Sprint("connection ", connection)))
		if connection == 1 {
			late <- func() { _, _ = io.WriteString(conn, says("unasked")) }
		}
		return true
	})
	var speak func()
	go func() { speak = <-late; close(late) }()
	_, body := h.get(labelA, "/", session(mine))
	require.Equal(t, "connection 1", body)
	<-late
	speak()
	require.Eventually(t, func() bool {
		l := h.proxy.upstream.take(h.routes[labelA].Target, idleLife)
		if l == nil {
			return false
		}
		defer h.proxy.upstream.put(l)
		return !l.isQuiet()
	}, patience, time.Millisecond)
	_, body = h.get(labelA, "/", session(mine))
	require.Equal(t, "connection 2", body)
	require.Equal(t, int32(2), connections.Load())
}

// A container may close an idle connection in the moment in which it is used.
func TestRequestOnAConnectionThatWasBeingClosedIsSentAgain(t *testing.T) {
	t.Parallel()
	for why, c := range map[string]struct {
		second       string // what the first connection says to its second request
		status, more int    // more: connections
	}{
		"closed before it was read":   {"", 200, 2},
		"closed in mid-answer":        {"HTTP/1.1 200 OK\r\nConte", 502, 1},
		"broken while it was written": {"HTTP/1.1 100 Continue\r\n\r\n", 502, 1},
	} {
		t.Run(why, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			mine, connections := h.script(func(connection, request int, conn net.Conn, _ *http.Request) bool {
				if connection == 1 && request == 2 {
					_, _ = io.WriteString(conn, c.second)
					return false
				}
				_, err := io.WriteString(conn, says("x"))
				return err == nil
			})
			res, _ := h.get(labelA, "/", session(mine))
			require.Equal(t, http.StatusOK, res.StatusCode)
			res, _ = h.get(labelA, "/", session(mine))
			require.Equal(t, c.status, res.StatusCode)
			require.Equal(t, int32(c.more), connections.Load())
		})
	}
}

func TestBrowserThatGoesAwayIsNotAnsweredOn(t *testing.T) {
	t.Parallel()
	for protocol := 1; protocol <= 2; protocol++ {
		h := newHouse(t)
		asked, gone := make(chan struct{}), make(chan struct{})
		mine := h.notebook(labelA, func(_ http.ResponseWriter, r *http.Request) {
			close(asked)
			<-r.Context().Done()
			close(gone)
		})
		ctx, leave := context.WithCancel(t.Context())
		go func() { <-asked; leave() }()
		_, err := h.client(protocol).Do(h.request("GET", labelA, "/", session(mine)).WithContext(ctx))
		require.ErrorIs(t, err, context.Canceled)
		<-gone
		require.Eventually(t, func() bool { return h.proxy.exchanges.count(false) == 0 }, patience, time.Millisecond)
	}
}

func TestIdleConnectionsAreClosedInTheEnd(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	closed := make(chan struct{})
	mine, _ := h.script(func(_, request int, conn net.Conn, _ *http.Request) bool {
		_, _ = io.WriteString(conn, says("x"))
		_, _ = io.Copy(io.Discard, conn)
		close(closed)
		return false
	})
	_, _ = h.get(labelA, "/", session(mine))
	u := h.proxy.upstream
	require.Eventually(t, func() bool { u.mu.Lock(); defer u.mu.Unlock(); return len(u.idle) == 1 }, patience, time.Millisecond)
	u.clean()
	require.Len(t, u.idle, 1, "not yet")
	u.mu.Lock()
	u.idle[h.routes[labelA].Target][0].since = time.Now().Add(-idleLife - time.Second)
	u.mu.Unlock()
	u.clean()
	<-closed
	u.mu.Lock()
	defer u.mu.Unlock()
	require.Empty(t, u.idle)
}
