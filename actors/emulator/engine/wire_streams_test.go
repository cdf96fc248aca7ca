//lint:file-ignore SA1019 what dockerd still sends is compared

package engine_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/events"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/pkg/stdcopy"
	"github.com/docker/go-connections/nat"
	"github.com/stretchr/testify/require"
)

func (w *wire) stdout(t *testing.T, id string) string {
	t.Helper()
	var out, failures bytes.Buffer
	got := w.ask(t, "GET", "/containers/"+id+"/logs?stdout=1&stderr=1", "")
	_, err := stdcopy.StdCopy(&out, &failures, bytes.NewReader(got.Body))
	require.NoError(t, err)
	require.Empty(t, failures.String())
	return out.String()
}

// frames takes a log apart by the eight bytes before each piece: stream, three zeros, length.
func frames(t *testing.T, body []byte) []string {
	t.Helper()
	var list []string
	for len(body) > 0 {
		require.GreaterOrEqual(t, len(body), 8)
		require.Equal(t, []byte{0, 0, 0}, body[1:4])
		length := binary.BigEndian.Uint32(body[4:8])
		list = append(list, fmt.Sprintf("%d %s", body[0], body[8:8+length]))
		body = body[8+length:]
	}
	return list
}

var logCases = []wireCase{
	{"log: frames, one stream, nothing chosen", func(t *testing.T, w *wire) {
		id := w.runs(t, "print", "words", "5")
		require.EqualValues(t, 5, w.wait(t, id))
		logs := "/containers/" + id + "/logs"
		require.ElementsMatch(t, []string{"1 out words\n", "2 err words\n"}, frames(t, w.ask(t, "GET", logs+"?stdout=1&stderr=1", "").Body))
		require.Equal(t, []string{"2 err words\n"}, frames(t, w.ask(t, "GET", logs+"?stderr=1", "").Body))
		w.ask(t, "GET", logs, "").refused(t, 400, "you must choose at least one stream")
		w.ask(t, "GET", logs+"?stdout=1&since=x", "").refused(t, 500, "invalid syntax")
	}},
	{"log: tail, times, since, until", func(t *testing.T, w *wire) {
		id := w.runs(t, "count", "30")
		require.Zero(t, w.wait(t, id))
		logs := "/containers/" + id + "/logs?stdout=1"
		require.Len(t, frames(t, w.ask(t, "GET", logs, "").Body), 30)
		require.Len(t, frames(t, w.ask(t, "GET", logs+"&tail=all", "").Body), 30)
		require.Equal(t, []string{"1 line 29\n", "1 line 30\n"}, frames(t, w.ask(t, "GET", logs+"&tail=2", "").Body))
		require.Empty(t, frames(t, w.ask(t, "GET", logs+"&tail=0", "").Body))
		last := frames(t, w.ask(t, "GET", logs+"&tail=1&timestamps=1", "").Body)[0]
		require.Regexp(t, regexp.MustCompile(`^1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z line 30\n$`), last)
		at, err := time.Parse(time.RFC3339Nano, strings.Fields(last)[1])
		require.NoError(t, err)
		stamp := fmt.Sprintf("%d.%09d", at.Unix(), at.Nanosecond())
		require.Contains(t, frames(t, w.ask(t, "GET", logs+"&since="+stamp, "").Body), "1 line 30\n")
		require.Empty(t, frames(t, w.ask(t, "GET", logs+"&since="+fmt.Sprint(at.Unix()+100), "").Body))
		require.Empty(t, frames(t, w.ask(t, "GET", logs+"&until="+fmt.Sprint(at.Unix()-100), "").Body))
	}},
	{"log: a follower gets what comes, and the end", func(t *testing.T, w *wire) {
		id := w.runs(t, "polite")
		w.says(t, id, "ready")
		body, err := w.docker.ContainerLogs(t.Context(), id, container.LogsOptions{ShowStdout: true, Follow: true})
		require.NoError(t, err)
		defer body.Close()
		first := make([]byte, 8+len("ready\n"))
		_, err = io.ReadFull(body, first)
		require.NoError(t, err)
		require.Equal(t, []string{"1 ready\n"}, frames(t, first))
		require.NoError(t, w.docker.ContainerStop(t.Context(), id, container.StopOptions{}))
		rest, err := io.ReadAll(body)
		require.NoError(t, err)
		require.Empty(t, rest)
	}},
	{"log: of a container that never ran, and of one that ran twice", func(t *testing.T, w *wire) {
		id := w.create(t, container.Config{Cmd: []string{"print", "x"}}, container.HostConfig{})
		none := w.ask(t, "GET", "/containers/"+id+"/logs?stdout=1&stderr=1", "")
		require.Equal(t, 200, none.Status)
		require.Empty(t, none.Body)
		for range 2 {
			w.start(t, id)
			require.Zero(t, w.wait(t, id))
		}
		require.Equal(t, []string{"1 out x\n", "1 out x\n"}, frames(t, w.ask(t, "GET", "/containers/"+id+"/logs?stdout=1", "").Body))
	}},
}

