package notebook

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
)

// open starts a notebook with a folder of its own.
func open(t *testing.T) *httptest.Server {
	t.Helper()
	shelf, err := openShelf(t.TempDir())
	require.NoError(t, err)
	t.Cleanup(shelf.close)
	site := &site{kernel: newKernel(), shelf: shelf, log: zerolog.Nop(), crash: func(int) {}}
	server := httptest.NewServer(site.handler())
	t.Cleanup(server.Close)
	server.Client().CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return server
}

func get(t *testing.T, server *httptest.Server, path string) (*http.Response, string) {
	t.Helper()
	return do(t, server, http.MethodGet, path, nil, nil)
}

func do(t *testing.T, server *httptest.Server, method, path string, header http.Header, body io.Reader) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, body)
	require.NoError(t, err)
	if header != nil {
		request.Header = header
	}
	response, err := server.Client().Do(request)
	require.NoError(t, err)
	content, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	return response, string(content)
}

func TestPagesNeedNothingFromElsewhere(t *testing.T) {
	t.Parallel()
	server := open(t)
	for _, path := range []string{"/", "/page2", "/deep/page", "/static/app.js", "/static/style.css", "/static/icon.svg"} {
		response, content := get(t, server, path)
		require.Equal(t, http.StatusOK, response.StatusCode, path)
		require.Contains(t, response.Header.Get("Content-Security-Policy"), "default-src 'self'")
		foreign := regexp.MustCompile(`(src|href)="https?:|@import|url\(http`).FindString(content)
		require.Empty(t, foreign, path)
	}
	_, home := get(t, server, "/")
	require.Contains(t, home, `href="page2"`, "a relative link")
	require.Contains(t, home, `href="/page2"`, "a link from the root")
	response, _ := get(t, server, "/nowhere")
	require.Equal(t, http.StatusNotFound, response.StatusCode)
}

func TestRedirectsKeepTheirLocation(t *testing.T) {
	t.Parallel()
	server := open(t)
	host := strings.TrimPrefix(server.URL, "http://")
	cases := []struct {
		why, path, want string
		header          http.Header
	}{
		{"relative", "/redirect", "page2?from=redirect", nil},
		{"from the root", "/redirect-path", "/page2?from=redirect-path", nil},
		{"whole", "/redirect-absolute", "http://" + host + "/page2?from=redirect-absolute", nil},
		{
			"whole, behind TLS", "/redirect-absolute", "https://" + host + "/page2?from=redirect-absolute",
			http.Header{"X-Forwarded-Proto": {"https"}},
		},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			response, _ := do(t, server, http.MethodGet, c.path, c.header, nil)
			require.Equal(t, http.StatusFound, response.StatusCode)
			require.Equal(t, c.want, response.Header.Get("Location"))
		})
	}
}

func TestCookiesAreShownAndSet(t *testing.T) {
	t.Parallel()
	server := open(t)
	response, content := do(t, server, http.MethodGet, "/cookie?name=mine&value=1&path=/deep",
		http.Header{"Cookie": {"notebook_visits=4; other=x"}}, nil)
	require.Contains(t, content, `"other": "x"`)
	set := map[string]*http.Cookie{}
	for _, cookie := range response.Cookies() {
		set[cookie.Name] = cookie
	}
	require.Equal(t, "5", set["notebook_visits"].Value)
	require.Equal(t, "/", set["notebook_visits"].Path)
	require.Equal(t, "/cookie", set["notebook_scoped"].Path)
	require.Equal(t, "/deep", set["mine"].Path)
	response, content = get(t, server, "/cookie?name=a%20b")
	require.Equal(t, http.StatusBadRequest, response.StatusCode)
	require.Contains(t, content, "cannot set the cookie")
}

