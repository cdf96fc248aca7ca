package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestStraysAreListedAndNothingIsChanged(t *testing.T) {
	t.Parallel()
	a := start(t, map[string][]string{"GET /pool": {poolJSON}})
	r := a.call(t, "host", "strays")
	require.Equal(t, exitDone, r.code, r.err)
	require.Regexp(t, `volume +pb_dd_old-data +v1 +gone +2026-03-01 .* 2026-03-01 `, r.out)
	r = a.call(t, "host", "strays", "-o", "json")
	require.JSONEq(t, `{"items":[{"kind":"volume","id":"v1","name":"pb_dd_old-data","host_id":"gone","created_at":"2026-03-01T11:00:00Z","release_at":"2026-03-01T11:30:00Z","later":2}]}`, r.out)

	a = start(t, map[string][]string{"GET /pool": {`{"state":"running"}`}})
	r = a.call(t, "host", "strays")
	require.Equal(t, exitDone, r.code)
	require.Empty(t, r.out)
	require.Equal(t, "Nothing of ours in the cloud is without a record.\n", r.err)
	r = a.call(t, "host", "strays", "-o", "json")
	require.JSONEq(t, `{"items":[]}`, r.out)
}

const twoStraysJSON = `{"state":"running","strays":[{"kind":"server","id":"s1","name":"pb_dd_old","host_id":"gone"},` +
	`{"kind":"volume","id":"v1","name":"pb_dd_old-data","host_id":"gone"},{"kind":"volume","id":"v2","name":"pb_dd_x","host_id":""}]}`

func TestReleaseOfAStrayAsksFirstAndSaysWhatGoesWithIt(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer   string
		args     []string
		released bool
	}{
		"yes":              {"y\n", nil, true},
		"no":               {"n\n", nil, false},
		"nobody there":     {"", nil, false},
		"asked beforehand": {"", []string{"--yes"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			script := map[string][]string{"GET /pool": {twoStraysJSON}}
			if c.released {
				script["DELETE /pool/strays/v1"] = []string{hostJSON("removing", "")}
			}
			a := start(t, script)
			r := callWith(t, c.answer, nil, append([]string{"host", "release-stray", "v1", "--server", a.url, "--token", "t"}, c.args...)...)
			if len(c.args) == 0 {
				require.Contains(t, r.err, "Delete server pb_dd_old (s1), volume pb_dd_old-data (v1) in the cloud? What is on them is lost. [y/N]")
			}
			if c.released {
				require.Equal(t, exitDone, r.code, r.err)
				require.Contains(t, r.out, "removing")
				return
			}
			require.Equal(t, exitFailed, r.code)
			require.Contains(t, r.err, "v1 was not released: nobody said yes")
		})
	}
}

func TestReleaseOfAStraySaysWhyItCannot(t *testing.T) {
	t.Parallel()
	a := start(t, map[string][]string{
		"GET /pool":              {twoStraysJSON},
		"DELETE /pool/strays/v2": {`409 {"status":409,"detail":"This volume carries our mark, which names no host.","code":"CONFLICT","hint":"Remove it by hand."}`},
	})
	r := a.call(t, "host", "release-stray", "v2", "--yes")
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.err, "cannot release v2: This volume carries our mark, which names no host. Remove it by hand. (CONFLICT)")
	r = a.call(t, "host", "release-stray", "v3", "--yes")
	require.Contains(t, r.err, `there is no stray "v3"`)
}
