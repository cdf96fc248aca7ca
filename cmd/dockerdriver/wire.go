package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/rs/zerolog"
	"golang.org/x/term"

	"dockerdriver/actors"
	"dockerdriver/actors/docker"
	"dockerdriver/actors/fence"
	"dockerdriver/actors/images"
	"dockerdriver/actors/pki"
	"dockerdriver/actors/pool"
	"dockerdriver/httpapi"
	"dockerdriver/httpapi/history"
	"dockerdriver/httpapi/proxy"
	"dockerdriver/httpapi/proxy/link"
	"dockerdriver/persistence"
)

// Names inside the data directory.
const (
	pkiName      = "pki"
	emulatorName = "emulator"
	probeName    = "probe"
)

// server is everything that runs, joined. This file is the only one that knows
// both sides: actors on one, the network, disk and Docker on the other.
type server struct {
	options ServerOptions
	log     zerolog.Logger

	listeners *listeners
	db        *persistence.DB
	cloud     *cloud
	engines   *docker.Engines
	images    *images.Directory
	ca        *pki.CA
	proxy     *proxy.Proxy // also where another process serves notebooks: it knows their addresses
	link      *link.Server // to those processes; nil: notebooks are served here
	gate      *gate
	tree      *actors.System
	client    *actors.Client
	history   *history.History
	metrics   *prometheus.Registry

	undo []func() error // in reverse, whatever happens
}

// runServer runs a server until ctx ends, and leaves its containers alone.
func runServer(ctx context.Context, o ServerOptions) (err error) {
	s := &server{options: o, log: newLogger(o)}
	defer func() { err = errors.Join(err, s.close()) }()
	for _, step := range []func(context.Context) error{
		s.openData, s.listen, s.openDatabase, s.openKeys, s.openCloud, s.openImages, s.openProxy, s.startTree, s.keepHistory, s.prepareDemo, s.openDoors,
	} {
		if err := step(ctx); err != nil {
			if ctx.Err() != nil {
				return nil // told to stop while starting
			}
			return err
		}
	}
	s.announce()
	s.keepBackups(ctx)
	return s.run(ctx)
}

// later notes what close has to undo.
func (s *server) later(f func() error) { s.undo = append(s.undo, f) }

func (s *server) close() error {
	var all []error
	for n := len(s.undo) - 1; n >= 0; n-- {
		all = append(all, s.undo[n]())
	}
	return errors.Join(all...)
}

func newLogger(o ServerOptions) zerolog.Logger {
	level, err := zerolog.ParseLevel(o.LogLevel)
	if err != nil {
		level = zerolog.InfoLevel
	}
	log := zerolog.New(o.Err)
	if o.LogFormat == "console" {
		file, isFile := o.Err.(*os.File)
		log = zerolog.New(zerolog.ConsoleWriter{
			Out: o.Err, TimeFormat: "15:04:05", NoColor: !isFile || !term.IsTerminal(int(file.Fd())),
		})
	}
	return log.Level(level).With().Timestamp().Logger()
}

func (s *server) path(name string) string { return filepath.Join(s.options.DataDir, name) }

// openData takes the data directory, before anything is read or listened on.
func (s *server) openData(ctx context.Context) error {
	lock, err := persistence.LockDir(s.options.DataDir)
	if err != nil {
		return err
	}
	s.later(lock.Release)
	if s.options.Fresh {
		return s.startOver(ctx)
	}
	return nil
}

func (s *server) openDatabase(ctx context.Context) error {
	db, err := persistence.Open(ctx, s.path(persistence.FileName), persistence.Options{Log: s.log})
	if err != nil {
		return err
	}
	s.db = db
	s.later(db.Close)
	return nil
}

func (s *server) openKeys(context.Context) error {
	ca, err := pki.Open(s.path(pkiName))
	s.ca = ca
	return err
}

func (s *server) openCloud(ctx context.Context) error {
	s.engines = docker.New(s.log, docker.WithTLS(s.ca.ClientTLS))
	s.later(func() error { s.engines.Close(); return nil })
	made, err := openCloud(ctx, cloudNeeds{
		options: s.options, stateDir: s.path(emulatorName), engines: s.engines, ca: s.ca, installation: s.db.Installation(), log: s.log,
	})
	if err != nil {
		return err
	}
	s.cloud = made
	s.later(made.close)
	return nil
}

func (s *server) openImages(ctx context.Context) error {
	dir := s.path(imagesDir)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("cannot make the image directory %s: %v", dir, err)
	}
	if s.options.Demo {
		if err := s.makeDemoImage(ctx, dir); err != nil {
			return err
		}
	}
	opened, err := images.Open(dir, s.log)
	if err != nil {
		return err
	}
	if _, err := opened.RemoveLeftovers(); err != nil {
		s.log.Warn().Err(err).Msg("cannot remove leftovers of pulls")
	}
	s.images = opened
	return nil
}

func (s *server) openProxy(ctx context.Context) error {
	s.gate = &gate{}
	s.metrics = prometheus.NewRegistry()
	s.metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	config := proxy.Config{
		Domain: s.options.NotebookDomain, Paths: s.options.NotebookPaths, UIURL: s.options.uiURL(s.listeners.ui.Addr()),
		Gate: s.gate, Log: s.log, Metrics: s.metrics,
	}
	if s.options.ProxySocket != "" {
		config.Port, config.Metrics = s.options.notebookPort(nil), nil
		s.proxy = proxy.New(config)
		if err := s.checkOrigin(); err != nil {
			return err
		}
		return s.openLink(ctx)
	}
	config.Port = s.options.notebookPort(s.listeners.notebooks.Addr())
	s.proxy = proxy.New(config)
	return s.checkOrigin()
}

