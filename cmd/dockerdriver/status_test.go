package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const poolJSON = `{"state":"draining","since":"2026-03-01T12:00:00Z","reason":"shutdown mode","blockers":["pb-1"],"cloud":"openstack","slots":16,"slots_used":3,"slots_free":13,` +
	`"queue":[{"instance_id":"i9","position":1,"reason":"no free slots"}],"later":{"field":1},` +
	`"strays":[{"kind":"volume","id":"v1","name":"pb_dd_old-data","host_id":"gone","created_at":"2026-03-01T11:00:00Z","release_at":"2026-03-01T11:30:00Z","later":2}]}`

const imagesJSON = `{"items":[{"id":"sha256:1","tags":["a/b:latest"],"hosts":[{"host_id":"h1","state":"sending","sent":5,"total":10},{"host_id":"h2","state":"present"},{"host_id":"h3","state":"absent"}]}]}`

func statusScript() map[string][]string {
	return map[string][]string{
		"GET /pool": {poolJSON}, "GET /hosts": {`{"items":[` + hostJSON("active", "") + `]}`}, "GET /images": {imagesJSON},
		"GET /instances?all=true": {`{"items":[` + instanceJSON("running", "") + `]}`},
	}
}

func TestStatusIsTextOf80Columns(t *testing.T) {
	t.Parallel()
	r := start(t, statusScript()).call(t, "status")
	require.Equal(t, exitDone, r.code, r.err)
	for _, words := range []string{
		"pool draining since 2026-03-01", "! The pool is draining: shutdown mode", "! It waits for: pb-1", "openstack", "3/16 used, 13 free",
		"pb_dd_a1", "a/b ", " 50% of 10B", "1. i9: no free slots", "volume pb_dd_old-data (v1)", "pb-calm-otter",
	} {
		require.Contains(t, r.out, words)
	}
	for line := range strings.SplitSeq(r.out, "\n") {
		require.LessOrEqual(t, len([]rune(line)), 80)
	}
	require.NotContains(t, r.out, "\x1b")
}

func TestStatusForScriptsIsOneObject(t *testing.T) {
	t.Parallel()
	r := start(t, statusScript()).call(t, "status", "-o", "json")
	require.Equal(t, exitDone, r.code, r.err)
	var got, pool map[string]any
	require.NoError(t, json.Unmarshal([]byte(r.out), &got))
	require.NoError(t, json.Unmarshal([]byte(poolJSON), &pool))
	for key, value := range pool {
		require.Equal(t, value, got[key], "what the API says of the pool is there as it came")
	}
	hosts, err := json.Marshal(got["hosts"])
	require.NoError(t, err)
	require.JSONEq(t, "["+hostJSON("active", "")+"]", string(hosts))
	pushes, err := json.Marshal(got["pushes"])
	require.NoError(t, err)
	require.JSONEq(t, `[{"image_id":"sha256:1","tags":["a/b:latest"],"host_id":"h1","state":"sending","sent":5,"total":10,"failure":""}]`, string(pushes))
}

func TestStatusOfSomebodyElseShowsThePool(t *testing.T) {
	t.Parallel()
	script := statusScript()
	for _, at := range []string{"GET /hosts", "GET /images", "GET /instances?all=true"} {
		script[at] = []string{`403 {"status":403,"detail":"Only administrators.","code":"FORBIDDEN"}`}
	}
	script["GET /instances"] = []string{`{"items":[]}`}
	a := start(t, script)
	r := a.call(t, "status")
	require.Equal(t, exitDone, r.code, r.err)
	require.Contains(t, r.out, "shown to administrators only")
	r = a.call(t, "status", "-o", "json")
	require.Equal(t, exitDone, r.code, r.err)
	require.Contains(t, r.out, `"hosts":null`)
	require.Contains(t, r.out, `"pushes":null`)
}

func TestStatusOfNobody(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"status"}, {"status", "-o", "json"}} {
		r := call(t, append(args, "--server", "http://127.0.0.1:1", "--token", "t")...)
		require.Equal(t, exitFailed, r.code)
		require.Contains(t, r.err, "cannot show the pool: the server at http://127.0.0.1:1 does not answer")
	}
}
