//lint:file-ignore SA1019 what dockerd still sends is compared

package engine_test

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/go-connections/nat"
	"github.com/stretchr/testify/require"
)

// refusedCreate is a body that the engine does not make a container of; %s in it is the image.
func refusedCreate(name, body string, status int, words string) wireCase {
	return wireCase{name: "create: " + name, run: func(t *testing.T, w *wire) {
		w.ask(t, "POST", "/containers/create?name="+w.name(), fmt.Sprintf(body, w.image)).refused(t, status, words)
	}}
}

var createCases = []wireCase{
	refusedCreate("too little memory", `{"Image":"%s","HostConfig":{"Memory":1000}}`, 400, "Minimum memory limit allowed is 6MB"),
	refusedCreate("less memory with swap than without", `{"Image":"%s","HostConfig":{"Memory":67108864,"MemorySwap":1}}`, 400, "Minimum memoryswap limit should be larger than memory limit"),
	refusedCreate("more CPUs than there are", `{"Image":"%s","HostConfig":{"NanoCpus":640000000000}}`, 400, "Range of CPUs is from 0.01 to "),
	refusedCreate("a capability that is none", `{"Image":"%s","HostConfig":{"CapAdd":["NONSENSE"]}}`, 400, `unknown capability: "CAP_NONSENSE"`),
	refusedCreate("a variable without a name", `{"Image":"%s","Env":["=x"]}`, 400, "invalid environment variable: =x"),
	refusedCreate("a body that ends early", `{"Image":"%s"`, 500, "unexpected EOF"),
	{"create: images that are not there, and names that are none", func(t *testing.T, w *wire) {
		w.ask(t, "POST", "/containers/create", `{"Image":"nope:1"}`).refused(t, 404, "No such image: nope:1")
		w.ask(t, "POST", "/containers/create", `{"Image":"BAD NAME"}`).refused(t, 400, "invalid reference format")
		w.ask(t, "POST", "/containers/create", `{}`).refused(t, 400, "Config cannot be empty in order to create a container")
		w.ask(t, "POST", "/containers/create?name=b%20ad", `{"Image":"`+w.image+`"}`).refused(t, 400, "Invalid container name (b ad), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed")
		w.send(t, "POST", "/containers/create", "application/json", http.NoBody).refused(t, 500, "EOF")
		w.send(t, "POST", "/containers/create", "text/plain", http.NoBody).refused(t, 400, "Content-Type specified (text/plain) must be 'application/json'")
	}},
	{"create: an image without a program", func(t *testing.T, w *wire) {
		spec := unique(w.name() + "/empty:1")
		spec.Entrypoint = nil
		w.load(t, spec.save(t))
		w.ask(t, "POST", "/containers/create", `{"Image":"`+spec.Tags[0]+`"}`).refused(t, 400, "No command specified")
	}},
	{"create: another machine's image warns, and is refused for a platform", func(t *testing.T, w *wire) {
		spec := unique(w.name() + "/other:1")
		spec.Arch = "s390x"
		w.load(t, spec.save(t))
		name := w.name()
		t.Cleanup(func() { w.ask(t, "DELETE", "/containers/"+name, "") })
		got := w.ask(t, "POST", "/containers/create?name="+name, `{"Image":"`+spec.Tags[0]+`"}`)
		require.Equal(t, http.StatusCreated, got.Status)
		require.Contains(t, string(got.Body), "The requested image's platform (linux/s390x) does not match the detected host platform")
		w.ask(t, "POST", "/containers/create?platform=linux/arm64", `{"Image":"`+spec.Tags[0]+`"}`).refused(t, 404, "does not match the specified platform: wanted linux/arm64, actual: linux/s390x")
	}},
	{"create: a name in use, and only one of many wins it", func(t *testing.T, w *wire) {
		name, won, ids := w.name(), atomic.Int64{}, sync.Map{}
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				got := w.ask(t, "POST", "/containers/create?name="+name, `{"Image":"`+w.image+`"}`)
				ids.Store(got.Status, got.Message)
				if got.Status == http.StatusCreated {
					won.Add(1)
				}
			})
		}
		all.Wait()
		require.Equal(t, int64(1), won.Load())
		id := w.inspect(t, name).ID
		t.Cleanup(func() { w.ask(t, "DELETE", "/containers/"+name, "") })
		words, ok := ids.Load(http.StatusConflict)
		require.True(t, ok)
		require.Equal(t, `Conflict. The container name "/`+name+`" is already in use by container "`+id+`". You have to remove (or rename) that container to be able to reuse that name.`, words)
	}},
	{"create: inspect shows what was asked, completed from the image", createdAsAsked},
}

