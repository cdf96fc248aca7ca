package link

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"dockerdriver/actors/pool"
)

// peer is a data plane that is linked.
type peer struct {
	conn *net.UnixConn
	out  chan frame
	full chan struct{} // closed when out is

	// Guarded by Server.mu.
	live    uint64    // the last change that it said is in force
	sent    uint64    // the last that it was sent
	since   time.Time // when the oldest was sent that is not in force
	dropped bool
}

// send puts a frame on its way; a peer that does not keep up is dropped. The
// caller holds Server.mu.
func (p *peer) send(f frame) {
	if p.dropped {
		return
	}
	if f.Table != nil {
		if p.live == p.sent {
			p.since = time.Now()
		}
		p.sent = f.Table.Seq
	}
	select {
	case p.out <- f:
	default:
		p.dropped = true
		close(p.full)
	}
}

// attend is one data plane's connection, from hello to its end.
func (s *Server) attend(ctx context.Context, conn *net.UnixConn) error {
	if err := checkPeer(conn); err != nil {
		return err
	}
	in := newFrames(conn, maxPlaneFrame)
	if err := s.greet(conn, in); err != nil {
		return err
	}
	p := &peer{conn: conn, out: make(chan frame, maxWaiting), full: make(chan struct{})}
	if !s.enter(p) {
		return nil
	}
	defer s.leave(p)
	s.config.Unwatched()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() { cancel(s.write(ctx, p)); _ = conn.Close() }()
	s.config.Log.Info().Msg("notebook proxy linked")
	err := s.read(ctx, p, in)
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	if errors.Is(err, io.EOF) {
		s.config.Log.Info().Msg("notebook proxy has gone")
		return nil
	}
	return err
}

// greet exchanges the first words.
func (s *Server) greet(conn *net.UnixConn, in *frames) error {
	_ = conn.SetReadDeadline(time.Now().Add(helloLimit))
	first, err := in.next()
	if err != nil {
		return fmt.Errorf("it said nothing: %w", err)
	}
	if first.Hello == nil {
		return errors.New("it did not begin with a hello")
	}
	facts := s.config.Facts
	if err := write(conn, frame{Welcome: &facts}); err != nil {
		return err
	}
	if first.Hello.Version != Version {
		return errVersion(first.Hello.Version)
	}
	return conn.SetReadDeadline(time.Time{})
}

// enter takes a peer in with the whole table.
func (s *Server) enter(p *peer) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.table == nil {
		return false
	}
	s.peers[p] = struct{}{}
	p.send(frame{Table: whole(s.table, s.seq)})
	return true
}

// leave takes a peer out; nobody waits for it any more.
func (s *Server) leave(p *peer) {
	s.mu.Lock()
	closed := s.closed
	delete(s.peers, p)
	s.settle()
	s.mu.Unlock()
	if !closed {
		s.config.Unwatched()
	}
}

var (
	errFull = errors.New("it does not keep up with changes")
	errSlow = fmt.Errorf("it did not take a change within %s", liveLimit)
)

// write sends what is due, and watches that it is taken in.
func (s *Server) write(ctx context.Context, p *peer) error {
	tick := time.NewTicker(liveLimit / 4)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-p.full:
			return errFull
		case <-tick.C:
			if s.isSlow(p) {
				return errSlow
			}
		case f := <-p.out:
			if err := write(p.conn, f); err != nil {
				return err
			}
		}
	}
}

func (s *Server) isSlow(p *peer) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return p.live < p.sent && time.Since(p.since) > liveLimit
}

func write(to net.Conn, f frame) error {
	bytes, err := line(f)
	if err != nil {
		return err
	}
	_ = to.SetWriteDeadline(time.Now().Add(writeLimit))
	if _, err := to.Write(bytes); err != nil {
		return fmt.Errorf("cannot tell it anything: %w", err)
	}
	return nil
}

// read does what the data plane asks.
func (s *Server) read(ctx context.Context, p *peer, in *frames) error {
	redeems := make(chan struct{}, maxRedeems)
	for {
		got, err := in.next()
		if err != nil {
			return err
		}
		switch {
		case got.Live > 0:
			s.nowLive(p, got.Live)
		case got.Used != nil:
			s.config.Used(got.Used)
		case got.Redeem != nil:
			select {
			case redeems <- struct{}{}:
				go func() { s.redeem(ctx, p, *got.Redeem); <-redeems }()
			default:
				s.answer(p, redeemed{ID: got.Redeem.ID, Error: tooMany})
			}
		}
	}
}

var tooMany = pool.Refuse(pool.CodeUnavailable, "Too many notebooks are being opened at this moment.", "Try again in half a minute.")

func (s *Server) nowLive(p *peer, seq uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if seq <= p.live || seq > p.sent {
		return
	}
	p.live = seq
	p.since = time.Now()
	s.settle()
}

func (s *Server) redeem(ctx context.Context, p *peer, r redeem) {
	ctx, cancel := context.WithTimeout(ctx, redeemLimit)
	defer cancel()
	cookie, err := s.config.Gate.Redeem(ctx, r.Label, r.Secret, r.Browser)
	answer := redeemed{ID: r.ID, Cookie: cookie}
	if err != nil {
		if refusal, ok := errors.AsType[*pool.Error](err); ok {
			answer.Error = refusal
		} else {
			s.config.Log.Error().Err(err).Str("label", r.Label).Msg("cannot redeem a ticket")
			answer.Error = pool.Refuse(pool.CodeInternal, "The notebook could not be opened.", "Try again in a minute.")
		}
	}
	s.answer(p, answer)
}

func (s *Server) answer(p *peer, r redeemed) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p.send(frame{Redeemed: &r})
}
