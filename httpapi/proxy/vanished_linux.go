package proxy

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// unansweredSends is how often the kernel has sent something in vain before its
// receiver has vanished: after 0.2 s and then each time twice as long, seven are
// half a minute (RFC 6298; more on a line that is slow by itself). A receiver
// that takes nothing in answers each time, so that these are none in vain.
const unansweredSends = 7

// isVanished tells whether the machine at the other end has vanished. It costs
// one system call.
func isVanished(conn syscall.RawConn) (vanished bool) {
	// Of a connection that is closed nothing is known.
	_ = conn.Control(func(fd uintptr) {
		info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO)
		vanished = err == nil && info.Unacked > 0 && info.Retransmits >= unansweredSends
	})
	return vanished
}
