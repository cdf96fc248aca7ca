package proxy

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

// What a container's answer may not do beyond its own path, in path mode.
func TestContainersCookiesStayBelowItsPath(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ why, from, kept, rewritten string }{
		{"for all paths", "a=1; Path=/", "a=1; Path=/" + labelA + "/", "a=1; Path=/" + labelA + "/"},
		{"for its own path", "a=1; Path=/" + labelA + "/; HttpOnly", "a=1; HttpOnly; Path=/" + labelA + "/", "a=1; HttpOnly; Path=/" + labelA + "/"},
		{"for its own path without the slash", "a=1; path=/" + labelA, "a=1; Path=/" + labelA, "a=1; Path=/" + labelA},
		{"for a page of its own", "a=1; PATH = /" + labelA + "/lab", "a=1; Path=/" + labelA + "/lab", "a=1; Path=/" + labelA + "/lab"},
		{"for a path inside", "a=1; Path=/hub/", "a=1; Path=/" + labelA + "/", "a=1; Path=/" + labelA + "/hub/"},
		{"for a neighbour", "a=1; Path=/" + labelB + "/", "a=1; Path=/" + labelA + "/", "a=1; Path=/" + labelA + "/" + labelB + "/"},
		{"for a neighbour whose label begins alike", "a=1; Path=/" + labelA + "b/", "a=1; Path=/" + labelA + "/", "a=1; Path=/" + labelA + "/" + labelA + "b/"},
		{"for two paths", "a=1; Path=/" + labelA + "/; Path=/", "a=1; Path=/" + labelA + "/", "a=1; Path=/" + labelA + "/"},
		{"for a path that is none", "a=1; Path=lab; Secure", "a=1; Secure", "a=1; Secure"},
		{"for no path", "a=1;Max-Age=5;SameSite=Lax", "a=1; Max-Age=5; SameSite=Lax", "a=1; Max-Age=5; SameSite=Lax"},
		{"for its host by name", "a=1; Domain=nb.example", "a=1", "a=1"},
		{"for the parent domain", "a=1; domain=.example; Path=/", "a=1; Path=/" + labelA + "/", "a=1; Path=/" + labelA + "/"},
		{"with odd bytes", `a="x, y = z"; Expires=Wed, 21 Oct 2065 07:28:00 GMT`, `a="x, y = z"; Expires=Wed, 21 Oct 2065 07:28:00 GMT`, `a="x, y = z"; Expires=Wed, 21 Oct 2065 07:28:00 GMT`},
		{"of our name", PathSessionCookie + "=x; Path=/" + labelA + "/", "", ""},
		{"of our name in capitals", strings.ToUpper(PathBrowserCookie) + "=x", "", ""},
		{"of our name in the other mode", SessionCookie + "=x", "", ""},
		{"of the web UI's name", "__Host-dd_session=x; Path=/", "", ""},
		{"without a name, with ours in its value", "=" + PathSessionCookie + "=x", "", ""},
	} {
		t.Run(c.why, func(t *testing.T) {
			t.Parallel()
			for rewrite, want := range map[bool]string{false: c.kept, true: c.rewritten} {
				h := http.Header{"Set-Cookie": {c.from}}
				cleanResponse(h, pathExchange(rewrite), pathName)
				require.Equal(t, want, strings.Join(h["Set-Cookie"], "|"), "rewrite_path: %v", rewrite)
			}
		})
	}
}

var pathName = Name{Label: labelA, Domain: domain, Port: 8443, Paths: true}

func pathExchange(rewrite bool) *exchange {
	return &exchange{
		home: site, prefix: "/" + labelA,
		route: pool.Route{Label: labelA, Target: "10.0.0.5:32768", Proxy: pool.ProxyOptions{RewritePath: rewrite}},
	}
}

func FuzzCookiesReachNoNeighbour(f *testing.F) {
	for _, line := range []string{"a=1; Path=/", "a=1;path=/" + labelA + "x;Domain=example", "; Path=/", "=a; Path=/;;", "a=1; Path =/ ;Path", "a=1; Path=\"/\""} {
		f.Add(line, true)
		f.Add(line, false)
	}
	f.Fuzz(func(t *testing.T, line string, rewrite bool) {
		h := http.Header{"Set-Cookie": {line}}
		cleanResponse(h, pathExchange(rewrite), pathName)
		for _, kept := range h["Set-Cookie"] {
			require.False(t, isOurs(nameOfCookie(kept)))
			cookie, err := http.ParseSetCookie(kept)
			if err != nil {
				continue
			}
			require.Empty(t, cookie.Domain)
			if strings.HasPrefix(cookie.Path, "/") {
				require.True(t, isBelow(cookie.Path, pathName), kept)
			}
		}
	})
}

