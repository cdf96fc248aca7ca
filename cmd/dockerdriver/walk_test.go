package main

import (
	"bytes"
	"context"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/client"
	"github.com/stretchr/testify/require"

	"dockerdriver/actors/docker/dockertest"
)

// The whole job, with the real binary in a process of its own: once on
// emulated engines, which outlive the server in a process of theirs, and once
// on a real Docker engine.
func TestWalk(t *testing.T) {
	t.Parallel()
	for name, engine := range map[string]func(testing.TB) (args []string, dockerHost string){
		"emulator":    emulatorProcess,
		"real engine": realEngine,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args, dockerHost := engine(t)
			walk(t, newSite(t, []string{"DOCKER_HOST=" + dockerHost}, append(args, "--answer-limit", "5s")...), dockerHost)
		})
	}
}

func emulatorProcess(t testing.TB) (args []string, dockerHost string) {
	path, err := builtProgram()
	require.NoError(t, err)
	dir := t.TempDir()
	url := "unix://" + filepath.Join(dir, "e.sock")
	process := exec.Command(path, "emulator", "--listen", url, "--state-dir", dir)
	log := &bytes.Buffer{}
	process.Stdout, process.Stderr = log, log
	require.NoError(t, process.Start())
	t.Cleanup(func() {
		_ = process.Process.Signal(syscall.SIGTERM)
		_ = process.Wait()
		if t.Failed() {
			t.Logf("the emulator's log:\n%s", log)
		}
	})
	require.Eventually(t, func() bool { _, err := os.Stat(filepath.Join(dir, "e.sock")); return err == nil }, 10*time.Second, 20*time.Millisecond)
	return []string{"--cloud", "emulator", "--emulator-url", url}, url
}

func realEngine(t testing.TB) (args []string, dockerHost string) {
	return []string{"--cloud", "local", "--local-slots", "8"}, dockertest.RealEngine(t)
}

func walk(t *testing.T, s *site, dockerHost string) {
	began := time.Now()
	demo := s.blueprint("demo-notebook")
	i := s.launch(demo, "running")
	useNotebook(t, s, i)

	s.stop(syscall.SIGKILL)
	s.start()
	_, again := s.call(s.browser, http.MethodGet, "/instances/"+i["id"].(string), nil)
	require.Equal(t, "running", again["state"], "a kill -9 of the server leaves the instance running")
	require.Equal(t, i["expires_at"], again["expires_at"])
	resp, page := s.get(s.browser, i["url"].(string)+"healthz")
	require.Equal(t, http.StatusOK, resp.StatusCode, "the same cookie opens the same notebook: %s", page)
	require.Len(t, s.containers(dockerHost), 1, "nothing is made twice")

	killInMidLaunch(t, s, demo, dockerHost)
	failWell(t, s, demo, dockerHost)
	faultyImages(t, s)
	pullImage(t, s)

	status, ending := s.call(s.browser, http.MethodDelete, "/instances/"+i["id"].(string), nil)
	require.Equal(t, http.StatusAccepted, status)
	require.Equal(t, "deleting", ending["state"])
	resp, _ = s.get(s.newBrowser(), i["url"].(string))
	require.NotEqual(t, http.StatusOK, resp.StatusCode, "nobody gets in once destroy has answered")
	s.await(i["id"].(string), "deleted")
	require.Empty(t, s.containers(dockerHost), "nothing is left running")
	require.Less(t, s.stop(syscall.SIGTERM), 5*time.Second)
	t.Logf("walked in %s", time.Since(began))
}

// open presses Open in browser by the API and follows it.
func open(t testing.TB, s *site, browser *http.Client, i map[string]any) {
	t.Helper()
	status, ticket := s.call(s.browser, http.MethodPost, "/instances/"+i["id"].(string)+"/open", map[string]any{})
	require.Equal(t, http.StatusOK, status, ticket)
	resp, page := s.get(browser, ticket["url"].(string))
	require.Equal(t, http.StatusOK, resp.StatusCode, page)
	resp, _ = s.get(s.newBrowser(), ticket["url"].(string))
	require.Equal(t, http.StatusForbidden, resp.StatusCode, "a ticket is for once")
}

