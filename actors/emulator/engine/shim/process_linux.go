package shim

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// startLimit bounds the way from the shim's start to the program's; a copy of a big image's files is the slowest part.
const startLimit = 60 * time.Second

// dialLimit bounds a connection into a container; a refused one answers at once.
const dialLimit = 5 * time.Second

// Process is a running container as the engine sees it.
type Process struct {
	cmd     *exec.Cmd
	control *net.UnixConn

	mu      sync.Mutex
	next    uint64
	waiting map[uint64]chan answer
	code    int
	told    bool

	started chan error
	done    chan struct{}
}

type answer struct {
	conn net.Conn
	err  error
}

// Start runs the container's program and returns when it runs. The program's output goes to stdout and stderr, which Start
// does not close. An error says why the program did not start; then nothing of it is left.
func Start(spec Spec, stdout, stderr *os.File) (*Process, error) {
	told, err := json.Marshal(spec)
	if err != nil {
		return nil, fmt.Errorf("cannot describe the container to its shim: %v", err)
	}
	ours, theirs, err := socketPair()
	if err != nil {
		return nil, err
	}
	defer theirs.Close()

	p := &Process{
		control: ours,
		waiting: map[uint64]chan answer{},
		started: make(chan error, 1),
		done:    make(chan struct{}),
	}
	p.cmd = command(spec.Isolation)
	p.cmd.Stdin = bytes.NewReader(told)
	p.cmd.Stdout, p.cmd.Stderr = stdout, stderr
	p.cmd.ExtraFiles = []*os.File{theirs}
	if err := p.cmd.Start(); err != nil {
		ours.Close()
		return nil, fmt.Errorf("cannot start the container's shim: %v", err)
	}
	go p.listen()

	select {
	case err = <-p.started:
	case <-time.After(startLimit):
		err = fmt.Errorf("the program did not start within %v", startLimit)
	}
	if err != nil {
		p.Kill()
		<-p.done
		return nil, err
	}
	return p, nil
}

// command is this binary as a shim. Its environment is the marker alone: the container's own comes with the spec.
func command(isolation Isolation) *exec.Cmd {
	cmd := exec.Command("/proc/self/exe")
	cmd.Args = []string{"emulated-container"}
	// One shim moves no data and mostly sleeps; a hundred of them share the machine.
	cmd.Env = []string{EnvMarker + "=1", "GOMAXPROCS=2"}
	namespaces := uintptr(unix.CLONE_NEWNET | unix.CLONE_NEWPID | unix.CLONE_NEWNS | unix.CLONE_NEWIPC | unix.CLONE_NEWUTS)
	switch isolation {
	case Root:
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: namespaces, Setsid: true}
	case User:
		cmd.SysProcAttr = &syscall.SysProcAttr{
			Cloneflags:  namespaces | unix.CLONE_NEWUSER,
			UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Geteuid(), Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getegid(), Size: 1}},
			Setsid:      true,
		}
	default:
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	}
	return cmd
}

func socketPair() (ours *net.UnixConn, theirs *os.File, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("cannot make the shim's control socket: %v", err)
	}
	file := os.NewFile(uintptr(fds[0]), "engine")
	defer file.Close()
	theirs = os.NewFile(uintptr(fds[1]), "shim")
	conn, err := net.FileConn(file)
	if err != nil {
		theirs.Close()
		return nil, nil, fmt.Errorf("cannot use the shim's control socket: %v", err)
	}
	return conn.(*net.UnixConn), theirs, nil
}

