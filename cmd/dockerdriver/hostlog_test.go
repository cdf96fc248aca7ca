package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	hostLogAt   = "GET /hosts/h1/log"
	hostLogJSON = `{"events":[{"at":"2026-03-01T12:00:00Z","step":"building","seconds":1.5,"fault":""},` +
		`{"at":"2026-03-01T12:00:01Z","step":"","seconds":null,"fault":"the cloud is busy"},{"at":"2026-03-01T12:00:02Z","step":"active","seconds":null,"fault":""}],`
)

func TestHostLogShowsStepsAndTheConsole(t *testing.T) {
	t.Parallel()
	whole := hostLogJSON + `"console":{"lines":["Linux version 6.1","\u001b[31mlogin:"],"missing":"","message":""}}`
	a := start(t, map[string][]string{hostsAt: hostsJSON(), hostLogAt: {whole}})
	r := a.call(t, "host", "log", "pb_dd_a1")
	require.Equal(t, exitDone, r.code, r.err)
	require.Regexp(t, `(?s)^\S+ \S+ \S+  building took 1.50 s\n.*  fault: the cloud is busy\n.*  active\n\nConsole of its machine:\nLinux version 6.1\n \[31mlogin:\n$`, r.out)
	r = a.call(t, "host", "log", "h1", "-o", "json")
	require.Equal(t, whole+"\n", r.out)
}

func TestHostLogWithoutAConsoleSaysWhy(t *testing.T) {
	t.Parallel()
	a := start(t, map[string][]string{
		hostsAt: hostsJSON(), hostLogAt: {hostLogJSON + `"console":{"lines":[],"missing":"none","message":"There is no console: the cloud keeps none."}}`},
	})
	r := a.call(t, "host", "log", "h1")
	require.Equal(t, exitDone, r.code, r.err)
	require.Contains(t, r.out, "Console of its machine:\nThere is no console: the cloud keeps none.\n")

	a = start(t, map[string][]string{
		hostsAt: hostsJSON(), hostLogAt: {`503 {"status":503,"detail":"The cloud did not answer in time.","code":"UNAVAILABLE","hint":"Try again."}`},
	})
	r = a.call(t, "host", "log", "h1")
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.err, "cannot show the log of pb_dd_a1: The cloud did not answer in time. Try again. (UNAVAILABLE)")
	r = a.call(t, "host", "log", "other")
	require.Contains(t, r.err, `there is no host "other"`)
}
