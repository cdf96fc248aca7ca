package notebook

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
)

func TestHostileNotebookSaysWhatItIsToldAndTellsWhatItSaw(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(newHostile())
	t.Cleanup(server.Close)
	query := url.Values{"status": {"418"}, "header": {"Content-Type: text/javascript", "Set-Cookie: a=1", "Set-Cookie: b=2; Path=/"}, "body": {"<script>"}}
	response, body := do(t, server, http.MethodPost, "/any/path?"+query.Encode(), http.Header{"Origin": {"https://elsewhere.example"}}, strings.NewReader("given"))
	require.Equal(t, http.StatusTeapot, response.StatusCode)
	require.Equal(t, "text/javascript", response.Header.Get("Content-Type"))
	require.Equal(t, []string{"a=1", "b=2; Path=/"}, response.Header["Set-Cookie"])
	require.Equal(t, "<script>", body)
	require.Empty(t, response.Header.Get("Content-Security-Policy"))

	conn, _, err := dial(t, server, http.Header{"Origin": {"https://elsewhere.example"}})
	require.NoError(t, err, "it opens to anybody")
	require.Equal(t, "hello", ask(t, conn, "hello"))

	_, body = get(t, server, "/seen")
	var seen struct{ Items []sighting }
	require.NoError(t, json.Unmarshal([]byte(body), &seen))
	require.Len(t, seen.Items, 2)
	require.Equal(t, "POST", seen.Items[0].Method)
	require.True(t, strings.HasPrefix(seen.Items[0].URI, "/any/path?"))
	require.Equal(t, "given", seen.Items[0].Body)
	require.Equal(t, "https://elsewhere.example", seen.Items[0].Header.Get("Origin"))
}

func TestOnlyItsEnvironmentMakesANotebookHostile(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]int{"": http.StatusNotFound, "yes": http.StatusOK} {
		listening := make(chan net.Addr, 1)
		ended := make(chan error, 1)
		ctx, stop := context.WithCancel(t.Context())
		go func() {
			ended <- Run(ctx, Config{
				Addr: "127.0.0.1:0", Dir: t.TempDir(), Log: zerolog.Nop(),
				Getenv:    func(name string) string { return map[string]string{"NOTEBOOK_HOSTILE": value}[name] },
				Listening: func(addr net.Addr) { listening <- addr },
			})
		}()
		response := request(t, "http://"+(<-listening).String()+"/seen")
		require.NoError(t, response.Body.Close())
		require.Equal(t, want, response.StatusCode, "NOTEBOOK_HOSTILE=%s", value)
		stop()
		require.NoError(t, <-ended)
	}
}
