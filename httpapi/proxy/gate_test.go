package proxy

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

// Line 1 of the checklist: a session opens its own notebook and no other.
func TestSessionOpensOnlyItsOwnNotebook(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, h *house) {
		mine, theirs := h.notebook(labelA, echoPath), h.notebook(labelB, echoPath)

		res, body := h.get(labelA, "/lab?x=1", h.session(mine))
		require.Equal(t, http.StatusOK, res.StatusCode)
		require.Equal(t, h.at(labelA, "/lab?x=1"), body)
		for why, fields := range map[string][]string{
			"somebody else's session": {h.session(theirs)},
			"no session":              {},
			"an empty cookie":         {h.session("")},
			"a made-up cookie":        {h.session(strings.Repeat("A", 52))},
			"a cookie without end":    {h.session(strings.Repeat("A", 4000))},
			"the cookie's hash":       {h.session(hashOf(mine))},
		} {
			res, body := h.get(labelA, "/lab", fields...)
			require.Equal(t, http.StatusUnauthorized, res.StatusCode, why)
			require.NotContains(t, body, "/lab", why)
		}
	})
}

func TestNobodyLearnsWhichNotebooksThereAre(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, h *house) {
		h.notebook(labelA, echoPath)
		theirs := h.notebook(labelB, echoPath)
		nonce := newNonce()
		for _, fields := range [][]string{
			{h.session(theirs), asPage, h.nonce(nonce)},
			{h.session(theirs), "Sec-Fetch-Mode: cors", "Sec-Fetch-Site: same-origin"},
			{h.session(theirs), "Connection: Upgrade", "Upgrade: websocket", "Origin: " + h.origin(labelA)},
		} {
			there, thereBody := h.get(labelA, "/x", fields...)
			none, noneBody := h.get(unknown, "/x", fields...)
			require.Equal(t, there.StatusCode, none.StatusCode)
			require.Equal(t, thereBody, noneBody)
			there.Header.Del("Date")
			none.Header.Del("Date")
			for name, values := range there.Header {
				require.Equal(t, strings.ReplaceAll(values[0], labelA, unknown), none.Header.Get(name), name)
			}
			require.Len(t, none.Header, len(there.Header))
		}
	})
}

func TestForeignHostIsRefusedBeforeAnythingElse(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	mine := h.notebook(labelA, echoPath)
	for _, host := range []string{"nb.example:8443", "evil.example", labelA + ".nb.example.evil.example", "127.0.0.1", "x@" + labelA + ".nb.example"} {
		answer := h.raw("GET " + EnterPath + "?ticket=x HTTP/1.1\r\nHost: " + host + "\r\nCookie: " + SessionCookie + "=" + mine + "\r\nConnection: close\r\n\r\n")
		status, _, _ := strings.Cut(answer, "\r\n")
		require.Contains(t, []string{"HTTP/1.1 421 Misdirected Request", "HTTP/1.1 400 Bad Request: malformed Host header"}, status, host)
	}
}

func TestBrowserWithoutSessionGoesToTheUIWithItsNonce(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, h *house) {
		res, _ := h.get(labelA, "/lab/tree?file=a%20b", asPage, "Sec-Fetch-Mode: navigate", "Sec-Fetch-Site: cross-site")
		require.Equal(t, http.StatusSeeOther, res.StatusCode)
		require.Equal(t, "no-store", res.Header.Get("Cache-Control"))
		require.Equal(t, "no-referrer", res.Header.Get("Referrer-Policy"))
		nonce := h.nonceIn(res)
		require.NotNil(t, nonce)
		require.True(t, isNonce(nonce.Value))
		require.True(t, nonce.Secure && nonce.HttpOnly)
		require.Equal(t, http.SameSiteLaxMode, nonce.SameSite)
		require.Equal(t, h.at(labelA, "/"), nonce.Path)
		require.Empty(t, nonce.Domain)
		require.Equal(t, 600, nonce.MaxAge)
		to, err := res.Location()
		require.NoError(t, err)
		require.Equal(t, "http://ui.example:8080/open", to.Scheme+"://"+to.Host+to.Path)
		require.Equal(t, url.Values{"label": {labelA}, "browser": {hashOf(nonce.Value)}, "path": {"/lab/tree?file=a%20b"}}, to.Query())

		res, _ = h.get(labelA, "/", asPage, h.nonce(nonce.Value))
		require.Equal(t, nonce.Value, h.nonceIn(res).Value, "a second tab keeps the nonce of the first")
		res, _ = h.get(labelA, "/", asPage, h.nonce("guessable"))
		require.NotEqual(t, "guessable", h.nonceIn(res).Value)
	})
}

