package proxy

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"time"
)

// plainCases are methods, statuses and fields.
func plainCases() (cases []conformance) {
	for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "REPORT", "QUERY", "PURGE"} {
		cases = append(cases, conformance{
			why: "the method " + method, ask: ask{method: method, target: "/files/a?b=c"}, container: answers(ok("hello", "Content-Type: text/plain")),
			want: []string{"container: " + method + " /files/a?b=c HTTP/1.1", "answer: 200", "answer body: " + digestOf("hello")},
		})
	}
	headOnly := func(status string, fields ...string) script {
		return answers("HTTP/1.1 " + status + "\r\n" + someDay + strings.Join(append(fields, "", ""), "\r\n"))
	}
	return append(
		cases,
		conformance{
			why: "HEAD with a length", ask: ask{method: "HEAD"}, container: headOnly("200 OK", "Content-Length: 1234", "Content-Type: text/plain"),
			want: []string{"answer field Content-Length: 1234", "answer body: none"},
		},
		conformance{
			why: "HEAD without a length", ask: ask{method: "HEAD"}, container: headOnly("200 OK", "Content-Type: text/plain"),
			want: []string{"answer: 200", "answer body: none"},
		},
		conformance{why: "204", container: headOnly("204 No Content"), want: []string{"answer: 204", "answer body: none"}},
		conformance{why: "204 to DELETE", ask: ask{method: "DELETE"}, container: headOnly("204 No Content", "ETag: \"1\""), want: []string{"answer: 204"}},
		conformance{
			why: "304 with a length", ask: ask{fields: []string{`If-None-Match: "1"`}}, container: headOnly("304 Not Modified", "ETag: \"1\"", "Content-Length: 1234"),
			want: []string{"answer: 304", "answer field Content-Length: 1234", `container field If-None-Match: "1"`},
		},
		conformance{why: "304 without a length", container: headOnly("304 Not Modified", "ETag: \"1\""), want: []string{"answer: 304"}},
		conformance{why: "an empty 200", container: answers(ok("")), want: []string{"answer: 200", "answer field Content-Length: 0"}},
		conformance{why: "201 with a place", ask: ask{method: "POST", body: "{}"}, container: answers(answer("201 Created", "", "Location: /api/contents/1")), want: []string{"answer: 201"}},
		conformance{why: "a status with no name", container: answers(answer("299 Quite Fine", "x", "Content-Type: text/plain")), want: []string{"answer: 299"}},
		conformance{why: "500 with a body", container: answers(answer("500 Internal Server Error", "traceback", "Content-Type: text/plain")), want: []string{"answer: 500", "answer body: " + digestOf("traceback")}},
		conformance{why: "503 with a time to come back", container: answers(answer("503 Service Unavailable", "busy", "Content-Type: text/plain", "Retry-After: 7")), want: []string{"answer field Retry-After: 7"}},
		conformance{why: "401 that asks for a login", container: answers(answer("401 Unauthorized", "", `WWW-Authenticate: Basic realm="RStudio"`)), want: []string{"answer: 401"}},
		conformance{
			why: "302 within the notebook", container: answers(answer("302 Found", "", "Location: /lab/tree?x=%2F|")),
			want: []string{"answer field Location: /lab/tree?x=%2F|"},
		},
		conformance{
			why: "an answer without a date", container: answers("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 1\r\n\r\nx"),
			want: []string{"answer: 200"},
		},
		conformance{
			why: "a range", ask: ask{fields: []string{"Range: bytes=5-14", `If-Range: "1"`}},
			container: answers(answer("206 Partial Content", "5678901234", "Content-Range: bytes 5-14/10000", `ETag: "1"`, "Content-Type: text/plain")),
			want:      []string{"answer: 206", "answer field Content-Range: bytes 5-14/10000", "container field Range: bytes=5-14"},
		},
		conformance{
			why: "several ranges", ask: ask{fields: []string{"Range: bytes=0-0,-1"}},
			container: answers(answer("206 Partial Content", "--B\r\n\r\n0\r\n--B--\r\n", "Content-Type: multipart/byteranges; boundary=B")),
			want:      []string{"answer: 206", "container field Range: bytes=0-0,-1"},
		},
		conformance{
			why: "a range beyond the end", ask: ask{fields: []string{"Range: bytes=99-"}},
			container: answers(answer("416 Range Not Satisfiable", "", "Content-Range: bytes */10")),
			want:      []string{"answer: 416", "answer field Content-Range: bytes */10"},
		},
		conformance{
			why: "a compressed answer", ask: ask{fields: []string{"Accept-Encoding: gzip, br;q=0.5"}},
			container: answers(ok(gzipped("hello"), "Content-Encoding: gzip", "Content-Type: text/html", "Vary: Accept-Encoding")),
			want:      []string{"answer body: " + digestOf(gzipped("hello")), "answer field Content-Encoding: gzip", "container field Accept-Encoding: gzip, br;q=0.5"},
		},
		conformance{
			why: "a compressed answer that nobody asked for", container: answers(ok(gzipped("hello"), "Content-Encoding: gzip", "Content-Type: text/html")),
			want: []string{"answer body: " + digestOf(gzipped("hello"))},
		},
		conformance{
			why: "fields that come twice", ask: ask{fields: []string{"X-Twice: a", "X-Twice: b", "Accept: text/html", "Accept: */*;q=0.1"}},
			container: answers(ok("x", "X-Twice: c", "x-twice: d", "Content-Type: text/plain", "Link: <a>; rel=x", "Link: <b>; rel=y")),
			want:      []string{"container field X-Twice: a ¦ b", "answer field X-Twice: c ¦ d"},
		},
		conformance{
			why: "fields of odd case and odd letters", ask: ask{fields: []string{"x-lOwEr: 1", "X!#$%&'*+-.^`|~9: 2", "X-Quote: \"a,b\";c=(d)", "X-Latin: caf\xe9", "X-Utf8: café", "X-Empty:"}},
			container: answers(ok("x", "content-TYPE: text/plain", "x!#$%&'*+-.^`|~9: 2", "X-Latin: caf\xe9", "X-Utf8: café", "X-Empty:")),
			want:      []string{"container field X-Lower: 1", "container field X-Empty: ", "answer field X-Empty: ", "answer field Content-Type: text/plain"},
		},
		conformance{
			why: "cookies of the container's own", ask: ask{fields: []string{`Cookie: _xsrf=2|a=b; user-id="q x"`}},
			container: answers(ok("x", "Set-Cookie: a=1; Path=/; HttpOnly", "Set-Cookie: b=2; Expires=Mon, 01 Jan 2024 00:00:00 GMT", "Set-Cookie: c=", "Set-Cookie: d=4; SameSite=None; Partitioned", "Content-Type: text/plain")),
			want:      []string{"answer field Set-Cookie: a=1; Path=/; HttpOnly ¦ b=2; Expires=Mon, 01 Jan 2024 00:00:00 GMT ¦ c= ¦ d=4; SameSite=None; Partitioned"},
		},
		conformance{
			why: "many cookies to set", container: answers(ok("x", strings.Split(strings.Repeat("Set-Cookie: n=1; Path=/x\n", 60)+"Content-Type: text/plain", "\n")...)),
			want: []string{"answer field Set-Cookie: n=1; Path=/x ¦ *"},
		},
		conformance{
			why: "fields for one hop", onlyHTTP1: true, ask: ask{fields: []string{"Connection: X-Hop, keep-alive", "X-Hop: 1", "Keep-Alive: timeout=5", "TE: trailers", "Proxy-Connection: keep-alive"}},
			container: answers(ok("x", "Connection: X-Hop", "X-Hop: 1", "Keep-Alive: timeout=5", "Content-Type: text/plain")),
			want:      []string{"answer: 200"},
		},
		conformance{
			why: "fields that a notebook's scripts need", ask: ask{fields: []string{"Authorization: token abc", "X-XSRFToken: y", "X-Requested-With: XMLHttpRequest", "Referer: https://x/", "DNT: 1", "Priority: u=1", "Via: 1.1 x", "Accept-Language: eo"}},
			container: answers(ok("x", "Access-Control-Allow-Origin: *", "Content-Security-Policy: frame-ancestors 'self'", "Server: TornadoServer/6", "X-Frame-Options: DENY", "Strict-Transport-Security: max-age=1", "Via: 1.1 y", "Content-Type: text/plain", "Alt-Svc: clear", "X-Accel-Buffering: no")),
			want:      []string{"container field Authorization: token abc", "answer field Server: TornadoServer/6"},
		},
		conformance{
			why: "a kept-alive connection", ask: ask{times: 3}, container: answers(ok("x", "Content-Type: text/plain")),
			want: []string{"container connections: 1", "answer: 200"},
		},
		conformance{
			why: "a kept-alive connection with bodies of unknown length", ask: ask{times: 3, method: "POST", body: "abc", chunked: true},
			container: answers("HTTP/1.1 200 OK\r\n" + someDay + "Content-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"),
			want:      []string{"container connections: 1", "answer body: " + digestOf("abc")},
		},
		conformance{
			why: "a container that wants its connection closed", container: answersAndCloses(ok("x", "Connection: close", "Content-Type: text/plain")),
			want: []string{"answer: 200"},
		},
		conformance{
			why: "a long poll", container: func(c *call) bool {
				c.readBody()
				time.Sleep(100 * time.Millisecond)
				c.say(ok("news", "Content-Type: text/plain"))
				return true
			},
			want: []string{"answer body: " + digestOf("news")},
		},
	)
}