func TestRequestAndProcessAreShown(t *testing.T) {
	t.Parallel()
	server := open(t)
	_, content := do(t, server, http.MethodGet, "/headers?a=b", http.Header{"X-Twice": {"1", "2"}}, nil)
	var seen struct {
		Host, URI, Method string
		Headers           http.Header
	}
	require.NoError(t, json.Unmarshal([]byte(content), &seen))
	require.Equal(t, strings.TrimPrefix(server.URL, "http://"), seen.Host)
	require.Equal(t, "/headers?a=b", seen.URI)
	require.Equal(t, []string{"1", "2"}, seen.Headers["X-Twice"])

	_, content = get(t, server, "/env")
	require.Contains(t, content, `"PATH"`)
	_, content = get(t, server, "/about")
	require.Contains(t, content, `"hostname"`)
	_, content = get(t, server, "/healthz")
	require.Equal(t, "ok\n", content)
}

func TestAnswersOnWish(t *testing.T) {
	t.Parallel()
	server := open(t)
	cases := []struct {
		why, path string
		status    int
		words     string
	}{
		{"a status", "/status/418", http.StatusTeapot, "418"},
		{"a status without a body", "/status/204", http.StatusNoContent, ""},
		{"no final status", "/status/100", http.StatusBadRequest, "200 to 599"},
		{"no number", "/status/x", http.StatusBadRequest, "200 to 599"},
		{"slow", "/slow?ms=1", http.StatusOK, "after 1 ms"},
		{"slow for ever", "/slow?ms=99999999", http.StatusBadRequest, "whole number from 0"},
		{"a blob too large", "/blob?mb=99999", http.StatusBadRequest, "whole number from 0 to 4096"},
		{"a clock that goes backwards", "/sse?n=-1", http.StatusBadRequest, "whole number"},
		{"a clock without pause", "/sse?ms=x", http.StatusBadRequest, "whole number"},
		{"a crash with a code too large", "/crash?code=256", http.StatusBadRequest, "0 to 255"},
		{"a crash", "/crash?code=7", http.StatusOK, "code 7"},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			response, content := get(t, server, c.path)
			require.Equal(t, c.status, response.StatusCode)
			require.Contains(t, content, c.words)
		})
	}
}

func TestBlobWithAndWithoutLength(t *testing.T) {
	t.Parallel()
	server := open(t)
	whole, content := get(t, server, "/blob?mb=2")
	require.EqualValues(t, 2<<20, whole.ContentLength)
	require.Len(t, content, 2<<20)
	chunked, again := get(t, server, "/blob?mb=2&chunked=1")
	require.EqualValues(t, -1, chunked.ContentLength)
	require.True(t, content == again, "both ways send the same bytes")
	require.Equal(t, byte(255), content[255])
	empty, _ := get(t, server, "/blob?mb=0&chunked=1")
	require.EqualValues(t, -1, empty.ContentLength)
}

func TestClockTicks(t *testing.T) {
	t.Parallel()
	response, content := get(t, open(t), "/sse?n=3&ms=1")
	require.Equal(t, "text/event-stream", response.Header.Get("Content-Type"))
	require.Equal(t, 3, strings.Count(content, "\n\n"))
	require.Contains(t, content, "id: 3\ndata: {\"n\":3,\"time\":\"")
}

func TestWritesFromOtherSitesAreRefused(t *testing.T) {
	t.Parallel()
	server := open(t)
	response, _ := do(t, server, http.MethodPut, "/files/a", http.Header{"Origin": {"https://elsewhere.example"}}, bytes.NewReader(nil))
	require.Equal(t, http.StatusForbidden, response.StatusCode)
	response, _ = do(t, server, http.MethodPut, "/files/a", http.Header{"Origin": {server.URL}}, bytes.NewReader(nil))
	require.Equal(t, http.StatusCreated, response.StatusCode)
}

func TestHandlerStandsAlone(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	server := httptest.NewServer(Handler())
	t.Cleanup(server.Close)
	_, content := get(t, server, "/crash?code=3")
	require.Contains(t, content, "code 3")
	_, content = get(t, server, "/healthz")
	require.Equal(t, "ok\n", content)
}