func createdAsAsked(t *testing.T, w *wire) {
	yes, pids := true, int64(50)
	config := container.Config{
		Image: w.image, Cmd: []string{"about"}, Env: []string{"NAME=me", "FROM_IMAGE=no"}, Labels: map[string]string{"pb.instance": "i1"},
		ExposedPorts: nat.PortSet{"8787/tcp": {}},
	}
	host := container.HostConfig{
		Resources:    container.Resources{Memory: 64 << 20, MemorySwap: 64 << 20, NanoCPUs: 500_000_000, PidsLimit: &pids},
		CapDrop:      []string{"ALL"},
		CapAdd:       []string{"CAP_CHOWN"},
		SecurityOpt:  []string{"no-new-privileges"},
		LogConfig:    container.LogConfig{Type: "json-file", Config: map[string]string{"max-size": "1m"}},
		Init:         &yes,
		PortBindings: nat.PortMap{"8787/tcp": {{HostIP: "127.0.0.1"}}},
	}
	id := w.create(t, config, host)
	got := w.inspect(t, id)
	require.Equal(t, id, got.ID)
	require.Equal(t, "/web", got.Path)
	require.Equal(t, []string{"about"}, got.Args)
	require.Equal(t, id[:12], got.Config.Hostname)
	require.Equal(t, []string{"NAME=me", "FROM_IMAGE=no", "PATH=/bin:/usr/bin"}, got.Config.Env)
	require.Equal(t, map[string]string{"pb.instance": "i1", "from": "image"}, got.Config.Labels)
	require.EqualValues(t, []string{"/web"}, got.Config.Entrypoint)
	require.Equal(t, "/work", got.Config.WorkingDir)
	host.OomKillDisable = new(bool)
	require.Equal(t, host.Resources, got.HostConfig.Resources)
	require.Equal(t, host.CapDrop, got.HostConfig.CapDrop)
	require.EqualValues(t, []string{"CAP_CHOWN"}, got.HostConfig.CapAdd)
	require.Equal(t, host.LogConfig, got.HostConfig.LogConfig)
	require.Equal(t, host.PortBindings, got.HostConfig.PortBindings)
	require.EqualValues(t, "default", got.HostConfig.NetworkMode)
	require.Equal(t, container.StateCreated, got.State.Status)
	require.Equal(t, "0001-01-01T00:00:00Z", got.State.StartedAt)
	require.Empty(t, got.NetworkSettings.Ports)
	require.Zero(t, got.State.Pid)
}