func TestWhatCannotFollowTheWayThroughTheUIIsTold(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, h *house) {
		for why, r := range map[string]*http.Request{
			"a script's request":    h.request("GET", labelA, "/", "Accept: */*"),
			"a fetch of a page":     h.request("GET", labelA, "/", asPage, "Sec-Fetch-Mode: cors"),
			"a form":                h.request("POST", labelA, "/", asPage, "Sec-Fetch-Mode: navigate"),
			"a websocket":           h.request("GET", labelA, "/", asPage, "Connection: Upgrade", "Upgrade: websocket"),
			"a frame's page is one": h.request("DELETE", labelA, "/", asPage),
		} {
			res, body := h.do(r)
			require.Equal(t, http.StatusUnauthorized, res.StatusCode, why)
			require.Contains(t, body, "Open the notebook from DockerDriver", why)
			require.Empty(t, res.Cookies(), why)
		}
	})
}

func TestOtherSpellingsOfTheNameLeadToTheRightOneFirst(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, host := range []string{labelA + ".nb.example.:8443", labelA + ".nb.example", labelA + ".nb.example:9000"} {
		r := h.request("GET", labelA, "/x?y", asPage)
		r.Host = host
		res, _ := h.do(r)
		require.Equal(t, http.StatusSeeOther, res.StatusCode, host)
		require.Equal(t, homeA+"/x?y", res.Header.Get("Location"), host)
	}
}

// Line 2 of the checklist: the ticket.
func TestTicketOpensTheNotebookOnce(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, h *house) {
		h.notebook(labelA, echoPath)
		nonce := newNonce()
		secret := h.mint(labelA, hashOf(nonce))
		enter := EnterPath + "?" + url.Values{"ticket": {secret}, "path": {"/lab?x=1"}, "browser": {hashOf(nonce)}}.Encode()
		fields := []string{asPage, h.nonce(nonce), "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"}

		res, _ := h.get(labelA, enter, fields...)
		require.Equal(t, http.StatusSeeOther, res.StatusCode)
		require.Equal(t, h.home(labelA)+"/lab?x=1", res.Header.Get("Location"), "the address no longer holds the ticket")
		require.Equal(t, "no-referrer", res.Header.Get("Referrer-Policy"))
		require.Equal(t, "no-store", res.Header.Get("Cache-Control"))
		// Line 3: the cookie.
		cookie := h.sessionIn(res)
		require.NotNil(t, cookie)
		require.True(t, cookie.Secure && cookie.HttpOnly)
		require.Equal(t, h.at(labelA, "/"), cookie.Path)
		require.Empty(t, cookie.Domain)
		require.Equal(t, http.SameSiteLaxMode, cookie.SameSite)
		require.Zero(t, cookie.MaxAge)
		_, body := h.get(labelA, "/lab?x=1", h.session(cookie.Value))
		require.Equal(t, h.at(labelA, "/lab?x=1"), body)

		res, body = h.get(labelA, enter, fields...)
		require.Equal(t, http.StatusForbidden, res.StatusCode, "a replay")
		require.Contains(t, body, "This link was used already")
		require.Nil(t, h.sessionIn(res))
	})
}

