package proxy

import (
	"bufio"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// ended tells whether an end hears of the other's, and what came before.
func (e *rawEnd) ended(t *testing.T) string {
	t.Helper()
	said, err := io.ReadAll(e)
	require.False(t, isSlow(err), "it does not hear of the other's end") // a reset tells it as well
	return string(said)
}

// isSlow tells whether an error is that of a deadline.
func isSlow(err error) bool {
	var slow net.Error
	return errors.As(err, &slow) && slow.Timeout()
}

func TestOneEndHearsOfTheOthers(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	last := closeFrame(1000, "goodbye", true)
	for why, story := range map[string]func(*testing.T, *rawPair){
		"the browser closes": func(t *testing.T, p *rawPair) {
			require.NoError(t, p.browser.Close())
			require.Empty(t, p.container.ended(t))
		},
		"the browser says its last and closes": func(t *testing.T, p *rawPair) {
			_, err := io.WriteString(p.browser, last)
			require.NoError(t, err)
			require.NoError(t, p.browser.Close())
			require.Equal(t, last, p.container.ended(t))
		},
		"the browser vanishes without TLS's goodbye": func(t *testing.T, p *rawPair) {
			require.NoError(t, p.browser.Conn.(*tls.Conn).NetConn().Close())
			require.Empty(t, p.container.ended(t))
		},
		"the browser's connection is reset": func(t *testing.T, p *rawPair) {
			inner := p.browser.Conn.(*tls.Conn).NetConn().(*net.TCPConn)
			require.NoError(t, inner.SetLinger(0))
			require.NoError(t, inner.Close())
			require.Empty(t, p.container.ended(t))
		},
		"the container closes": func(t *testing.T, p *rawPair) {
			require.NoError(t, p.container.Close())
			require.Empty(t, p.browser.ended(t))
		},
		"the container says its last and closes": func(t *testing.T, p *rawPair) {
			_, err := io.WriteString(p.container, last)
			require.NoError(t, err)
			require.NoError(t, p.container.Close())
			require.Equal(t, last, p.browser.ended(t))
		},
		"the container says much and closes": func(t *testing.T, p *rawPair) {
			much := noise(3 << 20)
			go func() { _, _ = io.WriteString(p.container, much); _ = p.container.Close() }()
			require.True(t, much == p.browser.ended(t), "every byte")
		},
		"the container's connection is reset": func(t *testing.T, p *rawPair) {
			require.NoError(t, p.container.Conn.(*net.TCPConn).SetLinger(0))
			require.NoError(t, p.container.Close())
			require.Empty(t, p.browser.ended(t))
		},
		"the browser has said all and still listens": func(t *testing.T, p *rawPair) {
			p.browser.closeWrite(t)
			require.Empty(t, p.container.ended(t))
			_, err := io.WriteString(p.container, last)
			require.NoError(t, err)
			require.NoError(t, p.container.Close())
			require.Equal(t, last, p.browser.ended(t))
		},
		"the container has said all and still listens": func(t *testing.T, p *rawPair) {
			p.container.closeWrite(t)
			require.Empty(t, p.browser.ended(t))
			_, err := io.WriteString(p.browser, last)
			require.NoError(t, err)
			require.NoError(t, p.browser.Close())
			require.Equal(t, last, p.container.ended(t))
		},
		"the browser vanishes while much comes": func(t *testing.T, p *rawPair) {
			wrote := make(chan error, 1)
			go func() {
				var err error
				for err == nil {
					_, err = io.WriteString(p.container, noise(1<<20))
				}
				wrote <- err
			}()
			_, err := io.ReadFull(p.browser, make([]byte, 1<<20))
			require.NoError(t, err)
			require.NoError(t, p.browser.Conn.(*tls.Conn).NetConn().Close())
			require.False(t, isSlow(<-wrote), "the container writes on")
		},
	} {
		t.Run(why, func(t *testing.T) {
			t.Parallel()
			story(t, h.pair(t, "", "", nil, nil))
		})
	}
}

// TestWebsocketMayIdle has both ends silent for longer than everything that has
// a limit: heads, idle connections and uploads.
func TestWebsocketMayIdle(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const limit = 200 * time.Millisecond
	h.proxy.bodyStall = limit
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	cert := selfSigned(t)
	server := h.proxy.Server("", func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return cert, nil })
	server.ReadHeaderTimeout, server.IdleTimeout, server.ReadTimeout, server.WriteTimeout = limit, limit, limit, limit
	served := make(chan error, 1)
	go func() { served <- server.ServeTLS(listener, "", "") }()
	t.Cleanup(func() {
		require.NoError(t, server.Close())
		require.ErrorIs(t, <-served, http.ErrServerClosed)
	})
	h.address = listener.Addr().String()
	p := h.pair(t, "", "", nil, nil)
	for range 2 {
		time.Sleep(3 * limit)
		require.NoError(t, p.speak(rawFrame(final|opText, "are you there", true), rawFrame(final|opText, "yes", false)))
	}
}

