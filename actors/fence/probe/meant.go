package probe

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
)

// Gateway is the host of a target that stands for the address of the container's
// default route: the host's own end of the bridge.
const Gateway = "gateway"

// meant are the addresses to dial for a target: the default route's for Gateway,
// and for a link-local IP one on each interface. None is an error.
func meant(target string) ([]string, error) {
	host, port, err := net.SplitHostPort(target)
	if err != nil {
		return nil, err
	}
	if host == Gateway {
		routes, err := os.Open("/proc/net/route")
		if err != nil {
			return nil, err
		}
		defer func() { _ = routes.Close() }()
		gateway, err := defaultGateway(routes)
		return []string{net.JoinHostPort(gateway.String(), port)}, err
	}
	address, err := netip.ParseAddr(host)
	if err != nil {
		return nil, err
	}
	if !address.Is6() || !address.IsLinkLocalUnicast() {
		return []string{target}, nil
	}
	interfaces, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	addresses := []string{}
	for _, i := range interfaces {
		if i.Flags&net.FlagLoopback == 0 && i.Flags&net.FlagUp != 0 {
			addresses = append(addresses, net.JoinHostPort(address.WithZone(i.Name).String(), port))
		}
	}
	if len(addresses) == 0 {
		return nil, errors.New("no interface but loopback")
	}
	return addresses, nil
}

// defaultGateway reads the kernel's IPv4 routes (proc_net(5)): addresses are
// hex words in the byte order of the machine.
func defaultGateway(routes io.Reader) (netip.Addr, error) {
	for lines := bufio.NewScanner(routes); lines.Scan(); {
		fields := strings.Fields(lines.Text()) // interface, destination, gateway, ...
		if len(fields) < 3 || fields[1] != "00000000" {
			continue
		}
		word, err := hex.DecodeString(fields[2])
		if err != nil || len(word) != 4 {
			return netip.Addr{}, fmt.Errorf("cannot read the gateway %q", fields[2])
		}
		var address [4]byte
		binary.NativeEndian.PutUint32(address[:], binary.BigEndian.Uint32(word))
		return netip.AddrFrom4(address), nil
	}
	return netip.Addr{}, errors.New("no default route")
}
