package engine

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/docker/go-connections/nat"

	"dockerdriver/actors/emulator/engine/shim"
)

// acceptPause is the wait after a connection that could not be taken.
const acceptPause = 50 * time.Millisecond

// forwarder serves a container's published ports on the host, as docker-proxy does.
type forwarder struct {
	// Bound is what inspect shows: the ports really taken.
	Bound nat.PortMap

	listeners []bound
	mu        sync.Mutex
	conns     map[net.Conn]struct{}
	closed    bool
	work      sync.WaitGroup
	// direct is the port of a program that shares the host's network.
	direct string
}

type bound struct {
	net.Listener
	target string
}

// publish takes the host's ports. Nothing is served before serve.
func publish(ctx context.Context, name string, exposed nat.PortSet, bindings nat.PortMap, all bool) (*forwarder, error) {
	f := &forwarder{Bound: nat.PortMap{}, conns: map[net.Conn]struct{}{}}
	for port := range exposed {
		f.Bound[port] = nil
		if all && len(bindings[port]) == 0 {
			bindings = withBinding(bindings, port)
		}
	}
	for port, wanted := range bindings {
		for _, binding := range wanted {
			if err := f.take(ctx, name, port, binding); err != nil {
				f.close()
				return nil, err
			}
		}
	}
	return f, nil
}

func withBinding(bindings nat.PortMap, port nat.Port) nat.PortMap {
	more := nat.PortMap{port: {{}}}
	for other, wanted := range bindings {
		more[other] = append(more[other], wanted...)
	}
	return more
}

func (f *forwarder) take(ctx context.Context, name string, port nat.Port, binding nat.PortBinding) error {
	ip := binding.HostIP
	if ip == "" {
		// Not 0.0.0.0 as in Docker: containers of an emulator are for the machine it runs on.
		ip = "127.0.0.1"
	}
	first, last, err := nat.ParsePortRange(orZero(binding.HostPort))
	if err != nil {
		return fail(http.StatusInternalServerError, "invalid port specification: %q", binding.HostPort)
	}
	var config net.ListenConfig
	var failure error
	for number := first; number <= last; number++ {
		listener, err := config.Listen(ctx, "tcp", net.JoinHostPort(ip, strconv.FormatUint(number, 10)))
		if err != nil {
			failure = err
			continue
		}
		_, taken, err := net.SplitHostPort(listener.Addr().String())
		if err != nil {
			listener.Close()
			return err
		}
		f.listeners = append(f.listeners, bound{Listener: listener, target: port.Port()})
		f.Bound[port] = append(f.Bound[port], nat.PortBinding{HostIP: ip, HostPort: taken})
		return nil
	}
	return fmt.Errorf("driver failed programming external connectivity on endpoint %s: Error starting userland proxy: %v", name, failure)
}

func orZero(port string) string {
	if port == "" {
		return "0"
	}
	return port
}

// serve forwards every connection to the container's address, until close.
func (f *forwarder) serve(process *shim.Process, address string) {
	dial := func(ctx context.Context, port string) (net.Conn, error) {
		return process.Dial(ctx, net.JoinHostPort(address, port))
	}
	f.serveBy(dial)
}

func (f *forwarder) serveBy(dial func(ctx context.Context, port string) (net.Conn, error)) {
	for _, listener := range f.listeners {
		f.work.Go(func() {
			for {
				conn, err := listener.Accept()
				switch {
				case err != nil && f.isClosed():
					return
				case err != nil:
					// Too many open files, mostly: it passes, and the port must not stay deaf.
					time.Sleep(acceptPause)
				default:
					f.work.Go(func() { f.forward(conn, listener.target, dial) })
				}
			}
		})
	}
}

func (f *forwarder) forward(outside net.Conn, port string, dial func(context.Context, string) (net.Conn, error)) {
	defer outside.Close()
	if !f.track(outside) {
		return
	}
	defer f.forget(outside)
	inside, err := dial(context.Background(), port)
	if err != nil {
		// As docker-proxy: the connection was taken, so all that can be said is its end.
		return
	}
	defer inside.Close()
	if !f.track(inside) {
		return
	}
	defer f.forget(inside)

	var both sync.WaitGroup
	both.Go(func() { pipe(inside, outside) })
	both.Go(func() { pipe(outside, inside) })
	both.Wait()
}

// pipe copies one direction to its end, and then ends that direction only: the other half may go on.
func pipe(to, from net.Conn) {
	_, err := io.Copy(to, from)
	if half, ok := to.(interface{ CloseWrite() error }); ok && err == nil {
		_ = half.CloseWrite()
		return
	}
	to.Close()
	from.Close()
}

func (f *forwarder) track(conn net.Conn) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return false
	}
	f.conns[conn] = struct{}{}
	return true
}

func (f *forwarder) isClosed() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.closed
}

func (f *forwarder) forget(conn net.Conn) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.conns, conn)
}

// close gives the ports back and cuts the connections.
func (f *forwarder) close() {
	f.mu.Lock()
	f.closed = true
	for _, listener := range f.listeners {
		stopListening(listener.Listener)
		listener.Close()
	}
	for conn := range f.conns {
		conn.Close()
	}
	f.mu.Unlock()
	f.work.Wait()
}

// stopListening refuses connections from now on. Close alone does so only when no shim that is being forked right now holds
// a copy of the socket, and making its namespaces takes milliseconds.
func stopListening(listener net.Listener) {
	tcp, ok := listener.(*net.TCPListener)
	if !ok {
		return
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) { _ = syscall.Shutdown(int(fd), syscall.SHUT_RDWR) })
}

// adopt is for machines without namespaces, where containers share the host's ports: the program is told by PORT to listen
// on a free one, to which all published ports lead.
func (f *forwarder) adopt(ctx context.Context, env []string) ([]string, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("cannot find a free port for the container: %v", err)
	}
	defer listener.Close()
	_, f.direct, err = net.SplitHostPort(listener.Addr().String())
	if err != nil {
		return nil, fmt.Errorf("cannot find a free port for the container: %v", err)
	}
	return append(env, "PORT="+f.direct), nil
}

func (f *forwarder) dialDirect(ctx context.Context, _ string) (net.Conn, error) {
	var dialer net.Dialer
	return dialer.DialContext(ctx, "tcp", net.JoinHostPort("127.0.0.1", f.direct))
}