func TestContainerThatRefusesAWebsocketIsPassedOn(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for why, said := range map[string]string{
		"403 with a page":          answer("403 Forbidden", "<h1>no kernel for you</h1>", "Content-Type: text/html", "Set-Cookie: a=1"),
		"401":                      answer("401 Unauthorized", "", "WWW-Authenticate: Basic"),
		"302 to a login":           answer("302 Found", "", "Location: /login"),
		"426 with another version": answer("426 Upgrade Required", "13 or 8", "Sec-WebSocket-Version: 13, 8", "Content-Type: text/plain"),
		"200, as if nothing were":  ok("a page", "Content-Type: text/plain"),
		"503 in chunks":            "HTTP/1.1 503 Service Unavailable\r\n" + someDay + "Content-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbusy\r\n0\r\n\r\n",
	} {
		t.Run(why, func(t *testing.T) {
			t.Parallel()
			container := newPlainContainer(t, answers(said))
			name, cookie := h.routeTo(container)
			want, err := http.ReadResponse(bufio.NewReader(strings.NewReader(said)), nil)
			require.NoError(t, err)
			wantBody, err := io.ReadAll(want.Body)
			require.NoError(t, err)
			browser := h.dialRaw(t)
			for range 2 { // the connection goes on as an ordinary one
				_, err = io.WriteString(browser, upgradeHead(name, cookie, "Origin: https://"+name))
				require.NoError(t, err)
				got, err := http.ReadResponse(browser.in, nil)
				require.NoError(t, err)
				body, err := io.ReadAll(got.Body)
				require.NoError(t, err)
				require.Equal(t, want.StatusCode, got.StatusCode)
				require.Equal(t, string(wantBody), string(body))
				want.Header.Del("Content-Length") // which we may know where the container did not
				got.Header.Del("Content-Length")
				require.Equal(t, want.Header, got.Header)
			}
		})
	}
}

func TestContainerHearsNothingOfAWebsocketFromElsewhere(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for why, fields := range map[string][]string{
		"no origin":              {},
		"a page on another site": {"Origin: https://evil.example"},
		"a sibling's page":       {"Origin: https://" + labelB + "." + domain + ":8443"},
		"a sandboxed page":       {"Origin: null"},
		"the same without TLS":   {"Origin: http://NAME"},
		"the same elsewhere":     {"Origin: https://NAME1"},
		"an origin that goes on": {"Origin: https://NAME/"},
		"two origins":            {"Origin: https://NAME", "Origin: https://evil.example"},
		"two origins in one":     {"Origin: https://NAME, https://evil.example"},
		"an empty origin":        {"Origin:"},
		"what another field says": {
			"Referer: https://NAME/", "Sec-Fetch-Site: same-origin", "X-Forwarded-Host: NAME",
		},
	} {
		t.Run(why, func(t *testing.T) {
			t.Parallel()
			container := newPlainContainer(t, answers(ok("heard")))
			name, cookie := h.routeTo(container)
			head := strings.ReplaceAll(upgradeHead(name, cookie, fields...), "NAME", name)
			browser := h.dialRaw(t)
			_, err := io.WriteString(browser, head)
			require.NoError(t, err)
			got, err := http.ReadResponse(browser.in, nil)
			require.NoError(t, err)
			require.NoError(t, got.Body.Close())
			require.Equal(t, http.StatusForbidden, got.StatusCode)
			require.Empty(t, container.heard())
		})
	}
}
