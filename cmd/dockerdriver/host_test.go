package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func hostJSON(state, stage string) string {
	return `{"id":"h1","name":"pb_dd_a1","state":"` + state + `","stage":"` + stage + `","slots":16,"slots_used":3,"address":"10.0.0.7",` +
		`"created_at":"2026-03-01T12:00:00Z","expires_at":null,"errors":2,"later":{"field":1}}`
}

const (
	hostsAt   = "GET /hosts"
	retireAt  = "POST /hosts/h1/retire"
	releaseAt = "POST /hosts/h1/release"
	hostAt    = "GET /hosts/h1"
	goneJSON  = `404 {"status":404,"detail":"There is no such host.","code":"NOT_FOUND"}`
)

func hostsJSON() []string { return []string{`{"items":[` + hostJSON("active", "") + `]}`} }

func TestHostIsRetiredByNameOrID(t *testing.T) {
	t.Parallel()
	for _, nameOrID := range []string{"pb_dd_a1", "h1"} {
		a := start(t, map[string][]string{hostsAt: hostsJSON(), retireAt: {hostJSON("inactive", "retiring")}})
		r := a.call(t, "host", "retire", nameOrID)
		require.Equal(t, exitDone, r.code, r.err)
		require.Contains(t, r.out, "inactive (retiring)")
		r = a.call(t, "host", "retire", nameOrID, "-o", "json")
		require.Equal(t, hostJSON("inactive", "retiring")+"\n", r.out)
	}
}

func TestHostListShowsTheRoomOnDisks(t *testing.T) {
	t.Parallel()
	known := strings.TrimSuffix(hostJSON("active", ""), "}") + `,"disk":{"total":40000000000,"free":12340000000,"at":"2026-03-01T12:00:00Z"}}`
	a := start(t, map[string][]string{hostsAt: {`{"items":[` + known + `,` + hostJSON("preparing", "") + `]}`}})
	r := a.call(t, "host", "list")
	require.Equal(t, exitDone, r.code, r.err)
	require.Regexp(t, `ENDS +DISK +ERRORS`, r.out)
	require.Equal(t, 1, strings.Count(r.out, "12.3GB of 40GB free"), "the other one was not looked at")
}

func TestReleaseAsksFirst(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer   string
		args     []string
		released bool
	}{
		"yes":              {"y\n", nil, true},
		"yes in full":      {"Yes\n", nil, true},
		"no":               {"n\n", nil, false},
		"only Enter":       {"\n", nil, false},
		"nobody there":     {"", nil, false},
		"asked beforehand": {"", []string{"--yes"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			script := map[string][]string{hostsAt: hostsJSON()}
			if c.released {
				script[releaseAt] = []string{hostJSON("removing", "")}
			}
			a := start(t, script)
			r := callWith(t, c.answer, nil, append([]string{"host", "release", "pb_dd_a1", "--server", a.url, "--token", "t"}, c.args...)...)
			if len(c.args) == 0 {
				require.Contains(t, r.err, "Release pb_dd_a1 (active, 3 of 16 slots used)? Its instances end now")
			}
			if c.released {
				require.Equal(t, exitDone, r.code, r.err)
				require.Contains(t, r.out, "removing")
				return
			}
			require.Equal(t, exitFailed, r.code)
			require.Contains(t, r.err, "pb_dd_a1 was not released: nobody said yes. Answer y, or add --yes")
		})
	}
}

func TestReleaseIsWaitedForUntilNothingIsLeft(t *testing.T) {
	t.Parallel()
	a := start(t, map[string][]string{
		hostsAt: hostsJSON(), releaseAt: {hostJSON("inactive", "draining")},
		hostAt: {hostJSON("removing", ""), hostJSON("stuck", ""), hostJSON("removing", ""), goneJSON},
	})
	r := a.call(t, "host", "release", "--yes", "--wait", "h1", "-o", "json")
	require.Equal(t, exitDone, r.code, r.err)
	require.JSONEq(t, hostJSON("removed", ""), r.out)
	require.Equal(t, "pb_dd_a1: inactive (draining)\npb_dd_a1: removing\npb_dd_a1: stuck\npb_dd_a1: removing\n", r.err)
}

func TestRetirementThatTakesTooLongHasItsOwnExitCode(t *testing.T) {
	t.Parallel()
	a := start(t, map[string][]string{hostsAt: hostsJSON(), retireAt: {hostJSON("inactive", "retiring")}, hostAt: {hostJSON("inactive", "retiring")}})
	r := a.call(t, "host", "retire", "h1", "--wait", "--timeout", "700ms")
	require.Equal(t, exitDeadline, r.code, r.err)
	require.Contains(t, r.err, "cannot wait until pb_dd_a1 is released: it is still inactive (retiring) after 700ms; it goes on without us")
}

func TestRefusalsOfHostCommandsSayWhy(t *testing.T) {
	t.Parallel()
	a := start(t, map[string][]string{
		hostsAt: hostsJSON(), retireAt: {`409 {"status":409,"detail":"The host is being removed already.","code":"CONFLICT","hint":"Wait."}`},
	})
	r := a.call(t, "host", "retire", "h1")
	require.Equal(t, exitFailed, r.code)
	require.Equal(t, "dockerdriver: cannot retire pb_dd_a1: The host is being removed already. Wait. (CONFLICT)\n", r.err)
	r = a.call(t, "host", "release", "other", "--yes")
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.err, "there is no host \"other\". `dockerdriver host list` shows them")
}
