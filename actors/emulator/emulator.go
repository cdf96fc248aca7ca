package emulator

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"github.com/rs/zerolog"

	"dockerdriver/actors/emulator/engine"
	"dockerdriver/actors/emulator/openstack"
)

// maxEngines bounds Config.Engines: each is a listener and a state directory, and this is one machine.
const maxEngines = 64

// Config says what the emulator is to be.
type Config struct {
	// StateDir holds everything; each engine has its own folder in it, engine-0 and up.
	StateDir string
	// Listen is unix:///path or tcp://host:port, for the first engine; the others take the path with -1, -2… before its
	// extension, or the following ports (port 0: a free port each).
	Listen string
	// Engines is how many Docker engines there are, 1 to 64; 0 is 1.
	Engines int
	// Cloud makes an OpenStack besides, whose servers are engines of their own; with
	// it and without Listen there are no other engines. Linux only: machines have
	// addresses of 127.0.0.0/8.
	Cloud *CloudConfig
	Log   zerolog.Logger
}

// Emulator is a running set of engines, and a cloud whose machines are engines too.
type Emulator struct {
	engines  []*engine.Engine
	cloud    *openstack.Cloud
	machines *machines
}

// Start runs the emulator until Close; ctx bounds the start alone. The program's main function has called
// engine.MaybeRunShim before anything else.
func Start(ctx context.Context, config Config) (*Emulator, error) {
	count := max(config.Engines, 1)
	if count > maxEngines || config.Engines < 0 {
		return nil, fmt.Errorf("cannot emulate %d engines: the number must be 1 to %d", config.Engines, maxEngines)
	}
	e := &Emulator{}
	if config.Cloud != nil {
		if err := e.startCloud(ctx, config); err != nil {
			return nil, errors.Join(err, e.Close())
		}
		if config.Listen == "" {
			return e, nil
		}
	}
	for n := range count {
		listen, err := listenAddress(config.Listen, n)
		if err != nil {
			return nil, errors.Join(err, e.Close())
		}
		name := fmt.Sprintf("engine-%d", n)
		started, err := engine.Start(ctx, engine.Config{
			StateDir: filepath.Join(config.StateDir, name), Listen: listen, Log: config.Log.With().Str("engine", name).Logger(),
		})
		if err != nil {
			return nil, errors.Join(fmt.Errorf("cannot start emulated %s: %v", name, err), e.Close())
		}
		e.engines = append(e.engines, started)
	}
	return e, nil
}

// Endpoints are the engines' addresses, each a DOCKER_HOST.
func (e *Emulator) Endpoints() []string {
	endpoints := make([]string, 0, len(e.engines))
	for _, started := range e.engines {
		endpoints = append(endpoints, started.Endpoint())
	}
	return endpoints
}

// Engine is the n'th engine, from 0, for faults on demand.
func (e *Emulator) Engine(n int) *engine.Engine { return e.engines[n] }

// Close ends all engines and their containers, side by side. Images and the containers' records stay in the state directory.
func (e *Emulator) Close() error {
	failures := make([]error, len(e.engines)+1)
	var all sync.WaitGroup
	all.Go(func() { failures[len(e.engines)] = e.closeCloud() })
	for n, started := range e.engines {
		all.Go(func() { failures[n] = started.Close() })
	}
	all.Wait()
	return errors.Join(failures...)
}

// listenAddress is where the n'th engine listens.
func listenAddress(first string, n int) (string, error) {
	where, err := url.Parse(first)
	if err != nil || where.Scheme != "unix" && where.Scheme != "tcp" {
		return "", fmt.Errorf("cannot listen on %q: it must be unix:///path or tcp://host:port", first)
	}
	if n == 0 {
		return first, nil
	}
	if where.Scheme == "unix" {
		extension := filepath.Ext(where.Path)
		return "unix://" + strings.TrimSuffix(where.Path, extension) + "-" + strconv.Itoa(n) + extension, nil
	}
	port, err := strconv.Atoi(where.Port())
	if err != nil {
		return "", fmt.Errorf("cannot listen on %q: it must be tcp://host:port", first)
	}
	if port != 0 {
		port += n
	}
	return "tcp://" + net.JoinHostPort(where.Hostname(), strconv.Itoa(port)), nil
}
