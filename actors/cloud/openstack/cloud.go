package openstack

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"dockerdriver/actors/cloud/openstack/userdata"
	"dockerdriver/actors/pool"
)

// DefaultKind is what this cloud is called where Config.Kind does not say.
const DefaultKind = "openstack"

// Config says whose cloud it is and how its hosts are set up.
type Config struct {
	// Kind is what users are shown; empty: DefaultKind. The emulated cloud has its own.
	Kind string
	// Installation is the id that marks everything made here.
	Installation string
	// Credentials is called at each log-in; nil reads them with ReadCredentials.
	Credentials func() (Credentials, error)
	// Certificates makes the pair of a host, whose certificate says the host's name.
	Certificates func(host pool.Host) (userdata.Certificates, error)
	// CallLimit bounds each call of the API; 0 means one minute.
	CallLimit time.Duration
	Log       zerolog.Logger
}

// Cloud is a project of an OpenStack. It is safe for concurrent use; calls for
// the same host wait for each other.
type Cloud struct {
	config      Config
	log         zerolog.Logger
	session     atomic.Pointer[session]
	loggingIn   chan struct{}
	loginFailed loginFailure // guarded by loggingIn
	// around is where tests put faults between the adapter and the cloud.
	around func(http.RoundTripper) http.RoundTripper

	masters sync.Map // ids of master groups, by what plans call them

	mu   sync.Mutex
	busy map[string]*turn // by host name
}

// turn is held by the one call that works on a host.
type turn struct {
	held    chan struct{}
	waiting int
}

// New makes the cloud without contacting it.
func New(cfg Config) (*Cloud, error) {
	if cfg.Installation == "" {
		return nil, errors.New("cannot use OpenStack without the installation's id: nothing could be told apart")
	}
	if cfg.Certificates == nil {
		return nil, errors.New("cannot use OpenStack without certificates for its hosts")
	}
	if cfg.Credentials == nil {
		cfg.Credentials = ReadCredentials
	}
	cfg.Kind = cmp.Or(cfg.Kind, DefaultKind)
	if cfg.CallLimit <= 0 {
		cfg.CallLimit = time.Minute
	}
	return &Cloud{
		config: cfg, log: cfg.Log, loggingIn: make(chan struct{}, 1), busy: map[string]*turn{},
		around: func(direct http.RoundTripper) http.RoundTripper { return direct },
	}, nil
}

// Kind is what Config.Kind says, else openstack.
func (c *Cloud) Kind() string { return c.config.Kind }

// MaxHosts is 0: the project's quota says.
func (c *Cloud) MaxHosts() int { return 0 }

// Close ends the session and its idle connections. A later call logs in again.
func (c *Cloud) Close() {
	if s := c.session.Swap(nil); s != nil {
		s.close()
	}
}

// with logs in and runs do, which may be repeated, as one call for the host: a build and a release of
// the same host would otherwise make and remove the same things.
func (c *Cloud) with(ctx context.Context, host string, do func(*session) error) error {
	if host != "" {
		free, err := c.take(ctx, host)
		if err != nil {
			return err
		}
		defer free()
	}
	for again := false; ; again = true {
		s, err := c.connect(ctx)
		if err != nil {
			return err
		}
		// Once more with credentials that are read anew: somebody may have changed them.
		if err = do(s); !c.forget(s, err) || again {
			return err
		}
	}
}

func (c *Cloud) take(ctx context.Context, host string) (free func(), err error) {
	c.mu.Lock()
	t := c.busy[host]
	if t == nil {
		t = &turn{held: make(chan struct{}, 1)}
		c.busy[host] = t
	}
	t.waiting++
	c.mu.Unlock()
	leave := func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if t.waiting--; t.waiting == 0 {
			delete(c.busy, host)
		}
	}
	if err := ctx.Err(); err != nil {
		leave()
		return nil, fmt.Errorf("cannot begin with host %s: %w", host, err)
	}
	select {
	case t.held <- struct{}{}:
		return func() { <-t.held; leave() }, nil
	case <-ctx.Done():
		leave()
		return nil, fmt.Errorf("cannot begin with host %s: another call works on it: %w", host, ctx.Err())
	}
}
