package proxy

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// ask is a request as data.
type ask struct {
	method      string // GET if empty
	target      string // "/" if empty
	fields      []string
	body        string
	chunked     bool
	trailers    []string
	expects     bool     // "100-continue", and withholds the body until it is told
	pieces      []string // of the answer, taken one by one
	leaves      bool     // after the pieces
	leavesEarly bool     // as soon as the container has the request
	halfClose   bool     // says after the pieces that nothing more follows
	times       int      // on one connection; 1 if 0
}

func (a ask) verb() string {
	if a.method == "" {
		return http.MethodGet
	}
	return a.method
}

// path is the target, with HOST in it for the notebook's name.
func (v *visitor) path(a ask) string {
	if a.target == "" {
		return "/"
	}
	return strings.ReplaceAll(a.target, "HOST", v.host)
}

// hasLength tells whether the request bears a Content-Length.
func (a ask) hasLength() bool {
	return !a.chunked && (a.body != "" || slices.Contains([]string{"POST", "PUT", "PATCH"}, a.verb()))
}

// visitor sends requests to one server, on one connection.
type visitor struct {
	t       testing.TB
	address string
	tls     bool
	host    string
	fields  []string // of every request
	taken   chan<- struct{}
	here    <-chan struct{}
}

// leaveOnceHere hangs up when the container has the request.
func (v *visitor) leaveOnceHere(hangUp func()) {
	select {
	case <-v.here:
	case <-time.After(patience):
	}
	hangUp()
}

func (v *visitor) connect(protocol string) (net.Conn, error) {
	dialer := &net.Dialer{Timeout: patience}
	if !v.tls {
		return dialer.Dial("tcp", v.address)
	}
	name, _, _ := strings.Cut(v.host, ":")
	//nolint:gosec // a certificate of the test's own
	return tls.DialWithDialer(dialer, "tcp", v.address, &tls.Config{InsecureSkipVerify: true, ServerName: name, NextProtos: []string{protocol}})
}

// facts are what was seen, one a line: comparable without a look into them.
type facts []string

func (f *facts) add(format string, args ...any) { *f = append(*f, fmt.Sprintf(format, args...)) }

// addFields tells the fields by name, the values of one name in their order.
func (f *facts) addFields(what string, lines []string) {
	values := map[string][]string{}
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ":")
		name = textproto.CanonicalMIMEHeaderKey(name) // case says nothing
		values[name] = append(values[name], strings.TrimSpace(value))
	}
	for name, all := range values {
		f.add("%s %s: %s", what, name, strings.Join(all, " ¦ "))
	}
}

func linesOf(h http.Header) (lines []string) {
	for name, values := range h {
		for _, value := range values {
			lines = append(lines, name+": "+value)
		}
	}
	return lines
}

// overHTTP1 sends the request byte by byte as it is written down.
func (v *visitor) overHTTP1(a ask) (all facts) {
	conn, err := v.connect("http/1.1")
	require.NoError(v.t, err)
	defer conn.Close()
	require.NoError(v.t, conn.SetDeadline(time.Now().Add(patience)))
	in := bufio.NewReader(conn)
	for range max(a.times, 1) {
		all = append(all, v.once(conn, in, a)...)
	}
	return all
}

func (v *visitor) once(conn net.Conn, in *bufio.Reader, a ask) (f facts) {
	_, err := io.WriteString(conn, v.head(a))
	require.NoError(v.t, err)
	if a.leavesEarly {
		go v.leaveOnceHere(func() { _ = conn.Close() })
	}
	goOn := make(chan bool, 1) // whether to send the body
	if !a.expects {
		goOn <- true
	}
	sent := make(chan bool, 1)
	go func() {
		send := <-goOn
		if send {
			// A server that answers early need not take all of it.
			_ = writeBody(conn, a)
		}
		sent <- send
	}()
	defer func() {
		if a.expects {
			f.add("the client sent its body: %t", <-sent)
			return
		}
		<-sent
	}()
	for {
		res, err := http.ReadResponse(in, &http.Request{Method: a.verb()})
		if err != nil {
			goOn <- false
			f.add(noWholeAnswer)
			return f
		}
		if res.StatusCode >= 200 {
			if a.expects && len(goOn) == 0 {
				select {
				case goOn <- false:
				default:
				}
			}
			v.read(&f, res, a, func() { _ = conn.Close() }, func() { _ = conn.(interface{ CloseWrite() error }).CloseWrite() })
			return f
		}
		f.addEarly(res.StatusCode, res.Header)
		if a.expects && res.StatusCode == http.StatusContinue {
			goOn <- true
		}
	}
}

func (f *facts) addEarly(code int, h http.Header) {
	f.add("early answer %d", code)
	f.addFields(fmt.Sprint("early ", code, " field"), linesOf(h))
}

func (v *visitor) head(a ask) string {
	lines := []string{a.verb() + " " + v.path(a) + " HTTP/1.1", "Host: " + v.host}
	lines = append(append(lines, v.fields...), a.fields...)
	if a.expects {
		lines = append(lines, "Expect: 100-continue")
	}
	for _, trailer := range a.trailers {
		name, _, _ := strings.Cut(trailer, ":")
		lines = append(lines, "Trailer: "+name)
	}
	switch {
	case a.chunked:
		lines = append(lines, "Transfer-Encoding: chunked")
	case a.hasLength():
		lines = append(lines, "Content-Length: "+strconv.Itoa(len(a.body)))
	}
	return strings.Join(lines, "\r\n") + "\r\n\r\n"
}