func gzipped(text string) string {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, _ = io.WriteString(w, text)
	_ = w.Close()
	return packed.String()
}

// bodyCases are bodies both ways, and how their ends are told.
func bodyCases() []conformance {
	text := strings.Repeat("0123456789", 20000)
	chunked := "HTTP/1.1 200 OK\r\n" + someDay + "Content-Type: text/plain\r\nTransfer-Encoding: chunked\r\n"
	return []conformance{
		{
			why: "a body with a length", ask: ask{method: "POST", body: text}, container: answers(ok(text, "Content-Type: text/plain")),
			want: []string{"container body: " + digestOf(text), "answer body: " + digestOf(text), "container field Content-Length: 200000"},
		},
		{
			why: "a body in chunks", ask: ask{method: "POST", body: text, chunked: true}, container: answers(chunked + "\r\n5\r\nhello\r\n006\r\n world\r\n0\r\n\r\n"),
			want: []string{"container body: " + digestOf(text), "answer body: " + digestOf("hello world"), "container field Transfer-Encoding: chunked"},
		},
		{
			why: "an empty body in chunks", ask: ask{method: "POST", chunked: true}, container: answers(chunked + "\r\n0\r\n\r\n"),
			want: []string{"container body: none", "answer body: none"},
		},
		{why: "GET with a body", ask: ask{body: `{"query":1}`}, container: answers(ok("x", "Content-Type: text/plain")), want: []string{"container body: " + digestOf(`{"query":1}`)}},
		{why: "DELETE with a body", ask: ask{method: "DELETE", body: "x", chunked: true}, container: answers(ok("x", "Content-Type: text/plain")), want: []string{"container body: " + digestOf("x")}},
		{
			why: "a compressed body", ask: ask{method: "POST", body: gzipped("x"), fields: []string{"Content-Encoding: gzip", "Content-Type: application/json"}},
			container: answers(ok("x", "Content-Type: text/plain")), want: []string{"container body: " + digestOf(gzipped("x")), "container field Content-Encoding: gzip"},
		},
		{
			why: "trailers of the request", ask: ask{method: "POST", body: "abc", chunked: true, trailers: []string{"X-Sum: 1"}}, container: answers(ok("x", "Content-Type: text/plain")),
			want: []string{"container trailer X-Sum: 1", "container body: " + digestOf("abc")},
		},
		{
			why: "trailers of the answer", ask: ask{fields: []string{"TE: trailers"}}, container: answers(chunked + "Trailer: X-Sum, X-More\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 1\r\nX-More: 2\r\n\r\n"),
			want: []string{"answer trailer X-Sum: 1", "answer trailer X-More: 2", "answer body: " + digestOf("abc")},
		},
		{
			why: "trailers that were not announced", ask: ask{fields: []string{"TE: trailers"}}, container: answers(chunked + "\r\n3\r\nabc\r\n0\r\nX-Late: 1\r\n\r\n"),
			want: []string{"answer trailer X-Late: 1"},
		},
		{
			why: "an answer without a length, then the end", container: answersAndCloses("HTTP/1.1 200 OK\r\n" + someDay + "Content-Type: text/plain\r\nConnection: close\r\n\r\n" + text),
			want: []string{"answer body: " + digestOf(text)},
		},
		{
			why: "an answer in HTTP/1.0", container: answersAndCloses("HTTP/1.0 200 OK\r\n" + someDay + "Content-Type: text/plain\r\n\r\n" + text),
			want: []string{"answer body: " + digestOf(text)},
		},
		{
			why: "an answer cut short of its length", container: answersAndCloses("HTTP/1.1 200 OK\r\n" + someDay + "Content-Type: text/plain\r\nContent-Length: 100\r\n\r\npart"),
			want: []string{noWholeAnswer},
		},
		{
			why: "an answer cut in a chunk", container: answersAndCloses(chunked + "\r\n5\r\nhello\r\n64\r\npart"),
			want: []string{noWholeAnswer},
		},
		{
			why: "an answer cut between chunks", container: answersAndCloses(chunked + "\r\n5\r\nhello\r\n"),
			want: []string{noWholeAnswer},
		},
		{why: "an answer cut in its head", container: answersAndCloses("HTTP/1.1 200 OK\r\nContent-Ty"), want: []string{noWholeAnswer}},
		{why: "no answer", container: answersAndCloses(""), want: []string{noWholeAnswer}},
		{
			why: "an upload that is asked for first", ask: ask{method: "POST", body: text, expects: true}, container: func(c *call) bool {
				if c.field("Expect") != "" {
					c.say("HTTP/1.1 100 Continue\r\n\r\n")
				}
				c.readBody()
				c.say(ok("x", "Content-Type: text/plain"))
				return true
			},
			want: []string{"early answer 100", "the client sent its body: true", "container body: " + digestOf(text), "container field Expect: 100-continue"},
		},
		{
			why: "an upload that is asked for and refused", ask: ask{method: "POST", body: text, expects: true}, container: answersUnread(answer("413 Content Too Large", "no", "Content-Type: text/plain", "Connection: close")),
			want: []string{"answer: 413", "the client sent its body: false"},
		},
		{
			why: "an upload that is asked for and not read", ask: ask{method: "PUT", body: text, expects: true}, container: answersUnread(ok("had it", "Content-Type: text/plain", "Connection: close")),
			want: []string{"answer: 200", "the client sent its body: false"},
		},
		{
			why: "an expectation of something else", ask: ask{method: "POST", body: "x", fields: []string{"Expect: 200-ok"}}, container: answers(answer("417 Expectation Failed", "", "Content-Type: text/plain")),
			want: []string{"answer: 417", "container field Expect: 200-ok"},
		},
		{
			why: "an answer before the upload's end", ask: ask{method: "POST", body: strings.Repeat(text, 20)}, container: answersUnread(answer("413 Content Too Large", "no", "Content-Type: text/plain", "Connection: close")),
			want: []string{"answer: 413", "answer body: " + digestOf("no")},
		},
	}
}

