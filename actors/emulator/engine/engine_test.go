package engine_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/client"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"dockerdriver/actors/emulator/engine"
	"dockerdriver/actors/emulator/engine/shim"
)

// loaded is an emulated engine with the test image, for what only it has.
func loaded(t *testing.T) (*engine.Engine, *wire) {
	t.Helper()
	e := startEngine(t, t.TempDir())
	w := connect(t, e.Endpoint(), true)
	w.image = w.name() + "/web:1"
	w.load(t, webImage(w.image).save(t))
	return e, w
}

func TestARestartedEngineHasItsImagesAndShowsItsContainersAsKilled(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	first := startEngine(t, state)
	w := connect(t, first.Endpoint(), true)
	w.image = w.name() + "/web:1"
	w.load(t, webImage(w.image).save(t))
	id, address := w.published(t, "serve")
	pid := w.inspect(t, id).State.Pid
	require.NoError(t, first.Close())
	require.NoDirExists(t, filepath.Join("/proc", strconv.Itoa(pid)))
	_, err := net.DialTimeout("tcp", address, time.Second)
	require.Error(t, err)

	again := connect(t, startEngine(t, state).Endpoint(), true)
	again.image = w.image
	got := again.inspect(t, id)
	require.Equal(t, container.StateExited, got.State.Status)
	require.Equal(t, 137, got.State.ExitCode)
	require.Contains(t, string(again.ask(t, "GET", "/containers/"+id+"/logs?stdout=1", "").Body), "listening")
	again.start(t, id)
	again.says(t, id, "listening")
}

// envProcess makes the test program an engine: the state directory, and the socket.
const envProcess = "EMULATED_ENGINE_TEST_PROCESS"

func runEngineProcess() {
	state, socket, ok := strings.Cut(os.Getenv(envProcess), "|")
	if !ok {
		return
	}
	_, err := engine.Start(context.Background(), engine.Config{StateDir: state, Listen: "unix://" + socket, Log: zerolog.New(os.Stderr).Level(zerolog.WarnLevel)})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	select {}
}

func TestContainersEndWithAKilledEngine(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "e")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	state, socket := t.TempDir(), filepath.Join(dir, "s")
	process := exec.Command(os.Args[0])
	process.Env = append(os.Environ(), envProcess+"="+state+"|"+socket)
	process.Stderr = os.Stderr
	require.NoError(t, process.Start())
	t.Cleanup(func() { _ = process.Process.Kill() })
	w := connect(t, "unix://"+socket, true)
	require.Eventually(t, func() bool { _, err := w.docker.Ping(t.Context()); return err == nil }, 20*time.Second, 20*time.Millisecond)
	w.image = w.name() + "/web:1"
	w.load(t, webImage(w.image).save(t))
	id, _ := w.published(t, "serve")
	pid := strconv.Itoa(w.inspect(t, id).State.Pid)

	require.NoError(t, process.Process.Kill())
	_ = process.Wait()
	require.Eventually(t, func() bool {
		status, err := os.ReadFile("/proc/" + pid + "/status")
		return err != nil || strings.Contains(string(status), "State:\tZ")
	}, 20*time.Second, 10*time.Millisecond)

	// The socket that it left is in nobody's way.
	e, err := engine.Start(t.Context(), engine.Config{StateDir: state, Listen: "unix://" + socket})
	require.NoError(t, err)
	t.Cleanup(func() { _ = e.Close() })
	require.Equal(t, 137, w.inspect(t, id).State.ExitCode)
}

func TestWeakerIsolationsServeToo(t *testing.T) {
	t.Parallel()
	for isolation, warning := range map[shim.Isolation]string{shim.User: "static binaries", shim.None: "must listen on PORT"} {
		t.Run(string(isolation), func(t *testing.T) {
			t.Parallel()
			if isolation == shim.User && shim.Available() == shim.None {
				return
			}
			e, err := engine.Start(t.Context(), engine.Config{StateDir: t.TempDir(), Listen: "tcp://127.0.0.1:0", Isolation: isolation})
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, e.Close()) })
			w := connect(t, e.Endpoint(), true)
			w.image = w.name() + "/web:1"
			w.load(t, webImage(w.image).save(t))
			for range 2 {
				_, address := w.published(t, "serve")
				response, err := http.Get("http://" + address + "/")
				require.NoError(t, err)
				require.NoError(t, response.Body.Close())
			}
			info, err := w.docker.Info(t.Context())
			require.NoError(t, err)
			require.Contains(t, strings.Join(info.Warnings, "\n"), warning)
			w.ask(t, "POST", "/containers/create", `{"Image":"`+w.image+`","HostConfig":{"Privileged":true}}`).refused(t, 501, "privileged")
		})
	}
}

