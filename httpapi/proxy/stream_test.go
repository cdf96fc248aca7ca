package proxy

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

// echo is a container that talks over a websocket.
func echo(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"v1.kernel.websocket.jupyter.org"}})
	if err != nil {
		return
	}
	defer conn.CloseNow() //nolint:errcheck // the other side's end is the end
	conn.SetReadLimit(-1)
	for {
		kind, message, err := conn.Read(r.Context())
		if err != nil || conn.Write(r.Context(), kind, message) != nil {
			return
		}
	}
}

// dial opens a websocket as the notebook's own page does.
func (h *house) dial(label, cookie string, subprotocols ...string) *websocket.Conn {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, res, err := websocket.Dial(ctx, h.home(label)+"/ws?x=1", &websocket.DialOptions{
		HTTPClient:   &http.Client{Transport: h.transport(1)},
		HTTPHeader:   http.Header{"Cookie": {h.proxy.cookies.session + "=" + cookie}, "Origin": {h.origin(label)}},
		Subprotocols: subprotocols,
	})
	require.NoError(h.t, err)
	if res.Body != nil {
		_ = res.Body.Close()
	}
	conn.SetReadLimit(-1)
	h.t.Cleanup(func() { _ = conn.CloseNow() })
	return conn
}

func TestWebsocketTalksThrough(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	mine := h.notebook(labelA, echo)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	conn := h.dial(labelA, mine, "something.else", "v1.kernel.websocket.jupyter.org")
	require.Equal(t, "v1.kernel.websocket.jupyter.org", conn.Subprotocol())
	for _, size := range []int{0, 1, 125, 65536, 3 << 20} {
		message := make([]byte, size)
		_, _ = rand.Read(message)
		require.NoError(t, conn.Write(ctx, websocket.MessageBinary, message))
		kind, answer, err := conn.Read(ctx)
		require.NoError(t, err)
		require.Equal(t, websocket.MessageBinary, kind)
		require.True(t, bytes.Equal(message, answer))
	}
	require.NoError(t, conn.Close(websocket.StatusNormalClosure, ""), "the closing handshake goes through as well")
}

func TestContainerThatRefusesAWebsocketIsHeard(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	mine := h.notebook(labelA, func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no kernel", http.StatusNotFound) })
	res, body := h.get(labelA, "/ws", session(mine), "Origin: "+homeA, "Connection: Upgrade", "Upgrade: websocket", "Sec-Websocket-Version: 13", "Sec-Websocket-Key: x")
	require.Equal(t, http.StatusNotFound, res.StatusCode)
	require.Equal(t, "no kernel\n", body)
}

func TestOtherUpgradesAreNotPassedOn(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	mine := h.notebook(labelA, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Header.Get("Upgrade")+r.Header.Get("Connection"))
	})
	for why, r := range map[string]*http.Request{
		"h2c":                     h.request("GET", labelA, "/", "Upgrade: h2c"),
		"a websocket by POST":     h.request("POST", labelA, "/", "Upgrade: websocket"),
		"a websocket and h2c":     h.request("GET", labelA, "/", "Upgrade: websocket, h2c"),
		"a websocket, then h2c":   h.request("GET", labelA, "/", "Upgrade: websocket", "Upgrade: h2c"),
		"something without words": h.request("GET", labelA, "/", "Upgrade: "),
	} {
		r.Header.Set("Connection", "Upgrade")
		r.Header.Set("Origin", homeA)
		r.Header.Set("Cookie", SessionCookie+"="+mine)
		res, body := h.do(r)
		require.Equal(t, http.StatusOK, res.StatusCode, why)
		require.Empty(t, body, why)
	}
}

// drip is a container that sends one line and then waits for its release.
func drip(contentType string, release <-chan struct{}) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", contentType)
		_, _ = io.WriteString(w, "data: first\n")
		_ = http.NewResponseController(w).Flush()
		select {
		case <-release:
			_, _ = io.WriteString(w, "data: last\n")
		case <-r.Context().Done():
		}
	}
}

