package link

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"dockerdriver/actors/pool"
	"dockerdriver/httpapi/proxy"
)

// Limits of a data plane's patience with us and ours with it.
const (
	helloLimit  = 5 * time.Second
	writeLimit  = 5 * time.Second
	liveLimit   = 3 * time.Second // from a change to the word that it is in force
	maxWaiting  = 1024            // changes on their way to one data plane
	maxRedeems  = 64              // under way at once for one data plane
	redeemLimit = 5 * time.Second
)

// maxSocketPath is what sockaddr_un holds (unix(7)), without its closing zero.
const maxSocketPath = 107

// ServerConfig is what the server's end needs.
type ServerConfig struct {
	Facts Facts // Version is filled in
	Gate  proxy.Gate
	// Used is told which notebooks were used, and when last.
	Used func(map[string]time.Time)
	// Unwatched is told that a data plane came or went: use until now may never be
	// told, for it dies with what it has not told yet.
	Unwatched func()
	Log       zerolog.Logger
}

// Server is the server's end: the actors' Routes. It is safe for concurrent use.
type Server struct {
	config ServerConfig

	mu      sync.Mutex
	table   *pool.RouteTable // nil before the first
	seq     uint64
	peers   map[*peer]struct{}
	waiting []inForce
	closed  bool
}

// inForce is a change that is not yet in force everywhere.
type inForce struct {
	seq  uint64
	live chan struct{}
}

// NewServer makes a server's end, to which nobody is linked yet.
func NewServer(c ServerConfig) *Server {
	c.Facts.Version = Version
	return &Server{config: c, peers: map[*peer]struct{}{}}
}

// Publish sends what has changed to every data plane; live is closed once each
// has it in force or is dropped. It does not wait.
func (s *Server) Publish(table *pool.RouteTable) (live <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seq++
	was := s.table
	s.table = table
	done := make(chan struct{})
	s.waiting = append(s.waiting, inForce{s.seq, done})
	if was != nil && len(s.peers) > 0 {
		next := between(was, table, s.seq)
		for p := range s.peers {
			p.send(frame{Table: next})
		}
	}
	s.settle()
	return done
}

// settle closes what is in force with everybody who is linked. The caller holds mu.
func (s *Server) settle() {
	reached := s.seq
	for p := range s.peers {
		reached = min(reached, p.live)
	}
	for len(s.waiting) > 0 && s.waiting[0].seq <= reached {
		close(s.waiting[0].live)
		s.waiting = s.waiting[1:]
	}
}

// Linked tells how many data planes are linked.
func (s *Server) Linked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.peers)
}

// Listen makes the socket, which only this process's user can reach. The file
// of a server that has died is replaced; one that is in use is an error.
func Listen(ctx context.Context, path string) (*net.UnixListener, error) {
	if len(path) > maxSocketPath {
		return nil, fmt.Errorf("cannot listen on the socket %s: a socket's path has at most %d bytes, and this one has %d. Choose a shorter one", path, maxSocketPath, len(path))
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("cannot make the folder of the socket %s: %v", path, err)
	}
	if conn, err := net.DialTimeout("unix", path, time.Second); err == nil {
		_ = conn.Close()
		return nil, fmt.Errorf("cannot listen on the socket %s: another server does. Stop it, or choose another path", path)
	}
	if info, err := os.Lstat(path); err == nil {
		if info.Mode()&os.ModeSocket == 0 {
			return nil, fmt.Errorf("cannot listen on the socket %s: there is something else of that name. Choose another path", path)
		}
		if err := os.Remove(path); err != nil {
			return nil, fmt.Errorf("cannot replace the socket %s of an earlier server: %v", path, err)
		}
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "unix", path)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on the socket %s: %v", path, err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("cannot keep others off the socket %s: %v", path, err), listener.Close())
	}
	return listener.(*net.UnixListener), nil
}

// Serve takes data planes in until ctx ends, and then lets them go. It begins
// after the first Publish: an empty table would cut everything that is open.
func (s *Server) Serve(ctx context.Context, on *net.UnixListener) error {
	var all sync.WaitGroup
	defer all.Wait()
	stop := context.AfterFunc(ctx, func() { _ = on.Close(); s.close() })
	defer stop()
	for {
		conn, err := on.AcceptUnix()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("cannot take in notebook proxies any longer: %w", err)
		}
		all.Go(func() {
			defer conn.Close() //nolint:errcheck // read and written no more
			if err := s.attend(ctx, conn); err != nil && ctx.Err() == nil {
				s.config.Log.Warn().Err(err).Msg("notebook proxy let go")
			}
		})
	}
}

func (s *Server) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for p := range s.peers {
		_ = p.conn.Close()
	}
}