func TestAStateDirectoryHasOneEngine(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	startEngine(t, state)
	_, err := engine.Start(t.Context(), engine.Config{StateDir: state, Listen: "tcp://127.0.0.1:0"})
	require.ErrorContains(t, err, "another emulator uses it")
}

func TestAddressesThatCannotBeListenedOn(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	taken := strings.TrimPrefix(startEngine(t, t.TempDir()).Endpoint(), "unix://")
	for listen, words := range map[string]string{
		"/var/run/x.sock":       "it must be unix:///path or tcp://host:port",
		"http://127.0.0.1:1":    "it must be unix:///path or tcp://host:port",
		"tcp://127.0.0.1:99999": "invalid port",
		"unix://" + file:        "a file that is no socket is there",
		"unix://" + taken:       "another process listens there",
	} {
		_, err := engine.Start(t.Context(), engine.Config{StateDir: t.TempDir(), Listen: listen})
		require.ErrorContains(t, err, words, listen)
	}
}

// elfWith is the test program with one field of its header changed.
func elfWith(offset int, value byte) []byte {
	changed := append([]byte(nil), webBinary...)
	changed[offset] = value
	return changed
}

func TestImagesThatNeedARealEngineSaySo(t *testing.T) {
	t.Parallel()
	_, w := loaded(t)
	dynamic, err := os.ReadFile("/bin/sh")
	require.NoError(t, err)
	other := byte(0xf3) // RISC-V
	if runtime.GOARCH == "riscv64" {
		other = 0x3e
	}
	for name, file := range map[string]struct {
		content []byte
		words   string
	}{
		"dynamic": {dynamic, "it is dynamically linked"},
		"script":  {[]byte("#!/bin/sh\necho hello\n"), "it is a script"},
		"foreign": {elfWith(18, other), "it is built for"},
		"text":    {[]byte("hello"), "it is no ELF binary"},
		"short":   {[]byte("x"), "it is no ELF binary"},
	} {
		spec := imageSpec{Tags: []string{w.name() + "/" + name + ":1"}, Entrypoint: []string{"/program"}, Layers: [][]byte{
			pack(entry{Name: "program", Content: file.content, Mode: 0o755}),
		}}
		w.load(t, spec.save(t))
		id := w.create(t, container.Config{Image: spec.Tags[0]}, container.HostConfig{})
		got := w.ask(t, "POST", "/containers/"+id+"/start", "")
		got.refused(t, http.StatusBadRequest, file.words)
		require.Contains(t, got.Message, "start a real Docker engine and set DOCKER_HOST to it", name)
		require.Equal(t, container.StateCreated, w.inspect(t, id).State.Status)
	}
}

func TestWhatIsNotEmulatedIsRefused(t *testing.T) {
	t.Parallel()
	_, w := loaded(t)
	for body, words := range map[string]string{
		`{"HostConfig":{"Binds":["/:/host"]}}`:                     "no volumes",
		`{"Tty":true}`:                                             "no terminals",
		`{"HostConfig":{"LogConfig":{"Type":"syslog"}}}`:           "no log driver but json-file",
		`{"HostConfig":{"PortBindings":{"53/udp":[{}]}}}`:          "TCP ports only",
		`{"HostConfig":{"NetworkMode":"container:x"}}`:             "network container:x not found",
		`{"HostConfig":{"LogConfig":{"Config":{"max-size":"x"}}}}`: "invalid log option max-size",
	} {
		body = `{"Image":"` + w.image + `",` + body[1:]
		got := w.ask(t, "POST", "/containers/create", body)
		require.GreaterOrEqual(t, got.Status, 400)
		require.Contains(t, got.Message, words)
	}
	w.ask(t, "GET", `/containers/json?filters={"publish":["80"]}`, "").refused(t, http.StatusNotImplemented, "publish")
	info, err := w.docker.Info(t.Context())
	require.NoError(t, err)
	require.Contains(t, strings.Join(info.Warnings, "\n"), "emulated engine")
}

