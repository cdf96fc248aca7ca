package proxy

import (
	"bytes"
	"compress/flate"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"
)

// frameCases are what one end may say, for browsers with masks and for
// containers without. Some of it is against RFC 6455: that is for the other
// end to say, not for us.
func frameCases(masked bool) map[string]string {
	f := func(first byte, payload string) string { return rawFrame(first, payload, masked) }
	codes := ""
	for code := 1000; code < 5000; code++ {
		codes += closeFrame(uint16(code), "", masked)
	}
	odd := ""
	for _, code := range []uint16{0, 1, 999, 5000, 65535} {
		odd += closeFrame(code, "why", masked)
	}
	reserved := ""
	for _, op := range []byte{3, 4, 5, 6, 7, 0xb, 0xc, 0xd, 0xe, 0xf} {
		reserved += f(final|op, "reserved")
	}
	return map[string]string{
		"an empty text":                                     f(final|opText, ""),
		"an empty binary":                                   f(final|opBinary, ""),
		"one byte":                                          f(final|opBinary, "x"),
		"the longest short frame":                           f(final|opText, strings.Repeat("a", 125)),
		"the shortest middle frame":                         f(final|opText, strings.Repeat("a", 126)),
		"the longest middle frame":                          f(final|opBinary, strings.Repeat("a", 1<<16-1)),
		"the shortest long frame":                           f(final|opBinary, strings.Repeat("a", 1<<16)),
		"1 MiB":                                             f(final|opBinary, noise(1<<20)),
		"fragments":                                         f(opText, "one ") + f(opContinue, "two ") + f(final|opContinue, "three"),
		"empty fragments":                                   f(opText, "") + f(opContinue, "") + f(final|opContinue, ""),
		"a thousand fragments":                              f(opBinary, "") + strings.Repeat(f(opContinue, "x"), 1000) + f(final|opContinue, ""),
		"pings between fragments":                           f(opText, "a") + f(final|opPing, "1") + f(opContinue, "b") + f(final|opPing, "") + f(final|opContinue, "c"),
		"a close between fragments":                         f(opText, "a") + closeFrame(1001, "", masked) + f(final|opContinue, "c"),
		"a ping of 125 bytes":                               f(final|opPing, strings.Repeat("p", 125)),
		"pongs that nobody asked for":                       f(final|opPong, "") + f(final|opPong, "unasked"),
		"a hundred pings at once":                           strings.Repeat(f(final|opPing, "ping"), 100),
		"text that is no UTF-8":                             f(final|opText, "\xff\xfe\xc3\x28 \xed\xa0\x80"),
		"a letter cut by fragments":                         f(opText, "\xe2\x82") + f(final|opContinue, "\xac"),
		"a compressed text":                                 f(final|rsv1|opText, deflated("compressed by the end, and not touched by us")),
		"compressed fragments":                              f(rsv1|opText, deflated("abc")[:2]) + f(final|opContinue, deflated("abc")[2:]),
		"compressed nonsense":                               f(final|rsv1|opBinary, noise(1000)),
		"every close code":                                  codes,
		"close codes that are none":                         odd,
		"a close with a reason":                             closeFrame(1011, "the kernel died: "+strings.Repeat("ö", 50), masked),
		"a close without a code":                            f(final|opClose, ""),
		"a close with half a code":                          f(final|opClose, "\x03"),
		"a close, and more after it":                        closeFrame(1000, "", masked) + f(final|opText, "more"),
		"against the standard: opcodes":                     reserved,
		"against the standard: bits":                        f(final|0x20|opText, "rsv2") + f(final|0x10|opText, "rsv3"),
		"against the standard: masks":                       rawFrame(final|opText, "the other way round", !masked),
		"against the standard: a long ping":                 f(final|opPing, strings.Repeat("p", 126)),
		"against the standard: a ping in fragments":         f(opPing, "p") + f(final|opContinue, "q"),
		"against the standard: an end without a begin":      f(final|opContinue, "end"),
		"against the standard: a length longer than needed": "\x81\x7e\x00\x01x",
		"against the standard: a length beyond 63 bits":     "\x82\xff\xff\xff\xff\xff\xff\xff\xff\xffand so on",
		"no frames":                                         "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n",
		"the begin of a frame and no more":                  "\x81",
		"a frame that is longer than it comes":              f(final|opBinary, strings.Repeat("a", 1000))[:500],
	}
}

