package proxy

import (
	"bufio"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A download or an event stream is use for as long as it brings something, not
// only when it begins; one that is silent is none.
func TestWhatANotebookSendsIsUse(t *testing.T) {
	t.Parallel()
	for protocol := 1; protocol <= 2; protocol++ {
		h := newHouse(t)
		more := make(chan string)
		mine := h.notebook(labelA, func(w http.ResponseWriter, _ *http.Request) {
			for line := range more {
				_, _ = io.WriteString(w, line)
				_ = http.NewResponseController(w).Flush()
			}
		})
		used := func() bool { return len(h.proxy.activity.news(h.proxy.table.Load())) > 0 }
		go func() { more <- "data: first\n" }()
		res, err := h.client(protocol).Do(h.request("GET", labelA, "/events", session(mine)))
		require.NoError(t, err)
		events := bufio.NewReader(res.Body)
		_, err = events.ReadString('\n')
		require.NoError(t, err)
		require.True(t, used(), "its beginning")
		require.False(t, used(), "silence")
		time.Sleep(2 * time.Millisecond) // use is told by the millisecond
		more <- "data: second\n"
		_, err = events.ReadString('\n')
		require.NoError(t, err)
		require.True(t, used(), "an event that comes later")
		close(more)
		require.NoError(t, res.Body.Close())
	}
}