// events are those of one container up to now, in words.
func (w *wire) events(t *testing.T, id string) []string {
	t.Helper()
	// Until is exclusive of nothing that has happened: a second later than the last event, in the engine's past or not.
	until := fmt.Sprintf("%d.%09d", time.Now().Unix(), time.Now().Nanosecond())
	got := w.ask(t, "GET", `/events?since=1&until=`+until+`&filters={"type":["container"],"container":["`+id+`"]}`, "")
	require.Equal(t, 200, got.Status)
	return eventWords(t, json.NewDecoder(bytes.NewReader(got.Body)), -1)
}

func eventWords(t *testing.T, decoder *json.Decoder, count int) []string {
	t.Helper()
	var list []string
	for len(list) != count {
		var message events.Message
		if err := decoder.Decode(&message); err != nil {
			require.ErrorIs(t, err, io.EOF)
			break
		}
		require.EqualValues(t, "container", message.Type)
		require.Equal(t, "local", message.Scope)
		require.Equal(t, message.Actor.Attributes["image"], message.From)
		require.Equal(t, "image", message.Actor.Attributes["from"])
		require.NotEmpty(t, message.Actor.Attributes["name"])
		require.Equal(t, message.TimeNano/1e9, message.Time)
		words := string(message.Action)
		for _, attribute := range []string{"signal", "exitCode"} {
			if value, ok := message.Actor.Attributes[attribute]; ok {
				words += " " + value
			}
		}
		list = append(list, words)
	}
	return list
}