func noise(size int) string {
	b := make([]byte, size)
	_, _ = rand.Read(b)
	return string(b)
}

// deflated is a message of permessage-deflate (RFC 7692 7.2.1).
func deflated(text string) string {
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, flate.BestCompression) // fails on levels that are none
	_, _ = io.WriteString(w, text)
	_ = w.Flush()
	return strings.TrimSuffix(b.String(), "\x00\x00\xff\xff")
}

// TestFramesCrossByteForByte has both ends speak at the same time.
func TestFramesCrossByteForByte(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	fromContainer := frameCases(false)
	for why, fromBrowser := range frameCases(true) {
		t.Run(why, func(t *testing.T) {
			t.Parallel()
			p := h.pair(t, "", "", nil, nil)
			require.NoError(t, p.speak(fromBrowser, fromContainer[why]))
		})
	}
}

// speak has both ends write, in pieces that are no frames' where there are few,
// and compares what arrives.
func (p *rawPair) speak(fromBrowser, fromContainer string) error {
	errs := make(chan error, 4)
	say := func(to io.Writer, text string) {
		step := max(1, len(text)/50)
		for piece := range slices.Chunk([]byte(text), step) {
			if _, err := to.Write(piece); err != nil {
				errs <- err
				return
			}
		}
		errs <- nil
	}
	hear := func(from io.Reader, text string) {
		got := make([]byte, len(text))
		_, err := io.ReadFull(from, got)
		if err == nil && string(got) != text {
			err = errors.New("other bytes came out than went in")
		}
		errs <- err
	}
	go say(p.browser, fromBrowser)
	go say(p.container, fromContainer)
	go hear(p.browser, fromContainer)
	go hear(p.container, fromBrowser)
	return errors.Join(<-errs, <-errs, <-errs, <-errs)
}

func TestLargeFramesCrossBothWaysAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.pair(t, "", "", nil, nil)
	payload := noise(16 << 20)
	require.NoError(t, p.speak(rawFrame(final|opBinary, payload, true), rawFrame(final|opBinary, payload, false)))
}

func TestWhatComesWithTheOpeningIsNotLost(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for why, size := range map[string]int{"one frame": 10, "more than a buffer": 100000} {
		t.Run(why, func(t *testing.T) {
			t.Parallel()
			early := rawFrame(final|opBinary, noise(size), true)
			greeting := rawFrame(final|opBinary, noise(size), false)
			p := h.pair(t, early, greeting, nil, nil)
			got := make([]byte, len(early))
			_, err := io.ReadFull(p.container, got)
			require.NoError(t, err)
			require.Equal(t, early, string(got))
			got = make([]byte, len(greeting))
			_, err = io.ReadFull(p.browser, got)
			require.NoError(t, err)
			require.Equal(t, greeting, string(got))
			require.NoError(t, p.speak("more", "more"))
		})
	}
}

