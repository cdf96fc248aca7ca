package proxy

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func FuzzOurCookiesNeverCross(f *testing.F) {
	for _, line := range []string{
		SessionCookie + "=x", "a=1; " + SessionCookie + "=x; b=2", `a="1; ` + SessionCookie + `=x"`, "a=1;\t" + BrowserCookie + " = x", SessionCookie, ";;=;", "__HOST-DD_NOTEBOOK=x", "dd_session=x", "a=1; __Host-dd_session=x",
	} {
		f.Add(line, "c=3")
	}
	f.Fuzz(func(t *testing.T, first, second string) {
		h := http.Header{"Cookie": {first, second}}
		found := readCookies(h, cookieNamesOf(false))
		dropOurCookies(h)
		require.Equal(t, ours{}, readCookies(h, cookieNamesOf(false)))
		require.Equal(t, ours{}, readCookies(h, cookieNamesOf(true)))
		r := http.Request{Header: h}
		for _, c := range r.Cookies() {
			require.False(t, isOurs(c.Name), "another parser finds none either")
		}
		if found == (ours{}) && !strings.Contains(strings.ToLower(first+second), "dd_") {
			require.Equal(t, cookiePairs(http.Header{"Cookie": {first, second}}), cookiePairs(h), "the others stay")
		}
	})
}

func cookiePairs(h http.Header) []string {
	var pairs []string
	eachCookie(h, func(pair, _, _ string) {
		if pair = strings.TrimSpace(pair); pair != "" {
			pairs = append(pairs, pair)
		}
	})
	return pairs
}
