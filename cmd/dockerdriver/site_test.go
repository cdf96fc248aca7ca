package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// builtProgram builds the real, static binary once for all tests of this package:
// the demo image is made of it.
var builtProgram = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "dockerdriver-test-")
	if err != nil {
		return "", err
	}
	builtIn = dir
	path := filepath.Join(dir, "dockerdriver")
	cmd := exec.Command("go", "build", "-trimpath", "-tags", "faults", "-o", path, ".") // what it can do besides, it does when told
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("cannot build the program: %v\n%s", err, out)
	}
	return path, nil
})

// builtIn is the folder that TestMain removes in the end.
var builtIn string

const adminPassword = "walk-through-the-door"

// site is a real server in a process of its own, and a person's browser.
type site struct {
	testing.TB
	command                 string // serve or demo
	dir, ui, notebooks, ops string // addresses as ip:port
	args, env               []string
	process                 *exec.Cmd
	log                     *openLog
	browser                 *http.Client
	installation            string // known after the first launch
}

// openLog can be read while a process writes to it.
type openLog struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *openLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *openLog) Reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.Reset()
}

func (l *openLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// newSite starts a demo on free ports of loopback.
func newSite(t testing.TB, env []string, args ...string) *site {
	t.Helper()
	return startSite(t, "demo", t.TempDir(), env, args...)
}

// startSite starts a server of either kind on a data directory.
func startSite(t testing.TB, command, dir string, env []string, args ...string) *site {
	t.Helper()
	s := prepareSite(t, command, dir, env, args...)
	s.start()
	s.browser = s.newBrowser()
	s.logIn(s.browser)
	return s
}

// prepareSite is a server that is not started yet.
func prepareSite(t testing.TB, command, dir string, env []string, args ...string) *site {
	t.Helper()
	s := &site{
		TB: t, command: command, dir: dir, ui: freePort(t), notebooks: freePort(t), ops: freePort(t), args: args, env: env, log: &openLog{},
	}
	t.Cleanup(func() {
		s.stop(syscall.SIGTERM)
		if t.Failed() {
			t.Logf("the server's log:\n%s", s.log)
		}
	})
	return s
}

// Servers of tests listen below the ports that the kernel gives to connections: one
// that is killed finds its own again.
const (
	firstPort = 20000
	portCount = 12000
)

var portsGiven atomic.Uint32

// freePort is an address of loopback that no other test was given.
func freePort(t testing.TB) string {
	t.Helper()
	for range portCount {
		n := (portsGiven.Add(1) + uint32(os.Getpid())*31) % portCount
		address := fmt.Sprintf("127.0.0.1:%d", firstPort+n)
		if l, err := net.Listen("tcp", address); err == nil {
			require.NoError(t, l.Close())
			return address
		}
	}
	require.Fail(t, "no port is free")
	return ""
}

func (s *site) start() {
	s.Helper()
	s.startWithoutWaiting()
	require.Eventually(s, func() bool {
		resp, err := http.Get("http://" + s.ops + "/readyz")
		if err != nil {
			return false
		}
		resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	}, 2*time.Minute, 20*time.Millisecond, "the server must come up")
}

func (s *site) startWithoutWaiting() {
	s.Helper()
	path, err := builtProgram()
	require.NoError(s, err)
	args := append([]string{
		s.command, "--data-dir", s.dir, "--listen", s.ui, "--proxy-listen", s.notebooks, "--ops-listen", s.ops, "--log-format", "json",
	}, s.args...)
	s.process = exec.Command(path, args...)
	s.process.Env = append(append(os.Environ(), "DOCKERDRIVER_ADMIN_PASSWORD="+adminPassword), s.env...)
	s.process.Stdout, s.process.Stderr = s.log, s.log
	require.NoError(s, s.process.Start())
}

// stop ends the server by a signal and returns how long it took.
func (s *site) stop(sig syscall.Signal) time.Duration {
	if s.process == nil {
		return 0
	}
	began := time.Now()
	_ = s.process.Process.Signal(sig)
	_ = s.process.Wait()
	s.process = nil
	return time.Since(began)
}

// newBrowser keeps cookies, trusts the installation's own authority and finds
// *.localhost on loopback, as browsers do.
func (s *site) newBrowser() *http.Client {
	s.Helper()
	ca, err := os.ReadFile(filepath.Join(s.dir, pkiName, "ca.crt"))
	require.NoError(s, err)
	roots := x509.NewCertPool()
	require.True(s, roots.AppendCertsFromPEM(ca))
	jar, err := cookiejar.New(nil)
	require.NoError(s, err)
	return &http.Client{
		Jar: jar, Timeout: 30 * time.Second,
		Transport: &http.Transport{
			TLSClientConfig: &tls.Config{RootCAs: roots},
			DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				host, port, _ := net.SplitHostPort(address)
				if strings.HasSuffix(host, ".localhost") {
					host = "127.0.0.1"
				}
				return new(net.Dialer).DialContext(ctx, network, net.JoinHostPort(host, port))
			},
		},
	}
}