func TestEndsAgreeOnProtocolsAndExtensionsBetweenThemselves(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	offers := []string{
		"Sec-WebSocket-Protocol: v1.kernel.websocket.jupyter.org, other", "Sec-WebSocket-Protocol: third",
		"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=15, x-webkit-deflate-frame", "Sec-WebSocket-Extensions: x-own; a=\"b, c\"",
	}
	takes := []string{
		"Sec-WebSocket-Protocol: v1.kernel.websocket.jupyter.org", "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_max_window_bits=15",
		"Set-Cookie: a=1; Path=/", "X-Own: 1",
	}
	p := h.pair(t, "", "", offers, takes)
	var seen, came facts
	seen.addFields("", p.asked.fields)
	for _, want := range []string{
		" Sec-Websocket-Protocol: v1.kernel.websocket.jupyter.org, other ¦ third",
		" Sec-Websocket-Extensions: permessage-deflate; client_max_window_bits=15, x-webkit-deflate-frame ¦ x-own; a=\"b, c\"",
		" Sec-Websocket-Key: " + websocketKey, " Sec-Websocket-Version: 13", " Upgrade: websocket", " Connection: Upgrade",
	} {
		require.Contains(t, seen, want)
	}
	came.addFields("", linesOf(p.answer.Header))
	for _, want := range []string{
		" Sec-Websocket-Protocol: v1.kernel.websocket.jupyter.org", " Sec-Websocket-Extensions: permessage-deflate; server_no_context_takeover; client_max_window_bits=15",
		" Set-Cookie: a=1; Path=/", " X-Own: 1", " Upgrade: websocket", " Connection: Upgrade",
	} {
		require.Contains(t, came, want)
	}
}

// TestMessagesAreEchoed has a library at both ends, with its compression, while
// it pings.
func TestMessagesAreEchoed(t *testing.T) {
	t.Parallel()
	for name, mode := range map[string]websocket.CompressionMode{
		"as they are": websocket.CompressionDisabled, "compressed each": websocket.CompressionNoContextTakeover, "compressed in context": websocket.CompressionContextTakeover,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			mine := h.notebook(labelA, func(w http.ResponseWriter, r *http.Request) { echoCompressed(w, r, mode) })
			ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
			defer cancel()
			conn, _, err := websocket.Dial(ctx, "wss://"+labelA+"."+domain+":8443/ws", &websocket.DialOptions{ //nolint:bodyclose // of a websocket
				HTTPClient: &http.Client{Transport: h.transport(1)}, CompressionMode: mode,
				HTTPHeader: http.Header{"Cookie": {SessionCookie + "=" + mine}, "Origin": {homeA}},
			})
			require.NoError(t, err)
			defer conn.CloseNow() //nolint:errcheck // closed below
			conn.SetReadLimit(-1)
			pinged := make(chan error, 1)
			go func() { // its pongs are taken by the reads below
				for range 20 {
					if err := conn.Ping(ctx); err != nil {
						pinged <- err
						return
					}
				}
				pinged <- nil
			}()
			for _, size := range []int{0, 1, 125, 126, 1000, 65535, 65536, 1 << 18} {
				for range 5 {
					text := strings.Repeat("ab", size/4) + noise(size-size/4*2)
					require.NoError(t, conn.Write(ctx, websocket.MessageBinary, []byte(text)))
					_, got, err := conn.Read(ctx)
					require.NoError(t, err)
					require.True(t, text == string(got))
				}
			}
			reading, stop := context.WithCancel(ctx)
			read := make(chan struct{})
			go func() { defer close(read); _, _, _ = conn.Read(reading) }()
			require.NoError(t, <-pinged)
			stop()
			<-read
		})
	}
}

func echoCompressed(w http.ResponseWriter, r *http.Request, mode websocket.CompressionMode) {
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{CompressionMode: mode})
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

// TestCloseCodesReachTheOtherEnd has a library say goodbye with each code that
// it may say.
func TestCloseCodesReachTheOtherEnd(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	heard := make(chan websocket.StatusCode, 1)
	mine := h.notebook(labelA, func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		_, _, err = conn.Read(r.Context())
		heard <- websocket.CloseStatus(err)
	})
	for _, code := range []websocket.StatusCode{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 3000, 3999, 4000, 4999} {
		conn := h.dial(labelA, mine)
		require.NoError(t, conn.Close(code, "goodbye"), "the other end answers with the same")
		select {
		case got := <-heard:
			require.Equal(t, code, got)
		case <-time.After(patience):
			t.Fatal("nothing was heard of ", code)
		}
	}
}
