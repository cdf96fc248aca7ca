package pool_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

func TestRequestHeadersThatABlueprintMaySet(t *testing.T) {
	got, err := pool.ParseRequestHeaders(" X-Remote-User : jovyan \r\n\nAuthorization:Basic eA==\nX-Empty:\nX-Colon: a:b\n!#$%&'*+-.^_`|~9Z: a\tb ü\n")
	require.NoError(t, err)
	require.Equal(t, []pool.HeaderField{
		{Name: "X-Remote-User", Value: "jovyan"},
		{Name: "Authorization", Value: "Basic eA=="},
		{Name: "X-Empty"},
		{Name: "X-Colon", Value: "a:b"},
		{Name: "!#$%&'*+-.^_`|~9Z", Value: "a\tb ü"},
	}, got)
	for why, in := range map[string]string{
		"no colon": "X-A", "no name": ": 1", "a blank in the name": "X A: 1", "a letter beyond ASCII": "X-Ä: 1", "a bracket in the name": "X(A): 1", "a delete": "X-A: \x7fb", "a control character": "X-A: a\x00b", "a carriage return": "X-A: a\rX-B: b",
		"twice": "X-A: 1\nx-a: 2", "where it goes": "Host: evil", "how long it is": "content-length: 5", "the connection": "Connection: close",
		"our cookies": "Cookie: a=b", "who asks": "X-Forwarded-For: 1.2.3.4", "where its path begins": "X-RStudio-Root-Path: /x", "the browser's word": "Sec-Fetch-Site: none", "the origin": "Origin: https://x",
		"too many": strings.Repeat("X-A: 1\n", 33), "too long": "X-A: " + strings.Repeat("x", 9000),
	} {
		_, err := pool.ParseRequestHeaders(in)
		require.Equal(t, pool.CodeInvalid, pool.CodeOf(err), why)
	}
}

func TestIdlePathsOfABlueprint(t *testing.T) {
	got, err := pool.ParseIdlePaths(" /api/status\n*/events/get_events ")
	require.NoError(t, err)
	require.Equal(t, []string{"/api/status", "*/events/get_events"}, got)
	for why, in := range map[string]string{
		"relative": "api/status", "a query": "/api?x=1", "too many": strings.Repeat("/a ", 65), "too long": "/" + strings.Repeat("x", 5000),
	} {
		_, err := pool.ParseIdlePaths(in)
		require.Equal(t, pool.CodeInvalid, pool.CodeOf(err), why)
	}
}

func TestIdleTimeOfABlueprint(t *testing.T) {
	for in, want := range map[string]time.Duration{"": 0, " ": 0, "0m": 0, "2m": 2 * time.Minute, "1h 30m": 90 * time.Minute} {
		got, err := pool.ParseIdleTime(in)
		require.NoError(t, err, in)
		require.Equal(t, want, got, in)
	}
	for _, in := range []string{"1m", "x", "30", "366d"} {
		_, err := pool.ParseIdleTime(in)
		require.Equal(t, pool.CodeInvalid, pool.CodeOf(err), in)
	}
}
