package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// result is what one call of the program left.
type result struct {
	code     int
	out, err string
	served   *ServerOptions
}

func call(t *testing.T, args ...string) result {
	t.Helper()
	return callWith(t, "", nil, args...)
}

func callWith(t *testing.T, stdin string, serveErr error, args ...string) result {
	t.Helper()
	var out, errOut bytes.Buffer
	var r result
	r.code = run(t.Context(), args, streams{in: strings.NewReader(stdin), out: &out, err: &errOut},
		func(_ context.Context, o ServerOptions) error {
			r.served = &o
			return serveErr
		})
	r.out, r.err = out.String(), errOut.String()
	return r
}

func config(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.yaml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func TestUsageErrorsSayWhatIsWrong(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args []string
		says []string
	}{
		"no command":                  {nil, []string{"expected one of", "dockerdriver --help"}},
		"unknown command":             {[]string{"sevre"}, []string{"sevre"}},
		"mistyped flag":               {[]string{"demo", "--listn=:1"}, []string{"--listn", "did you mean", "--listen"}},
		"address without port":        {[]string{"demo", "--listen=127.0.0.1"}, []string{"--listen", "no port", "dockerdriver demo --help"}},
		"address that is a name":      {[]string{"demo", "--listen=example.org:80"}, []string{"--listen", `"example.org" is not an IP address`}},
		"port out of range":           {[]string{"demo", "--proxy-listen=:70000"}, []string{"--proxy-listen", `"70000"`, "65535"}},
		"two listeners on one port":   {[]string{"demo", "--ops-listen=127.0.0.1:8080"}, []string{"--listen and --ops-listen"}},
		"unknown output":              {[]string{"instance", "list", "-o", "xml"}, []string{"--output", "table", "json", "xml"}},
		"unknown cloud":               {[]string{"demo", "--cloud=mars"}, []string{"--cloud", "auto", "local", "emulator"}},
		"auto is the demo's":          {[]string{"serve", "--cloud=auto"}, []string{"--cloud", "local", "emulator"}},
		"emulator of the local cloud": {[]string{"demo", "--cloud=local", "--emulator-url=tcp://127.0.0.1:1"}, []string{"--emulator-url goes with --cloud emulator"}},
		"emulator at no address":      {[]string{"demo", "--cloud=emulator", "--emulator-url=http://x"}, []string{"--emulator-url", "unix:///path"}},
		"slots below nothing":         {[]string{"demo", "--local-slots=-1"}, []string{"--local-slots"}},
		"slots that are words":        {[]string{"demo", "--local-slots=many"}, []string{"--local-slots", "many"}},
		"key without certificate":     {[]string{"demo", "--tls-key=k"}, []string{"--tls-cert and --tls-key"}},
		"notebook key alone":          {[]string{"demo", "--notebook-tls-key=k"}, []string{"--notebook-tls-cert and --notebook-tls-key"}},
		"plain HTTP for everybody":    {[]string{"serve"}, []string{"passwords in the clear", "--tls-cert"}},
		"public URL without scheme":   {[]string{"demo", "--public-url=example.org"}, []string{"--public-url", "https://name"}},
		"public URL with a path":      {[]string{"demo", "--public-url=https://example.org/ui"}, []string{"--public-url"}},
		"notebook domain as address":  {[]string{"demo", "--notebook-domain=10.0.0.1"}, []string{"--notebook-domain", "subdomains"}},
		"notebook domain with port":   {[]string{"demo", "--notebook-domain=a.example:8443"}, []string{"--notebook-domain"}},
		"wildcard in path mode":       {[]string{"demo", "--notebook-paths", "--notebook-domain=*.nb.example"}, []string{"--notebook-domain", "--notebook-paths", "wildcard"}},
		"log lines of no kind":        {[]string{"demo", "--log-level=loud"}, []string{"--log-level", "debug"}},
		"no lines of a log":           {[]string{"instance", "logs", "x", "--lines=0"}, []string{"--lines", "1 to 2000"}},
		"waiting for no time":         {[]string{"instance", "stop", "x", "--timeout=0s"}, []string{"--timeout"}},
		"window without a terminal":   {[]string{"status", "--watch", "--server=http://127.0.0.1:1", "--token=t"}, []string{"--watch needs a terminal"}},
		"window for a script":         {[]string{"status", "--watch", "-o", "json"}, []string{"--watch is for people"}},
		"no time for a release":       {[]string{"host", "release", "x", "--timeout=0s"}, []string{"--timeout"}},
		"engine for everybody":        {[]string{"emulator", "--listen=tcp://0.0.0.0:2375"}, []string{"--listen", "only 127.0.0.1"}},
		"engine at no address":        {[]string{"emulator", "--listen=:2375"}, []string{"--listen", "unix:///path"}},
		"too many engines":            {[]string{"emulator", "--engines=65"}, []string{"--engines", "1 to 64"}},
		"missing argument":            {[]string{"variable", "set", "A"}, []string{"<value>"}},
		"server without token":        {[]string{"status", "--server=http://127.0.0.1:1"}, []string{"DOCKERDRIVER_TOKEN"}},
		"server that is no URL":       {[]string{"status", "--server=localhost", "--token=t"}, []string{`"localhost"`, "https://host:port"}},
		"configuration file missing":  {[]string{"--config=/nowhere.yaml", "demo"}, []string{"/nowhere.yaml", "no such file"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := call(t, c.args...)
			require.Equal(t, exitUsage, r.code, r.err)
			require.Nil(t, r.served)
			require.Empty(t, r.out)
			for _, words := range c.says {
				require.Contains(t, r.err, words)
			}
		})
	}
}