func TestTicketThatIsNoGood(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, outer *house) {
		nonce := newNonce()
		mine := outer.nonce(nonce)
		for _, c := range []struct {
			why     string
			label   string
			fields  []string
			prepare func(h *house)
		}{
			{"another browser", labelA, []string{outer.nonce(newNonce())}, nil},
			{"a browser that keeps no cookies", labelA, nil, nil},
			{"another notebook's origin", labelB, []string{mine}, nil},
			{"no notebook's origin", unknown, []string{mine}, nil},
			{"after its time", labelA, []string{mine}, func(h *house) { h.now = h.now.Add(pool.TicketLifetime + time.Second) }},
			{"after the notebook's end", labelA, []string{mine}, func(h *house) { delete(h.routes, labelA) }},
			{"after a restart of the server", labelA, []string{mine}, func(h *house) { clear(h.tickets) }},
		} {
			t.Run(c.why, func(t *testing.T) {
				t.Parallel()
				h := outer.another(t)
				h.notebook(labelA, echoPath)
				h.notebook(labelB, echoPath)
				secret := h.mint(labelA, hashOf(nonce))
				if c.prepare != nil {
					h.change(func() { c.prepare(h) })
				}
				res, body := h.get(c.label, EnterPath+"?ticket="+secret, append(c.fields, asPage)...)
				require.Equal(t, http.StatusForbidden, res.StatusCode)
				require.Nil(t, h.sessionIn(res))
				require.Contains(t, body, `href="http://ui.example:8080/"`)
				require.NotContains(t, body, secret)
			})
		}
	})
}

func TestLinkFromElsewhereAsksBeforeItOpensSomebodysNotebook(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, outer *house) {
		for _, site := range []string{"cross-site", "same-site", "unheard-of"} {
			t.Run(site, func(t *testing.T) {
				t.Parallel()
				h := outer.another(t)
				h.notebook(labelA, echoPath)
				secret := h.mint(labelA, "")
				foreign := []string{asPage, "Sec-Fetch-Site: " + site, "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document", h.nonce(newNonce())}
				query := url.Values{"ticket": {secret}, "path": {`/"><script>`}, "browser": {hashOf("a guess")}}
				res, body := h.get(labelA, EnterPath+"?"+query.Encode(), foreign...)
				require.Equal(t, http.StatusOK, res.StatusCode)
				require.Nil(t, h.sessionIn(res))
				require.Contains(t, body, `name="ticket" value="`+secret+`"`)
				require.NotContains(t, body, "<script>")

				form := func(fields ...string) *http.Response {
					r := h.request("POST", labelA, EnterPath, append(fields, "Content-Type: application/x-www-form-urlencoded", asPage)...)
					text := url.Values{"ticket": {secret}, "path": {"/x"}}.Encode()
					body := strings.NewReader(text)
					r.Body, r.ContentLength = http.NoBody, 0
					r2, err := http.NewRequest("POST", r.URL.String(), body)
					require.NoError(t, err)
					r2.Header = r.Header
					res, _ := h.do(r2)
					return res
				}
				res = form("Sec-Fetch-Site: "+site, "Sec-Fetch-Mode: navigate", "Origin: https://evil.example")
				require.Equal(t, http.StatusForbidden, res.StatusCode, "the form itself cannot be sent from elsewhere")
				res = form("Sec-Fetch-Site: same-origin", "Sec-Fetch-Mode: navigate", "Origin: "+h.origin(labelA))
				require.Equal(t, http.StatusSeeOther, res.StatusCode)
				require.NotNil(t, h.sessionIn(res))
				require.Equal(t, h.home(labelA)+"/x", res.Header.Get("Location"))
			})
		}
	})
}

