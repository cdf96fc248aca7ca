package link

import (
	"fmt"
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// checkPeer asks the kernel who is at the other end of a unix socket: only this
// process's own user and root may be.
func checkPeer(conn *net.UnixConn) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return fmt.Errorf("cannot tell who connects: %w", err)
	}
	var peer *unix.Ucred
	var asked error
	if err := raw.Control(func(fd uintptr) { peer, asked = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED) }); err != nil {
		return fmt.Errorf("cannot tell who connects: %w", err)
	}
	if asked != nil {
		return fmt.Errorf("cannot tell who connects: %w", asked)
	}
	return mayTalk(peer.Uid, uint32(os.Geteuid())) //nolint:gosec // never negative on Linux
}

// mayTalk tells whether a process of one user may be linked to one of another.
func mayTalk(peer, self uint32) error {
	if peer == 0 || peer == self {
		return nil
	}
	return fmt.Errorf("a process of user id %d is at the other end, and only user id %d or root may be: run the server and the proxy as the same user", peer, self)
}
