package docker

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/docker/docker/client"
	"github.com/rs/zerolog"

	"dockerdriver/actors/pool"
)

// DefaultGrace is how long a container may take to end after SIGTERM before it
// is killed. A notebook that has more to save gets more by WithGrace.
const DefaultGrace = 3 * time.Second

const (
	dialLimit = 5 * time.Second
	// A vanished machine sends no FIN: its event stream breaks after about
	// 15 s + 3 × 5 s of silence to keep-alives.
	keepAliveIdle     = 15 * time.Second
	keepAliveInterval = 5 * time.Second
	keepAliveCount    = 3
	idleConnections   = 8
	idleLimit         = 60 * time.Second
)

// Engines holds one Engine per endpoint and the client that probes containers.
// It is safe for concurrent use.
type Engines struct {
	log   zerolog.Logger
	grace time.Duration
	probe *http.Client
	tls   func(serverName string) (*tls.Config, error) // nil without WithTLS

	mu    sync.Mutex
	known map[pool.Endpoint]*Engine
}

// Option changes what New makes.
type Option func(*Engines)

// WithGrace sets how long Remove waits between SIGTERM and SIGKILL, rounded up
// to whole seconds.
func WithGrace(d time.Duration) Option {
	return func(e *Engines) { e.grace = d }
}

// WithTLS sets how endpoints with a ServerName are dialled: over mutual TLS, with
// what config returns for that name. The address is the endpoint's, and the
// certificate is verified against the ServerName. Endpoints without one stay plain.
func WithTLS(config func(serverName string) (*tls.Config, error)) Option {
	return func(e *Engines) { e.tls = config }
}

// New makes Engines without contacting any.
func New(log zerolog.Logger, options ...Option) *Engines {
	e := &Engines{log: log, grace: DefaultGrace, probe: newProbe(), known: map[pool.Endpoint]*Engine{}}
	for _, set := range options {
		set(e)
	}
	return e
}

// Engine returns the engine at an endpoint (unix:///path or tcp://ip:port, with
// TLS if it has a ServerName) without contacting it. The same endpoint gives the same Engine and shares its
// connections.
func (e *Engines) Engine(at pool.Endpoint) (*Engine, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if known, ok := e.known[at]; ok {
		return known, nil
	}
	transport, err := e.newTransport(at)
	if err != nil {
		return nil, err
	}
	made := &Engine{at: at, grace: e.grace, log: e.log, transport: transport}
	if made.pinger, err = made.newClient(); err != nil {
		return nil, err
	}
	e.known[at] = made
	return made, nil
}

// Close closes the idle connections to every engine. Calls under way go on.
func (e *Engines) Close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, known := range e.known {
		known.transport.CloseIdleConnections()
	}
	clear(e.known)
}

// Engine is one host's Docker engine. It is safe for concurrent use.
type Engine struct {
	at        pool.Endpoint
	grace     time.Duration
	log       zerolog.Logger
	transport *http.Transport

	// pinger asks for the API version and is used for nothing else; client speaks
	// that version, and is nil until it is known.
	pinger *client.Client
	client atomic.Pointer[client.Client]
}

func (e *Engines) newTransport(at pool.Endpoint) (*http.Transport, error) {
	network, address, _ := strings.Cut(at.URL, "://")
	if address == "" || network != "unix" && network != "tcp" {
		return nil, fmt.Errorf("cannot use the Docker engine at %q: write its address as unix:///path or tcp://ip:port", at.URL)
	}
	dialer := &net.Dialer{Timeout: dialLimit, KeepAliveConfig: net.KeepAliveConfig{
		Enable: true, Idle: keepAliveIdle, Interval: keepAliveInterval, Count: keepAliveCount,
	}}
	dial := func(ctx context.Context) (net.Conn, error) { return dialer.DialContext(ctx, network, address) }
	if at.ServerName != "" {
		secured, err := e.secure(at, network, dial)
		if err != nil {
			return nil, fmt.Errorf("cannot use the Docker engine at %s (%s): %w", at.URL, at.ServerName, err)
		}
		dial = secured
	}
	return &http.Transport{
		// No proxy from the environment: hosts are reached directly or not at all.
		DialContext:         func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx) },
		DisableCompression:  true,
		MaxIdleConnsPerHost: idleConnections,
		IdleConnTimeout:     idleLimit,
	}, nil
}

// newClient makes a client that shares the engine's connections.
func (e *Engine) newClient(options ...client.Opt) (*client.Client, error) {
	// WithHost configures the transport it finds, so ours is set after it.
	options = append([]client.Opt{
		client.WithHost(e.at.URL),
		client.WithHTTPClient(&http.Client{Transport: e.transport, CheckRedirect: client.CheckRedirect}),
	}, options...)
	made, err := client.NewClientWithOpts(options...)
	if err != nil {
		return nil, fmt.Errorf("cannot use the Docker engine at %q: %v", e.at.URL, err)
	}
	return made, nil
}
