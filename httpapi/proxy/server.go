package proxy

import (
	"context"
	"crypto/tls"
	"fmt"
	"log"
	"net/http"
	"time"
)

// Limits of client connections. There is none on how long a request or its
// answer takes: uploads, event streams and websockets last.
const (
	readHeaderLimit = 10 * time.Second
	clientIdleLife  = 2 * time.Minute
	maxHeaderBytes  = 64 << 10
	pingAfter       = 30 * time.Second // of silence on HTTP/2, to notice browsers that vanished
	pingLimit       = 15 * time.Second
	// shutdownGrace is what requests in flight get to end by themselves when
	// the server stops. Websockets, which never do, get none.
	shutdownGrace = 2 * time.Second
)

// Server returns the TLS server for notebooks' origins: serve with
// ListenAndServeTLS("", "") or ServeTLS(listener, "", ""). Its Shutdown also
// cuts websockets at once, and whatever else is open after two seconds; call
// Close afterwards.
func (p *Proxy) Server(addr string, certificate func(*tls.ClientHelloInfo) (*tls.Certificate, error)) *http.Server {
	server := &http.Server{
		Addr:    addr,
		Handler: p,
		TLSConfig: &tls.Config{
			MinVersion:     tls.VersionTLS12,
			GetCertificate: certificate,
			// Small records would come first on every connection, and after every
			// pause: a first byte some microseconds sooner for much more work.
			DynamicRecordSizingDisabled: true,
		},
		ReadHeaderTimeout:            readHeaderLimit,
		IdleTimeout:                  clientIdleLife,
		MaxHeaderBytes:               maxHeaderBytes,
		ErrorLog:                     log.New(lineLog{p.log}, "", 0),
		DisableGeneralOptionsHandler: true,
		HTTP2:                        &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: pingLimit},
	}
	server.RegisterOnShutdown(p.drain)
	return server
}

// drain cuts what would keep a stopping server waiting.
func (p *Proxy) drain() {
	p.exchanges.close()
	p.exchanges.cut(errShutdown, func(e *exchange) bool { return e.upgrade })
	select {
	case <-p.exchanges.emptied:
	case <-time.After(shutdownGrace):
		p.exchanges.cut(errShutdown, func(*exchange) bool { return true })
	}
}

// Close cuts everything that is open, lets nothing more through, and waits until
// it has ended or ctx does.
func (p *Proxy) Close(ctx context.Context) error {
	p.exchanges.close()
	p.exchanges.cut(errShutdown, func(*exchange) bool { return true })
	defer p.upstream.close()
	select {
	case <-p.exchanges.emptied:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("cannot end %d notebook connections: %w", p.exchanges.count(true)+p.exchanges.count(false), ctx.Err())
	}
}
