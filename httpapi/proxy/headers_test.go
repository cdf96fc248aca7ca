package proxy

import (
	"bufio"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

// Line 4 of the checklist, towards the container.
func TestContainerLearnsNothingThatIsNotItsBusiness(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	seen := make(chan *http.Request, 1)
	mine := h.notebook(labelA, func(_ http.ResponseWriter, r *http.Request) { seen <- r.Clone(r.Context()) })
	lies := []string{
		"X-Forwarded-For: 1.2.3.4", "X-Forwarded-Host: evil.example", "X-Forwarded-Proto: http", "X-Forwarded-Port: 1",
		"X-Forwarded-User: root", "X-Forwarded-Email: root@x", "X-Forwarded-Prefix: /x", "Forwarded: for=1.2.3.4", "X-Real-IP: 1.2.3.4", "True-Client-Ip: 1.2.3.4",
		"Remote-User: root", "Remote_User: root", "Remote-Groups: wheel", "X-Remote-User: root", "X_Remote_User: root", "X-Remote-Group: wheel",
		"X-User: root", "X-Auth-Request-User: root", "X-WebAuth-User: root", "X-Goog-Authenticated-User-Email: root@x", "X-SP-UserId: root", "X-Rstudio-Username: root",
		"Kubeflow-Userid: root", "X-Original-Url: /admin", "Proxy: http://evil.example:3128", "Proxy-Authorization: Basic x", "Keep-Alive: 1", "X-Hop: 1",
	}
	kept := []string{
		"Accept: a/b", "Accept-Language: eo", "Authorization: token of-the-notebooks-own", "Referer: " + homeA + "/", "User-Agent: test", "X-Requested-With: x",
		"X-Xsrftoken: y", "X-Rs-Refreshtoken: z", "If-None-Match: \"e\"", "X-User-Agent: grpc-web", "Te: trailers",
	}
	fields := append(append([]string{
		"Connection: X-Hop", "Connection: TE",
		"Cookie: _xsrf=2|a=b ; " + SessionCookie + "=" + mine + ";" + BrowserCookie + "=n; user-id=\"q x\"",
		"Cookie: dd_session=ui; __Host-dd_session=ui; DD_SESSION=ui; last=1",
	}, lies...), kept...)
	res, _ := h.do(h.request("GET", labelA, "/", fields...))
	require.Equal(t, http.StatusOK, res.StatusCode)
	r := <-seen
	for _, lie := range lies {
		name, value, _ := strings.Cut(lie, ": ")
		require.NotEqual(t, value, r.Header.Get(name), name)
	}
	for _, field := range kept {
		name, value, _ := strings.Cut(field, ": ")
		require.Equal(t, value, r.Header.Get(name), name)
	}
	require.Equal(t, []string{`_xsrf=2|a=b; user-id="q x"; last=1`}, r.Header["Cookie"])
	require.Equal(t, []string{"127.0.0.1"}, r.Header["X-Forwarded-For"])
	require.Equal(t, []string{labelA + ".nb.example:8443"}, r.Header["X-Forwarded-Host"])
	require.Equal(t, []string{"https"}, r.Header["X-Forwarded-Proto"])
	require.Equal(t, labelA+".nb.example:8443", r.Host)
	for name := range r.Header {
		require.NotContains(t, name, "_")
	}
}

func TestRequestWithOurCookieAloneBearsNone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	mine := h.notebook(labelA, func(w http.ResponseWriter, r *http.Request) {
		_, has := r.Header["Cookie"]
		w.Header().Set("Had-Cookie", map[bool]string{true: "yes", false: "no"}[has])
	})
	for _, line := range []string{session(mine), session(mine) + ";", "Cookie: ;;" + SessionCookie + " = " + mine + " ; "} {
		res, _ := h.get(labelA, "/", line)
		require.Equal(t, http.StatusOK, res.StatusCode, line)
		require.Equal(t, "no", res.Header.Get("Had-Cookie"), line)
	}
}

func TestProxyOptions(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	seen := make(chan *http.Request, 1)
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { //nolint:gosec // a test's
		seen <- r.Clone(r.Context())
		w.Header().Set("Location", "http://"+r.Host+"/next")
		w.WriteHeader(http.StatusFound)
	})}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	target := listener.Addr().String()
	mine := h.notebookAt(pool.Route{
		Label: labelA, Target: target, Password: "pa55",
		Proxy: pool.ProxyOptions{SetHostHeader: true, BypassTokenAuthentication: true},
	})
	res, _ := h.do(h.request("POST", labelA, "/", session(mine), "Authorization: token wrong", "Connection: Authorization", "Origin: "+homeA))
	r := <-seen
	require.Equal(t, target, r.Host)
	require.Equal(t, "http://"+target, r.Header.Get("Origin"), "the container's own check compares it with its address")
	require.Equal(t, []string{"token pa55"}, r.Header["Authorization"])
	require.Equal(t, labelA+".nb.example:8443", r.Header.Get("X-Forwarded-Host"))
	require.Equal(t, homeA+"/next", res.Header.Get("Location"))
}

