package proxy

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// Line 5 of the checklist: method × origin × fetch-site × websocket, all with a
// session that is in order.
func TestOnlyTheNotebooksOwnPagesActInIt(t *testing.T) {
	t.Parallel()
	const (
		sibling  = "Origin: https://" + labelB + ".nb.example:8443"
		same     = "Sec-Fetch-Site: same-origin"
		none     = "Sec-Fetch-Site: none"
		siteOnly = "Sec-Fetch-Site: same-site"
		cross    = "Sec-Fetch-Site: cross-site"
		navigate = "Sec-Fetch-Mode: navigate"
		document = "Sec-Fetch-Dest: document"
	)
	inBothModes(t, func(t *testing.T, h *house) {
		own := "Origin: " + h.origin(labelA)
		upgrade := []string{"Connection: Upgrade", "Upgrade: websocket"}
		mine := h.notebook(labelA, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) })
		for _, c := range []struct {
			why    string
			method string
			fields []string
			ok     bool
		}{
			{"a page of its own", "GET", []string{same}, true},
			{"its own form", "POST", []string{same, own}, true},
			{"its own form, with no-referrer", "POST", []string{same, "Origin: null"}, true},
			{"its own DELETE", "DELETE", []string{same, own}, true},
			{"a typed address", "GET", []string{none, navigate, document}, true},
			{"a link on another site", "GET", []string{cross, navigate, document}, true},
			{"a link on a sibling", "GET", []string{siteOnly, navigate, document}, true},
			{"an old browser's page", "GET", nil, true},
			{"an old browser's form", "POST", []string{own}, true},
			{"curl's POST", "POST", nil, true},

			{"a frame on another site", "GET", []string{cross, navigate, "Sec-Fetch-Dest: iframe"}, false},
			{"an image on another site", "GET", []string{cross, "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: image"}, false},
			{"a script on a sibling", "GET", []string{siteOnly, "Sec-Fetch-Mode: cors", sibling}, false},
			{"a preflight from a sibling", "OPTIONS", []string{siteOnly, "Sec-Fetch-Mode: cors", sibling}, false},
			{"a form on a sibling", "POST", []string{siteOnly, navigate, document, sibling}, false},
			{"a form on another site", "POST", []string{cross, navigate, document, "Origin: https://evil.example"}, false},
			{"a HEAD from another site", "HEAD", []string{cross, navigate, document}, false},
			{"a page that the browser fetches ahead, and calls its own wish", "GET", []string{none, navigate, document, "Sec-Purpose: prefetch;prerender"}, false},
			{"a page that the notebook's own page has fetched ahead", "GET", []string{"Sec-Fetch-Site: same-origin", navigate, document, "Sec-Purpose: prefetch"}, true},
			{"a page of a sibling's that the browser fetches before anybody asks", "GET", []string{siteOnly, navigate, document, "Sec-Purpose: prefetch"}, false},
			{"a sandboxed frame's form", "POST", []string{cross, navigate, "Origin: null"}, false},
			{"an old browser's form on a sibling", "POST", []string{sibling}, false},
			{"an old browser's form without origin", "PUT", []string{"Origin: null"}, false},
			{"fields that contradict each other", "POST", []string{same, sibling}, false},
			{"a site that nobody knows", "GET", []string{"Sec-Fetch-Site: next-door"}, false},
			{"two sites", "GET", []string{same, cross}, false},
			{"two origins", "POST", []string{own, own}, false},
			{"the right name on another port", "POST", []string{"Origin: https://" + labelA + ".nb.example"}, false},
			{"the right name without TLS", "POST", []string{"Origin: http://" + labelA + ".nb.example:8443"}, false},
			{"a name that begins alike", "POST", []string{own + ".evil.example"}, false},

			{"its own websocket", "GET", append(upgrade, own), true},
			{"its own websocket, in full", "GET", append(upgrade, own, same, "Sec-Fetch-Mode: websocket"), true},
			{"a websocket without origin", "GET", upgrade, false},
			{"a websocket without origin from its own page", "GET", append(upgrade, same), false},
			{"a sibling's websocket", "GET", append(upgrade, sibling), false},
			{"a sibling's websocket that claims to be a navigation", "GET", append(upgrade, sibling, siteOnly, navigate, document), false},
			{"another site's websocket", "GET", append(upgrade, "Origin: https://evil.example"), false},
			{"a websocket of nobody", "GET", append(upgrade, "Origin: null", same), false},
			{"a websocket with two origins", "GET", append(upgrade, own, sibling), false},
			{"an upgrade that hides from the Connection field", "GET", append(upgrade[1:], sibling), false},
			{"an upgrade to something else", "GET", []string{"Connection: Upgrade", "Upgrade: h2c", sibling}, false},
		} {
			t.Run(c.why, func(t *testing.T) {
				t.Parallel()
				res, body := h.do(h.request(c.method, labelA, "/", append([]string{h.session(mine)}, c.fields...)...))
				if c.ok {
					require.Equal(t, http.StatusAccepted, res.StatusCode)
					return
				}
				require.Equal(t, http.StatusForbidden, res.StatusCode)
				if c.method != http.MethodHead {
					require.Contains(t, body, "Another web site tried to use this notebook")
				}
			})
		}
	})
}

// The host that a client claims is not what its Origin is compared with: a
// rebound name would agree with itself.
func TestOriginIsComparedWithTheStoredNameNotTheClaimedOne(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	mine := h.notebook(labelA, echoPath)
	r := h.request("GET", labelA, "/", session(mine), "Connection: Upgrade", "Upgrade: websocket", "Origin: https://"+labelA+".nb.example:1")
	r.Host = labelA + ".nb.example:1"
	res, _ := h.do(r)
	require.Equal(t, http.StatusForbidden, res.StatusCode)
}
