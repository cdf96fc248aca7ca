package proxy

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseName(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ why, host, label, written string }{
		{"plain", "abcdefgh.localhost", "abcdefgh", "abcdefgh.localhost"},
		{"with a port", "abcdefgh.localhost:8443", "abcdefgh", "abcdefgh.localhost:8443"},
		{"digits", "a2b3c4d5e6.localhost", "a2b3c4d5e6", "a2b3c4d5e6.localhost"},
		{"capitals are the same name", "ABCDEFGH.LocalHost:1", "abcdefgh", "abcdefgh.localhost:1"},
		{"a dot at the end is the same name", "abcdefgh.localhost.:8443", "abcdefgh", "abcdefgh.localhost:8443"},
		{"the longest label", strings.Repeat("z", 32) + ".localhost", strings.Repeat("z", 32), strings.Repeat("z", 32) + ".localhost"},
		{"nothing", "", "", ""},
		{"the domain alone", "localhost:8443", "", ""},
		{"an empty label", ".localhost", "", ""},
		{"a label too short", "abcdefg.localhost", "", ""},
		{"a label too long", strings.Repeat("z", 33) + ".localhost", "", ""},
		{"two labels", "a.abcdefgh.localhost", "", ""},
		{"a dash", "abcd-efgh.localhost", "", ""},
		{"an underscore", "abcd_efgh.localhost", "", ""},
		{"a letter that folds to ASCII", "abcdefg\u212a.localhost", "", ""},
		{"another domain", "abcdefgh.example", "", ""},
		{"a domain that only ends alike", "abcdefgh.evillocalhost", "", ""},
		{"a domain below another", "abcdefgh.localhost.evil.example", "", ""},
		{"two dots at the end", "abcdefgh.localhost..", "", ""},
		{"a user", "user@abcdefgh.localhost", "", ""},
		{"a user that looks like the name", "abcdefgh.localhost@evil.example", "", ""},
		{"a user and a port", "abcdefgh.localhost:8443@evil.example", "", ""},
		{"an empty port", "abcdefgh.localhost:", "", ""},
		{"port 0", "abcdefgh.localhost:0", "", ""},
		{"a port too high", "abcdefgh.localhost:65536", "", ""},
		{"a port with a zero in front", "abcdefgh.localhost:08443", "", ""},
		{"a port with a sign", "abcdefgh.localhost:+1", "", ""},
		{"two ports", "abcdefgh.localhost:1:2", "", ""},
		{"an address", "127.0.0.1:8443", "", ""},
		{"an IPv6 address", "[::1]:8443", "", ""},
		{"a path", "abcdefgh.localhost/x", "", ""},
		{"a blank", "abcdefgh.localhost ", "", ""},
		{"two hosts", "abcdefgh.localhost,evil.example", "", ""},
		{"a zero byte", "abcdefgh\x00.localhost", "", ""},
	} {
		t.Run(c.why, func(t *testing.T) {
			t.Parallel()
			name, err := ParseName(c.host, "localhost")
			if c.label == "" {
				require.Error(t, err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.label, name.Label)
			require.Equal(t, c.written, name.String())
		})
	}
}

func TestOriginIsWrittenAsBrowsersWriteIt(t *testing.T) {
	t.Parallel()
	require.Equal(t, "https://abcdefgh.localhost:8443", Name{Label: "abcdefgh", Domain: "localhost", Port: 8443}.Origin())
	require.Equal(t, "https://abcdefgh.localhost", Name{Label: "abcdefgh", Domain: "localhost", Port: 443}.Origin())
	require.Equal(t, "https://abcdefgh.localhost", Name{Label: "abcdefgh", Domain: "localhost", Port: 0}.Origin())
}

func FuzzParseName(f *testing.F) {
	for _, host := range []string{
		"abcdefgh.nb.example", "ABCDEFGH.NB.example.:8443", "abcdefgh.nb.example:", "a@abcdefgh.nb.example", "[::1]:1", "abcdefgh.nb.example..", "\u212aabcdefgh.nb.example",
	} {
		f.Add(host)
	}
	f.Fuzz(func(t *testing.T, host string) {
		name, err := ParseName(host, domain)
		if err != nil {
			return
		}
		again, err := ParseName(name.String(), domain)
		require.NoError(t, err)
		require.Equal(t, name, again, "what is written is read alike")
		require.True(t, strings.HasPrefix(strings.ToLower(host), name.Label+"."+domain), "nothing stands before the label")
		require.NotContains(t, host, "@")
	})
}