func TestScriptsAndTypedAddressesAreNotAsked(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, h *house) {
		h.notebook(labelA, echoPath)
		for why, fields := range map[string][]string{
			"curl":            {"Accept: */*"},
			"a typed address": {asPage, "Sec-Fetch-Site: none", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"},
		} {
			res, _ := h.get(labelA, EnterPath+"?ticket="+h.mint(labelA, ""), fields...)
			require.Equal(t, http.StatusSeeOther, res.StatusCode, why)
			require.Equal(t, h.home(labelA)+"/", res.Header.Get("Location"), why)
		}
	})
}

func TestEnterIsForWholePages(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, h *house) {
		h.notebook(labelA, echoPath)
		secret := h.mint(labelA, "")
		res, _ := h.get(labelA, EnterPath+"?ticket="+secret, "Sec-Fetch-Site: same-site", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: image")
		require.Equal(t, http.StatusForbidden, res.StatusCode)
		res, _ = h.get(labelA, EnterPath+"?ticket="+secret, "Sec-Fetch-Site: none", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: iframe")
		require.Equal(t, http.StatusForbidden, res.StatusCode)
		res, _ = h.do(h.request(http.MethodHead, labelA, EnterPath+"?ticket="+secret))
		require.Equal(t, http.StatusMethodNotAllowed, res.StatusCode, "a link preview does not use the ticket up")
		res, _ = h.get(labelA, EnterPath+"?ticket="+secret)
		require.Equal(t, http.StatusSeeOther, res.StatusCode)
		for _, bad := range []string{"", "?ticket=", "?ticket=" + strings.Repeat("x", maxTicket+1)} {
			res, _ = h.get(labelA, EnterPath+bad)
			require.Equal(t, http.StatusForbidden, res.StatusCode)
		}
		res, _ = h.get(labelA, "/.dockerdriver/other")
		require.Equal(t, http.StatusNotFound, res.StatusCode)
	})
}

func TestPathAfterEnteringStaysOnTheNotebook(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/lab/tree?a=%2F": "/lab/tree?a=%2F",
		"":                "/", "lab": "/", "https://evil.example/": "/", "//evil.example": "/", `/\evil.example`: "/",
		"/\t/evil.example": "/", "/a\r\nSet-Cookie: x=y": "/", EnterPath + "?ticket=x": "/", "/" + strings.Repeat("x", 3000): "/",
	} {
		require.Equal(t, want, localPath(path), path)
	}
}

func TestGateThatDoesNotAnswerIsNotTheTicketsFault(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, h *house) {
		h.notebook(labelA, echoPath)
		for _, err := range []error{context.DeadlineExceeded, pool.Refuse(pool.CodeUnavailable, "Busy.", "")} {
			h.change(func() { h.trouble = err })
			res, body := h.get(labelA, EnterPath+"?ticket=x", asPage)
			require.Equal(t, http.StatusServiceUnavailable, res.StatusCode)
			require.Contains(t, body, "Try again in a minute")
		}
	})
}

func TestTwoCookiesOfOneOfOurNamesAreRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	mine := h.notebook(labelA, echoPath)
	for why, lines := range map[string]string{
		"in one field":   "Cookie: " + SessionCookie + "=x; " + SessionCookie + "=" + mine,
		"in two fields":  "Cookie: " + SessionCookie + "=x\r\nCookie: " + SessionCookie + "=" + mine,
		"in small caps":  "Cookie: __host-DD_notebook=x;" + SessionCookie + "=" + mine,
		"nonces":         "Cookie: " + SessionCookie + "=" + mine + "; " + BrowserCookie + "=1; " + BrowserCookie + "=2",
		"without values": "Cookie: " + SessionCookie + "; " + SessionCookie + "=" + mine,
	} {
		answer := h.raw("GET / HTTP/1.1\r\nHost: " + labelA + ".nb.example:8443\r\n" + lines + "\r\nConnection: close\r\n\r\n")
		require.True(t, strings.HasPrefix(answer, "HTTP/1.1 400 "), why)
	}
}
