package engine_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/client"
	"github.com/docker/go-connections/nat"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"dockerdriver/actors/docker/dockertest"
	"dockerdriver/actors/emulator/engine"
)

// webBinary is testdata/web, static.
var webBinary []byte

func TestMain(m *testing.M) {
	engine.MaybeRunShim()
	runEngineProcess()
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(code)
}

func run(m *testing.M) (int, error) {
	dir, err := os.MkdirTemp("", "emulated-engine-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	built := filepath.Join(dir, "web")
	build := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", built, "./testdata/web")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("cannot build the test program: %v: %s", err, out)
	}
	if webBinary, err = os.ReadFile(built); err != nil {
		return 0, err
	}
	// Most of a case is waiting for an engine, which two at a time on two cores do not keep busy.
	flag.Parse()
	if err := flag.Set("test.parallel", "8"); err != nil {
		return 0, err
	}
	return m.Run(), nil
}

// wire is one engine under test, spoken to by the official client and by plain HTTP.
type wire struct {
	emulated bool
	host     string
	docker   *client.Client
	http     *http.Client
	// image is loaded, and stays.
	image string
}

// wireCase is one thing that must be the same in both engines.
type wireCase struct {
	name string
	run  func(t *testing.T, w *wire)
}

// TestWire is the proof that the emulated engine is like the real one: the same cases run against both.
func TestWire(t *testing.T) {
	t.Parallel()
	var cases []wireCase
	for _, group := range [][]wireCase{systemCases, loadCases, trimmedCases, imageCases, createCases, lifeCases, logCases, eventCases, listCases, portCases} {
		cases = append(cases, group...)
	}
	engines := []struct {
		name  string
		start func(t *testing.T) *wire
	}{
		{"emulated", func(t *testing.T) *wire { return connect(t, startEngine(t, t.TempDir()).Endpoint(), true) }},
		{"real", func(t *testing.T) *wire { return connect(t, dockertest.RealEngine(t), false) }},
	}
	for _, candidate := range engines {
		t.Run(candidate.name, func(t *testing.T) {
			t.Parallel()
			w := candidate.start(t)
			w.image = w.name() + "/web:1"
			spec := webImage(w.image)
			spec.Comment = w.image
			w.load(t, spec.save(t))
			for _, c := range cases {
				t.Run(c.name, func(t *testing.T) {
					t.Parallel()
					c.run(t, w)
				})
			}
		})
	}
}

// startEngine runs an emulated engine for one test, on a socket with a short name: a long one does not fit the address.
func startEngine(t *testing.T, state string) *engine.Engine {
	t.Helper()
	dir, err := os.MkdirTemp("", "e")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	e, err := engine.Start(t.Context(), engine.Config{
		StateDir: state, Listen: "unix://" + filepath.Join(dir, "s"), Log: zerolog.New(zerolog.NewTestWriter(t)).Level(zerolog.WarnLevel),
	})
	require.NoError(t, err)
	t.Cleanup(func() { _ = e.Close() })
	return e
}

func connect(t *testing.T, host string, emulated bool) *wire {
	t.Helper()
	docker, err := client.NewClientWithOpts(client.WithHost(host), client.WithAPIVersionNegotiation())
	require.NoError(t, err)
	t.Cleanup(func() { _ = docker.Close() })
	where, err := url.Parse(host)
	require.NoError(t, err)
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var dialer net.Dialer
		return dialer.DialContext(ctx, where.Scheme, where.Host+where.Path)
	}}
	t.Cleanup(transport.CloseIdleConnections)
	return &wire{emulated: emulated, host: host, docker: docker, http: &http.Client{Transport: transport, Timeout: 30 * time.Second}}
}

var names atomic.Int64

// name is a fresh one: the real engine may be shared with other tests.
func (w *wire) name() string { return fmt.Sprintf("wire-%d-%d", os.Getpid(), names.Add(1)) }

// answer is a plain HTTP answer, read to its end.
type answer struct {
	Status  int
	Header  http.Header
	Body    []byte
	Message string
}

// ask speaks API 1.41, the version that both engines have; a path beginning with /v is taken as it is.
func (w *wire) ask(t *testing.T, method, path, body string) answer {
	t.Helper()
	kind := ""
	if body != "" {
		kind = "application/json"
	}
	return w.send(t, method, path, kind, strings.NewReader(body))
}

