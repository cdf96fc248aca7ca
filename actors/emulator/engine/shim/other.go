//go:build !linux

package shim

import (
	"context"
	"errors"
	"net"
	"os"
	"syscall"
)

// errLinux is what every use outside Linux gets: containers are Linux processes.
var errLinux = errors.New("the emulator runs containers on Linux only; start a real Docker engine and set DOCKER_HOST to it")

// Process is a running container; there are none outside Linux.
type Process struct{}

// Run does nothing outside Linux.
func Run() {}

// Available is None outside Linux.
func Available() Isolation { return None }

// Start says that containers need Linux.
func Start(Spec, *os.File, *os.File) (*Process, error) { return nil, errLinux }

// Dial says that containers need Linux.
func (*Process) Dial(context.Context, string) (net.Conn, error) { return nil, errLinux }

// Signal says that containers need Linux.
func (*Process) Signal(syscall.Signal) error { return errLinux }

// Kill does nothing outside Linux.
func (*Process) Kill() {}

// Done is nil outside Linux.
func (*Process) Done() <-chan struct{} { return nil }

// ExitCode is 0 outside Linux.
func (*Process) ExitCode() int { return 0 }

// PID is 0 outside Linux.
func (*Process) PID() int { return 0 }