func (s *site) logIn(browser *http.Client) {
	s.Helper()
	status, _ := s.call(browser, http.MethodPost, "/sessions", map[string]string{"email": "admin@localhost", "password": adminPassword})
	require.Equal(s, http.StatusCreated, status)
}

// call speaks to the API and returns the status and the JSON object of the answer.
func (s *site) call(browser *http.Client, method, path string, body any) (int, map[string]any) {
	s.Helper()
	status, answer, err := s.tryCall(browser, method, path, body)
	require.NoError(s, err)
	return status, answer
}

// tryCall is call where the server may be gone.
func (s *site) tryCall(browser *http.Client, method, path string, body any) (int, map[string]any, error) {
	s.Helper()
	var send io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		require.NoError(s, err)
		send = bytes.NewReader(text)
	}
	req, err := http.NewRequest(method, "http://"+s.ui+"/api/v1"+path, send)
	require.NoError(s, err)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := browser.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	answer := map[string]any{}
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, nil, err
	}
	if len(text) > 0 {
		require.NoError(s, json.Unmarshal(text, &answer), string(text))
	}
	require.Less(s, resp.StatusCode, 500, "never a 500: %s", text)
	return resp.StatusCode, answer, nil
}

// get reads a page of a notebook.
func (s *site) get(browser *http.Client, url string) (*http.Response, string) {
	s.Helper()
	resp, err := browser.Get(url)
	require.NoError(s, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(s, err)
	return resp, string(text)
}

// launch presses the button for a blueprint and waits for a state.
func (s *site) launch(blueprint, until string) map[string]any {
	s.Helper()
	status, i := s.call(s.browser, http.MethodPost, "/instances", map[string]any{"blueprint_id": blueprint})
	require.Equal(s, http.StatusAccepted, status, i)
	return s.await(i["id"].(string), until)
}

// await waits until an instance is in a state, and fails at once in a final other one.
func (s *site) await(id, state string) map[string]any {
	s.Helper()
	var i map[string]any
	require.Eventually(s, func() bool {
		_, i = s.call(s.browser, http.MethodGet, "/instances/"+id, nil)
		if i["state"] != state && (i["state"] == "failed" || i["state"] == "deleted" || i["state"] == "lost") {
			require.FailNow(s, "the instance went another way", "%v", i)
		}
		return i["state"] == state
	}, 100*time.Second, 50*time.Millisecond)
	return i
}

// hear returns the instances that begin to run from now on, as the event
// stream tells them to a browser.
func (s *site) hear() <-chan map[string]any {
	s.Helper()
	req, err := http.NewRequestWithContext(s.Context(), http.MethodGet, "http://"+s.ui+"/api/v1/events", nil)
	require.NoError(s, err)
	resp, err := (&http.Client{Jar: s.browser.Jar}).Do(req)
	require.NoError(s, err)
	require.Equal(s, http.StatusOK, resp.StatusCode)
	out := make(chan map[string]any, 1000)
	go func() {
		defer resp.Body.Close()
		seen := map[any]bool{}
		lines := bufio.NewScanner(resp.Body)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			data, ok := strings.CutPrefix(lines.Text(), "data: ")
			i := map[string]any{}
			if ok && json.Unmarshal([]byte(data), &i) == nil && i["state"] == "running" && i["blueprint_id"] != nil && !seen[i["id"]] {
				seen[i["id"]] = true
				out <- i
			}
		}
	}()
	return out
}

func (s *site) blueprint(name string) string {
	s.Helper()
	_, list := s.call(s.browser, http.MethodGet, "/blueprints", nil)
	for _, item := range list["items"].([]any) {
		if b := item.(map[string]any); b["name"] == name {
			return b["id"].(string)
		}
	}
	require.FailNow(s, "no blueprint "+name)
	return ""
}