func (w *wire) send(t *testing.T, method, path, kind string, body io.Reader) answer {
	t.Helper()
	if !strings.HasPrefix(path, "/v") {
		path = "/v1.41" + path
	}
	request, err := http.NewRequestWithContext(context.Background(), method, "http://docker"+path, body)
	require.NoError(t, err)
	if kind != "" {
		request.Header.Set("Content-Type", kind)
	}
	response, err := w.http.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	got := answer{Status: response.StatusCode, Header: response.Header}
	got.Body, err = io.ReadAll(response.Body)
	require.NoError(t, err)
	var refused struct{ Message string }
	if json.Unmarshal(got.Body, &refused) == nil {
		got.Message = refused.Message
	}
	return got
}

// refused holds what every error of an engine looks like.
func (a answer) refused(t *testing.T, status int, words string) {
	t.Helper()
	require.Equal(t, status, a.Status, "%s", a.Body)
	require.Equal(t, "application/json", a.Header.Get("Content-Type"))
	require.Contains(t, a.Message, words)
}

// load sends a tarball and returns the lines of the answer.
func (w *wire) load(t *testing.T, tarball []byte) []map[string]any {
	t.Helper()
	got := w.send(t, "POST", "/images/load?quiet=1", "application/x-tar", bytes.NewReader(tarball))
	require.Equal(t, http.StatusOK, got.Status)
	require.Equal(t, "application/json", got.Header.Get("Content-Type"))
	var lines []map[string]any
	for decoder := json.NewDecoder(bytes.NewReader(got.Body)); ; {
		var line map[string]any
		if decoder.Decode(&line) != nil {
			return lines
		}
		lines = append(lines, line)
		// A real engine may be a shared one.
		if loaded, ok := line["stream"].(string); ok && !w.emulated {
			_, name, _ := strings.Cut(strings.TrimSpace(loaded), ": ")
			t.Cleanup(func() { w.ask(t, "DELETE", "/images/"+name+"?force=1", "") })
		}
	}
}

// create makes a container of the loaded image that the case's end removes.
func (w *wire) create(t *testing.T, config container.Config, host container.HostConfig) string {
	t.Helper()
	if config.Image == "" {
		config.Image = w.image
	}
	if host.Init == nil {
		yes := true
		host.Init = &yes
	}
	made, err := w.docker.ContainerCreate(t.Context(), &config, &host, nil, nil, w.name())
	require.NoError(t, err)
	t.Cleanup(func() {
		_ = w.docker.ContainerRemove(context.Background(), made.ID, container.RemoveOptions{Force: true})
	})
	return made.ID
}

func (w *wire) start(t *testing.T, id string) {
	t.Helper()
	require.NoError(t, w.docker.ContainerStart(t.Context(), id, container.StartOptions{}))
}

// runs makes and starts a container with these arguments for the test program.
func (w *wire) runs(t *testing.T, arguments ...string) string {
	t.Helper()
	id := w.create(t, container.Config{Cmd: arguments}, container.HostConfig{})
	w.start(t, id)
	return id
}

// wait returns the exit code at the container's end.
func (w *wire) wait(t *testing.T, id string) int64 {
	t.Helper()
	ended, failed := w.docker.ContainerWait(t.Context(), id, container.WaitConditionNotRunning)
	select {
	case got := <-ended:
		return got.StatusCode
	case err := <-failed:
		require.NoError(t, err)
	case <-time.After(20 * time.Second):
		require.Fail(t, "the container does not end")
	}
	return 0
}

func (w *wire) inspect(t *testing.T, id string) container.InspectResponse {
	t.Helper()
	got, err := w.docker.ContainerInspect(t.Context(), id)
	require.NoError(t, err)
	return got
}

// says waits until the container's log has the words: the program is then where the case needs it.
func (w *wire) says(t *testing.T, id, words string) {
	t.Helper()
	require.Eventually(t, func() bool {
		got := w.ask(t, "GET", "/containers/"+id+"/logs?stdout=1&stderr=1", "")
		return bytes.Contains(got.Body, []byte(words))
	}, 20*time.Second, 20*time.Millisecond)
}

// published is a container with its port on the loopback interface, and where that is.
func (w *wire) published(t *testing.T, arguments ...string) (id, address string) {
	t.Helper()
	host := container.HostConfig{PortBindings: nat.PortMap{"8787/tcp": {{HostIP: "127.0.0.1"}}}}
	id = w.create(t, container.Config{Cmd: arguments, Env: []string{"NAME=wire"}}, host)
	w.start(t, id)
	w.says(t, id, "listening")
	bindings := w.inspect(t, id).NetworkSettings.Ports["8787/tcp"]
	require.Len(t, bindings, 1)
	require.Equal(t, "127.0.0.1", bindings[0].HostIP)
	return id, net.JoinHostPort(bindings[0].HostIP, bindings[0].HostPort)
}
