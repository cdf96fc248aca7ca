package fence

import (
	"testing"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/fence/probe"
	"dockerdriver/actors/pool"
)

func TestTargetsAreWhatTheContainerCouldReach(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		why       string
		at        pool.Endpoint
		published string
		listening []string
	}{
		{
			"an engine on the network",
			pool.Endpoint{URL: "tcp://10.0.0.5:2376", Address: "10.0.0.5"},
			"10.0.0.5:40000",
			[]string{"10.0.0.5:2376", "10.0.0.5:40000", "172.17.0.2:8787", "gateway:2376"},
		},
		{
			"an engine with an address of its own",
			pool.Endpoint{URL: "tcp://10.1.0.5:2400", Address: "10.0.0.5"},
			"10.0.0.5:40000",
			[]string{"10.0.0.5:2400", "10.0.0.5:40000", "10.1.0.5:2400", "172.17.0.2:8787", "gateway:2400"},
		},
		{
			"loopback is the container's own",
			pool.Endpoint{URL: "unix:///var/run/docker.sock", Address: "127.0.0.1"},
			"127.0.0.1:40000",
			[]string{"172.17.0.2:8787", "gateway:2376"},
		},
	} {
		t.Run(c.why, func(t *testing.T) {
			t.Parallel()
			got := targets(c.at, c.published, []string{"172.17.0.2:8787"})
			require.Equal(t, metadata, got.Unproven)
			require.Equal(t, c.listening, got.Listening)
		})
	}
}

func TestOnlyAWholeReportCounts(t *testing.T) {
	t.Parallel()
	const (
		control   = `{"run":"now","target":"control","reached":true,"why":"connected"}`
		fenced    = `{"run":"now","target":"10.0.0.5:2376","reached":false,"why":"i/o timeout"}`
		reached   = `{"run":"now","target":"10.0.0.5:2376","reached":true,"why":"connected"}`
		unproven  = `{"run":"now","target":"169.254.169.254:80","reached":false,"why":"i/o timeout"}`
		ofAnother = `{"run":"before","target":"10.0.0.5:2376","reached":false,"why":"i/o timeout"}`
		noControl = `{"run":"now","target":"control","reached":false,"why":"refused"}`
	)
	for _, c := range []struct {
		why   string
		said  []string
		ended pool.Container
		fails string // empty: it counts
	}{
		{"nothing was reached", []string{control, unproven, fenced}, pool.Container{}, ""},
		{"words in between", []string{"starting", control, unproven, "null", fenced}, pool.Container{}, ""},
		{"something was reached", []string{control, unproven, reached}, pool.Container{ExitCode: 1}, ""},
		{"no line", nil, pool.Container{}, "did not tell of control"},
		{"no line of a target", []string{control, unproven}, pool.Container{}, "did not tell of 10.0.0.5:2376"},
		{"a line of another run", []string{control, unproven, ofAnother}, pool.Container{}, "did not tell of 10.0.0.5:2376"},
		{"the control was not reached", []string{noControl, unproven, fenced}, pool.Container{}, "did not tell of control"},
		{"a reach that ended with 0", []string{control, unproven, reached}, pool.Container{}, "which its report does not fit"},
		{"killed after its report", []string{control, unproven, fenced}, pool.Container{ExitCode: 137}, "which its report does not fit"},
		{"a crash that looks like a reach", []string{control, unproven, reached}, pool.Container{ExitCode: 2}, "which its report does not fit"},
		{"no such program", nil, pool.Container{ExitCode: 127, Error: "exec /dockerdriver failed"}, "could not start: exec /dockerdriver failed"},
	} {
		t.Run(c.why, func(t *testing.T) {
			t.Parallel()
			results, err := read(c.said, c.ended, "now", probe.Targets{Unproven: []string{"169.254.169.254:80"}, Listening: []string{"10.0.0.5:2376"}})
			if c.fails != "" {
				require.ErrorContains(t, err, c.fails)
				return
			}
			require.NoError(t, err)
			require.Len(t, results, 3)
		})
	}
}

func TestTheVerdictNamesWhatWasReached(t *testing.T) {
	t.Parallel()
	host := pool.Host{Name: "pb_dd_1f"}
	require.NoError(t, verdict(host, []probe.Result{{Target: probe.Control, Reached: true}, {Target: "169.254.169.254:80"}}))
	err := verdict(host, []probe.Result{
		{Target: probe.Control, Reached: true},
		{Target: "169.254.169.254:80", Reached: true, Why: "refused"},
		{Target: "gateway:2376", Reached: true, Why: "connected"},
		{Target: "10.0.0.5:2376"},
	})
	require.Equal(t, pool.CodeNotFenced, pool.CodeOf(err))
	require.ErrorContains(t, err, "A container on host pb_dd_1f reaches 169.254.169.254:80 (refused), its gateway's port 2376 (connected). See on the host")
}
