package proxy

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// An answer's head goes out when the container has sent it, not with the first
// byte of its body: an EventSource is open then.
func TestHeadOfAStreamArrivesBeforeItsFirstEvent(t *testing.T) {
	t.Parallel()
	for protocol := 1; protocol <= 2; protocol++ {
		t.Run(fmt.Sprint("HTTP/", protocol), func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			release := make(chan struct{})
			mine := h.notebook(labelA, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/event-stream")
				_ = http.NewResponseController(w).Flush()
				<-release
			})
			defer close(release)
			client := h.client(protocol)
			client.Timeout = 2 * time.Second
			res, err := client.Do(h.request(http.MethodGet, labelA, "/", session(mine)))
			require.NoError(t, err)
			require.NoError(t, res.Body.Close())
		})
	}
}

// Over HTTP/2 a GET has a Body that is not http.NoBody, and yet no body.
func TestGetOverHTTP2UsesConnectionsAgain(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	container := newPlainContainer(t, answers(ok("x")))
	_, mine := h.routeTo(container)
	r := h.request(http.MethodGet, container.label(), "/", session(mine))
	res, err := h.client(2).Do(r)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	h.proxy.upstream.mu.Lock()
	defer h.proxy.upstream.mu.Unlock()
	require.Len(t, h.proxy.upstream.idle[container.address()], 1)
}

// What the container gave no type gets none.
func TestTypeIsNotGuessed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	container := newPlainContainer(t, answers(ok("<html><script>1</script>")))
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		for protocol := 1; protocol <= 2; protocol++ {
			t.Run(fmt.Sprint(method, " over HTTP/", protocol), func(t *testing.T) {
				_, mine := h.routeTo(container)
				r := h.request(method, container.label(), "/", session(mine))
				if method == http.MethodPost {
					r.Body, r.ContentLength = io.NopCloser(strings.NewReader("x")), 1
				}
				res, err := h.client(protocol).Do(r)
				require.NoError(t, err)
				require.NoError(t, res.Body.Close())
				require.Empty(t, res.Header["Content-Type"])
			})
		}
	}
}

// Extra bytes after an answer are not taken for the next one; on http.Transport's
// connections they sometimes are.
func TestAnswersAreNotMixedUpInACrowdEither(t *testing.T) {
	for round := range 5 {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			for protocol := 1; protocol <= 2; protocol++ {
				t.Run(fmt.Sprint(method, " over HTTP/", protocol, " ", round), func(t *testing.T) {
					require.Empty(t, mixedUp(t, method, protocol))
				})
			}
		}
	}
}

// Early answers without an end are stopped.
func TestEarlyAnswersWithoutAnEndAreStopped(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, early := range []string{"103 Early Hints", "100 Continue"} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			for protocol := 1; protocol <= 2; protocol++ {
				t.Run(fmt.Sprint(early, " to ", method, " over HTTP/", protocol), func(t *testing.T) {
					t.Parallel()
					container := newPlainContainer(t, func(c *call) bool {
						c.readBody()
						for range 100000 {
							if _, err := io.WriteString(c.conn, "HTTP/1.1 "+early+"\r\nLink: </"+strings.Repeat("a", 1024)+">\r\n\r\n"); err != nil {
								return false
							}
						}
						c.note("nobody has stopped it")
						return false
					})
					_, mine := h.routeTo(container)
					r := h.request(method, container.label(), "/", session(mine))
					if method == http.MethodPost {
						r.Body, r.ContentLength = io.NopCloser(strings.NewReader("x")), 1
					}
					began := time.Now()
					res, err := h.client(protocol).Do(r)
					if err == nil {
						require.NoError(t, res.Body.Close())
					}
					require.Less(t, time.Since(began), patience/2)
					for _, one := range container.take(t) {
						require.NotContains(t, one.notes, "nobody has stopped it")
					}
				})
			}
		}
	}
}

// A client that sends a malformed chunk is at fault, not the notebook.
func TestMalformedChunkIsTheClientsFault(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	container := newPlainContainer(t, answers(ok("x")))
	name, mine := h.routeTo(container)
	browser := h.dialRaw(t)
	_, err := io.WriteString(browser, "POST / HTTP/1.1\r\nHost: "+name+"\r\n"+session(mine)+"\r\nTransfer-Encoding: chunked\r\n\r\n+3\r\nabc\r\n0\r\n\r\n")
	require.NoError(t, err)
	res, err := http.ReadResponse(bufio.NewReader(browser), nil)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, http.StatusBadRequest, res.StatusCode)
}

// 102 Processing may come as often as the container likes (RFC 2518 10.1).
func TestContainerMaySayOftenThatItIsAtWork(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	container := newPlainContainer(t, answers(strings.Repeat("HTTP/1.1 102 Processing\r\n\r\n", 10)+ok("x")))
	for protocol := 1; protocol <= 2; protocol++ {
		_, mine := h.routeTo(container)
		res, err := h.client(protocol).Do(h.request(http.MethodGet, container.label(), "/", session(mine)))
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		require.Equal(t, http.StatusOK, res.StatusCode)
	}
}
