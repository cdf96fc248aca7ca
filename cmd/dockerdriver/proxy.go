package main

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/rs/zerolog"

	"dockerdriver/actors/pki"
	"dockerdriver/actors/pool"
	"dockerdriver/httpapi"
	"dockerdriver/httpapi/proxy"
	"dockerdriver/httpapi/proxy/link"
)

// proxyCommand serves notebooks in a process of its own. What it has to know of
// the site it is told by the server.
type proxyCommand struct {
	ProxySocket    string `required:"" placeholder:"PATH" help:"The socket of the server, as its own --proxy-socket says."`
	ProxyListen    string `placeholder:"ADDRESS" default:":8443" help:"Where notebooks listen, always with TLS (default ${default})."`
	ProxyOpsListen string `placeholder:"ADDRESS" default:"127.0.0.1:9091" help:"Where metrics, health and profiles of this process listen (default ${default})."`
	DataDir        string `placeholder:"DIR" default:"${system_dir}" help:"The server's data directory, for the installation's own certificates (default ${default})."`

	NotebookTLSCert string `name:"notebook-tls-cert" placeholder:"FILE" help:"Certificate chain of *.<notebook-domain>, in path mode of the domain itself (PEM; default: from the installation's own authority)."`
	NotebookTLSKey  string `name:"notebook-tls-key" placeholder:"FILE" help:"Private key of the same (PEM)."`

	ProxyConnections           int `placeholder:"N" default:"0" help:"As for serve."`
	ProxyConnectionsPerAddress int `placeholder:"N" default:"4096" help:"As for serve."`

	LogLevel  string `enum:"debug,info,warn,error" default:"info" help:"Least level that is logged: ${enum} (default ${default})."`
	LogFormat string `enum:"json,console" default:"json" help:"How log lines look: ${enum} (default ${default})."`
}

// Validate is called by kong. It refuses what the server's flags of the same
// names refuse.
func (c *proxyCommand) Validate() error {
	o := ServerOptions{
		Listen: "127.0.0.1:0", ProxyListen: c.ProxyListen, OpsListen: c.ProxyOpsListen, DataDir: c.DataDir,
		NotebookTLSCert: c.NotebookTLSCert, NotebookTLSKey: c.NotebookTLSKey,
		ProxyConnections: c.ProxyConnections, ProxyConnectionsPerAddress: c.ProxyConnectionsPerAddress,
	}
	return errors.Join(o.checkListeners(), o.checkLimits(), o.checkKeys())
}

// Run is called by kong.
func (c *proxyCommand) Run(p *program) error {
	log := newLogger(ServerOptions{LogLevel: c.LogLevel, LogFormat: c.LogFormat, Err: p.err}).With().Str("part", "proxy").Logger()
	apart := &proxyProcess{options: c, log: log, listeners: newListeners(log), metrics: prometheus.NewRegistry()}
	apart.metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return apart.run(p.ctx)
}

// proxyProcess is a data plane and its link to the server.
type proxyProcess struct {
	options   *proxyCommand
	log       zerolog.Logger
	listeners *listeners
	metrics   *prometheus.Registry
	client    *link.Client
	proxy     atomic.Pointer[proxy.Proxy] // nil until a server was reached
}

// run serves until ctx ends. Browsers that come before a server was reached wait
// in the listener's backlog.
func (a *proxyProcess) run(ctx context.Context) error {
	if err := a.listen(ctx); err != nil {
		return err
	}
	a.listeners.serveOps(httpapi.Ops(a.metrics, a.ready))
	running, stop := context.WithCancel(ctx)
	defer stop()
	a.client = link.NewClient(link.ClientConfig{
		Path: a.options.ProxySocket, Log: a.log, Open: func(f link.Facts) (link.Plane, error) { return a.open(running, f) },
	})
	ended := make(chan error, 1)
	go func() { ended <- a.client.Run(running) }()
	var failed error
	select {
	case <-ctx.Done():
	case failed = <-ended:
	case failed = <-a.listeners.failed:
	}
	a.log.Info().Msg("stopping")
	stop()
	return errors.Join(failed, a.listeners.shutdown(context.WithoutCancel(ctx)))
}

func (a *proxyProcess) listen(ctx context.Context) (err error) {
	if a.listeners.notebooks, err = listenAt(ctx, "--proxy-listen", a.options.ProxyListen); err != nil {
		return err
	}
	if a.listeners.ops, err = listenAt(ctx, "--proxy-ops-listen", a.options.ProxyOpsListen); err != nil {
		return errors.Join(err, a.listeners.notebooks.Close())
	}
	return nil
}

func (a *proxyProcess) ready() error {
	if a.proxy.Load() == nil {
		return errors.New("no server was reached yet at " + a.options.ProxySocket)
	}
	return nil
}

// open prepares to serve notebooks of the site that the server told of. Who is in
// is known with the first table only: browsers wait for it in the backlog.
func (a *proxyProcess) open(ctx context.Context, site link.Facts) (link.Plane, error) {
	certificates, err := a.certificates(ctx, site)
	if err != nil {
		return nil, err
	}
	p := proxy.New(proxy.Config{
		Domain: site.Domain, Paths: site.Paths, Port: site.Port, UIURL: site.UIURL, Gate: a.client, Away: a.client.IsAway, Log: a.log, Metrics: a.metrics,
	})
	return &firstTable{Proxy: p, serve: sync.OnceFunc(func() {
		a.proxy.Store(p)
		go p.Report(ctx, a.client.Used)
		a.listeners.serveNotebooks(p, certificates, proxy.Limits{Connections: a.options.ProxyConnections, PerAddress: a.options.ProxyConnectionsPerAddress})
		a.log.Info().Str("notebooks", p.URL("<label>")).Msg("serving")
		if site.Paths {
			a.log.Warn().Msg(sharedOrigin(site.Domain))
		}
	})}, nil
}

// firstTable serves once there is a table.
type firstTable struct {
	*proxy.Proxy
	serve func()
}

// Publish is link.Plane.
func (f *firstTable) Publish(table *pool.RouteTable) (live <-chan struct{}) {
	live = f.Proxy.Publish(table)
	f.serve()
	return live
}

// certificates are the site's own, or the authority's in the server's data
// directory, which a server that was reached has made.
func (a *proxyProcess) certificates(ctx context.Context, site link.Facts) (getCertificate, error) {
	if a.options.NotebookTLSCert != "" {
		return servedCertificate(ctx, "--notebook-tls-cert", a.options.NotebookTLSCert, a.options.NotebookTLSKey, a.log)
	}
	ca, err := pki.Open(filepath.Join(a.options.DataDir, pkiName))
	if err != nil {
		return nil, err
	}
	return issuedCertificates(ca, site.Domain, site.Paths), nil
}