func TestRedirectsKeepThePath(t *testing.T) {
	t.Parallel()
	const own = site + "/" + labelA
	for _, c := range []struct{ why, from, kept, rewritten string }{
		{"relative", "next?x", "next?x", "next?x"},
		{"the query alone", "?x", "?x", "?x"},
		{"an absolute path", "/next?a=/b", "/next?a=/b", "/" + labelA + "/next?a=/b"},
		{"the root", "/", "/", "/" + labelA + "/"},
		{"its own path", "/" + labelA + "/next", "/" + labelA + "/next", "/" + labelA + "/next"},
		{"its own path without the slash", "/" + labelA + "?x", "/" + labelA + "?x", "/" + labelA + "?x"},
		{"a path that begins alike", "/" + labelA + "b/", "/" + labelA + "b/", "/" + labelA + "/" + labelA + "b/"},
		{"a path that browsers read as a host", `/\evil.example`, `/\evil.example`, "/" + labelA + `/\evil.example`},
		{"its own address", own + "/next", own + "/next", own + "/next"},
		{"its own address without TLS", "http://nb.example:8443/" + labelA + "/next", own + "/next", own + "/next"},
		{"its own address and the port inside", "http://nb.example:8787/" + labelA + "/auth?a=//b#c", own + "/auth?a=//b#c", own + "/auth?a=//b#c"},
		{"the site and a path inside", site + "/next", site + "/next", own + "/next"},
		{"the site's name in capitals, without a port", "https://NB.EXAMPLE/next", "https://NB.EXAMPLE/next", own + "/next"},
		{"the site alone", "http://nb.example:8443", "http://nb.example:8443", own + "/"},
		{"the site with a query", "http://nb.example:8443?x", "http://nb.example:8443?x", own + "/?x"},
		{"a neighbour", site + "/" + labelB + "/", site + "/" + labelB + "/", own + "/" + labelB + "/"},
		{"the container's address", "http://10.0.0.5:32768?x", own + "/?x", own + "/?x"},
		{"the container's address and its own path", "http://10.0.0.5:32768/" + labelA + "/x", own + "/x", own + "/x"},
		{"bytes stay as they are", "http://10.0.0.5:32768/a%2Fb//c|d", own + "/a%2Fb//c|d", own + "/a%2Fb//c|d"},
		{"another port of the host", "http://10.0.0.5:80/", "http://10.0.0.5:80/", "http://10.0.0.5:80/"},
		{"another site", "https://login.example/x", "https://login.example/x", "https://login.example/x"},
		{"a site below the name", "https://" + labelA + ".nb.example:8443/", "https://" + labelA + ".nb.example:8443/", "https://" + labelA + ".nb.example:8443/"},
		{"a user that looks like the name", site + "@evil.example/", site + "@evil.example/", site + "@evil.example/"},
		{"another host as a scheme's part", "//login.example/x", "//login.example/x", "//login.example/x"},
	} {
		t.Run(c.why, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.kept, keepOnRoute(c.from, pathExchange(false), pathName))
			require.Equal(t, c.rewritten, keepOnRoute(c.from, pathExchange(true), pathName), "with rewrite_path")
		})
	}
}

func TestOnePageSpeaksForNoOtherNotebook(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, h *house) {
		mine := h.notebook(labelA, func(w http.ResponseWriter, _ *http.Request) {
			for _, field := range ofWholeOrigin {
				w.Header().Set(field, "x")
			}
			w.Header().Set("Content-Security-Policy", "default-src 'self'")
		})
		res, _ := h.get(labelA, "/sw.js", h.session(mine))
		require.Equal(t, http.StatusOK, res.StatusCode)
		require.NotEmpty(t, res.Header.Get("Content-Security-Policy"))
		for _, field := range ofWholeOrigin {
			require.Equal(t, h.proxy.paths, res.Header.Get(field) == "", field)
		}
	})
}

// Where each notebook has an origin of its own, it may clear that; cookies are the
// whole site's.
func TestOneNotebookClearsNothingOfTheOthers(t *testing.T) {
	t.Parallel()
	for from, want := range map[string]string{
		`"cache", "storage"`:                `"cache", "storage"`,
		`"cookies"`:                         "",
		`"*"`:                               "",
		`"cache" , "cookies","storage"`:     `"cache", "storage"`,
		`"clientHints"|"executionContexts"`: `"executionContexts"`,
		`"storage"|"*"`:                     `"storage"`,
		"cookies, storage":                  "storage",
	} {
		h := http.Header{"Clear-Site-Data": strings.Split(from, "|")}
		cleanResponse(h, &exchange{home: homeA, route: pool.Route{Label: labelA}}, Name{Label: labelA, Domain: domain, Port: 8443})
		require.Equal(t, want, h.Get("Clear-Site-Data"), from)
		require.LessOrEqual(t, len(h["Clear-Site-Data"]), 1)
	}
}
