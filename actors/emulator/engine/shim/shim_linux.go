package shim

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"runtime"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

const envProbe = "DOCKERDRIVER_EMULATOR_PROBE"

// controlFD is where Start puts the control socket.
const controlFD = 3

// Run is the shim's whole life when EnvMarker is set, and never returns then. Without the marker it does nothing.
func Run() {
	if os.Getenv(EnvMarker) == "" {
		return
	}
	if os.Getenv(envProbe) != "" {
		if err := tryNamespaces(); err != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
	file := os.NewFile(controlFD, "engine")
	conn, err := net.FileConn(file)
	if err != nil {
		fmt.Fprintln(os.Stderr, "cannot use the control socket:", err)
		os.Exit(1)
	}
	file.Close()
	s := &shim{control: conn.(*net.UnixConn)}
	if err := s.start(); err != nil {
		s.tell(message{Error: err.Error()}, nil)
		os.Exit(1)
	}
	go s.serve()
	s.reap()
}

type shim struct {
	control *net.UnixConn
	spec    Spec
	program int
	telling sync.Mutex
	ending  sync.Mutex
}

func (s *shim) start() error {
	if err := json.NewDecoder(os.Stdin).Decode(&s.spec); err != nil {
		return fmt.Errorf("cannot read the container's description: %v", err)
	}
	if err := s.enter(); err != nil {
		return err
	}
	if refusal := s.spec.Refusal; refusal != nil {
		s.tell(message{Started: true}, nil)
		fmt.Fprint(os.Stderr, refusal.Words)
		s.finish(refusal.Code)
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		return fmt.Errorf("cannot open %s: %v", os.DevNull, err)
	}
	defer null.Close()
	pid, err := s.fork(null.Fd())
	if err != nil {
		return fmt.Errorf("exec: %q: %v", s.spec.Path, err)
	}
	s.program = pid
	s.tell(message{Started: true}, nil)
	return nil
}

// enter makes the container's world the shim's own; without namespaces there is none to enter.
func (s *shim) enter() error {
	if s.spec.Isolation == None {
		return s.settleWithout()
	}
	if err := raiseLoopback(s.spec.Address); err != nil {
		return err
	}
	if err := unix.Sethostname([]byte(s.spec.Hostname)); err != nil {
		return fmt.Errorf("cannot set the host name: %v", err)
	}
	return s.enterRoot()
}

// fork starts the program. Capabilities and no_new_privs belong to threads in Linux: they are given up on a locked thread
// that is then forked, while the shim's other threads keep theirs.
func (s *shim) fork(stdin uintptr) (int, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := s.restrict(); err != nil {
		return 0, err
	}
	attr := &syscall.ProcAttr{
		Dir:   s.spec.WorkDir,
		Env:   s.spec.Env,
		Files: []uintptr{stdin, 1, 2},
		Sys:   &syscall.SysProcAttr{Setsid: true},
	}
	if s.spec.UID != 0 || s.spec.GID != 0 || len(s.spec.Groups) > 0 {
		groups := make([]uint32, len(s.spec.Groups))
		for i, group := range s.spec.Groups {
			groups[i] = uint32(group)
		}
		attr.Sys.Credential = &syscall.Credential{Uid: uint32(s.spec.UID), Gid: uint32(s.spec.GID), Groups: groups}
	}
	return syscall.ForkExec(s.spec.Path, s.spec.Args, attr)
}

// serve does what the engine asks until the engine is gone, and then ends the container.
func (s *shim) serve() {
	packet := make([]byte, 64<<10)
	for {
		n, err := s.control.Read(packet)
		if err != nil || n == 0 {
			s.end(128 + int(unix.SIGKILL))
		}
		var r request
		if json.Unmarshal(packet[:n], &r) != nil {
			continue
		}
		if r.Signal != 0 {
			_ = unix.Kill(s.program, unix.Signal(r.Signal))
			continue
		}
		go s.dial(r)
	}
}

func (s *shim) dial(r request) {
	conn, err := net.DialTimeout("tcp4", r.Dial, dialLimit)
	if err != nil {
		s.tell(message{ID: r.ID, Error: err.Error()}, nil)
		return
	}
	defer conn.Close()
	file, err := conn.(*net.TCPConn).File()
	if err != nil {
		s.tell(message{ID: r.ID, Error: err.Error()}, nil)
		return
	}
	defer file.Close()
	s.tell(message{ID: r.ID}, unix.UnixRights(int(file.Fd())))
}

// reap is the work of an init: it collects every child that ends, and ends with the program, telling its exit code.
func (s *shim) reap() {
	for {
		var status unix.WaitStatus
		pid, err := unix.Wait4(-1, &status, 0, nil)
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			s.tell(message{Error: fmt.Sprintf("cannot wait for the program: %v", err)}, nil)
			s.end(1)
		case pid != s.program:
			continue
		case status.Signaled():
			s.finish(128 + int(status.Signal()))
		case status.Exited():
			s.finish(status.ExitStatus())
		}
	}
}

func (s *shim) finish(code int) {
	s.ending.Lock()
	s.tell(message{Exited: true, Code: code}, nil)
	s.leave(code)
}

// end leaves nothing behind: the kernel kills what is left in a process namespace with its init; without one it is our work.
func (s *shim) end(code int) {
	// Only the first to come decides; what it kills must not look like an end of its own to reap.
	s.ending.Lock()
	s.leave(code)
}

func (s *shim) leave(code int) {
	if s.spec.Isolation == None && s.program > 0 {
		killDescendants()
	}
	os.Exit(code)
}

func (s *shim) tell(m message, rights []byte) {
	packet, err := json.Marshal(m)
	if err != nil {
		return
	}
	s.telling.Lock()
	defer s.telling.Unlock()
	// An engine that is gone is noticed by serve.
	_, _, _ = s.control.WriteMsgUnix(packet, rights, nil)
}