func TestConfigurationFileThatIsWrongSaysWhere(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, says string }{
		"unknown key":     {"listen: 127.0.0.1:1\nlisten-adress: x\n", `line 2: there is no setting "listen-adress"`},
		"key given twice": {"listen: a\nlisten: b\n", "already defined"},
		"list":            {"listen: [a, b]\n", "line 1: listen must be a single value"},
		"nested":          {"listen:\n  port: 1\n", "listen must be a single value"},
		"not a mapping":   {"- listen\n", "not a YAML mapping"},
		"tabs":            {"\tlisten: x\n", "not a YAML mapping"},
		"bad value":       {"local-slots: many\n", "many"},
		"one call only":   {"fresh: true\n", `there is no setting "fresh"`},
		"names itself":    {"config: other.yaml\n", `there is no setting "config"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := call(t, "demo", "--config", config(t, c.text))
			require.Equal(t, exitUsage, r.code)
			require.Nil(t, r.served)
			require.Contains(t, r.err, c.says)
		})
	}
}

func TestFlagWinsOverVariableAndVariableOverFile(t *testing.T) {
	t.Setenv("DOCKERDRIVER_OPS_LISTEN", "127.0.0.1:2")
	t.Setenv("DOCKERDRIVER_PROXY_LISTEN", ":2")
	path := config(t, "listen: 127.0.0.1:3\nops_listen: 127.0.0.1:3\nproxy-listen: :3\nlocal-slots: 12\nlog-level: debug\n")
	t.Setenv("DOCKERDRIVER_CONFIG", path)
	r := call(t, "demo", "--proxy-listen=:1")
	require.Equal(t, exitDone, r.code, r.err)
	require.Equal(t, ":1", r.served.ProxyListen, "flag")
	require.Equal(t, "127.0.0.1:2", r.served.OpsListen, "variable")
	require.Equal(t, "127.0.0.1:3", r.served.Listen, "file")
	require.Equal(t, 12, r.served.LocalSlots, "file")
	require.Equal(t, "debug", r.served.LogLevel, "file")
	require.Equal(t, "localhost", r.served.NotebookDomain, "default")
}

func TestServersListenAddressIsNotTheEmulators(t *testing.T) {
	t.Setenv("DOCKERDRIVER_LISTEN", ":443")
	t.Setenv("DOCKERDRIVER_CONFIG", config(t, "listen: :443\nemulator-listen: tcp://10.0.0.1:1\n"))
	r := call(t, "emulator")
	require.Equal(t, exitUsage, r.code)
	require.Contains(t, r.err, `--listen cannot be "tcp://10.0.0.1:1"`)
}

func TestWrongVariableIsAUsageErrorToo(t *testing.T) {
	t.Setenv("DOCKERDRIVER_LISTEN", "somewhere")
	r := call(t, "demo")
	require.Equal(t, exitUsage, r.code)
	require.Contains(t, r.err, `"somewhere"`)
}

func TestDefaultsOfServeAndDemo(t *testing.T) {
	t.Parallel()
	serve := call(t, "serve", "--public-url=https://notebooks.example.org").served
	require.Equal(t, ":443", serve.Listen)
	require.Equal(t, "/var/lib/pb", serve.DataDir)
	require.Equal(t, "local", serve.Cloud)
	require.Equal(t, "json", serve.LogFormat)
	require.False(t, serve.Demo || serve.Fresh)

	demo := call(t, "demo", "--fresh").served
	require.Equal(t, "127.0.0.1:8080", demo.Listen)
	require.Equal(t, demoDir(), demo.DataDir)
	require.Equal(t, "auto", demo.Cloud)
	require.Equal(t, "console", demo.LogFormat)
	require.True(t, demo.Demo && demo.Fresh)
	for _, o := range []*ServerOptions{serve, demo} {
		require.Equal(t, ":8443", o.ProxyListen)
		require.Equal(t, "127.0.0.1:9090", o.OpsListen)
		require.NotNil(t, o.Out)
		require.NotNil(t, o.Err)
	}
}

func TestServerThatFailsEndsWithItsWords(t *testing.T) {
	t.Parallel()
	r := callWith(t, "", errors.New("cannot listen on :8443: it is in use"), "demo")
	require.Equal(t, exitFailed, r.code)
	require.Equal(t, "dockerdriver: cannot listen on :8443: it is in use\n", r.err)
}

func TestHelpGoesToStdoutAndIsNoError(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"--help"}, {"serve", "--help"}, {"instance", "launch", "-h"}} {
		r := call(t, args...)
		require.Equal(t, exitDone, r.code)
		require.Contains(t, r.out, "Usage: dockerdriver")
		require.Empty(t, r.err)
		require.Nil(t, r.served)
	}
}

func TestVersionTellsWhatItWasBuiltFrom(t *testing.T) {
	t.Parallel()
	r := call(t, "version")
	require.Equal(t, exitDone, r.code)
	require.Regexp(t, `^dockerdriver .*go1\.`, r.out)
	r = call(t, "version", "-o", "json")
	require.Equal(t, exitDone, r.code)
	require.Contains(t, r.out, `"go":"go1.`)
}
