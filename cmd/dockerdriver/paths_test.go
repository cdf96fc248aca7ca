package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The whole way where there is no wildcard name: in the server, and in a proxy
// of its own.
func TestNotebooksBelowOneHostName(t *testing.T) {
	t.Parallel()
	for name, begin := range map[string]func(t *testing.T) *site{
		"in the server": func(t *testing.T) *site {
			args, dockerHost := emulatorProcess(t)
			return newSite(t, []string{"DOCKER_HOST=" + dockerHost}, append(args, "--notebook-paths")...)
		},
		"in a process of its own": func(t *testing.T) *site { return newApart(t, "--notebook-paths").site },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := begin(t)
			i := s.launch(s.blueprint("demo-notebook"), "running")
			base := i["url"].(string)
			label, ok := strings.CutPrefix(base, originOf(t, base)+"/")
			require.True(t, ok)
			require.Regexp(t, `^[a-z0-9]{8,32}/$`, label)
			comeInByTheUI(t, s, base)
			useNotebook(t, s, i)
			knowsItsPath(t, s)

			socket := s.socketOf(i)
			require.NoError(t, s.computes(socket))
			status, _ := s.call(s.browser, http.MethodDelete, "/instances/"+i["id"].(string), nil)
			require.Equal(t, http.StatusAccepted, status)
			status, words := s.page(s.browser, base)
			require.Equal(t, http.StatusGone, status)
			require.Contains(t, words, "You destroyed it")
			require.Eventually(t, func() bool { return s.computes(socket) != nil }, time.Second, 10*time.Millisecond)
			warned(t, s)
		})
	}
}

// comeInByTheUI follows the way of a browser that has the notebook's address and
// a login, and of one that has none.
func comeInByTheUI(t *testing.T, s *site, base string) {
	t.Helper()
	follow, err := http.NewRequest(http.MethodGet, strings.TrimSuffix(base, "/")+"?from=bookmark", nil)
	require.NoError(t, err)
	follow.Header.Set("Accept", "text/html")
	resp, err := s.browser.Do(follow)
	require.NoError(t, err)
	resp.Body.Close()
	require.Equal(t, http.StatusOK, resp.StatusCode)
	require.Equal(t, base+"?from=bookmark", resp.Request.URL.String(), "through the web UI, and back without a question")

	stranger := s.newBrowser()
	status, _ := s.page(stranger, base)
	require.Equal(t, http.StatusSeeOther, status)
	status, _ = s.page(stranger, originOf(t, base)+"/aaaaaaaa2345/")
	require.Equal(t, http.StatusSeeOther, status, "as for a label that never was")
	status, words := s.page(stranger, originOf(t, base)+"/")
	require.Equal(t, http.StatusNotFound, status)
	require.Contains(t, words, `href="http://`+s.ui+`/"`)
	at, err := url.Parse(base)
	require.NoError(t, err)
	_, err = stranger.Get("https://aaaaaaaa2345.localhost:" + at.Port() + "/")
	require.ErrorContains(t, err, "tls: internal error", "there is no certificate for other names")
}

// knowsItsPath launches a second notebook that is told its path, and looks at
// what the two of them see of each other.
func knowsItsPath(t *testing.T, s *site) {
	t.Helper()
	told := s.make("told", map[string]any{
		"environment_vars": "BASE={proxy_path}", "proxy_options": map[string]any{"rewrite_path": true},
	})
	i := s.launch(told, "running")
	open(t, s, s.browser, i)
	base := i["url"].(string)
	path := strings.TrimPrefix(base, originOf(t, base))
	require.Equal(t, path, s.told(base + "env")["BASE"])
	require.Equal(t, []any{strings.TrimSuffix(path, "/")}, s.told(base + "headers")["headers"].(map[string]any)["X-Forwarded-Prefix"])
	for visits := range 3 {
		received := s.told(base + "cookie")["received"].(map[string]any)
		require.Equal(t, visits > 0, received["notebook_visits"] == fmt.Sprint(visits), "its own cookies come back, and nobody else's: %v", received)
	}

	unaware := s.launch(s.make("unaware", nil), "running")
	_, ticket := s.call(s.browser, http.MethodPost, "/instances/"+unaware["id"].(string)+"/open", map[string]any{})
	resp, _ := s.get(s.browser, ticket["url"].(string))
	require.Equal(t, http.StatusNotFound, resp.StatusCode, "a program that gets its whole path and does not know it")
	require.Equal(t, unaware["url"], resp.Request.URL.String())
}

// told reads a page of a notebook that is a JSON object.
func (s *site) told(url string) map[string]any {
	s.Helper()
	_, text := s.get(s.browser, url)
	object := map[string]any{}
	require.NoError(s, json.Unmarshal([]byte(text), &object), text)
	return object
}

// warned ends the server and reads what it had to say.
func warned(t *testing.T, s *site) {
	t.Helper()
	_, pool := s.call(s.browser, http.MethodGet, "/pool", nil)
	require.Equal(t, true, pool["shared_origin"])
	require.Less(t, s.stop(syscall.SIGTERM), 5*time.Second)
	require.Contains(t, s.log.String(), "\nWARNING: notebooks of this site can read and change each other")
	require.Contains(t, s.log.String(), `"level":"warn"`)
	require.Contains(t, s.log.String(), "leave --notebook-paths out")
}
