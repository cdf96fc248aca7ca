package link

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"dockerdriver/actors/pool"
)

// How often a data plane tries to reach a server that is away.
const (
	redialFirst = 100 * time.Millisecond
	redialLast  = 2 * time.Second
)

// Plane is what the data plane does with a route table.
type Plane interface {
	// Publish puts a table in force before it returns.
	Publish(table *pool.RouteTable) (live <-chan struct{})
}

// ClientConfig is what a data plane's end needs.
type ClientConfig struct {
	Path string // of the server's socket
	// Open makes the data plane from the facts of the first server that was
	// reached. It is called once; its error ends Run.
	Open func(Facts) (Plane, error)
	Log  zerolog.Logger
}

// Client is the data plane's end: a proxy.Gate. It is safe for concurrent use.
type Client struct {
	config ClientConfig

	// Of Run alone.
	plane Plane
	facts Facts
	table *pool.RouteTable

	linked atomic.Bool // asked by every request without a session, so not behind mu

	mu     sync.Mutex    // held while something is said
	conn   *net.UnixConn // nil: the server is away
	lastID uint64
	asked  map[uint64]chan redeemed
	used   map[string]time.Time // not told yet
}

// NewClient makes a data plane's end.
func NewClient(c ClientConfig) *Client {
	return &Client{config: c, asked: map[uint64]chan redeemed{}, used: map[string]time.Time{}}
}

// ErrOtherFacts tells that the server has come back with another domain, port,
// mode or web UI than the one that the data plane was opened with.
var ErrOtherFacts = errors.New("the server has come back with another domain, port, mode or web UI: start the proxy again")

// Run keeps the link until ctx ends. It returns an error only for what another
// try cannot mend.
func (c *Client) Run(ctx context.Context) error {
	pause := redialFirst
	for {
		linked, err := c.link(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if fatal, ok := errors.AsType[fatalError](err); ok {
			return fatal.error
		}
		if linked {
			pause = redialFirst
			c.config.Log.Warn().Err(err).Msg("the server is away; what is open goes on")
		} else if pause == redialFirst {
			c.config.Log.Info().Err(err).Msg("waiting for the server")
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
			pause = min(2*pause, redialLast)
		}
	}
}

type fatalError struct{ error }

// link is one connection, from dialling to its end.
func (c *Client) link(ctx context.Context) (linked bool, err error) {
	dialed, err := new(net.Dialer).DialContext(ctx, "unix", c.config.Path)
	if err != nil {
		return false, err
	}
	conn := dialed.(*net.UnixConn)
	defer conn.Close() //nolint:errcheck // read and written no more
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	in, err := c.greet(conn)
	if err != nil {
		return false, err
	}
	defer c.away()
	for {
		got, err := in.next()
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = errors.New("it closed the connection")
			}
			return linked, err
		}
		switch {
		case got.Table != nil:
			if err := c.takeIn(conn, got.Table); err != nil {
				return linked, err
			}
			linked = true
		case got.Redeemed != nil:
			c.answered(*got.Redeemed)
		}
	}
}

// greet exchanges the first words, and opens the data plane if it is the first time.
func (c *Client) greet(conn *net.UnixConn) (*frames, error) {
	if err := checkPeer(conn); err != nil {
		return nil, err
	}
	if err := write(conn, frame{Hello: &hello{Version: Version}}); err != nil {
		return nil, err
	}
	_ = conn.SetReadDeadline(time.Now().Add(helloLimit))
	in := newFrames(conn, maxTableFrame)
	first, err := in.next()
	if err != nil {
		return nil, fmt.Errorf("it said nothing: %w", err)
	}
	if first.Welcome == nil {
		return nil, errors.New("it did not begin with a welcome")
	}
	if first.Welcome.Version != Version {
		return nil, errVersion(first.Welcome.Version)
	}
	switch {
	case c.plane == nil:
		if c.plane, err = c.config.Open(*first.Welcome); err != nil {
			return nil, fatalError{err}
		}
		c.facts = *first.Welcome
	case c.facts != *first.Welcome:
		return nil, fatalError{ErrOtherFacts}
	}
	return in, conn.SetReadDeadline(time.Time{})
}

// takeIn puts a change in force and says so.
func (c *Client) takeIn(conn *net.UnixConn, next *change) error {
	if c.table == nil && !next.Whole {
		return errors.New("it began with a part of the table")
	}
	c.table = next.apply(c.table)
	<-c.plane.Publish(c.table)
	if err := c.say(conn, frame{Live: next.Seq}); err != nil {
		return err
	}
	if next.Whole {
		c.here(conn)
	}
	return nil
}

// say writes to the server, one frame at a time.
func (c *Client) say(conn *net.UnixConn, f frame) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return write(conn, f)
}

func (c *Client) here(conn *net.UnixConn) {
	c.mu.Lock()
	c.conn = conn
	c.mu.Unlock()
	c.linked.Store(true)
	c.config.Log.Info().Int("routes", len(c.table.Routes)).Msg("linked to the server")
	c.Used(nil) // what was used while it was away
}

// away ends what waits for the server.
func (c *Client) away() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.linked.Store(false)
	c.conn = nil
	for id, to := range c.asked {
		close(to)
		delete(c.asked, id)
	}
}

// IsAway tells whether the server is not linked at the moment.
func (c *Client) IsAway() bool { return !c.linked.Load() }

var isAway = pool.Refuse(pool.CodeUnavailable, "The server is restarting.", "Try again in a few seconds.")

// Redeem is proxy.Gate: it asks the server.
func (c *Client) Redeem(ctx context.Context, label, secret, browser string) (string, error) {
	id, to, err := c.ask(label, secret, browser)
	if err != nil {
		return "", err
	}
	select {
	case got, ok := <-to:
		switch {
		case !ok:
			return "", isAway
		case got.Error != nil:
			return "", got.Error
		}
		return got.Cookie, nil
	case <-ctx.Done():
		c.mu.Lock()
		delete(c.asked, id)
		c.mu.Unlock()
		return "", ctx.Err()
	}
}

func (c *Client) ask(label, secret, browser string) (id uint64, to chan redeemed, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.conn == nil {
		return 0, nil, isAway
	}
	c.lastID++
	to = make(chan redeemed, 1)
	if write(c.conn, frame{Redeem: &redeem{ID: c.lastID, Label: label, Secret: secret, Browser: browser}}) != nil {
		return 0, nil, isAway // the reader notices too
	}
	c.asked[c.lastID] = to
	return c.lastID, to, nil
}

func (c *Client) answered(r redeemed) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if to, waits := c.asked[r.ID]; waits {
		delete(c.asked, r.ID)
		to <- r
	}
}

// maxUsed bounds what is remembered of use while the server is away.
const maxUsed = 20_000

// Used tells the server which notebooks were used, as soon as it is there.
func (c *Client) Used(when map[string]time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.used)+len(when) <= maxUsed {
		maps.Copy(c.used, when)
	}
	if c.conn == nil || len(c.used) == 0 {
		return
	}
	if write(c.conn, frame{Used: c.used}) == nil {
		clear(c.used)
	}
}
