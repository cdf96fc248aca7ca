package proxy

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"dockerdriver/actors/pool"
)

// What the soak is told by its environment.
const (
	soakSockets   = "DOCKERDRIVER_SOAK_SOCKETS"   // how many; `make soak-proxy` says 5000
	soakContainer = "DOCKERDRIVER_SOAK_CONTAINER" // "yes": this process is the soak's container
)

const fewSockets = 300

// TestMain is the soak's container, if it is told so: 5,000 sockets have 20,000
// ends, more than one process commonly may have open.
func TestMain(m *testing.M) {
	if os.Getenv(soakContainer) == "yes" {
		beSoakContainer()
		return
	}
	os.Exit(m.Run())
}

// beSoakContainer prints its address and sends back all that it gets, until its
// standard input ends.
func beSoakContainer() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(listener.Addr())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		_ = listener.Close()
	}()
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			in := bufio.NewReader(conn)
			r, err := http.ReadRequest(in)
			if err != nil {
				return
			}
			_, _ = fmt.Fprintf(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n", acceptOf(r.Header.Get("Sec-Websocket-Key")))
			_, _ = io.Copy(conn, in)
		}()
	}
}

// startSoakContainer returns the address of one in a process of its own.
func startSoakContainer(t *testing.T) string {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env, cmd.Stderr = append(os.Environ(), soakContainer+"=yes"), os.Stderr
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		require.NoError(t, in.Close())
		require.NoError(t, cmd.Wait())
	})
	address, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	return strings.TrimSpace(address)
}

// soak is a number of browsers that hold websockets.
type soak struct {
	house   *house
	name    string
	cookies []string // a session may not have them all
	sockets []*tls.Conn
}

// each does something with every socket from one number to another, some at once.
func (s *soak) each(from, to int, do func(n int) error) error {
	var all errgroup.Group
	all.SetLimit(16)
	for n := from; n < to; n++ {
		all.Go(func() error { return do(n) })
	}
	return all.Wait()
}

func (s *soak) open(n int) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	dialer := tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"http/1.1"}}} //nolint:gosec // a certificate of the test's own
	conn, err := dialer.DialContext(ctx, "tcp", s.house.address)
	if err != nil {
		return err
	}
	s.sockets[n] = conn.(*tls.Conn)
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	if _, err := io.WriteString(conn, upgradeHead(s.name, s.cookies[n%len(s.cookies)], "Origin: https://"+s.name)); err != nil {
		return err
	}
	res, err := http.ReadResponse(bufio.NewReaderSize(conn, 512), nil)
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusSwitchingProtocols {
		return fmt.Errorf("socket %d: %s", n, res.Status)
	}
	return conn.SetDeadline(time.Time{})
}

// ask has a message come back.
func (s *soak) ask(n int) error {
	conn := s.sockets[n]
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	said := rawFrame(final|opText, fmt.Sprint("socket ", n), true)
	if _, err := io.WriteString(conn, said); err != nil {
		return err
	}
	got := make([]byte, len(said))
	if _, err := io.ReadFull(conn, got); err != nil {
		return err
	}
	if string(got) != said {
		return fmt.Errorf("socket %d heard another one's: %q", n, got)
	}
	return conn.SetDeadline(time.Time{})
}

// leave ends a socket as browsers do: in good order, at once, or by vanishing.
func (s *soak) leave(n int) error {
	conn := s.sockets[n]
	switch n % 3 {
	case 0:
		_, err := io.WriteString(conn, closeFrame(1001, "", true))
		return errors.Join(err, conn.Close())
	case 1:
		return conn.NetConn().Close()
	default:
		return errors.Join(conn.NetConn().(*net.TCPConn).SetLinger(0), conn.NetConn().Close())
	}
}

// held is what the process has.
func held() (goroutines, files int, err error) {
	entries, err := os.ReadDir("/dev/fd")
	return runtime.NumGoroutine(), len(entries), err
}

// TestIdleSocketsLeaveNothingBehind opens many websockets, replaces a third of
// them a few times while the others idle, and ends all of them.
func TestIdleSocketsLeaveNothingBehind(t *testing.T) {
	count := fewSockets
	if text := os.Getenv(soakSockets); text != "" {
		var err error
		count, err = strconv.Atoi(text)
		require.NoError(t, err, soakSockets)
	}
	h := newHouse(t)
	address := startSoakContainer(t)
	s := &soak{house: h, name: labelA + "." + domain + ":8443", sockets: make([]*tls.Conn, count)}
	for range count/maxPerSession + 2 {
		s.cookies = append(s.cookies, h.notebookAt(pool.Route{Label: labelA, Target: address}))
	}
	// The first one makes what is made once.
	require.NoError(t, s.each(0, 1, s.open))
	require.NoError(t, s.each(0, 1, s.leave))
	open := func() int { return int(h.measured("dockerdriver_proxy_upgrades_open")) }
	require.Eventually(t, func() bool { return open() == 0 }, patience, time.Millisecond)
	goroutines, files, err := held()
	require.NoError(t, err)
	before := inUse()

	require.NoError(t, s.each(0, count, s.open))
	require.Equal(t, count, open())
	require.NoError(t, s.each(0, count, s.ask))
	most, mostFiles, err := held()
	require.NoError(t, err)
	t.Logf("%d sockets: %d goroutines, %d files, %d KiB each with the browsers' ends", count, most-goroutines, mostFiles-files, int(inUse()-before)/count>>10)
	const rounds = 3
	for round := range rounds {
		from, to := round*count/rounds, (round+1)*count/rounds
		require.NoError(t, s.each(from, to, s.leave))
		require.NoError(t, s.each(from, to, s.open))
		require.NoError(t, s.each(0, count, s.ask), "those that idled, and those that are new")
		require.Eventually(t, func() bool { return open() == count }, patience, time.Millisecond, "those that left are gone")
	}
	require.NoError(t, s.each(0, count, s.leave))
	require.Eventually(t, func() bool { return open() == 0 }, patience, time.Millisecond)
	var atEnd string
	require.Eventually(t, func() bool {
		g, f, err := held()
		atEnd = fmt.Sprintf("%d goroutines instead of %d, %d files instead of %d", g, goroutines, f, files)
		return err == nil && g <= goroutines+3 && f <= files+1
	}, patience, 10*time.Millisecond, "something is left behind")
	t.Log(atEnd)
}
