package notebook

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"
)

func dial(t *testing.T, server *httptest.Server, header http.Header) (*websocket.Conn, *http.Response, error) {
	t.Helper()
	conn, response, err := websocket.Dial(t.Context(), server.URL+"/ws", &websocket.DialOptions{HTTPHeader: header})
	if err == nil {
		conn.SetReadLimit(maxMessage + 100)
		t.Cleanup(func() { _ = conn.CloseNow() })
	}
	return conn, response, err
}

func ask(t *testing.T, conn *websocket.Conn, message string) string {
	t.Helper()
	require.NoError(t, conn.Write(t.Context(), websocket.MessageText, []byte(message)))
	_, answer, err := conn.Read(t.Context())
	require.NoError(t, err)
	return string(answer)
}

func TestSocketRunsCells(t *testing.T) {
	t.Parallel()
	server := open(t)
	conn, _, err := dial(t, server, http.Header{"Origin": {server.URL}})
	require.NoError(t, err)
	require.Equal(t, "14", ask(t, conn, "2*(3+4)"))
	require.Equal(t, "hello there", ask(t, conn, "echo hello there"))
	require.Contains(t, ask(t, conn, "1/0"), "error: the result is not")
	require.Contains(t, ask(t, conn, "echo "+strings.Repeat("x", maxSource)), "error: cannot run a cell of")
	require.Equal(t, "3", ask(t, conn, "x = 3"))
	require.Equal(t, server.URL, ask(t, conn, "who"))

	require.NoError(t, conn.Write(t.Context(), websocket.MessageBinary, []byte{0, 1, 2}))
	kind, echoed, err := conn.Read(t.Context())
	require.NoError(t, err)
	require.Equal(t, websocket.MessageBinary, kind, "binary messages come back as they are")
	require.Equal(t, []byte{0, 1, 2}, echoed)

	again, _, err := dial(t, server, nil)
	require.NoError(t, err)
	require.Equal(t, "9", ask(t, again, "x^2"), "variables outlive a connection")
	_, history := get(t, server, "/history")
	require.Contains(t, history, `"source": "x = 3"`)
}

func TestSocketClosesOnWish(t *testing.T) {
	t.Parallel()
	conn, _, err := dial(t, open(t), nil)
	require.NoError(t, err)
	require.NoError(t, conn.Write(t.Context(), websocket.MessageText, []byte("close")))
	_, _, err = conn.Read(t.Context())
	require.Equal(t, websocket.StatusCode(4001), websocket.CloseStatus(err))
}

func TestSocketRefusesOtherOrigins(t *testing.T) {
	t.Parallel()
	_, response, err := dial(t, open(t), http.Header{"Origin": {"https://elsewhere.example"}})
	require.Error(t, err)
	require.Equal(t, http.StatusForbidden, response.StatusCode)
}

func TestSocketRefusesHugeMessages(t *testing.T) {
	t.Parallel()
	conn, _, err := dial(t, open(t), nil)
	require.NoError(t, err)
	require.NoError(t, conn.Write(t.Context(), websocket.MessageText, make([]byte, maxMessage+1)))
	_, _, err = conn.Read(t.Context())
	require.Equal(t, websocket.StatusMessageTooBig, websocket.CloseStatus(err))
}