// Line 4 of the checklist, towards the browser.
func TestContainersCookiesStayOnItsOrigin(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	kept := []string{
		"_xsrf=1; Path=/", "session=2; Domain=" + labelA + ".nb.example; Secure", "empty=3; Domain=; Path=/", "text=domain=nb.example", "longer=4; Domain=xnb.example", "valueless",
	}
	dropped := []string{
		"a=1; Domain=nb.example", "b=1; domain=.NB.example ; Path=/", "c=1;DOMAIN=example", "d=1; Domain=\"nb.example\"", "e=1; Domain=nb.example.", "f=1; Domain=" + labelA + ".nb.example; Domain=nb.example",
		SessionCookie + "=stolen; Path=/; Secure", " " + BrowserCookie + " =stolen; Path=/; Secure", "__HOST-dd_notebook=stolen", SessionCookie,
		"dd_session=planted; Path=/", "__Host-dd_session=planted; Path=/; Secure",
	}
	mine := h.notebook(labelA, func(w http.ResponseWriter, r *http.Request) {
		conn, buffer, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		lines := slices.Concat(kept, dropped)
		if r.URL.Path == "/dropped" {
			lines = dropped
		}
		// Early answers are looked at too.
		_, _ = buffer.WriteString("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\nSet-Cookie: " + dropped[0] + "\r\n\r\n")
		_, _ = buffer.WriteString("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: X-Hop\r\nX-Hop: 1\r\nSet-Cookie: " + strings.Join(lines, "\r\nSet-Cookie: ") + "\r\n\r\n")
		_ = buffer.Flush()
	})
	answer := h.raw("GET / HTTP/1.1\r\nHost: " + labelA + ".nb.example:8443\r\n" + session(mine) + "\r\nConnection: close\r\n\r\n")
	early, final, ok := strings.Cut(answer, "\r\n\r\n")
	require.True(t, ok)
	require.Contains(t, early, "HTTP/1.1 103 Early Hints")
	require.Contains(t, early, "Link: </x>")
	require.NotContains(t, early, "Set-Cookie")
	res, err := http.ReadResponse(bufio.NewReader(strings.NewReader(final)), nil)
	require.NoError(t, err)
	_ = res.Body.Close()
	require.Equal(t, kept, res.Header["Set-Cookie"])
	require.NotContains(t, slices.Collect(maps.Keys(res.Header)), "X-Hop")

	res, _ = h.get(labelA, "/dropped", session(mine))
	require.NotContains(t, slices.Collect(maps.Keys(res.Header)), "Set-Cookie")
}

func TestRedirectsKeepTheRoute(t *testing.T) {
	t.Parallel()
	e := &exchange{home: homeA, route: pool.Route{Label: labelA, Target: "10.0.0.5:32768"}}
	name := Name{Label: labelA, Domain: domain, Port: 8443}
	for _, c := range []struct{ why, from, to string }{
		{"relative", "next?x", "next?x"},
		{"absolute path", "/next", "/next"},
		{"its own origin", homeA + "/next", homeA + "/next"},
		{"its own name without TLS", "http://" + labelA + ".nb.example:8443/next", homeA + "/next"},
		{"its own name and the port inside", "http://" + labelA + ".nb.example:8787/auth?a=//b#c", homeA + "/auth?a=//b#c"},
		{"its own name without a port", "https://" + strings.ToUpper(labelA) + ".nb.example", homeA},
		{"the container's address", "http://10.0.0.5:32768?x", homeA + "?x"},
		{"bytes stay as they are", "http://10.0.0.5:32768/a%2Fb//c|d", homeA + "/a%2Fb//c|d"},
		{"another port of the host", "http://10.0.0.5:80/", "http://10.0.0.5:80/"},
		{"another site", "https://login.example/x", "https://login.example/x"},
		{"a sibling", "https://" + labelB + ".nb.example:8443/", "https://" + labelB + ".nb.example:8443/"},
		{"a site that begins alike", homeA + ".evil.example/", homeA + ".evil.example/"},
		{"a user that looks like the name", "https://" + labelA + ".nb.example@evil.example/", "https://" + labelA + ".nb.example@evil.example/"},
		{"another scheme", "mailto:a@b", "mailto:a@b"},
		{"the same host as a scheme's part", "//login.example/x", "//login.example/x"},
	} {
		t.Run(c.why, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.to, keepOnRoute(c.from, e, name))
		})
	}
}