var lifeCases = []wireCase{
	{"start, stop and remove, each twice", func(t *testing.T, w *wire) {
		id := w.create(t, container.Config{Cmd: []string{"serve"}}, container.HostConfig{})
		require.Equal(t, 304, w.ask(t, "POST", "/containers/"+id+"/stop", "").Status)
		w.ask(t, "POST", "/containers/"+id+"/kill", "").refused(t, 409, "is not running")
		require.Equal(t, 204, w.ask(t, "POST", "/containers/"+id+"/start", "").Status)
		require.Equal(t, 304, w.ask(t, "POST", "/containers/"+id+"/start", "").Status)
		w.says(t, id, "listening")
		running := w.inspect(t, id)
		require.Equal(t, container.StateRunning, running.State.Status)
		require.True(t, running.State.Running)
		require.Positive(t, running.State.Pid)
		require.NotEmpty(t, running.NetworkSettings.IPAddress)
		w.ask(t, "DELETE", "/containers/"+id, "").refused(t, 409, id)
		require.Equal(t, 204, w.ask(t, "POST", "/containers/"+id+"/stop?t=10", "").Status)
		require.Equal(t, 304, w.ask(t, "POST", "/containers/"+id+"/stop", "").Status)
		ended := w.inspect(t, id)
		require.Equal(t, container.StateExited, ended.State.Status)
		require.Equal(t, 143, ended.State.ExitCode)
		require.Empty(t, ended.NetworkSettings.Ports)
		require.Equal(t, 204, w.ask(t, "DELETE", "/containers/"+id, "").Status)
		w.ask(t, "DELETE", "/containers/"+id, "").refused(t, 404, "No such container: "+id)
	}},
	{"what is not there", func(t *testing.T, w *wire) {
		for _, request := range []string{"GET json", "POST start", "POST stop", "POST kill", "POST wait", "GET logs?stdout=1"} {
			var method, rest string
			_, err := fmt.Sscan(request, &method, &rest)
			require.NoError(t, err)
			w.ask(t, method, "/containers/nope/"+rest, "").refused(t, 404, "No such container: nope")
		}
		w.ask(t, "DELETE", "/containers/nope?force=1", "").refused(t, 404, "No such container: nope")
	}},
	{"a container goes by its name and by the beginning of its ID", func(t *testing.T, w *wire) {
		id := w.create(t, container.Config{}, container.HostConfig{})
		name := w.inspect(t, id[:12]).Name
		require.Equal(t, id, w.inspect(t, name[1:]).ID)
	}},
	{"a program that ends on SIGTERM keeps its exit code, and runs again", func(t *testing.T, w *wire) {
		id := w.runs(t, "polite")
		w.says(t, id, "ready")
		require.Equal(t, 204, w.ask(t, "POST", "/containers/"+id+"/kill?signal=SIGTERM", "").Status)
		require.EqualValues(t, 7, w.wait(t, id))
		w.start(t, id)
		require.Equal(t, 204, w.ask(t, "POST", "/containers/"+id+"/kill", "").Status)
		require.EqualValues(t, 137, w.inspect(t, id).State.ExitCode)
		require.False(t, w.inspect(t, id).State.OOMKilled)
		w.ask(t, "POST", "/containers/"+id+"/kill?signal=NONSENSE", "").refused(t, 400, "Invalid signal: NONSENSE")
	}},
	{"a program that does not end is killed", func(t *testing.T, w *wire) {
		id := w.runs(t, "stubborn")
		w.says(t, id, "ready")
		began := time.Now()
		require.Equal(t, 204, w.ask(t, "POST", "/containers/"+id+"/stop?t=1", "").Status)
		require.Greater(t, time.Since(began), 900*time.Millisecond)
		require.Equal(t, 137, w.inspect(t, id).State.ExitCode)
	}},
	{"wait tells the exit code to those who come before, and after", func(t *testing.T, w *wire) {
		id := w.create(t, container.Config{Cmd: []string{"print", "x", "3"}}, container.HostConfig{})
		next, failed := w.docker.ContainerWait(t.Context(), id, container.WaitConditionNextExit)
		removed, failedToo := w.docker.ContainerWait(t.Context(), id, container.WaitConditionRemoved)
		require.EqualValues(t, 0, w.wait(t, id))
		w.start(t, id)
		require.EqualValues(t, 3, received(t, next, failed).StatusCode)
		require.EqualValues(t, 3, w.wait(t, id))
		require.NoError(t, w.docker.ContainerRemove(t.Context(), id, container.RemoveOptions{}))
		require.EqualValues(t, 3, received(t, removed, failedToo).StatusCode)
	}},
	{"a container that removes itself", func(t *testing.T, w *wire) {
		id := w.create(t, container.Config{Cmd: []string{"print", "x"}}, container.HostConfig{AutoRemove: true})
		removed, failed := w.docker.ContainerWait(t.Context(), id, container.WaitConditionRemoved)
		w.start(t, id)
		require.Zero(t, received(t, removed, failed).StatusCode)
		w.ask(t, "GET", "/containers/"+id+"/json", "").refused(t, 404, "No such container")
	}},
	{"what the program sees", func(t *testing.T, w *wire) {
		id := w.create(t,
			container.Config{Cmd: []string{"about"}, Env: []string{"NAME=me"}},
			container.HostConfig{CapDrop: []string{"ALL"}, CapAdd: []string{"NET_BIND_SERVICE"}, SecurityOpt: []string{"no-new-privileges"}})
		w.start(t, id)
		require.Zero(t, w.wait(t, id))
		require.Equal(t, `dir /work
uid 0 gid 0
host `+id[:12]+`
args about
PATH=/bin:/usr/bin
HOSTNAME=`+id[:12]+`
HOME=/
FROM_IMAGE=yes
NAME=me
exists /removed.txt false
exists /kept.txt true
exists /opaque/old.txt false
exists /opaque/new.txt true
exists /dev/null true
exists /proc/self true
exists /tmp false
CapEff: 0000000000000400
NoNewPrivs: 1
`, w.stdout(t, id))
	}},
	{"another user, and Docker's own capabilities", func(t *testing.T, w *wire) {
		id := w.create(t, container.Config{Cmd: []string{"about"}, User: "1000:1001"}, container.HostConfig{})
		w.start(t, id)
		require.Zero(t, w.wait(t, id))
		require.Contains(t, w.stdout(t, id), "uid 1000 gid 1001\n")
		require.Contains(t, w.stdout(t, id), "CapEff: 0000000000000000\n")
		root := w.runs(t, "about")
		require.Zero(t, w.wait(t, root))
		require.Contains(t, w.stdout(t, root), "CapEff: 00000000a80425fb\n")
	}},
	{"more memory than allowed", func(t *testing.T, w *wire) {
		limit := container.Resources{Memory: 32 << 20, MemorySwap: 32 << 20}
		for try := 1; ; try++ {
			id := w.create(t, container.Config{Cmd: []string{"eat", "200"}}, container.HostConfig{Resources: limit})
			w.start(t, id)
			require.EqualValues(t, 137, w.wait(t, id))
			if w.inspect(t, id).State.OOMKilled {
				require.Equal(t, []string{"create", "start", "oom", "die 137"}, w.events(t, id))
				return
			}
			// A real engine hears of the end and of its reason from two sides, and
			// forgets the reason when it comes second.
			require.False(t, w.emulated)
			require.Less(t, try, 5, "the engine never noticed")
		}
	}},
	{"a program that is not there", func(t *testing.T, w *wire) {
		no := false
		for entrypoint, words := range map[string]string{
			"/nope": `exec: "/nope": stat /nope: no such file or directory`,
			"nope":  `exec: "nope": executable file not found in $PATH`,
		} {
			id := w.create(t, container.Config{Entrypoint: []string{entrypoint}}, container.HostConfig{Init: &no})
			w.ask(t, "POST", "/containers/"+id+"/start", "").refused(t, 400, words)
			state := w.inspect(t, id).State
			require.Equal(t, container.StateCreated, state.Status)
			require.Equal(t, 127, state.ExitCode)
			require.Contains(t, state.Error, words)
		}
	}},
	{"a program that is not there, and an init that starts and finds out", func(t *testing.T, w *wire) {
		for entrypoint, expected := range map[string]struct {
			code  int64
			words string
		}{
			"/nope":  {127, "exec /nope failed: No such file or directory\n"},
			"nope":   {127, "exec nope failed: No such file or directory\n"},
			"/plain": {126, "exec /plain failed: Permission denied\n"},
		} {
			id := w.create(t, container.Config{Entrypoint: []string{entrypoint}}, container.HostConfig{})
			require.Equal(t, 204, w.ask(t, "POST", "/containers/"+id+"/start", "").Status)
			require.Equal(t, expected.code, w.wait(t, id))
			said := frames(t, w.ask(t, "GET", "/containers/"+id+"/logs?stderr=1", "").Body)
			require.Len(t, said, 1)
			require.Regexp(t, `^2 \[FATAL tini \(\d+\)\] `, said[0])
			require.Contains(t, said[0], expected.words)
		}
	}},
	{"a program found along PATH, behind a link", func(t *testing.T, w *wire) {
		id := w.create(t, container.Config{Entrypoint: []string{"linked"}, Cmd: []string{"print", "x"}}, container.HostConfig{})
		w.start(t, id)
		require.Zero(t, w.wait(t, id))
	}},
	{"a file that is no program", func(t *testing.T, w *wire) {
		no := false
		id := w.create(t, container.Config{Entrypoint: []string{"/plain"}}, container.HostConfig{Init: &no})
		w.ask(t, "POST", "/containers/"+id+"/start", "").refused(t, 400, `exec: "/plain": permission denied`)
		require.Equal(t, 126, w.inspect(t, id).State.ExitCode)
	}},
}

func received(t *testing.T, got <-chan container.WaitResponse, failed <-chan error) container.WaitResponse {
	t.Helper()
	select {
	case response := <-got:
		return response
	case err := <-failed:
		require.NoError(t, err)
	case <-time.After(20 * time.Second):
		require.Fail(t, "the wait does not end")
	}
	return container.WaitResponse{}
}
