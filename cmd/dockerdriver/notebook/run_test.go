package notebook

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
)

type running struct {
	address string
	ended   chan error
	stop    context.CancelFunc
}

// start runs a notebook on a free port until it is stopped.
func start(t *testing.T, log io.Writer) running {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	t.Cleanup(stop)
	listening := make(chan net.Addr, 1)
	ended := make(chan error, 1)
	go func() {
		ended <- Run(ctx, Config{
			Addr: "127.0.0.1:0", Dir: t.TempDir(), Log: zerolog.New(zerolog.SyncWriter(log)),
			Getenv:    func(string) string { return "" },
			Listening: func(addr net.Addr) { listening <- addr },
		})
	}()
	select {
	case addr := <-listening:
		return running{address: addr.String(), ended: ended, stop: stop}
	case err := <-ended:
		require.NoError(t, err)
	case <-time.After(10 * time.Second):
		t.Fatal("the notebook does not listen")
	}
	return running{}
}

func (r running) end(t *testing.T) error {
	t.Helper()
	select {
	case err := <-r.ended:
		return err
	case <-time.After(10 * time.Second):
		t.Fatal("the notebook does not end")
		return nil
	}
}

func request(t *testing.T, url string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	t.Cleanup(func() { _ = response.Body.Close() })
	return response
}

func TestRunEndsQuicklyWithStreamsOpen(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	notebook := start(t, &log)
	require.Equal(t, http.StatusOK, request(t, "http://"+notebook.address+"/sse").StatusCode)
	conn, _, err := websocket.Dial(t.Context(), "ws://"+notebook.address+"/ws", nil)
	require.NoError(t, err)
	defer func() { _ = conn.CloseNow() }()
	begin := time.Now()
	notebook.stop()
	_, _, err = conn.Read(t.Context())
	require.Equal(t, websocket.StatusGoingAway, websocket.CloseStatus(err))
	require.NoError(t, notebook.end(t))
	require.Less(t, time.Since(begin), 5*time.Second)
	require.Contains(t, log.String(), "notebook listening")
	require.Contains(t, log.String(), `"path":"/sse"`)
}

func TestCrashAnswersThenEndsWithItsCode(t *testing.T) {
	t.Parallel()
	notebook := start(t, io.Discard)
	response := request(t, "http://"+notebook.address+"/crash?code=9")
	content, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Equal(t, "ending with code 9\n", string(content))
	var exit *ExitError
	require.ErrorAs(t, notebook.end(t), &exit)
	require.Equal(t, 9, exit.ExitCode())
	require.Contains(t, exit.Error(), "code 9")
}

func TestPortInUseIsSaid(t *testing.T) {
	t.Parallel()
	notebook := start(t, io.Discard)
	err := Run(t.Context(), Config{Addr: notebook.address, Dir: t.TempDir(), Getenv: func(string) string { return "" }})
	require.ErrorContains(t, err, "cannot listen on "+notebook.address)
	_, port, _ := net.SplitHostPort(notebook.address)
	_, err = listen(t.Context(), Config{Getenv: func(name string) string { return map[string]string{"PORT": "no" + port}[name] }})
	require.ErrorContains(t, err, "cannot listen on :no"+port, "PORT is honoured")
}

func TestBadDays(t *testing.T) {
	t.Parallel()
	with := func(name, value string, log io.Writer) Config {
		return Config{Log: zerolog.New(zerolog.SyncWriter(log)), Getenv: func(asked string) string {
			if asked == name {
				return value
			}
			return ""
		}}
	}
	t.Run("exits at start with the code given", func(t *testing.T) {
		t.Parallel()
		var log bytes.Buffer
		var exit *ExitError
		require.ErrorAs(t, Run(t.Context(), with("NOTEBOOK_EXIT_AT_START", "3", &log)), &exit)
		require.Equal(t, 3, exit.Code)
		require.Contains(t, log.String(), `"level":"error"`)
	})
	t.Run("refuses a code that is none", func(t *testing.T) {
		t.Parallel()
		err := Run(t.Context(), with("NOTEBOOK_EXIT_AT_START", "x", io.Discard))
		require.ErrorContains(t, err, "give an exit code from 0 to 255")
	})
	t.Run("refuses a delay that is none", func(t *testing.T) {
		t.Parallel()
		err := Run(t.Context(), with("NOTEBOOK_START_DELAY", "5x", io.Discard))
		require.ErrorContains(t, err, "give a duration such as 5s")
	})
	t.Run("waits before it listens", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			begin := time.Now()
			ready, err := rehearse(t.Context(), with("NOTEBOOK_START_DELAY", "5s", io.Discard))
			require.NoError(t, err)
			require.True(t, ready)
			require.Equal(t, 5*time.Second, time.Since(begin))
		})
	})
	t.Run("ends while it waits", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		require.NoError(t, Run(ctx, with("NOTEBOOK_START_DELAY", "1h", io.Discard)))
		require.NoError(t, Run(ctx, with("NOTEBOOK_NEVER_LISTEN", "1", io.Discard)))
	})
}
