package main

import (
	"net"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAddressesAsBrowsersSeeThem(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		options ServerOptions
		bound   int
		want    string
	}{
		"as it listens":             {ServerOptions{Listen: "127.0.0.1:8080"}, 8080, "http://127.0.0.1:8080"},
		"a port of the system's":    {ServerOptions{Listen: "127.0.0.1:0"}, 41234, "http://127.0.0.1:41234"},
		"all addresses":             {ServerOptions{Listen: ":443", TLSCert: "c"}, 443, "https://localhost"},
		"IPv6":                      {ServerOptions{Listen: "[::1]:8080"}, 8080, "http://[::1]:8080"},
		"IPv6 at the usual port":    {ServerOptions{Listen: "[::1]:443", TLSCert: "c"}, 443, "https://[::1]"},
		"all IPv6 addresses":        {ServerOptions{Listen: "[::]:8080"}, 8080, "http://localhost:8080"},
		"said by the operator":      {ServerOptions{Listen: ":80", PublicURL: "https://a.example/"}, 80, "https://a.example"},
		"plain HTTP on a TLS port":  {ServerOptions{Listen: "127.0.0.1:443"}, 443, "http://127.0.0.1:443"},
		"TLS on an unusual port":    {ServerOptions{Listen: "127.0.0.1:8080", TLSCert: "c"}, 8080, "https://127.0.0.1:8080"},
		"plain HTTP at port eighty": {ServerOptions{Listen: "localhost:80"}, 80, "http://localhost"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, c.options.uiURL(&net.TCPAddr{Port: c.bound}))
		})
	}
	bound := &net.TCPAddr{Port: 8443}
	require.Equal(t, 8443, (&ServerOptions{}).notebookPort(bound))
	require.Equal(t, 443, (&ServerOptions{NotebookPort: 443}).notebookPort(bound))
}