// streamCases are answers that come bit by bit, and clients that do not wait for their end.
func streamCases() []conformance {
	head := "HTTP/1.1 200 OK\r\n" + someDay + "Transfer-Encoding: chunked\r\nContent-Type: "
	events := []string{"data: 1\n\n", "id: 2\ndata: 2\n\n", ": ping\n\n", "data: 3\n\n"}
	return []conformance{
		{
			why: "events", ask: ask{fields: []string{"Accept: text/event-stream", "Last-Event-ID: 0"}, pieces: events}, container: answersInPieces(head+"text/event-stream\r\nCache-Control: no-cache\r\n\r\n", events...),
			want: []string{"container piece 1 reached the client by itself", "container piece 4 reached the client by itself"},
		},
		{
			why: "lines of a log", ask: ask{pieces: events}, container: answersInPieces(head+"text/plain\r\n\r\n", events...),
			want: []string{"container piece 4 reached the client by itself"},
		},
		{
			why: "a download with a length that pauses", ask: ask{pieces: []string{"first", "second"}}, container: func(c *call) bool {
				c.readBody()
				c.say("HTTP/1.1 200 OK\r\n" + someDay + "Content-Type: text/event-stream\r\nContent-Length: 11\r\n\r\nfirst")
				c.untilTaken("the first part")
				c.say("second")
				c.untilTaken("the second part")
				return true
			},
			want: []string{"container the first part reached the client by itself"},
		},
		{
			why: "a client that leaves in mid-answer", ask: ask{pieces: events[:1], leaves: true}, container: func(c *call) bool {
				c.readBody()
				c.say(head + "text/event-stream\r\n\r\n9\r\n" + events[0] + "\r\n")
				c.untilTaken("the first event")
				c.untilLeft()
				return false
			},
			want: []string{"container was told that the client has left"},
		},
		{
			why: "a client that leaves before the answer", ask: ask{leavesEarly: true}, container: func(c *call) bool {
				c.readBody()
				c.container.here <- struct{}{}
				c.untilLeft()
				return false
			},
			want: []string{"container was told that the client has left", noWholeAnswer},
		},
		{
			why: "early hints", container: answers("HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </b.js>; rel=preload\r\n\r\n" + ok("x", "Content-Type: text/plain", "Link: </a.css>; rel=preload")),
			want: []string{"early answer 103", "early 103 field Link: </b.js>; rel=preload", "answer: 200", "answer field Link: </a.css>; rel=preload"},
		},
		{
			why: "an early answer that says it is at work", container: answers("HTTP/1.1 102 Processing\r\n\r\n" + ok("x", "Content-Type: text/plain")),
			want: []string{"early answer 102", "answer: 200"},
		},
		{
			why: "a client that says that nothing follows", onlyHTTP1: true, ask: ask{pieces: []string{"first"}, halfClose: true}, container: func(c *call) bool {
				c.readBody()
				c.say("HTTP/1.1 200 OK\r\n" + someDay + "Content-Type: text/event-stream\r\nContent-Length: 11\r\n\r\nfirst")
				c.untilTaken("the first part")
				c.untilLeft()
				c.say("second")
				return false
			},
			want: []string{"answer: 200", "answer body: " + digestOf("firstsecond")},
		},
	}
}

