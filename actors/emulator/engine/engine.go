package engine

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"dockerdriver/actors/emulator/engine/shim"
)

// stopLimit bounds the wait for answers under way when the engine closes.
const stopLimit = 3 * time.Second

// Config says where an engine keeps its things and where it listens.
type Config struct {
	// StateDir holds images, containers and logs; it is made if missing, and one engine at a time owns it.
	StateDir string
	// Listen is unix:///path or tcp://host:port; port 0 is a free one.
	Listen string
	// TLS is how clients are spoken to on tcp://; nil is in the clear.
	TLS *tls.Config
	// Isolation is what keeps containers apart; empty is the best that the machine allows.
	Isolation shim.Isolation
	Log       zerolog.Logger
}

// Engine is one emulated Docker Engine.
type Engine struct {
	log       zerolog.Logger
	dir       string
	endpoint  string
	isolation shim.Isolation

	images     *imageStore
	containers *registry
	events     *eventBus
	faults     *faultBook

	server *http.Server
	gate   *gate
	lock   *os.File
	// life ends streams and watchers when the engine closes.
	life context.Context
	end  context.CancelFunc
	work sync.WaitGroup
}

// MaybeRunShim turns this process into a container's first one if an engine started it as such, and never returns then.
// The main function of every program that runs an engine, and the TestMain of every such test, calls it first.
func MaybeRunShim() { shim.Run() }

// Start runs an engine until Close; ctx bounds the start alone. Containers of an earlier run show as exited (137).
func Start(ctx context.Context, config Config) (*Engine, error) {
	dir, err := filepath.Abs(config.StateDir)
	if err != nil {
		return nil, fmt.Errorf("cannot use state directory %s: %v", config.StateDir, err)
	}
	for _, sub := range []string{"images", "containers", "tmp"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			return nil, fmt.Errorf("cannot make state directory %s: %v", dir, err)
		}
	}
	lock, err := lockDir(dir)
	if err != nil {
		return nil, err
	}
	e := &Engine{log: config.Log, dir: dir, lock: lock, isolation: config.Isolation, events: newEventBus(), faults: &faultBook{}}
	if e.isolation == "" {
		e.isolation = shim.Available()
	}
	e.life, e.end = context.WithCancel(context.Background())
	if err := e.load(); err != nil {
		return nil, errors.Join(err, unlockDir(lock))
	}
	listener, endpoint, err := listen(ctx, config.Listen)
	if err != nil {
		return nil, errors.Join(err, unlockDir(lock))
	}
	e.endpoint, e.gate = endpoint, newGate(listener)
	listener = e.gate
	if config.TLS != nil {
		listener = tls.NewListener(listener, config.TLS)
	}
	e.server = &http.Server{
		Handler:           e.handler(),
		ReadHeaderTimeout: 30 * time.Second,
		BaseContext:       func(net.Listener) context.Context { return e.life },
		ErrorLog:          log.New(io.Discard, "", 0), // handshakes that clients break off
	}
	e.work.Go(func() {
		if err := e.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			e.log.Error().Err(err).Str("endpoint", endpoint).Msg("emulated engine stopped serving")
		}
	})
	e.work.Go(e.watchMemory)
	e.log.Info().Str("endpoint", endpoint).Str("isolation", string(e.isolation)).Msg("emulated engine listens")
	return e, nil
}

func (e *Engine) load() error {
	var err error
	// What a killed engine was unpacking is of no use to anybody.
	if err := os.RemoveAll(filepath.Join(e.dir, "tmp")); err != nil {
		return fmt.Errorf("cannot clear unfinished loads: %v", err)
	}
	if err := os.MkdirAll(filepath.Join(e.dir, "tmp"), 0o700); err != nil {
		return fmt.Errorf("cannot make the folder of loads: %v", err)
	}
	if e.images, err = openImages(e.dir); err != nil {
		return err
	}
	e.containers, err = openContainers(e.dir)
	return err
}

// Endpoint is where clients reach the engine, as a DOCKER_HOST.
func (e *Engine) Endpoint() string { return e.endpoint }

// Inject makes coming requests fail as the fault says, until it is used up or ClearFaults is called.
func (e *Engine) Inject(fault Fault) error { return e.faults.add(fault) }

// Listens changes how the engine's own address answers: Answering, Hanging (it
// accepts connections and never says anything) or Refusing. Containers and their
// published ports go on.
func (e *Engine) Listens(how Manner) { e.gate.set(how) }

// ClearFaults ends all injected faults.
func (e *Engine) ClearFaults() { e.faults.clear() }

// Close kills the containers and ends the engine. Images and the records of containers stay in the state directory.
func (e *Engine) Close() error {
	e.end()
	ctx, cancel := context.WithTimeout(context.Background(), stopLimit)
	defer cancel()
	if err := e.server.Shutdown(ctx); err != nil {
		_ = e.server.Close()
	}
	for _, c := range e.containers.all() {
		c.killNow()
	}
	for _, c := range e.containers.all() {
		c.awaitStopped(ctx)
	}
	e.work.Wait()
	if err := unlockDir(e.lock); err != nil {
		return fmt.Errorf("cannot release state directory %s: %v", e.dir, err)
	}
	return nil
}