func writeBody(to io.Writer, a ask) error {
	if !a.chunked {
		_, err := io.WriteString(to, a.body)
		return err
	}
	text := ""
	for rest := a.body; rest != ""; { // of uneven sizes
		n := min(len(rest), 7+len(rest)/3)
		text += fmt.Sprintf("%x\r\n%s\r\n", n, rest[:n])
		rest = rest[n:]
	}
	text += "0\r\n"
	for _, trailer := range a.trailers {
		text += trailer + "\r\n"
	}
	_, err := io.WriteString(to, text+"\r\n")
	return err
}

// noWholeAnswer is the fact that an answer was cut, be it before its first byte:
// how much of it had come by then is chance.
const noWholeAnswer = "answer: cut before its end"

// read tells the final answer. Of a proxy's own, whose words are no standard's,
// it tells the status.
func (v *visitor) read(f *facts, res *http.Response, a ask, leave, halfClose func()) {
	defer res.Body.Close()
	if v.tls && res.StatusCode >= 400 && !isContainers(res.Header) {
		f.add("answer: the proxy's own %d", res.StatusCode)
		return
	}
	whole := facts{fmt.Sprint("answer: ", res.StatusCode)}
	whole.addFields("answer field", linesOf(res.Header))
	body := newDigest()
	content := io.TeeReader(res.Body, body)
	for _, piece := range a.pieces {
		got := make([]byte, len(piece))
		if _, err := io.ReadFull(content, got); err != nil || string(got) != piece {
			f.add("answer piece %q instead of %q", got, piece)
			return
		}
		v.taken <- struct{}{}
	}
	if a.leaves {
		leave()
		return
	}
	if a.halfClose {
		halfClose()
	}
	// A 304 has no body, but net/http's HTTP/2 misses one where it has a length.
	if res.StatusCode != http.StatusNotModified {
		if _, err := io.Copy(io.Discard, content); err != nil {
			f.add(noWholeAnswer)
			return
		}
	}
	*f = append(*f, whole...)
	f.add("answer body: %s", body)
	f.addFields("answer trailer", linesOf(res.Trailer))
}

// isContainers tells whether a container has said it.
func isContainers(h http.Header) bool {
	return strings.HasPrefix(someDay, "Date: "+h.Get("Date")+"\r\n")
}

// overHTTP2 sends it with net/http, which leaves path and fields as they are.
func (v *visitor) overHTTP2(a ask) (f facts) {
	tr := &http.Transport{
		DialTLSContext:        func(context.Context, string, string) (net.Conn, error) { return v.connect("h2") },
		Protocols:             new(http.Protocols),
		DisableCompression:    true,
		ExpectContinueTimeout: time.Second,
	}
	tr.Protocols.SetHTTP2(true)
	defer tr.CloseIdleConnections()
	for range max(a.times, 1) {
		f = append(f, v.stream(tr, a)...)
	}
	return f
}

func (v *visitor) stream(tr *http.Transport, a ask) (f facts) {
	ctx, cancel := context.WithTimeout(v.t.Context(), patience)
	defer cancel()
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{Got1xxResponse: func(code int, h textproto.MIMEHeader) error {
		f.addEarly(code, http.Header(h))
		return nil
	}})
	body := &noticed{Reader: strings.NewReader(a.body)}
	r, err := http.NewRequestWithContext(ctx, a.verb(), "https://"+v.host, nil)
	require.NoError(v.t, err)
	r.URL = v.url(a)
	for _, line := range append(slices.Clone(v.fields), a.fields...) {
		name, value, _ := strings.Cut(line, ":")
		r.Header.Add(name, strings.TrimSpace(value))
	}
	if a.expects {
		r.Header.Set("Expect", "100-continue")
	}
	if a.body != "" || a.chunked {
		r.Body, r.ContentLength = io.NopCloser(body), int64(len(a.body))
	}
	if a.chunked {
		r.ContentLength = -1
	}
	for _, trailer := range a.trailers {
		if r.Trailer == nil {
			r.Trailer = http.Header{}
		}
		name, value, _ := strings.Cut(trailer, ":")
		r.Trailer.Add(name, strings.TrimSpace(value))
	}
	if a.leavesEarly {
		go v.leaveOnceHere(cancel)
	}
	res, err := tr.RoundTrip(r)
	if err != nil {
		f.add(noWholeAnswer)
		return f
	}
	v.read(&f, res, a, cancel, nil)
	if a.expects {
		f.add("the client sent its body: %t", body.read.Load())
	}
	return f
}

func (v *visitor) url(a ask) *url.URL {
	u := &url.URL{Scheme: "https", Host: v.host}
	path, query, asked := strings.Cut(v.path(a), "?")
	u.RawQuery, u.ForceQuery = query, asked
	if strings.HasPrefix(path, "//") { // an Opaque with two would be an authority
		u.RawPath = path
		u.Path, _ = url.PathUnescape(path)
		return u
	}
	u.Opaque = path
	return u
}

// noticed tells whether somebody has read it.
type noticed struct {
	io.Reader
	read atomic.Bool
}

func (n *noticed) Read(p []byte) (int, error) {
	n.read.Store(true)
	return n.Reader.Read(p)
}