// pathCases are targets, which nobody may write anew.
func pathCases() (cases []conformance) {
	for _, target := range []string{
		"/", "/a%2Fb%2f", "/a//b///c", "/a/../b/./c", "/%2e%2e/x", "/a%20b+c", "/a;b;c=d", "/a|b^c`d{e}\"f'<g>", "/%C3%A4", "/a:b@c", "/a\\b", "/a[0]*~!$&'()",
		"/x?", "/x??", "/x?a=1;b=2", "/x?%zz=%", "/x?a=b?c=d", "/x?a=//b&&c", "/x?a|b", "//double", "//double/%2F?x", "/%00", "/a/..", "/.", "/..", "/../../etc/passwd",
		"/a%0d%0ab", "/%ff%fe", "/a%3Fb", "/a%23b", "/?/../..",
	} {
		cases = append(cases, conformance{
			why: "the path " + target, ask: ask{target: target}, container: answers(ok("x", "Content-Type: text/plain")),
			want: []string{"container: GET " + target + " HTTP/1.1"},
		})
	}
	for _, target := range []string{"/%", "/%zz"} { // net/http's client tries them again and again over HTTP/2
		cases = append(cases, conformance{
			why: "the path " + target, onlyHTTP1: true, ask: ask{target: target}, container: answers(ok("x", "Content-Type: text/plain")),
			want: []string{"container: GET " + target + " HTTP/1.1"},
		})
	}
	return cases
}

