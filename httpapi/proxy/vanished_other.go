//go:build !linux

package proxy

import "syscall"

// isVanished is not known here.
func isVanished(syscall.RawConn) bool { return false }
