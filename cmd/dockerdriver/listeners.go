package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/rs/zerolog"

	"dockerdriver/httpapi/proxy"
)

// Limits of the web UI's and the operations listener; the proxy has its own.
const (
	headerLimit = 10 * time.Second
	idleLimit   = 2 * time.Minute
	headerBytes = 64 << 10
	// goodbye is how long requests under way may take once the server stops.
	goodbye = time.Second
)

// listeners are the three doors. They are taken early, so that a port in use is
// told before anything is made; who connects meanwhile waits in the backlog.
type listeners struct {
	log                zerolog.Logger
	ui, notebooks, ops net.Listener
	link               *net.UnixListener // of notebook proxies of their own; nil: none
	servers            []*http.Server
	failed             chan error
}

func (s *server) listen(ctx context.Context) error {
	l := newListeners(s.log)
	for _, door := range []struct {
		flag, address string
		to            *net.Listener
	}{
		{"--listen", s.options.Listen, &l.ui},
		{"--proxy-listen", s.options.ProxyListen, &l.notebooks},
		{"--ops-listen", s.options.OpsListen, &l.ops},
	} {
		if door.to == &l.notebooks && s.options.ProxySocket != "" {
			continue // a process of its own listens there
		}
		listener, err := listenAt(ctx, door.flag, door.address)
		if err != nil {
			return err
		}
		s.later(closeListener(listener))
		*door.to = listener
	}
	s.listeners = l
	return nil
}

func closeListener(l net.Listener) func() error {
	return func() error {
		if err := l.Close(); !errors.Is(err, net.ErrClosed) {
			return err
		}
		return nil
	}
}

func newListeners(log zerolog.Logger) *listeners {
	return &listeners{log: log, failed: make(chan error, 4)}
}

func listenAt(ctx context.Context, flag, address string) (net.Listener, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s %s: %v. Stop what listens there, or choose another port", flag, address, err)
	}
	return listener, nil
}

func (l *listeners) serveUI(h http.Handler, config *tls.Config) {
	server := &http.Server{Handler: h, ReadHeaderTimeout: headerLimit, IdleTimeout: idleLimit, MaxHeaderBytes: headerBytes, TLSConfig: config}
	l.serve("web UI", server, l.ui)
}

func (l *listeners) serveOps(h http.Handler) {
	l.serve("operations", &http.Server{Handler: h, ReadHeaderTimeout: headerLimit, IdleTimeout: idleLimit, MaxHeaderBytes: headerBytes}, l.ops)
}

func (l *listeners) serveNotebooks(p *proxy.Proxy, certificates getCertificate, limits proxy.Limits) {
	l.serve("notebooks", p.Server("", certificates), p.Listener(l.notebooks, limits))
}

func (l *listeners) serve(what string, server *http.Server, on net.Listener) {
	l.servers = append(l.servers, server)
	go func() {
		err := error(nil)
		if server.TLSConfig != nil {
			err = server.ServeTLS(on, "", "")
		} else {
			err = server.Serve(on)
		}
		if !errors.Is(err, http.ErrServerClosed) {
			l.failed <- fmt.Errorf("cannot serve %s any longer: %v", what, err)
		}
	}()
}

// run waits for the end: it takes no new requests, lets those under way finish
// for a moment, and leaves every container as it is.
func (s *server) run(ctx context.Context) error {
	failed := s.untilEnd(ctx)
	if s.cloud.emulator != nil {
		s.log.Info().Msg("stopping; the emulator runs inside, so its containers end too")
	} else {
		s.log.Info().Msg("stopping; containers run on")
	}
	// Ends the event streams, which would hold up the shutdown below.
	stopped := s.tree.Stop(context.WithoutCancel(ctx))
	return errors.Join(failed, stopped, s.listeners.shutdown(context.WithoutCancel(ctx)))
}

// purgeEvery is how often expired logins are removed from the database.
const purgeEvery = time.Hour

func (s *server) untilEnd(ctx context.Context) error {
	purge := time.NewTicker(purgeEvery)
	defer purge.Stop()
	for {
		if _, err := s.db.PurgeLogins(ctx, time.Now()); err != nil {
			s.log.Warn().Err(err).Msg("cannot remove expired logins")
		}
		select {
		case <-ctx.Done():
			return nil
		case err := <-s.listeners.failed:
			return err
		case <-purge.C:
		}
	}
}

func (l *listeners) shutdown(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, goodbye)
	defer cancel()
	done := make(chan struct{}, len(l.servers))
	for _, server := range l.servers {
		go func() {
			if err := server.Shutdown(ctx); err != nil {
				// What is still open (downloads, websockets) is cut.
				_ = server.Close()
			}
			done <- struct{}{}
		}()
	}
	for range l.servers {
		<-done
	}
	return nil
}