// oddCases are requests at the limits, and some that are no requests for a page.
func oddCases() []conformance {
	fine := answers(ok("x", "Content-Type: text/plain"))
	long := func(n int) string { return strings.Repeat("a", n) }
	return []conformance{
		{why: "a path of 30 KB", ask: ask{target: "/" + long(30000)}, container: fine, want: []string{"answer: 200"}},
		{why: "a query of 30 KB", ask: ask{target: "/?" + long(30000)}, container: fine, want: []string{"answer: 200"}},
		{why: "a field of 30 KB", ask: ask{fields: []string{"X-Long: " + long(30000)}}, container: fine, want: []string{"answer: 200", "container field X-Long: a*"}},
		{why: "an answer's field of 200 KB", container: answers(ok("x", "X-Long: "+long(200000), "Content-Type: text/plain")), want: []string{"answer: 200", "answer field X-Long: a*"}},
		{why: "too long: a path of 100 KB", onlyHTTP1: true, ask: ask{target: "/" + long(100000)}, container: fine, want: []string{"answer: 200"}},
		{why: "too long: a field of 100 KB", onlyHTTP1: true, ask: ask{fields: []string{"X-Long: " + long(100000)}}, container: fine, want: []string{"answer: 200"}},
		{why: "OPTIONS of the whole server", onlyHTTP1: true, ask: ask{method: http.MethodOptions, target: "*"}, container: fine, want: []string{"container: OPTIONS * HTTP/1.1"}},
		{why: "an absolute URL", onlyHTTP1: true, ask: ask{target: "https://HOST/x"}, container: fine, want: []string{"container: GET https://LABEL.nb.example:8443/x HTTP/1.1"}},
		{why: "TRACE", ask: ask{method: http.MethodTrace}, container: fine, want: []string{"answer: 200"}},
	}
}
