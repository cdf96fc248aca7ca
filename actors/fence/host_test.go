package fence_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

// envProgram carries the built program into the namespaces, where nothing can be downloaded.
const envProgram = "DOCKERDRIVER_TEST_PROGRAM"

// listed finds each target that an error says was reached.
var listed = regexp.MustCompile(`\(connected\)|\(refused\)`)

// TestTheRulesOfOurHostsHold runs a host's firewall script and engine as its
// user-data sets them up, with a cloud's metadata server outside.
func TestTheRulesOfOurHostsHold(t *testing.T) {
	if os.Getenv(envOutside) == "" {
		t.Setenv(envProgram, program(t, ""))
	}
	if !outside(t) {
		return
	}
	m := boot(t, nil)
	serveMetadata(t)
	s := newStage(t, m.endpoint(), os.Getenv(envProgram))
	m.does(t, "ip route get "+metadataServer+" && iptables-save -t filter >"+filepath.Join(m.dir, "rules"))
	require.NoError(t, s.holds(t.Context()))
	for _, c := range []struct {
		why, undo string
		reached   []string
	}{
		{"all rules are there", "true", nil},
		{"the cloud's link-local network is open", "iptables -D PB-FORWARD -d 169.254.0.0/16 -j DROP", []string{"169.254.169.254:80 (connected)"}},
		{"nothing goes through our forward rules", "iptables -D DOCKER-USER -i docker0 -j PB-FORWARD", []string{"169.254.169.254:80 (connected)"}},
		{"the host's own ports are open", "iptables -D INPUT -i docker0 -j PB-INPUT", []string{"10.88.0.5:2376 (connected)", "its gateway's port 2376 (connected)"}},
		{"the rule that drops what comes in is gone", "iptables -D PB-INPUT -j DROP", []string{"10.88.0.5:2376 (connected)", "its gateway's port 2376 (connected)"}},
		{"containers may talk to each other", "iptables -I FORWARD -i docker0 -o docker0 -j ACCEPT", []string{`172.17.0.2:8787 (connected)`, `10.88.0.5:[0-9]{5} (connected)`}},
		{"put back, it holds again", "true", nil},
	} {
		t.Run(c.why, func(t *testing.T) {
			m.does(t, c.undo)
			defer m.does(t, "iptables-restore <"+filepath.Join(m.dir, "rules"))
			err := s.holds(t.Context())
			if c.reached == nil {
				require.NoError(t, err)
				return
			}
			require.Equal(t, pool.CodeNotFenced, pool.CodeOf(err), "%v", err)
			for _, reached := range c.reached {
				require.Regexp(t, strings.NewReplacer(".", `\.`, "(", `\(`, ")", `\)`).Replace(reached), err.Error())
			}
			require.Len(t, listed.FindAllString(err.Error(), -1), len(c.reached), "nothing else: %v", err)
		})
	}
}

// TestAnEngineThatLetsContainersTalkIsSeen has the firewall, but not our daemon.json.
func TestAnEngineThatLetsContainersTalkIsSeen(t *testing.T) {
	if os.Getenv(envOutside) == "" {
		t.Setenv(envProgram, program(t, ""))
	}
	if !outside(t) {
		return
	}
	for why, changes := range map[string]map[string]any{
		"icc is on":                {"icc": true},
		"icc and the proxy are on": {"icc": true, "userland-proxy": true},
	} {
		t.Run(why, func(t *testing.T) {
			s := newStage(t, boot(t, changes).endpoint(), os.Getenv(envProgram))
			err := s.holds(t.Context())
			require.Equal(t, pool.CodeNotFenced, pool.CodeOf(err), "%v", err)
			require.Contains(t, err.Error(), "172.17.0.2:8787 (connected)")
		})
	}
}