var eventCases = []wireCase{
	{"events: a stopped container", func(t *testing.T, w *wire) {
		id := w.runs(t, "polite")
		w.says(t, id, "ready")
		require.NoError(t, w.docker.ContainerStop(t.Context(), id, container.StopOptions{}))
		require.NoError(t, w.docker.ContainerRemove(t.Context(), id, container.RemoveOptions{}))
		require.Equal(t, []string{"create", "start", "kill 15", "die 7", "stop", "destroy"}, w.events(t, id))
	}},
	{"events: a stubborn container", func(t *testing.T, w *wire) {
		id := w.runs(t, "stubborn")
		w.says(t, id, "ready")
		require.Equal(t, 204, w.ask(t, "POST", "/containers/"+id+"/stop?t=0", "").Status)
		require.Equal(t, []string{"create", "start", "kill 15", "kill 9", "die 137", "stop"}, w.events(t, id))
	}},
	{"events: a container removed by force", func(t *testing.T, w *wire) {
		id := w.runs(t, "serve")
		w.says(t, id, "listening")
		require.Equal(t, 204, w.ask(t, "DELETE", "/containers/"+id+"?force=1", "").Status)
		require.Equal(t, []string{"create", "start", "kill 9", "die 137", "destroy"}, w.events(t, id))
	}},
	{"events: a container that cannot start", func(t *testing.T, w *wire) {
		no := false
		id := w.create(t, container.Config{Entrypoint: []string{"/nope"}}, container.HostConfig{Init: &no})
		require.Equal(t, 400, w.ask(t, "POST", "/containers/"+id+"/start", "").Status)
		require.Equal(t, []string{"create"}, w.events(t, id))
	}},
	{"events: a listener hears by label, as it happens", func(t *testing.T, w *wire) {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		label := "wire.case=" + w.name()
		heard, failed := w.docker.Events(ctx, events.ListOptions{Filters: filters.NewArgs(filters.Arg("label", label), filters.Arg("event", "die"))})
		key, value, _ := strings.Cut(label, "=")
		// The client's call returns before the engine listens: containers come until one is heard.
		var id string
		for heardOf := false; !heardOf; {
			id = w.create(t, container.Config{Cmd: []string{"print", "x", "4"}, Labels: map[string]string{key: value}}, container.HostConfig{})
			w.start(t, id)
			select {
			case message := <-heard:
				heardOf = true
				require.EqualValues(t, "die", message.Action)
				require.Equal(t, "4", message.Actor.Attributes["exitCode"])
			case err := <-failed:
				require.NoError(t, err)
			case <-time.After(2 * time.Second):
			}
		}
	}},
	{"events: parameters that are none", func(t *testing.T, w *wire) {
		w.ask(t, "GET", "/events?since=x", "").refused(t, 500, "invalid syntax")
		w.ask(t, "GET", "/events?since=20&until=10", "").refused(t, 400, "cannot be after")
	}},
}

var listCases = []wireCase{
	{"list: running, all, by label, name and state", func(t *testing.T, w *wire) {
		label := w.name()
		labelled := container.Config{Cmd: []string{"serve"}, Labels: map[string]string{"wire.case": label}}
		idle, busy := w.create(t, labelled, container.HostConfig{}), w.create(t, labelled, container.HostConfig{})
		w.start(t, busy)
		list := func(all bool, args ...filters.KeyValuePair) (ids []string) {
			args = append(args, filters.Arg("label", "wire.case="+label))
			got, err := w.docker.ContainerList(t.Context(), container.ListOptions{All: all, Filters: filters.NewArgs(args...)})
			require.NoError(t, err)
			for _, line := range got {
				ids = append(ids, line.ID)
			}
			return ids
		}
		require.Equal(t, []string{busy}, list(false))
		require.Equal(t, []string{busy, idle}, list(true))
		require.Equal(t, []string{idle}, list(false, filters.Arg("status", "created")))
		require.Equal(t, []string{busy}, list(true, filters.Arg("name", "^"+w.inspect(t, busy).Name+"$")))
		require.Equal(t, []string{busy}, list(true, filters.Arg("id", busy[:12])))
		require.Equal(t, []string{busy, idle}, list(true, filters.Arg("ancestor", w.image)))
		require.Empty(t, list(true, filters.Arg("label", "nope")))
	}},
	{"list: a line has what a listing shows", func(t *testing.T, w *wire) {
		id, _ := w.published(t, "serve")
		got, err := w.docker.ContainerList(t.Context(), container.ListOptions{Filters: filters.NewArgs(filters.Arg("id", id))})
		require.NoError(t, err)
		require.Len(t, got, 1)
		require.Equal(t, []string{w.inspect(t, id).Name}, got[0].Names)
		require.Equal(t, w.image, got[0].Image)
		require.Equal(t, "/web serve", got[0].Command)
		require.Equal(t, "running", got[0].State)
		require.Regexp(t, "^Up ", got[0].Status)
		require.Len(t, got[0].Ports, 1)
		require.Equal(t, "127.0.0.1", got[0].Ports[0].IP)
		require.EqualValues(t, 8787, got[0].Ports[0].PrivatePort)
		require.NoError(t, w.docker.ContainerKill(t.Context(), id, "KILL"))
		got, err = w.docker.ContainerList(t.Context(), container.ListOptions{All: true, Filters: filters.NewArgs(filters.Arg("id", id))})
		require.NoError(t, err)
		require.Regexp(t, `^Exited \(137\) .* ago$`, got[0].Status)
		require.Empty(t, got[0].Ports)
	}},
	{"list: filters that are none", func(t *testing.T, w *wire) {
		w.ask(t, "GET", `/containers/json?filters={"nonsense":["x"]}`, "").refused(t, 400, "nonsense")
		w.ask(t, "GET", `/containers/json?filters={"status":["foo"]}`, "").refused(t, 400, "status=foo")
		w.ask(t, "GET", `/containers/json?filters=xx`, "").refused(t, 500, "inv")
	}},
}

