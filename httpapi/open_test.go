package httpapi

import (
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

var nonceHash = strings.Repeat("0f", 32)

// wayIn is where a notebook's origin sends a browser.
func wayIn(label, browser, path string) string {
	return "/open?" + url.Values{"label": {label}, "browser": {browser}, "path": {path}}.Encode()
}

func TestABrowserIsLedIntoItsNotebook(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	id := s.running("bob")
	label := s.pool.Snapshot().Instance(id).Label
	here := wayIn(label, nonceHash, "/lab?file=a b")

	a := s.as("").do("GET", here, "").ok(t, 303)
	login, err := url.Parse(a.header.Get("Location"))
	require.NoError(t, err)
	require.Equal(t, "/login", login.Path)
	require.Equal(t, here, login.Query().Get("next"), "after the login it goes on")
	s.as("bob").do("GET", here, "").ok(t, 303)
	require.Empty(t, s.pool.opened, "a token is not a browser's login")

	browser := s.loggedIn("bob")
	a = browser.do("GET", here, "").ok(t, 303)
	notebook, err := url.Parse(a.header.Get("Location"))
	require.NoError(t, err)
	require.Equal(t, label+".localhost:8443", notebook.Host)
	require.Equal(t, "/.dockerdriver/enter", notebook.Path)
	require.Equal(t, url.Values{"ticket": {"ticket-secret"}, "path": {"/lab?file=a b"}, "browser": {nonceHash}}, notebook.Query())
	require.Equal(t, "no-referrer", a.header.Get("Referrer-Policy"))
	require.Equal(t, "no-store", a.header.Get("Cache-Control"))
	require.Equal(t, hashed(strings.TrimPrefix(browser.header["Cookie"], "dd_session=")), s.pool.opened[0].Login)
	require.Equal(t, nonceHash, s.pool.opened[0].Browser)
	require.NotContains(t, s.log.String(), "ticket-secret")
	require.NotContains(t, s.log.String(), nonceHash)

	a = s.loggedIn("ann").do("GET", here, "").ok(t, 303)
	asks, err := url.Parse(a.header.Get("Location"))
	require.NoError(t, err)
	require.Equal(t, "/visits/"+id, asks.Path, "an administrator is asked for a reason first")
	require.Equal(t, url.Values{"browser": {nonceHash}, "path": {"/lab?file=a b"}}, asks.Query())
	require.Len(t, s.pool.opened, 1)
}

func TestNoWayIn(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	id := s.running("bob")
	label := s.pool.Snapshot().Instance(id).Label
	bob, cat := s.loggedIn("bob"), s.loggedIn("cat")

	foreign := cat.do("GET", wayIn(label, nonceHash, "/"), "").ok(t, 404)
	for _, unknown := range []string{"unknown", "", strings.Repeat("x", 500)} {
		require.Equal(t, foreign.body, cat.do("GET", wayIn(unknown, nonceHash, "/"), "").ok(t, 404).body)
	}
	require.Contains(t, foreign.body, "No such notebook")
	for _, path := range []string{"//evil.example", "https://evil.example", `/\evil.example`, "/a\r\nb", "evil", "/" + strings.Repeat("x", 3000)} {
		bob.do("GET", wayIn(label, nonceHash, path), "").ok(t, 400)
	}
	bob.do("GET", wayIn(label, "no hash", "/"), "").ok(t, 400)
	require.Empty(t, s.pool.opened)

	s.pool.set(id, func(i *pool.Instance) { i.State = pool.InstanceProvisioning })
	require.Equal(t, "/instances/"+id, bob.do("GET", wayIn(label, nonceHash, "/"), "").ok(t, 303).header.Get("Location"))
	for reason, words := range map[string]string{
		pool.EndByOwner: "You destroyed it", pool.EndByAdmin: "administrator", pool.EndByLifetime: "lifetime",
		pool.EndByShutdown: "shut down", pool.EndByHost: "machine", "": "launch a new one",
	} {
		s.pool.set(id, func(i *pool.Instance) { i.State, i.EndReason = pool.InstanceDeleted, reason })
		require.Contains(t, bob.do("GET", wayIn(label, nonceHash, "/"), "").ok(t, 410).body, words)
	}
	ended := s.loggedIn("ann").do("GET", wayIn(label, nonceHash, "/"), "").ok(t, 410)
	require.Contains(t, ended.body, "somebody else&#39;s", "to an administrator it does not say what they have done")
	require.NotContains(t, ended.body, "Launch again")
	s.pool.set(id, func(i *pool.Instance) {
		*i = i.At(pool.InstanceFailed, "", time.Now())
		i.Failure = &pool.Failure{Message: "<b>It ran out of memory.</b>"}
	})
	require.Contains(t, bob.do("GET", wayIn(label, nonceHash, "/"), "").ok(t, 410).body, "&lt;b&gt;It ran out of memory")
}

// A page of another site can make a browser ask; only a person opens a tab.
func TestNoPageOpensANotebookForItsReader(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	id := s.running("bob")
	label := s.pool.Snapshot().Instance(id).Label
	bob := s.loggedIn("bob")
	for reason, fields := range map[string][]string{
		"a picture":                     {"Sec-Fetch-Mode", "no-cors", "Sec-Fetch-Dest", "image"},
		"a script":                      {"Sec-Fetch-Mode", "cors", "Sec-Fetch-Dest", "empty"},
		"a frame":                       {"Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "iframe"},
		"a page that is loaded ahead":   {"Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document", "Sec-Purpose", "prefetch"},
		"a page that is prepared":       {"Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document", "Sec-Purpose", "prefetch;prerender"},
		"the same, by an older browser": {"Purpose", "prefetch"},
	} {
		a := bob.do("GET", wayIn(label, nonceHash, "/"), "", fields...).ok(t, 403)
		require.Contains(t, a.body, "open the notebook from your dashboard", reason)
	}
	require.Empty(t, s.pool.opened)
	bob.do("GET", wayIn(label, nonceHash, "/"), "", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document", "Sec-Fetch-Site", "same-site").ok(t, 303)
	require.Len(t, s.pool.opened, 1)
}

func TestNoticesAreStyledAndLeadBack(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	id, bob := s.running("bob"), s.loggedIn("bob")
	label := s.pool.Snapshot().Instance(id).Label
	unknown := bob.do("GET", wayIn("unknown", nonceHash, "/"), "").ok(t, 404)
	require.NotContains(t, unknown.body, "Launch again")
	s.pool.set(id, func(i *pool.Instance) { i.State, i.EndReason = pool.InstanceDeleted, pool.EndByLifetime })
	ended := bob.do("GET", wayIn(label, nonceHash, "/"), "").ok(t, 410)
	require.Contains(t, ended.body, `href="/launches/i2">Launch again`)
	for _, a := range []answer{unknown, ended} {
		require.Contains(t, a.body, `href="/">Back to DockerDriver`)
		_, rest, _ := strings.Cut(a.body, "<style>")
		style, _, found := strings.Cut(rest, "</style>")
		require.True(t, found)
		require.Contains(t, style, "color-scheme: light dark")
		sum := sha256.Sum256([]byte(style))
		policy := a.header.Values("Content-Security-Policy")
		require.Len(t, policy, 1)
		require.Contains(t, policy[0], "style-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'", "the browser takes this style")
		require.Contains(t, policy[0], "default-src 'none'")
	}
}
