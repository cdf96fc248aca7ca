package shim

import (
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"
)

// raiseLoopback brings the namespace's one interface up and gives it the container's address besides 127.0.0.1. The engine
// connects to that address, so that a program that listens on 127.0.0.1 only is as unreachable here as in Docker.
func raiseLoopback(address string) error {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return fmt.Errorf("cannot use the container's address %q: %v", address, err)
	}
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("cannot set up the loopback interface: %v", err)
	}
	defer unix.Close(socket)

	up, err := unix.NewIfreq("lo")
	if err != nil {
		return fmt.Errorf("cannot name the loopback interface: %v", err)
	}
	up.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	if err := unix.IoctlIfreq(socket, unix.SIOCSIFFLAGS, up); err != nil {
		return fmt.Errorf("cannot bring the loopback interface up: %v", err)
	}
	alias, err := unix.NewIfreq("lo:0")
	if err != nil {
		return fmt.Errorf("cannot name the container's interface: %v", err)
	}
	quad := ip.As4()
	if err := alias.SetInet4Addr(quad[:]); err != nil {
		return fmt.Errorf("cannot use the container's address %s: %v", address, err)
	}
	if err := unix.IoctlIfreq(socket, unix.SIOCSIFADDR, alias); err != nil {
		return fmt.Errorf("cannot give the container its address %s: %v", address, err)
	}
	return nil
}
