package engine

import (
	"context"
	"fmt"
	"net"
	"os"
	"strings"
	"time"
)

// listen opens what Config.Listen names, and returns how clients name it.
func listen(ctx context.Context, address string) (net.Listener, string, error) {
	network, where, ok := strings.Cut(address, "://")
	if !ok || (network != "unix" && network != "tcp") || where == "" {
		return nil, "", fmt.Errorf("cannot listen on %q: it must be unix:///path or tcp://host:port", address)
	}
	if network == "unix" {
		if err := clearSocket(where); err != nil {
			return nil, "", err
		}
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, network, where)
	if err != nil {
		return nil, "", fmt.Errorf("cannot listen on %s: %v", address, err)
	}
	if network == "unix" {
		// Whoever may connect runs programs as this user.
		if err := os.Chmod(where, 0o600); err != nil {
			listener.Close()
			return nil, "", fmt.Errorf("cannot protect socket %s: %v", where, err)
		}
		return listener, address, nil
	}
	return listener, "tcp://" + listener.Addr().String(), nil
}

// clearSocket removes what a killed engine left, and nothing that still answers or is no socket.
func clearSocket(path string) error {
	info, err := os.Lstat(path)
	if err != nil {
		return nil //nolint:nilerr // nothing is in the way
	}
	if info.Mode()&os.ModeSocket == 0 {
		return fmt.Errorf("cannot listen on %s: a file that is no socket is there", path)
	}
	if conn, err := net.DialTimeout("unix", path, time.Second); err == nil {
		conn.Close()
		return fmt.Errorf("cannot listen on %s: another process listens there", path)
	}
	if err := os.Remove(path); err != nil {
		return fmt.Errorf("cannot remove the stale socket %s: %v", path, err)
	}
	return nil
}
