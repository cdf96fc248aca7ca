//go:build linux

package main

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/rs/zerolog"

	"dockerdriver/actors/pool"
	"dockerdriver/httpapi/proxy"
)

// perAddress is serve's limit of connections of one address, raised, because
// here all come from one.
const perAddress = 1 << 20

// oursCommand is our proxy as `dockerdriver proxy` runs it, with a table of its
// own making in place of a server's.
type oursCommand struct {
	Listen  string `required:"" help:"For notebooks, with TLS."`
	Control string `required:"" help:"For the bench, in plain HTTP."`
	Port    int    `required:"" help:"Of notebooks as clients see it."`
	Target  string `required:"" help:"Where all routes lead."`
	Routes  int    `required:""`
	Cert    string `required:""`
	Key     string `required:""`
}

// Run is called by kong.
func (c *oursCommand) Run(ctx context.Context) error {
	pair, err := tls.LoadX509KeyPair(c.Cert, c.Key)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return err
	}
	metrics := prometheus.NewRegistry()
	metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	p := newProxy(c.Port, metrics)
	p.Publish(newTable(c.Routes, c.Target))
	go p.Report(ctx, func(map[string]time.Time) {})
	server := p.Server("", func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return &pair, nil })
	failed := make(chan error, 2)
	go func() {
		failed <- server.ServeTLS(p.Listener(listener, proxy.Limits{PerAddress: perAddress}), "", "")
	}()
	go func() { failed <- http.ListenAndServe(c.Control, control(p, c.Target)) }()
	select {
	case <-ctx.Done():
		return nil
	case err := <-failed:
		return fmt.Errorf("our proxy cannot serve: %w", err)
	}
}

func newProxy(port int, metrics prometheus.Registerer) *proxy.Proxy {
	return proxy.New(proxy.Config{
		Domain: domain, Port: port, UIURL: "http://127.0.0.1:8080", Gate: closedGate{},
		Log: zerolog.New(io.Discard).Level(zerolog.InfoLevel), Metrics: metrics,
	})
}

// closedGate redeems no tickets: all sessions are in the table.
type closedGate struct{}

func (closedGate) Redeem(context.Context, string, string, string) (string, error) {
	return "", errors.New("there are no tickets here")
}

// newTable has n notebooks with one session each.
func newTable(n int, target string) *pool.RouteTable {
	t := &pool.RouteTable{Routes: make(map[string]pool.Route, n), Sessions: make(map[string]pool.NotebookSession, n), Ended: map[string]pool.EndedRoute{}}
	for i := range n {
		addRoute(t, i, target)
	}
	return t
}

func addRoute(t *pool.RouteTable, i int, target string) {
	instance, user := fmt.Sprintf("instance-%08d", i), fmt.Sprintf("user-%08d", i)
	hash := sha256.Sum256([]byte(secret(i)))
	t.Routes[label(i)] = pool.Route{Label: label(i), InstanceID: instance, UserID: user, Target: target}
	key := hex.EncodeToString(hash[:])
	t.Sessions[key] = pool.NotebookSession{CookieHash: key, InstanceID: instance, UserID: user, CreatedAt: time.Now()}
}

// counts are what a process of ours holds after a garbage collection, with all
// free memory given back.
type counts struct {
	Heap       uint64 // bytes in live objects
	Goroutines int
}

// control lets the bench look into the process and give it another table.
func control(p *proxy.Proxy, target string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /counts", func(w http.ResponseWriter, _ *http.Request) {
		// The second collection frees what pools and finalizers kept over the first.
		runtime.GC()
		debug.FreeOSMemory()
		var memory runtime.MemStats
		runtime.ReadMemStats(&memory)
		_ = json.NewEncoder(w).Encode(counts{memory.HeapAlloc, runtime.NumGoroutine()})
	})
	mux.HandleFunc("PUT /routes/{n}", func(w http.ResponseWriter, r *http.Request) {
		n, err := strconv.Atoi(r.PathValue("n"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		p.Publish(newTable(n, target))
	})
	return mux
}
