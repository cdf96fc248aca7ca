package main

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"
)

// apart is a site whose notebooks are served by a process of its own.
type apart struct {
	*site
	socket  string
	proxy   *exec.Cmd
	proxyAt string // its operations listener
}

func newApart(t *testing.T, more ...string) *apart {
	t.Helper()
	args, dockerHost := emulatorProcess(t)
	return startApart(t, "demo", []string{"DOCKER_HOST=" + dockerHost}, append(args, more...)...)
}

// startApart starts a server of either kind, and the proxy beside it.
func startApart(t *testing.T, command string, env []string, args ...string) *apart {
	t.Helper()
	dir, err := os.MkdirTemp("", "dd") // a socket's path is short
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	a := &apart{socket: filepath.Join(dir, "proxy.sock"), proxyAt: freePort(t)}
	a.site = prepareSite(t, command, filepath.Join(dir, "data"), env, append(args, "--proxy-socket", a.socket)...)
	a.startProxy()
	a.start()
	a.awaitProxy()
	a.browser = a.newBrowser()
	a.logIn(a.browser)
	return a
}

func (a *apart) startProxy() {
	a.Helper()
	path, err := builtProgram()
	require.NoError(a, err)
	log := &bytes.Buffer{}
	a.proxy = exec.Command(path, "proxy", "--proxy-socket", a.socket, "--proxy-listen", a.notebooks, "--proxy-ops-listen", a.proxyAt, "--data-dir", a.dir)
	a.proxy.Stdout, a.proxy.Stderr = log, log
	require.NoError(a, a.proxy.Start())
	a.Cleanup(func() {
		a.stopProxy(syscall.SIGTERM)
		if a.Failed() {
			a.Logf("the proxy's log:\n%s", log)
		}
	})
}

func (a *apart) awaitProxy() {
	a.Helper()
	require.Eventually(a, func() bool {
		resp, err := http.Get("http://" + a.proxyAt + "/readyz")
		if err != nil {
			return false
		}
		resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	}, 20*time.Second, 20*time.Millisecond)
}

func (a *apart) stopProxy(sig syscall.Signal) time.Duration {
	began := time.Now()
	_ = a.proxy.Process.Signal(sig)
	_ = a.proxy.Wait()
	return time.Since(began)
}

// socketOf opens a websocket of a notebook.
func (s *site) socketOf(i map[string]any) *websocket.Conn {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), 20*time.Second)
	defer cancel()
	base := i["url"].(string)
	socket, _, err := websocket.Dial(ctx, strings.Replace(base, "https", "wss", 1)+"ws", &websocket.DialOptions{
		HTTPClient: s.browser, HTTPHeader: http.Header{"Origin": {originOf(s, base)}},
	})
	require.NoError(s, err)
	s.Cleanup(func() { _ = socket.CloseNow() })
	return socket
}

// computes tells whether the notebook still answers on a websocket.
func (s *site) computes(socket *websocket.Conn) error {
	ctx, cancel := context.WithTimeout(s.Context(), 20*time.Second)
	defer cancel()
	if err := socket.Write(ctx, websocket.MessageText, []byte("2*(3+4)")); err != nil {
		return err
	}
	_, said, err := socket.Read(ctx)
	if err == nil {
		require.Contains(s, string(said), "14")
	}
	return err
}

// page asks for a page as a browser does, and stays where it is: the web UI that
// strangers are sent to may be away.
func (s *site) page(browser *http.Client, url string) (int, string) {
	s.Helper()
	r, err := http.NewRequest(http.MethodGet, url, nil)
	require.NoError(s, err)
	r.Header.Set("Accept", "text/html")
	staying := *browser
	staying.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	res, err := staying.Do(r)
	require.NoError(s, err)
	defer res.Body.Close()
	var body bytes.Buffer
	_, err = body.ReadFrom(res.Body)
	require.NoError(s, err)
	return res.StatusCode, body.String()
}