var portCases = []wireCase{
	{"port: HTTP answers, and no longer when the container has ended", func(t *testing.T, w *wire) {
		id, address := w.published(t, "serve")
		response, err := http.Get("http://" + address + "/")
		require.NoError(t, err)
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		require.Equal(t, "hello from wire\n", string(body))
		require.NoError(t, w.docker.ContainerKill(t.Context(), id, "KILL"))
		_, err = net.DialTimeout("tcp", address, time.Second)
		require.Error(t, err)
	}},
	{"port: two containers have the same one inside", func(t *testing.T, w *wire) {
		_, first := w.published(t, "serve")
		_, second := w.published(t, "serve")
		require.NotEqual(t, first, second)
		for _, address := range []string{first, second} {
			response, err := http.Get("http://" + address + "/")
			require.NoError(t, err)
			require.NoError(t, response.Body.Close())
		}
	}},
	{"port: half of a connection can end before the other", func(t *testing.T, w *wire) {
		_, address := w.published(t, "half")
		conn, err := net.Dial("tcp", address)
		require.NoError(t, err)
		defer conn.Close()
		require.NoError(t, conn.SetDeadline(time.Now().Add(10*time.Second)))
		_, err = io.WriteString(conn, "words")
		require.NoError(t, err)
		require.NoError(t, conn.(*net.TCPConn).CloseWrite())
		heard, err := io.ReadAll(conn)
		require.NoError(t, err)
		require.Equal(t, "heard words", string(heard))
	}},
	{"port: a program that listens on localhost only is not reached", func(t *testing.T, w *wire) {
		_, address := w.published(t, "local")
		client := http.Client{Timeout: 10 * time.Second}
		_, err := client.Get("http://" + address + "/")
		require.Error(t, err)
		require.NotContains(t, err.Error(), "deadline")
	}},
	{"port: one that is taken", func(t *testing.T, w *wire) {
		taken, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		defer taken.Close()
		_, port, err := net.SplitHostPort(taken.Addr().String())
		require.NoError(t, err)
		host := container.HostConfig{PortBindings: nat.PortMap{"8787/tcp": {{HostIP: "127.0.0.1", HostPort: port}}}}
		id := w.create(t, container.Config{Cmd: []string{"serve"}}, host)
		w.ask(t, "POST", "/containers/"+id+"/start", "").refused(t, 500, "address already in use")
		state := w.inspect(t, id).State
		require.Equal(t, container.StateCreated, state.Status)
		require.Equal(t, 128, state.ExitCode)
		require.NoError(t, taken.Close())
		// A process that this one is forking right now has the listener a moment longer.
		require.Eventually(t, func() bool {
			return w.ask(t, "POST", "/containers/"+id+"/start", "").Status == 204
		}, 20*time.Second, 20*time.Millisecond)
		require.Equal(t, port, w.inspect(t, id).NetworkSettings.Ports["8787/tcp"][0].HostPort)
	}},
}
