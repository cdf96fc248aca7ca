package main

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"dockerdriver/httpapi/proxy/link"
)

// openLink takes the socket through which notebook proxies of their own are fed.
func (s *server) openLink(ctx context.Context) error {
	socket, err := link.Listen(ctx, s.options.ProxySocket)
	if err != nil {
		return err
	}
	s.listeners.link = socket
	s.later(closeListener(socket))
	s.link = link.NewServer(link.ServerConfig{
		Facts: link.Facts{
			Domain: s.options.NotebookDomain, Paths: s.options.NotebookPaths, Port: s.options.notebookPort(nil), UIURL: s.options.uiURL(s.listeners.ui.Addr()),
		},
		Gate: s.gate, Used: func(when map[string]time.Time) { s.client.Used(when) }, Unwatched: func() { s.client.Unwatched() }, Log: s.log,
	})
	s.metrics.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "dockerdriver_proxies_linked", Help: "Notebook proxies of their own that are linked to this server.",
	}, func() float64 { return float64(s.link.Linked()) }))
	return nil
}

// serveLink begins once the tree has published its first table.
func (s *server) serveLink(ctx context.Context) {
	go func() {
		if err := s.link.Serve(ctx, s.listeners.link); err != nil {
			s.listeners.failed <- err
		}
	}()
}
