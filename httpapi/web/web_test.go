package web

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

var script = strings.Repeat("console.log('notebook');\n", 200)

func built() http.Handler {
	return serve(fstest.MapFS{
		".keep":                  {},
		"index.html":             {Data: []byte(`<meta name="session" content="__SESSION__"><meta name="csp-nonce" content="__CSP_NONCE__"><div id="root"></div>`)},
		"favicon.svg":            {Data: []byte(`<svg/>`)},
		"assets/index-ab12cd.js": {Data: []byte(script)},
	})
}

func get(h http.Handler, path string, header ...string) *http.Response {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	require.NoError(t, r.Body.Close())
	return string(b)
}

func TestEveryRouteOfTheUIIsItsIndexPage(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/", "/index.html", "/login?next=/configure", "/launches/i-42", "/configure/", "/a/../pool"} {
		r := get(built(), path)
		require.Equal(t, http.StatusOK, r.StatusCode, path)
		require.Equal(t, "text/html; charset=utf-8", r.Header.Get("Content-Type"), path)
		require.Equal(t, "no-store", r.Header.Get("Cache-Control"), path)
		require.Contains(t, body(t, r), `id="root"`, path)
	}
}

func TestOnlyScriptsFromFilesAndStylesWithTheNonceRun(t *testing.T) {
	t.Parallel()
	nonce := func() string {
		r := get(built(), "/")
		policy := r.Header.Get("Content-Security-Policy")
		found := regexp.MustCompile(`style-src 'self' 'nonce-([A-Za-z0-9_-]{22})';`).FindStringSubmatch(policy)
		require.NotNil(t, found, policy)
		require.Contains(t, policy, "default-src 'none'; script-src 'self'; ")
		require.Contains(t, policy, "frame-ancestors 'none'")
		require.NotContains(t, strings.ReplaceAll(policy, "style-src-attr 'unsafe-inline'", ""), "unsafe")
		require.Equal(t, "nosniff", r.Header.Get("X-Content-Type-Options"))
		require.Equal(t, "same-origin", r.Header.Get("Referrer-Policy"))
		require.Contains(t, body(t, r), `content="`+found[1]+`"`)
		return found[1]
	}
	require.NotEqual(t, nonce(), nonce(), "a nonce is used once")
}

func TestThePageSaysWhetherTheBrowserSentASession(t *testing.T) {
	t.Parallel()
	for cookie, said := range map[string]string{
		"":                         "none",
		"theme=dd_session":         "none",
		"dd_session=a":             "sent",
		"a=b; __Host-dd_session=a": "sent",
	} {
		page := body(t, get(built(), "/login", "Cookie", cookie))
		require.Contains(t, page, `<meta name="session" content="`+said+`">`, cookie)
	}
}

func TestHashedFilesAreKeptForEverAndOthersAskedForAgain(t *testing.T) {
	t.Parallel()
	r := get(built(), "/assets/index-ab12cd.js")
	require.Equal(t, http.StatusOK, r.StatusCode)
	require.Equal(t, "public, max-age=31536000, immutable", r.Header.Get("Cache-Control"))
	require.Contains(t, r.Header.Get("Content-Type"), "javascript")
	require.NotContains(t, r.Header.Get("Content-Security-Policy"), "nonce")
	require.Equal(t, script, body(t, r))

	require.Equal(t, "no-cache", get(built(), "/favicon.svg").Header.Get("Cache-Control"))
}

func TestTextIsCompressedForWhoeverAcceptsIt(t *testing.T) {
	t.Parallel()
	for accepted, compressed := range map[string]bool{
		"gzip, deflate, br, zstd": true,
		"br;q=1, GZIP; q=0.5":     true,
		"gzip;q=0":                false,
		"gzip; q=0.0":             false,
		"identity":                false,
		"":                        false,
	} {
		r := get(built(), "/assets/index-ab12cd.js", "Accept-Encoding", accepted)
		require.Equal(t, compressed, r.Header.Get("Content-Encoding") == "gzip", accepted)
		require.Equal(t, "Accept-Encoding", r.Header.Get("Vary"))
		if compressed {
			unzipped, err := gzip.NewReader(r.Body)
			require.NoError(t, err)
			content, err := io.ReadAll(unzipped)
			require.NoError(t, err)
			require.Equal(t, script, string(content))
		}
	}
	require.Empty(t, get(built(), "/favicon.svg", "Accept-Encoding", "gzip").Header.Get("Content-Encoding"), "too small to matter")
}

func TestAMissingFileIsNotAnsweredByAPage(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/assets/index-old.js", "/.keep", "/robots.txt"} {
		r := get(built(), path)
		require.Equal(t, http.StatusNotFound, r.StatusCode, path)
		require.Equal(t, "no-store", r.Header.Get("Cache-Control"), path)
	}
}

func TestOnlyReadingIsAnswered(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	built().ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/login", nil))
	require.Equal(t, http.StatusMethodNotAllowed, w.Code)
	require.Equal(t, "GET, HEAD", w.Header().Get("Allow"))
}

func TestABinaryWithoutTheUISaysHowToBuildIt(t *testing.T) {
	t.Parallel()
	page := body(t, get(serve(fstest.MapFS{".keep": {}}), "/"))
	require.Contains(t, page, "make ui")
	require.NotContains(t, page, nonceMark)
}

func TestWhatIsEmbeddedIsServed(t *testing.T) {
	t.Parallel()
	r := get(Handler(), "/")
	require.Equal(t, http.StatusOK, r.StatusCode)
	require.Contains(t, body(t, r), "<html")
}