// listen takes what the shim tells until its end, then settles everything that waits.
func (p *Process) listen() {
	defer close(p.done)
	defer p.control.Close()
	packet, rights := make([]byte, 64<<10), make([]byte, unix.CmsgSpace(4))
	for {
		n, nr, _, _, err := p.control.ReadMsgUnix(packet, rights)
		if err != nil || n == 0 {
			break
		}
		var m message
		if json.Unmarshal(packet[:n], &m) != nil {
			continue
		}
		p.handle(m, rights[:nr])
	}
	p.control.Close()
	err := p.cmd.Wait()

	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.told {
		p.code = exitCode(err)
	}
	for id, wait := range p.waiting {
		wait <- answer{err: errors.New("the container has ended")}
		delete(p.waiting, id)
	}
	select {
	case p.started <- fmt.Errorf("the container's shim ended before the program started: %v", err):
	default:
	}
}

func (p *Process) handle(m message, rights []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case m.ID != 0:
		conn, err := connOf(rights)
		if m.Error != "" {
			err = errors.New(m.Error)
		}
		wait, ok := p.waiting[m.ID]
		if !ok {
			if conn != nil {
				conn.Close()
			}
			return
		}
		delete(p.waiting, m.ID)
		wait <- answer{conn: conn, err: err}
	case m.Started:
		p.started <- nil
	case m.Exited:
		p.told, p.code = true, m.Code
	case m.Error != "":
		select {
		case p.started <- errors.New(m.Error):
		default:
		}
	}
}

func connOf(rights []byte) (net.Conn, error) {
	if len(rights) == 0 {
		return nil, errors.New("the shim sent no connection")
	}
	messages, err := unix.ParseSocketControlMessage(rights)
	if err != nil || len(messages) == 0 {
		return nil, fmt.Errorf("cannot read the shim's connection: %v", err)
	}
	fds, err := unix.ParseUnixRights(&messages[0])
	if err != nil || len(fds) == 0 {
		return nil, fmt.Errorf("cannot read the shim's connection: %v", err)
	}
	file := os.NewFile(uintptr(fds[0]), "container")
	defer file.Close()
	return net.FileConn(file)
}

// Dial connects to a port of the container, seen from inside it.
func (p *Process) Dial(ctx context.Context, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialLimit+time.Second)
	defer cancel()
	wait := make(chan answer, 1)
	p.mu.Lock()
	p.next++
	id := p.next
	p.waiting[id] = wait
	p.mu.Unlock()
	if err := p.ask(request{ID: id, Dial: address}); err != nil {
		p.mu.Lock()
		delete(p.waiting, id)
		p.mu.Unlock()
		return nil, err
	}
	select {
	case got := <-wait:
		return got.conn, got.err
	case <-ctx.Done():
		p.mu.Lock()
		delete(p.waiting, id)
		p.mu.Unlock()
		return nil, fmt.Errorf("cannot connect into the container: %w", ctx.Err())
	}
}

// Signal sends a signal to the container's program. SIGKILL ends the whole container, whatever it does.
func (p *Process) Signal(signal syscall.Signal) error {
	if signal == syscall.SIGKILL {
		p.Kill()
		return nil
	}
	return p.ask(request{Signal: int(signal)})
}

// Kill ends the container at once: its first process is gone, and with it, by the kernel, all others.
func (p *Process) Kill() {
	// A shim without namespaces is no init: its program would live on. Closing the control socket makes it clean up.
	p.control.Close()
	if p.cmd.SysProcAttr.Cloneflags != 0 {
		_ = p.cmd.Process.Kill()
	}
}

func (p *Process) ask(r request) error {
	packet, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("cannot ask the container's shim: %v", err)
	}
	if _, err := p.control.Write(packet); err != nil {
		return fmt.Errorf("cannot ask the container's shim: %v", err)
	}
	return nil
}

// Done is closed when every process of the container has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// ExitCode is the program's exit status, 128 and the signal's number if a signal ended it; valid after Done.
func (p *Process) ExitCode() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.code
}

// PID is the process number of the container's first process on the host.
func (p *Process) PID() int { return p.cmd.Process.Pid }

func exitCode(err error) int {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
			return 128 + int(status.Signal())
		}
		return exit.ExitCode()
	}
	// Only Kill ends the control socket while the program runs.
	return 128 + int(syscall.SIGKILL)
}
