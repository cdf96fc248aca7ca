package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// options are those of a demo that would start.
func demoOptions(t *testing.T) ServerOptions {
	return ServerOptions{
		Listen: "127.0.0.1:0", ProxyListen: "127.0.0.1:0", OpsListen: "127.0.0.1:0", DataDir: t.TempDir(),
		Cloud: "emulator", EmulatorURL: "unix:///nowhere/engine.sock", NotebookDomain: "localhost",
		LogLevel: "error", LogFormat: "json", Out: io.Discard, Err: io.Discard,
	}
}

func TestServerSaysWhyItCannotStart(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { taken.Close() }) // after the parallel cases
	cases := map[string]struct {
		spoil func(*testing.T, *ServerOptions)
		words []string
	}{
		"a port in use": {
			func(_ *testing.T, o *ServerOptions) { o.ProxyListen = taken.Addr().String() },
			[]string{"--proxy-listen", taken.Addr().String(), "in use", "choose another port"},
		},
		"a data directory in use, with the other's pid": {
			func(t *testing.T, o *ServerOptions) {
				other := &server{options: *o}
				require.NoError(t, other.openData(t.Context()))
				t.Cleanup(func() { require.NoError(t, other.close()) })
			},
			[]string{"another server", fmt.Sprint(os.Getpid()), "--data-dir"},
		},
		"notebooks on the web UI's own origin": {
			func(_ *testing.T, o *ServerOptions) {
				o.NotebookPaths, o.NotebookDomain, o.NotebookPort, o.PublicURL = true, "hub.example", 443, "https://Hub.example"
			},
			[]string{"https://hub.example", "--notebook-paths", "--notebook-domain or --notebook-port"},
		},
		"a database that is none": {
			func(t *testing.T, o *ServerOptions) {
				require.NoError(t, os.WriteFile(o.DataDir+"/dockerdriver.db", []byte(strings.Repeat("no database ", 1000)), 0o600))
			},
			[]string{"dockerdriver.db"},
		},
		"--fresh in somebody's own directory": {
			func(t *testing.T, o *ServerOptions) {
				o.Demo, o.Fresh = true, true
				require.NoError(t, os.WriteFile(o.DataDir+"/thesis.txt", []byte("years of work"), 0o600))
				t.Cleanup(func() { require.FileExists(t, o.DataDir+"/thesis.txt") })
			},
			[]string{"cannot start over", "--data-dir"},
		},
		"certificates that are not there": {
			func(_ *testing.T, o *ServerOptions) { o.TLSCert, o.TLSKey = "/no/cert.pem", "/no/key.pem" },
			[]string{"--tls-cert", "/no/cert.pem"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := demoOptions(t)
			tc.spoil(t, &o)
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second) // where it starts after all
			defer cancel()
			err := runServer(ctx, o)
			require.Error(t, err)
			for _, w := range tc.words {
				require.Contains(t, err.Error(), w)
			}
		})
	}
}