// routes is where notebooks are served.
func (s *server) routes() actors.Routes {
	if s.link != nil {
		return s.link
	}
	return s.proxy
}

// startTree brings up the actors. When it returns, the routes of running
// notebooks are in the proxy.
func (s *server) startTree(ctx context.Context) error {
	probes, err := s.openProbes()
	if err != nil {
		return err
	}
	options := actors.Options{
		Cloud: s.cloud, Consoles: s.cloud, Engines: engines{s.engines}, Images: s.images, Store: s.store(), Routes: s.routes(),
		Disks: disks{s.engines, probes}, Registry: images.NewPuller(s.images), AnswerLimit: s.options.AnswerLimit,
		ProxyPath: s.proxy.Path, Log: s.log,
	}
	if s.cloud.MaxHosts() == 0 { // a machine that was there before us has its owner's rules
		options.Fence = probes
	}
	tree, err := actors.Start(ctx, options)
	if err != nil {
		return err
	}
	s.tree, s.client = tree, tree.Client()
	s.gate.client.Store(s.client)
	s.later(func() error { return tree.Stop(context.WithoutCancel(ctx)) })
	return nil
}

// keepHistory watches the pool for its charts, until ctx ends.
func (s *server) keepHistory(ctx context.Context) error {
	s.history = history.Open(s.path(history.FileName), time.Now(), s.log)
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	s.later(func() error { cancel(); <-done; return nil })
	go func() {
		defer close(done)
		s.history.Keep(ctx, s.client.Snapshot)
	}()
	return nil
}

// openProbes is what proves that containers are fenced in and looks at disks, by
// containers of this very program.
func (s *server) openProbes() (*fence.Fence, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("cannot find this program's own file: %v", err)
	}
	return fence.New(fence.Config{
		Installation: s.db.Installation(), Engines: s.engines, Dir: s.path(probeName), Program: program, Log: s.log,
	}), nil
}

// openDoors makes the first accounts and puts the handlers behind the listeners.
func (s *server) openDoors(ctx context.Context) error {
	if err := s.firstAccounts(ctx); err != nil {
		return err
	}
	ui, err := httpapi.New(httpapi.Config{
		Views: s.client, Launcher: s.client, Pool: s.client, Hosts: s.client, Images: s.client, Door: s.client, Settings: s.client,
		Accounts: s.db, Logins: s.db, Tokens: s.db, Audit: s.db, Backups: s.db, History: s.history,
		PublicURL: s.options.uiURL(s.listeners.ui.Addr()), NotebookURL: s.proxy.URL, SharedOrigin: s.options.NotebookPaths, Version: version(), Log: s.log,
	})
	if err != nil {
		return err
	}
	uiTLS, err := s.uiTLS(ctx)
	if err != nil {
		return err
	}
	s.listeners.serveUI(ui, uiTLS)
	if err := s.serveNotebooks(ctx); err != nil {
		return err
	}
	s.listeners.serveOps(httpapi.Ops(s.metrics, s.ready))
	return nil
}

func (s *server) ready() error {
	if s.client.Snapshot().Revision == 0 {
		return errors.New("the pool is not loaded yet")
	}
	return nil
}

func (s *server) uiTLS(ctx context.Context) (*tls.Config, error) {
	if s.options.TLSCert == "" {
		return nil, nil
	}
	get, err := servedCertificate(ctx, "--tls-cert", s.options.TLSCert, s.options.TLSKey, s.log)
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: get}, err
}

// serveNotebooks serves them here, or feeds the processes that do.
func (s *server) serveNotebooks(ctx context.Context) error {
	if s.link != nil {
		s.serveLink(ctx)
		return nil
	}
	certificates, err := s.notebookCertificates(ctx)
	if err != nil {
		return err
	}
	go s.proxy.Report(ctx, s.client.Used)
	s.listeners.serveNotebooks(s.proxy, certificates, proxy.Limits{Connections: s.options.ProxyConnections, PerAddress: s.options.ProxyConnectionsPerAddress})
	return nil
}

// notebookCertificates are the site's own, or the installation's authority's.
func (s *server) notebookCertificates(ctx context.Context) (getCertificate, error) {
	if s.options.NotebookTLSCert == "" {
		return issuedCertificates(s.ca, s.options.NotebookDomain, s.options.NotebookPaths), nil
	}
	return servedCertificate(ctx, "--notebook-tls-cert", s.options.NotebookTLSCert, s.options.NotebookTLSKey, s.log)
}

// engines gives the adapter's engines the name that actors know them by.
type engines struct{ *docker.Engines }

func (e engines) Engine(at pool.Endpoint) (actors.Engine, error) {
	engine, err := e.Engines.Engine(at)
	if err != nil {
		return nil, err
	}
	return engine, nil
}

// disks looks itself at the disk of an engine on this machine, and by a container
// at that of any other.
type disks struct {
	engines *docker.Engines
	probes  *fence.Fence
}

// Disk is actors.Disks.
func (d disks) Disk(ctx context.Context, host pool.Host) (pool.Disk, error) {
	if !docker.IsHere(host.Endpoint) {
		return d.probes.Disk(ctx, host)
	}
	engine, err := d.engines.Engine(host.Endpoint)
	if err != nil {
		return pool.Disk{}, err
	}
	return engine.Disk(ctx)
}

// gate lets the proxy ask the tree, which starts after it.
type gate struct{ client atomic.Pointer[actors.Client] }

// Redeem is proxy.Gate.
func (g *gate) Redeem(ctx context.Context, label, secret, browser string) (string, error) {
	client := g.client.Load()
	if client == nil {
		return "", pool.Refuse(pool.CodeUnavailable, "The server is starting.", "Try again in a few seconds.")
	}
	return client.Redeem(ctx, label, secret, browser)
}