func TestAServerRestartCutsNothingThatAProxyOfItsOwnServes(t *testing.T) {
	t.Parallel()
	a := newApart(t)
	i := a.launch(a.blueprint("demo-notebook"), "running")
	open(t, a.site, a.browser, i)
	url := i["url"].(string)
	socket := a.socketOf(i)
	require.NoError(t, a.computes(socket))
	_, ticket := a.call(a.browser, http.MethodPost, "/instances/"+i["id"].(string)+"/open", map[string]any{})

	a.stop(syscall.SIGKILL)
	require.NoError(t, a.computes(socket), "an open websocket goes on")
	status, _ := a.page(a.browser, url+"healthz")
	require.Equal(t, http.StatusOK, status, "so does the session")
	stranger := a.newBrowser()
	require.Eventually(t, func() bool {
		status, words := a.page(stranger, url)
		return status == http.StatusServiceUnavailable && strings.Contains(words, "The server is restarting")
	}, 10*time.Second, 20*time.Millisecond, "who is not in is asked to wait")
	status, words := a.page(stranger, ticket["url"].(string))
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.Contains(t, words, `http-equiv="refresh" content="2; url=/"`, "without the ticket, which a restart voids")

	a.start()
	require.NoError(t, a.computes(socket), "the same websocket, still")
	require.Eventually(t, func() bool {
		status, _ := a.page(stranger, url)
		return status != http.StatusServiceUnavailable
	}, 10*time.Second, 20*time.Millisecond, "the page goes on by itself")
	open(t, a.site, a.newBrowser(), i)

	_, _ = a.call(a.browser, http.MethodDelete, "/instances/"+i["id"].(string), nil)
	status, _ = a.page(a.newBrowser(), url+"healthz")
	require.NotEqual(t, http.StatusOK, status)
	status, words = a.page(a.browser, url)
	require.Equal(t, http.StatusGone, status, "gone before destroy has answered")
	require.Contains(t, words, "You destroyed it")
	require.Eventually(t, func() bool { return a.computes(socket) != nil }, time.Second, 10*time.Millisecond)
	require.Less(t, a.stop(syscall.SIGTERM), 5*time.Second)
	require.Less(t, a.stopProxy(syscall.SIGTERM), 5*time.Second)
}

func TestAProxyThatComesBackKnowsWhatHappenedMeanwhile(t *testing.T) {
	t.Parallel()
	a := newApart(t)
	i := a.launch(a.blueprint("demo-notebook"), "running")
	url := i["url"].(string)
	open(t, a.site, a.browser, i)
	other := a.newBrowser()
	a.logIn(other)
	open(t, a.site, other, i)
	logout := func() {
		status, _ := a.call(other, http.MethodDelete, "/sessions/current", nil)
		require.Less(t, status, 300)
	}

	a.stopProxy(syscall.SIGKILL)
	logout() // nobody waits for a proxy that is not there
	second := a.launch(a.make("second", nil), "running")
	a.startProxy()
	a.awaitProxy()
	status, _ := a.page(a.browser, url+"healthz")
	require.Equal(t, http.StatusOK, status, "a session that was there before")
	open(t, a.site, a.browser, second)
	require.Contains(t, a.metric("dockerdriver_proxies_linked"), "1")
}

func (a *apart) metric(name string) string {
	a.Helper()
	_, all := a.get(http.DefaultClient, "http://"+a.ops+"/metrics")
	for line := range strings.SplitSeq(all, "\n") {
		if value, found := strings.CutPrefix(line, name+" "); found {
			return value
		}
	}
	a.Fatalf("no metric %s", name)
	return ""
}

// What a person does in a notebook is told by whoever serves it, within the time
// of a batch.
func TestUseOfANotebookIsShown(t *testing.T) {
	t.Parallel()
	for why, begin := range map[string]func(*testing.T) *site{
		"served here": func(t *testing.T) *site {
			args, dockerHost := emulatorProcess(t)
			return newSite(t, []string{"DOCKER_HOST=" + dockerHost}, args...)
		},
		"served by a process of its own": func(t *testing.T) *site { return newApart(t).site },
	} {
		t.Run(why, func(t *testing.T) {
			t.Parallel()
			s := begin(t)
			i := s.launch(s.make("used", map[string]any{"proxy_options": map[string]any{"idle_paths": "/healthz"}, "maximum_idle_time": "30m"}), "running")
			_, before := s.call(s.browser, http.MethodGet, "/instances/"+i["id"].(string), nil)
			require.Nil(t, before["last_used_at"])
			require.NotNil(t, before["idle_ends_at"])
			open(t, s, s.browser, i)
			require.Eventually(t, func() bool {
				_, now, err := s.tryCall(s.browser, http.MethodGet, "/instances/"+i["id"].(string), nil)
				return err == nil && now["last_used_at"] != nil && now["idle_ends_at"].(string) > before["idle_ends_at"].(string)
			}, 30*time.Second, 200*time.Millisecond)
		})
	}
}
