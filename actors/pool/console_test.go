package pool_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

const keyBody = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj"

func TestConsoleIsShownAsPlainText(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ said, shown string }{
		"colours":                           {"\x1b[0;32m  OK  \x1b[0m] Started", "  OK  ] Started"},
		"colours whose escape was taken":    {"[[0;32m  OK  [0m] Reached target", "[  OK  ] Reached target"},
		"a time of the kernel is no colour": {"[    0.004017] kvm-clock: 4017309512 cycles", "[    0.004017] kvm-clock: 4017309512 cycles"},
		"a title of the terminal":           {"\x1b]0;owned\x07login:", "login:"},
		"a bar that was written over":       {"10%\r50%\r100%\r", "100%"},
		"bells and other controls":          {"a\a\b\u009bb\u202ec", "abc"},
		"bytes that are no text":            {"a\xffb", "a\uFFFDb"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, []string{c.shown}, pool.NewConsole(c.said+"\n", "").Lines)
		})
	}
	long := pool.NewConsole(strings.Repeat("é ", 2000), "").Lines[0]
	require.Len(t, []rune(long), 1001)
}

func TestConsoleHoldsNoSecret(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ said, secret string }{
		"a password":               {"[   12.1] cloud-init[5]: password: hunter2 is set", "hunter2"},
		"a variable":               {"+ export DB_PASSWORD=hunter2", "hunter2"},
		"JSON":                     {`{"api_key": "k-123"}`, "k-123"},
		"a token of several words": {"token: abc def", "def"},
		"a flag":                   {"+ join --token abc.def --now", "abc.def"},
		"a header":                 {"Authorization: Bearer abc.def", "abc.def"},
		"an address":               {"fetch https://user:hunter2@mirror.example.org/x", "hunter2"},
		"a private key":            {"-----BEGIN PRIVATE KEY-----\n" + keyBody + "\nshort+tail==\n-----END PRIVATE KEY-----", "short+tail"},
		"a key with a prefix":      {"[ 1.0] cloud-init[5]: -----BEGIN RSA PRIVATE KEY-----\n[ 1.0] cloud-init[5]: short+tail==", "short+tail"},
		"a key that was cut off":   {keyBody + "\n[ 1.0] cloud-init[5]: short+tail==\n-----END EC PRIVATE KEY-----", "short+tail"},
		"a file in base64":         {"content: " + keyBody, keyBody[10:]},
		"passwords by cloud-init":  {"[ 9.1] cloud-init[5]: Set the following 'random' passwords\n[ 9.1] cloud-init[5]: debian:kX9wQ2\nroot:aB3dE5", "kX9wQ2"},
		"the second of them":       {"Set the following 'random' passwords\ndebian:kX9wQ2\nroot:aB3dE5", "aB3dE5"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shown := strings.Join(pool.NewConsole("before it\n"+c.said+"\nafter it", "").Lines, "\n")
			require.NotContains(t, shown, c.secret)
			require.Contains(t, shown, "[hidden]")
			require.Contains(t, shown, "before it")
		})
	}
}

func TestConsoleShowsNoValueOfTheSitesOwnUserData(t *testing.T) {
	t.Parallel()
	site := "#cloud-config\nwrite_files:\n- path: /etc/lab\n  content: \"open sesame\"\nruncmd:\n- mount -o user=lab,pass=pw1 //store/lab\n"
	shown := pool.NewConsole("lab says open sesame to all\n+ mount -o user=lab,pass=pw1 //store/lab\nStarting docker", site).Lines
	require.Equal(t, []string{"lab says [hidden] to all", "+ [hidden]", "Starting docker"}, shown)
}

func TestConsoleIsItsLastLines(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	for n := range 1000 {
		fmt.Fprintf(&text, "line %d\n", n)
	}
	c := pool.NewConsole(text.String(), "")
	require.Len(t, c.Lines, pool.ConsoleLines)
	require.Equal(t, "line 999", c.Lines[pool.ConsoleLines-1])
}

func TestConsoleThatIsMissingSaysWhyInWords(t *testing.T) {
	t.Parallel()
	require.Equal(t, pool.Console{Missing: pool.ConsoleNotYet}, pool.NewConsole(" \n", ""))
	require.Contains(t, pool.ConsoleNotYet.Words(), "no console yet")
	require.Contains(t, pool.ConsoleNone.Words(), "keeps none")
	require.Contains(t, pool.ConsoleGone.Words(), "gone from the cloud")
	require.Empty(t, pool.ConsoleMissing("").Words())
}