func TestEventsArriveBeforeTheAnswerEnds(t *testing.T) {
	t.Parallel()
	for _, contentType := range []string{"text/event-stream", "application/json"} {
		for protocol := 1; protocol <= 2; protocol++ {
			t.Run(fmt.Sprint(contentType, " over HTTP/", protocol), func(t *testing.T) {
				t.Parallel()
				h := newHouse(t)
				release := make(chan struct{})
				mine := h.notebook(labelA, drip(contentType, release))
				res, err := h.client(protocol).Do(h.request("GET", labelA, "/", session(mine)))
				require.NoError(t, err)
				defer res.Body.Close()
				lines := bufio.NewReader(res.Body)
				line, err := lines.ReadString('\n')
				require.NoError(t, err)
				require.Equal(t, "data: first\n", line, "the container has not ended yet")
				close(release)
				rest, err := io.ReadAll(lines)
				require.NoError(t, err)
				require.Equal(t, "data: last\n", string(rest))
			})
		}
	}
}

// TestUploadIsStreamed sends 64 MB to a container that reads slowly at first:
// what the proxy has taken in meanwhile is bounded, and so is its memory.
func TestUploadIsStreamed(t *testing.T) {
	const size = 64 << 20
	for protocol := 1; protocol <= 2; protocol++ {
		t.Run(fmt.Sprint("HTTP/", protocol), func(t *testing.T) {
			h := newHouse(t)
			start := make(chan struct{})
			mine := h.notebook(labelA, func(w http.ResponseWriter, r *http.Request) {
				<-start
				sum := sha256.New()
				n, err := io.Copy(sum, r.Body)
				_, _ = fmt.Fprint(w, n, " ", hex.EncodeToString(sum.Sum(nil)), " ", err)
			})
			sum := sha256.New()
			source := &watched{Reader: io.TeeReader(io.LimitReader(zeros{}, size), sum), stalled: make(chan struct{}), full: make(chan struct{})}
			go func() {
				// The container begins to read once the pipeline is full.
				defer close(start)
				select {
				case <-source.full:
				case <-time.After(patience):
				}
			}()
			go source.watch()
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			r := h.request("POST", labelA, "/upload", session(mine), "Origin: "+homeA)
			r.Body, r.ContentLength = io.NopCloser(source), -1
			res, err := h.client(protocol).Do(r)
			require.NoError(t, err)
			body, err := io.ReadAll(res.Body)
			require.NoError(t, err)
			require.NoError(t, res.Body.Close())
			source.stop()
			runtime.ReadMemStats(&after)
			require.Equal(t, fmt.Sprint(size, " ", hex.EncodeToString(sum.Sum(nil)), " ", nil), string(body))
			require.Less(t, source.ahead(), int64(24<<20), "bytes taken in while the container read nothing")
			require.Less(t, after.HeapSys-min(before.HeapSys, after.HeapSys), uint64(24<<20))
		})
	}
}