func useNotebook(t *testing.T, s *site, i map[string]any) {
	t.Helper()
	base := i["url"].(string)
	open(t, s, s.browser, i)
	resp, page := s.get(s.browser, base)
	require.Equal(t, http.StatusOK, resp.StatusCode)
	require.Contains(t, page, "<html")
	for _, path := range []string{"redirect", "redirect-path", "redirect-absolute"} {
		resp, _ := s.get(s.browser, base+path)
		require.Equal(t, http.StatusOK, resp.StatusCode, path)
		require.True(t, strings.HasPrefix(resp.Request.URL.String(), base), "%s leads out of the notebook: %s", path, resp.Request.URL)
	}
	_, headers := s.get(s.browser, base+"headers")
	for _, ours := range []string{"__Host-dd_", "__Secure-dd_"} {
		require.NotContains(t, headers, ours, "our cookies stay with us")
	}
	upload(t, s, base)
	talk(t, s, base)
	status, logs := s.call(s.browser, http.MethodGet, "/instances/"+i["id"].(string)+"/logs?type=running", nil)
	require.Equal(t, http.StatusOK, status)
	require.NotEmpty(t, logs["items"])
}

// originOf is what browsers say as the origin of a page.
func originOf(t testing.TB, page string) string {
	t.Helper()
	u, err := url.Parse(page)
	require.NoError(t, err)
	return u.Scheme + "://" + u.Host
}

func upload(t *testing.T, s *site, base string) {
	t.Helper()
	content := bytes.Repeat([]byte("0123456789abcdef"), 2<<20) // 32 MiB: the old system refused 20
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", "data.bin")
	require.NoError(t, err)
	_, err = part.Write(content)
	require.NoError(t, err)
	require.NoError(t, form.Close())
	req, err := http.NewRequest(http.MethodPost, base+"upload", &body)
	require.NoError(t, err)
	req.Header.Set("Content-Type", form.FormDataContentType())
	req.Header.Set("Origin", originOf(t, base))
	resp, err := s.browser.Do(req)
	require.NoError(t, err)
	resp.Body.Close()
	require.Less(t, resp.StatusCode, 400)
	_, back := s.get(s.browser, base+"files/data.bin")
	require.True(t, string(content) == back, "the file comes back as it went")
}

func talk(t *testing.T, s *site, base string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	dial := func(origin string) (*websocket.Conn, *http.Response, error) {
		return websocket.Dial(ctx, strings.Replace(base, "https", "wss", 1)+"ws", &websocket.DialOptions{
			HTTPClient: s.browser, HTTPHeader: http.Header{"Origin": {origin}},
		})
	}
	socket, _, err := dial(originOf(t, base))
	require.NoError(t, err)
	defer socket.CloseNow()
	require.NoError(t, socket.Write(ctx, websocket.MessageText, []byte("2*(3+4)")))
	_, said, err := socket.Read(ctx)
	require.NoError(t, err)
	require.Contains(t, string(said), "14")
	_, resp, err := dial("https://evil.example")
	require.Error(t, err)
	require.Equal(t, http.StatusForbidden, resp.StatusCode, "a foreign page cannot talk to the notebook")
}

// killInMidLaunch ends the server at a stage of a launch; the next one finishes
// what was begun, and makes nothing twice.
func killInMidLaunch(t *testing.T, s *site, demo, dockerHost string) {
	t.Helper()
	for _, stage := range []string{"", "creating", "starting", "probing"} {
		status, i := s.call(s.browser, http.MethodPost, "/instances", map[string]any{"blueprint_id": demo})
		require.Equal(t, http.StatusAccepted, status)
		require.Eventually(t, func() bool {
			_, now := s.call(s.browser, http.MethodGet, "/instances/"+i["id"].(string), nil)
			return stage == "" || now["stage"] == stage || now["state"] == "running" // some stages are over in a blink
		}, 20*time.Second, time.Millisecond)
		s.stop(syscall.SIGKILL)
		s.start()
		s.await(i["id"].(string), "running")
		require.Len(t, s.containers(dockerHost), 2, "one container an instance")
		s.destroy(i)
	}
}