// What leaves a container's path, query and framing as they were, and what a
// request cannot smuggle.
func TestPathAndQueryArriveByteForByte(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	mine := h.notebook(labelA, echoPath)
	for _, path := range []string{
		"/", "/a%2Fb%2f", "/a//b///c", "/a/../b/./c", "/%2e%2e/x", "/a%20b+c", "/a;b;c=d", "/a|b^c`d{e}\"f'<g>", "/ä", "/%C3%A4", "/a:b@c", "/a\\b", "/a[0]*~!$&'()",
		"/x?", "/x?a=1;b=2", "/x?%zz=%", "/x?a=b?c=d", "/x?a=//b&&c", "/x?a|b", "//double", "//double/%2F?x", "///", "/#no-fragment",
	} {
		answer := h.raw("GET " + path + " HTTP/1.1\r\nHost: " + labelA + ".nb.example:8443\r\n" + session(mine) + "\r\nConnection: close\r\n\r\n")
		_, body, _ := strings.Cut(answer, "\r\n\r\n")
		require.Equal(t, path, body)
	}
	for _, path := range []string{"/a%2Fb//c?x=%2F;y"} {
		res, err := h.client(2).Do(h.request("GET", labelA, path, session(mine)))
		require.NoError(t, err)
		body, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		require.Equal(t, 2, res.ProtoMajor)
		require.Equal(t, path, string(body))
	}
}

func TestRequestsThatMeanTwoThingsAreRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	mine := h.notebook(labelA, echoPath)
	host := "Host: " + labelA + ".nb.example:8443\r\n"
	rest := session(mine) + "\r\nConnection: close\r\n\r\n"
	for _, c := range []struct{ why, request, status string }{
		{"an absolute URL of the same host", "GET https://" + labelA + ".nb.example:8443/ HTTP/1.1\r\n" + host, "400"},
		{"an absolute URL of another host", "GET http://evil.example/ HTTP/1.1\r\n" + host, "421"},
		{"a user in an absolute URL", "GET https://u:p@" + labelA + ".nb.example:8443/ HTTP/1.1\r\n" + host, "400"},
		{"CONNECT to elsewhere", "CONNECT evil.example:80 HTTP/1.1\r\n" + host, "421"},
		{"CONNECT to itself", "CONNECT " + labelA + ".nb.example:8443 HTTP/1.1\r\n" + host, "405"},
		{"TRACE", "TRACE / HTTP/1.1\r\n" + host, "405"},
		{"TRACK", "TRACK / HTTP/1.1\r\n" + host, "405"},
		{"OPTIONS of the whole server", "OPTIONS * HTTP/1.1\r\n" + host, "400"},
		{"a path without a slash", "GET lab HTTP/1.1\r\n" + host, "400"},
		{"two hosts", "GET / HTTP/1.1\r\n" + host + "Host: evil.example\r\n", "400"},
		{"no host", "GET / HTTP/1.1\r\n", "400"},
		{"no host in HTTP/1.0", "GET / HTTP/1.0\r\n", "421"},
		{"two lengths", "POST / HTTP/1.1\r\n" + host + "Content-Length: 1\r\nContent-Length: 2\r\n", "400"},
		{"two codings", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked, identity\r\n", "501"},
		{"a folded field", "GET / HTTP/1.1\r\n" + host + "X-A: b\r\n c: d\r\n", "200"},
		{"a field with a blank in its name", "GET / HTTP/1.1\r\n" + host + "Content-Length : 1\r\n", "400"},
		{"a header without end", "GET / HTTP/1.1\r\n" + host + "X-A: " + strings.Repeat("a", maxHeaderBytes+8<<10) + "\r\n", "431"},
	} {
		t.Run(c.why, func(t *testing.T) {
			t.Parallel()
			answer := h.raw(c.request + rest)
			require.Equal(t, c.status, strings.Fields(answer)[1], answer)
		})
	}
}

// Over HTTP/2 a path may hold blanks: in the container's request line they would
// begin another version, or another request.
func TestBlanksInAnHTTP2PathAreRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	mine := h.notebook(labelA, echoPath)
	for _, query := range []string{"a b", "x HTTP/1.1"} { // net/http itself refuses control characters

		r := h.request("GET", labelA, "/", session(mine))
		r.URL.RawQuery = query
		res, err := h.client(2).Do(r)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		require.Equal(t, http.StatusBadRequest, res.StatusCode)
	}
}

func TestRequestTrailersDoNotBecomeFieldsOfTheContainer(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	mine := h.notebook(labelA, func(w http.ResponseWriter, r *http.Request) {
		_, err := io.Copy(io.Discard, r.Body)
		if err != nil || len(r.Trailer) > 0 || r.Header.Get("Remote-User") != "" {
			w.WriteHeader(http.StatusTeapot)
		}
	})
	answer := h.raw("POST / HTTP/1.1\r\nHost: " + labelA + ".nb.example:8443\r\n" + session(mine) +
		"\r\nConnection: close\r\nTransfer-Encoding: chunked\r\nTrailer: Remote-User\r\n\r\n1\r\nx\r\n0\r\nRemote-User: root\r\n\r\n")
	require.True(t, strings.HasPrefix(answer, "HTTP/1.1 200 "), answer)
}
