package userdata_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestFirewallKeepsContainersOff runs the host's own script in a network
// namespace, twice, as two boots would.
func TestFirewallKeepsContainersOff(t *testing.T) {
	t.Parallel()
	tool(t, "iptables-restore", "iptables")
	tool(t, "ip", "iproute2")
	unshare := tool(t, "unshare", "util-linux")
	if os.Geteuid() != 0 && os.Getenv("CI") == "" {
		t.Skip("only root makes network namespaces")
	}
	const boots = `set -e
ip link add eth0 type veth peer name eth1
ip addr add 10.88.0.5/24 dev eth0
ip link set eth0 up
sh files/host-firewall.sh
sh files/host-firewall.sh
iptables-save
ip6tables-save`
	script := exec.CommandContext(t.Context(), unshare, "--net", "sh", "-c", boots)
	script.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "PB_NETWORKS=10.77.0.0/24", "PB_ENGINE_PORT=2376"}
	said, err := script.CombinedOutput()
	require.NoError(t, err, "%s", said)
	for rule, times := range map[string]int{
		"-A DOCKER-USER -i docker0 -j PB-FORWARD\n":          1,
		"-A DOCKER-USER -i br-+ -j PB-FORWARD\n":             1,
		"-A INPUT -i docker0 -j PB-INPUT\n":                  2, // IPv4 and IPv6
		"-A PB-FORWARD -d 169.254.0.0/16 -j DROP\n":          1,
		"-A PB-FORWARD -d fe80::a9fe:a9fe/128 -j DROP\n":     1,
		"-A PB-FORWARD -d 10.77.0.0/24 -j DROP\n":            1, // as the plan says
		"-A PB-FORWARD -d 10.88.0.0/24 -j DROP\n":            1, // as the host sees
		"-A PB-FORWARD -p tcp -m tcp --dport 2376 -j DROP\n": 2,
		"-A PB-INPUT -j DROP\n":                              2,
	} {
		require.Equal(t, times, strings.Count(string(said), rule), "%s in\n%s", rule, said)
	}
}
