package proxy

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

// Whoever was in a notebook is told at its own address why it ended; everybody
// else gets the answer for a notebook that never was.
func TestAnEndedNotebookTellsThoseWhoWereInIt(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, h *house) {
		mine, theirs := h.notebook(labelA, echo), h.notebook(labelB, echo)
		h.change(func() {
			id := h.routes[labelA].InstanceID
			delete(h.routes, labelA)
			delete(h.sessions, hashOf(mine))
			h.ended[labelA] = pool.EndedRoute{InstanceID: id, Words: "Its <lifetime> was over.", At: time.Now(), Sessions: []string{hashOf(mine)}}
		})
		cookie := func(value string) []string { return []string{h.session(value)} }
		page := append(cookie(mine), "Accept: text/html")

		for name, r := range map[string]*http.Request{
			"a page":      h.request(http.MethodGet, labelA, "/tree", page...),
			"a post":      h.request(http.MethodPost, labelA, "/save", page...),
			"a websocket": h.request(http.MethodGet, labelA, "/ws", append(page, "Upgrade: websocket", "Connection: Upgrade")...),
		} {
			t.Run(name, func(t *testing.T) {
				res, body := h.do(r)
				require.Equal(t, http.StatusGone, res.StatusCode)
				require.Contains(t, body, "Its &lt;lifetime&gt; was over.")
				require.Contains(t, body, `href="http://ui.example:8080/launches/`+h.ended[labelA].InstanceID+`"`, "launch again")
			})
		}
		res, body := h.get(labelA, "/api", cookie(mine)...)
		require.Equal(t, http.StatusGone, res.StatusCode)
		require.Contains(t, body, "Its <lifetime> was over.", "in plain words for programs")

		res, _ = h.get(labelA, "/tree", "Accept: text/html", h.session(theirs))
		require.Equal(t, http.StatusSeeOther, res.StatusCode, "somebody else goes the way of an unknown label")
		res, ofUnknown := h.get(unknown, "/api", cookie(theirs)...)
		require.Equal(t, http.StatusUnauthorized, res.StatusCode)
		res, body = h.get(labelA, "/api", cookie(theirs)...)
		require.Equal(t, http.StatusUnauthorized, res.StatusCode)
		require.Equal(t, ofUnknown, body)
	})
}
