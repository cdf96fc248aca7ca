package fence

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"

	"dockerdriver/actors/fence/probe"
	"dockerdriver/actors/pool"
)

// enginePort is where an engine listens on the network, unless its endpoint says another.
const enginePort = "2376"

// exitReached is how the program ends after any error, ErrReached among them.
const exitReached = 1

// metadata are the addresses where a cloud tells a machine its user-data, and so its
// engine's key: OpenStack over IPv4 and IPv6 (Nova's metadata service), and AWS over IPv6.
var metadata = []string{"169.254.169.254:80", "[fe80::a9fe:a9fe]:80", "[fd00:ec2::254]:80"}

// targets are what a container must not reach. The engine and the neighbour have
// just answered us, so they listen. Loopback addresses are left out: in a
// container they are the container's own.
func targets(at pool.Endpoint, published string, direct []string) probe.Targets {
	hosts, port := []string{at.Address}, enginePort
	if address, err := url.Parse(at.URL); err == nil && address.Scheme == "tcp" {
		hosts, port = append(hosts, address.Hostname()), cmp.Or(address.Port(), enginePort)
	}
	listening := []string{net.JoinHostPort(probe.Gateway, port)}
	for _, host := range hosts {
		listening = append(listening, net.JoinHostPort(host, port))
	}
	listening = append(append(listening, published), direct...)
	outside := slices.DeleteFunc(listening, func(target string) bool {
		address, err := netip.ParseAddrPort(target)
		return err == nil && address.Addr().IsLoopback()
	})
	slices.Sort(outside)
	return probe.Targets{Unproven: metadata, Listening: slices.Compact(outside)}
}

// read takes the probe's report only if it is whole and of this run: a line for
// the control, which was reached, and one for each target, and the exit code that
// goes with them.
func read(said []string, reach pool.Container, run string, targets probe.Targets) ([]probe.Result, error) {
	if reach.Error != "" {
		return nil, fmt.Errorf("the probe could not start: %s", reach.Error)
	}
	told := map[string]probe.Result{}
	for _, line := range said {
		var result probe.Result
		if json.Unmarshal([]byte(line), &result) == nil && result.Run == run {
			told[result.Target] = result
		}
	}
	results, wanted := []probe.Result{}, 0
	for _, target := range append([]string{probe.Control}, targets.All()...) {
		result, ok := told[target]
		if !ok || target == probe.Control && !result.Reached {
			return nil, fmt.Errorf("the probe ended with exit code %d and did not tell of %s; it said: %s", reach.ExitCode, target, quoted(said))
		}
		if target != probe.Control && result.Reached {
			wanted = exitReached
		}
		results = append(results, result)
	}
	if reach.ExitCode != wanted {
		return nil, fmt.Errorf("the probe ended with exit code %d, which its report does not fit; it said: %s", reach.ExitCode, quoted(said))
	}
	return results, nil
}