// failWell walks the inputs that must fail well.
func failWell(t *testing.T, s *site, demo, dockerHost string) {
	t.Helper()
	status, problem := s.call(s.browser, http.MethodPost, "/instances", map[string]any{"blueprint_id": "no-such"})
	require.Equal(t, http.StatusNotFound, status)
	require.NotEmpty(t, problem["code"])

	second := s.launch(demo, "running")
	status, problem = s.call(s.browser, http.MethodPost, "/instances", map[string]any{"blueprint_id": demo})
	require.Equal(t, http.StatusConflict, status)
	require.Equal(t, "BLUEPRINT_INSTANCE_LIMIT_REACHED", problem["code"])
	status, _ = s.call(s.browser, http.MethodDelete, "/instances/"+second["id"].(string), nil)
	require.Equal(t, http.StatusAccepted, status)
	s.await(second["id"].(string), "deleted")

	exits := s.make("exits", map[string]any{"environment_vars": "NOTEBOOK_EXIT_AT_START=3"})
	failed := s.launch(exits, "failed")["failure"].(map[string]any)
	require.Equal(t, "CONTAINER_EXITED_AT_START", failed["code"])
	require.Contains(t, failed["message"], "exit code 3")
	require.NotEmpty(t, failed["log"])

	silent := s.make("silent", map[string]any{"environment_vars": "NOTEBOOK_NEVER_LISTEN=1"})
	failed = s.launch(silent, "failed")["failure"].(map[string]any)
	require.Equal(t, "NOTEBOOK_NOT_ANSWERING", failed["code"])
	require.NotEmpty(t, failed["log"])

	wrong := s.make("wrong-command", map[string]any{"launch_command": "--no-such-flag"})
	failed = s.launch(wrong, "failed")["failure"].(map[string]any)
	require.Equal(t, "CONTAINER_EXITED_AT_START", failed["code"])
	require.Contains(t, failed["log"].([]any)[0], "--no-such-flag")
	require.Len(t, s.containers(dockerHost), 1, "a failed launch leaves nothing")
}

// faultyImages shows what is wrong with files of the image directory, and
// never pushes them.
func faultyImages(t *testing.T, s *site) {
	t.Helper()
	dir := filepath.Join(s.dir, imagesDir)
	whole, err := os.ReadFile(filepath.Join(dir, "dockerdriver.demo-notebook.img"))
	require.NoError(t, err)
	for name, content := range map[string][]byte{"cut.img": whole[:len(whole)/2], "text.img": []byte("not a tarball at all, only words")} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), content, 0o600))
	}
	require.Eventually(t, func() bool {
		_, list := s.call(s.browser, http.MethodGet, "/images", nil)
		faults := map[any]any{}
		for _, item := range list["items"].([]any) {
			faults[item.(map[string]any)["file"]] = item.(map[string]any)["fault"]
		}
		return faults["cut.img"] != nil && faults["cut.img"] != "" && faults["text.img"] != nil && faults["text.img"] != ""
	}, 20*time.Second, 100*time.Millisecond, "faulty files are listed with their faults")
}

func (s *site) make(name string, change map[string]any) string {
	s.Helper()
	config := map[string]any{"docker_image": "dockerdriver/demo-notebook", "internal_port": 8787, "memory_limit": "128m"}
	for k, v := range change {
		config[k] = v
	}
	status, b := s.call(s.browser, http.MethodPost, "/blueprints", map[string]any{"name": name, "plugin": "DockerDriver", "config": config})
	require.Equal(s, http.StatusCreated, status, b)
	status, b = s.call(s.browser, http.MethodPost, "/blueprints/"+b["id"].(string)+"/activate", nil)
	require.Equal(s, http.StatusOK, status, b)
	return b["id"].(string)
}

// containers are those of this site on an engine that others may use too,
// running or not. The first call needs an instance that has a container: the label
// of the installation is its own.
func (s *site) containers(dockerHost string) []container.Summary {
	s.Helper()
	engine, err := client.NewClientWithOpts(client.WithHost(dockerHost), client.WithAPIVersionNegotiation())
	require.NoError(s, err)
	defer engine.Close()
	list := func(label string) []container.Summary {
		all, err := engine.ContainerList(s.Context(), container.ListOptions{All: true, Filters: filters.NewArgs(filters.Arg("label", label))})
		require.NoError(s, err)
		return all
	}
	if s.installation == "" {
		_, known := s.call(s.browser, http.MethodGet, "/instances", nil)
		for _, item := range known["items"].([]any) {
			for _, its := range list("pb.instance=" + item.(map[string]any)["id"].(string)) {
				s.installation = its.Labels["pb.installation"]
			}
		}
		require.NotEmpty(s, s.installation, "no instance has a container: %v", known)
	}
	return list("pb.installation=" + s.installation)
}