func TestClientThatAsksBeforeItUploadsIsToldByTheContainer(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	mine := h.notebook(labelA, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Too-Large") != "" {
			w.WriteHeader(http.StatusRequestEntityTooLarge)
			return
		}
		_, _ = io.Copy(w, r.Body)
	})
	head := "POST / HTTP/1.1\r\nHost: " + labelA + ".nb.example:8443\r\n" + session(mine) + "\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 5\r\n"
	answer := h.raw(head + "X-Too-Large: 1\r\n\r\n")
	require.True(t, strings.HasPrefix(answer, "HTTP/1.1 413 "), "no word to go on, and no body sent: "+answer)
	answer = h.raw(head + "\r\nhello")
	require.True(t, strings.HasPrefix(answer, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"), answer)
	require.True(t, strings.HasSuffix(answer, "hello"), answer)
}

func TestEarlyHintsAndTrailersArePassedOn(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	mine := h.notebook(labelA, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Link", "</style.css>; rel=preload")
		w.WriteHeader(http.StatusEarlyHints)
		w.Header().Set("Trailer", "Checksum")
		_, _ = io.WriteString(w, "body")
		w.Header().Set("Checksum", "42")
		w.Header().Set(http.TrailerPrefix+"Late", "43")
	})
	for protocol := 1; protocol <= 2; protocol++ {
		hints := ""
		r := h.request("GET", labelA, "/", session(mine))
		r = r.WithContext(httptrace.WithClientTrace(r.Context(), &httptrace.ClientTrace{Got1xxResponse: func(code int, header textproto.MIMEHeader) error {
			hints = fmt.Sprint(code, header.Get("Link"))
			return nil
		}}))
		res, err := h.client(protocol).Do(r)
		require.NoError(t, err)
		_, err = io.Copy(io.Discard, res.Body)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		require.Equal(t, "103</style.css>; rel=preload", hints)
		require.Equal(t, "42", res.Trailer.Get("Checksum"))
		require.Equal(t, "43", res.Trailer.Get("Late"))
	}
}

func TestRangesAndEncodingsAreTheContainersBusiness(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	content := strings.Repeat("0123456789", 1000)
	mine := h.notebook(labelA, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Seen-Encoding", r.Header.Get("Accept-Encoding"))
		http.ServeContent(w, r, "file.txt", time.Unix(1e9, 0), strings.NewReader(content))
	})
	res, body := h.get(labelA, "/file", session(mine), "Range: bytes=5-14", "Accept-Encoding: br")
	require.Equal(t, http.StatusPartialContent, res.StatusCode)
	require.Equal(t, "5678901234", body)
	require.Equal(t, "bytes 5-14/10000", res.Header.Get("Content-Range"))
	require.Equal(t, "br", res.Header.Get("Seen-Encoding"))
	res, body = h.get(labelA, "/file", session(mine))
	require.Equal(t, content, body)
	require.Equal(t, int64(len(content)), res.ContentLength)
	require.Empty(t, res.Header.Get("Seen-Encoding"), "we ask for no compression of our own")
	res, _ = h.do(h.request("HEAD", labelA, "/file", session(mine)))
	require.Equal(t, int64(len(content)), res.ContentLength)
	res, _ = h.get(labelA, "/file", session(mine), "If-Modified-Since: "+time.Unix(2e9, 0).UTC().Format(http.TimeFormat))
	require.Equal(t, http.StatusNotModified, res.StatusCode)
}

func TestContainerThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	target := listener.Addr().String()
	require.NoError(t, listener.Close())
	mine := h.notebookAt(pool.Route{Label: labelA, Target: target})
	res, body := h.get(labelA, "/", session(mine), asPage)
	require.Equal(t, http.StatusBadGateway, res.StatusCode)
	require.Contains(t, body, "The notebook is not answering")
	require.Contains(t, body, `<meta http-equiv="refresh" content="3">`)
	style, _, _ := strings.Cut(body[strings.Index(body, "<style>")+len("<style>"):], "</style>")
	require.Contains(t, res.Header.Get("Content-Security-Policy"), "'"+cspHash(style)+"'", "the policy lets the page's own style in")
	require.NotContains(t, res.Header.Get("Content-Security-Policy"), "unsafe")
	res, body = h.get(labelA, "/", session(mine), "Accept: application/json")
	require.Equal(t, http.StatusBadGateway, res.StatusCode)
	require.NotContains(t, body, "<")
}

func TestContainerThatBreaksOffBreaksTheAnswerOff(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	mine := h.notebook(labelA, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, "part")
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	})
	res, err := h.client(1).Do(h.request("GET", labelA, "/", session(mine)))
	if err == nil {
		_, err = io.ReadAll(res.Body)
		_ = res.Body.Close()
	}
	require.True(t, errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF), "a part must not look like the whole: %v", err)
}