func TestALayerCannotWriteOutsideItsImage(t *testing.T) {
	t.Parallel()
	_, w := loaded(t)
	outside := t.TempDir()
	for name, layer := range map[string][]byte{
		"a name that climbs":  pack(entry{Name: "../../../../../../../.." + outside + "/climbed", Content: []byte("x"), Mode: 0o644}),
		"a link that escapes": pack(entry{Name: "out", Link: outside}, entry{Name: "out/linked", Content: []byte("x"), Mode: 0o644}),
	} {
		spec := imageSpec{Tags: []string{w.name() + "/bad:1"}, Entrypoint: []string{"/x"}, Layers: [][]byte{layer}}
		w.load(t, spec.save(t))
		entries, err := os.ReadDir(outside)
		require.NoError(t, err)
		require.Empty(t, entries, name)
	}
}

func TestALogStaysWithinItsSize(t *testing.T) {
	t.Parallel()
	_, w := loaded(t)
	logs := container.LogConfig{Type: "json-file", Config: map[string]string{"max-size": "4k", "max-file": "2"}}
	id := w.create(t, container.Config{Cmd: []string{"count", "500"}}, container.HostConfig{LogConfig: logs})
	w.start(t, id)
	require.Zero(t, w.wait(t, id))
	path := w.inspect(t, id).LogPath
	for _, file := range []string{path, path + ".1"} {
		info, err := os.Stat(file)
		require.NoError(t, err)
		require.LessOrEqual(t, info.Size(), int64(4<<10))
	}
	require.NoFileExists(t, path+".2")
	require.Contains(t, string(w.ask(t, "GET", "/containers/"+id+"/logs?stdout=1", "").Body), "line 500\n")
}

func TestFaultsHappenOnDemand(t *testing.T) {
	t.Parallel()
	e, w := loaded(t)
	create := func() (string, error) {
		made, err := w.docker.ContainerCreate(t.Context(), &container.Config{Image: w.image}, nil, nil, nil, "")
		return made.ID, err
	}

	require.NoError(t, e.Inject(engine.Fault{Match: "POST /containers/create", Times: 2, Status: 500, Message: "disk on fire"}))
	for range 2 {
		_, err := create()
		require.ErrorContains(t, err, "disk on fire")
	}
	id, err := create()
	require.NoError(t, err)

	t.Run("over the wire", func(t *testing.T) {
		got := w.ask(t, "POST", "/_emulator/faults", `{"match":"GET /containers/*/json","status":503,"message":"later"}`)
		require.Equal(t, http.StatusCreated, got.Status)
		w.ask(t, "GET", "/containers/"+id+"/json", "").refused(t, 503, "later")
		require.Contains(t, string(w.ask(t, "GET", "/_emulator/faults", "").Body), `"met":1`)
		require.Equal(t, 204, w.ask(t, "DELETE", "/_emulator/faults", "").Status)
		require.Equal(t, 200, w.ask(t, "GET", "/containers/"+id+"/json", "").Status)
		for body, words := range map[string]string{
			`{"match":"nonsense"}`:               "METHOD /path",
			`{"match":"GET /x","times":-1}`:      "must not be negative",
			`{"match":"GET /x","status":1000}`:   "no HTTP status",
			`{"match":"GET /x","delay":1}`:       "unknown field",
			`{"match":"GET /x","delay_ms":1e12}`: "cannot",
		} {
			w.ask(t, "POST", "/_emulator/faults", body).refused(t, 400, words)
		}
	})

	t.Run("the work is done, and its answer lost", func(t *testing.T) {
		require.NoError(t, e.Inject(engine.Fault{Match: "POST /containers/create", Times: 1, DropConnection: true, After: true}))
		_, err := create()
		require.Error(t, err)
		require.True(t, client.IsErrConnectionFailed(err) || strings.Contains(err.Error(), "EOF"), err)
		list, err := w.docker.ContainerList(t.Context(), container.ListOptions{All: true, Filters: filters.NewArgs()})
		require.NoError(t, err)
		require.Len(t, list, 2)
	})

	t.Run("a hang ends with the client's patience", func(t *testing.T) {
		require.NoError(t, e.Inject(engine.Fault{Match: "* /info", Times: 1, DelayMS: 60_000}))
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		_, err := w.docker.Info(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
}
