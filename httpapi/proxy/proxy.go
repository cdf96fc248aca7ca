package proxy

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"dockerdriver/actors/pool"
)

// Config is what the proxy needs to know.
type Config struct {
	Domain string // below which each notebook has its name: "localhost"
	// Paths puts all notebooks on the one origin of Domain, each below a path of its
	// own. They can read each other there: see the package's words on path mode.
	Paths bool
	Port  int    // of notebooks as browsers see it; 443 if 0
	UIURL string // of the web UI as browsers see it, without a path: "http://127.0.0.1:8080"
	Gate  Gate
	// Away tells whether the server cannot be reached at the moment, where this is a
	// process of its own; nil: never.
	Away func() bool
	Log  zerolog.Logger
	// Metrics is where the counters go; nil: nowhere.
	Metrics prometheus.Registerer
}

// Proxy is the data plane: an http.Handler for notebooks' origins, and the
// actors' Routes. It is safe for concurrent use.
type Proxy struct {
	domain    string
	paths     bool
	port      int
	cookies   cookieNames
	uiURL     string
	gate      Gate
	away      func() bool
	log       zerolog.Logger
	metrics   *metrics
	table     atomic.Pointer[pool.RouteTable]
	exchanges *exchanges
	activity  *activity
	bodyStall time.Duration
	upstream  *upstream
}

// New makes a proxy that lets nobody in until a table is published.
func New(c Config) *Proxy {
	p := &Proxy{
		domain:    strings.ToLower(strings.TrimSuffix(c.Domain, ".")),
		paths:     c.Paths,
		port:      c.Port,
		cookies:   cookieNamesOf(c.Paths),
		uiURL:     strings.TrimRight(c.UIURL, "/"),
		gate:      c.Gate,
		away:      c.Away,
		log:       c.Log,
		activity:  newActivity(),
		bodyStall: bodyStall,
		upstream:  newUpstream(),
	}
	if p.away == nil {
		p.away = func() bool { return false }
	}
	p.exchanges = newExchanges(p.upstream.forget)
	p.metrics = newMetrics(c.Metrics, p.exchanges)
	p.table.Store(&pool.RouteTable{})
	return p
}

// URL returns a notebook's address, with a slash at its end.
func (p *Proxy) URL(label string) string { return p.name(label).URL() }

// Path returns the path of a notebook's address, with a slash at its end: "/"
// where it has an origin of its own.
func (p *Proxy) Path(label string) string { return p.name(label).Base() }

// name is the one right spelling of where a notebook is.
func (p *Proxy) name(label string) Name {
	return Name{Label: label, Domain: p.domain, Port: p.port, Paths: p.paths}
}

// addressed reads which name a request is addressed to; in path mode its label
// is still to be read.
func (p *Proxy) addressed(r *http.Request) (Name, error) {
	if p.paths {
		return ParseHost(r.Host, p.domain)
	}
	return ParseName(r.Host, p.domain)
}

// Publish replaces the table at once, so live is closed when it returns. What is
// open and no longer in the table is cut without waiting for it.
func (p *Proxy) Publish(table *pool.RouteTable) (live <-chan struct{}) {
	p.table.Store(table)
	cut := p.exchanges.cut(errRevoked, func(e *exchange) bool { return !e.isAllowed(table) })
	if cut > 0 {
		p.metrics.cut.Add(float64(cut))
		p.log.Info().Int("count", cut).Msg("connections cut")
	}
	return atOnce
}

// atOnce is a closed channel.
var atOnce = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

// ServeHTTP is the gate and what lies behind it.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	rec := &recorder{ResponseWriter: w}
	defer func() { p.metrics.observe(rec.status) }()
	p.serve(rec, r)
}

func (p *Proxy) serve(w *recorder, r *http.Request) {
	name, err := p.addressed(r)
	if err != nil {
		p.refuse(w, r, pageUnknownHost)
		return
	}
	switch r.Method {
	case http.MethodConnect, http.MethodTrace, "TRACK":
		w.Header().Set("Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS")
		p.refuse(w, r, pageMethod)
		return
	}
	if !isOriginForm(r) {
		p.refuse(w, r, pageBadRequest)
		return
	}
	if p.paths {
		if name, r = p.atPath(w, r, name); r == nil {
			return
		}
	}
	found := readCookies(r.Header, p.cookies)
	if found.doubled {
		p.refuse(w, r, pageTwoCookies)
		return
	}
	switch {
	case r.URL.Path == EnterPath:
		p.enter(w, r, name, found)
	case strings.HasPrefix(r.URL.Path, ownPaths):
		p.refuse(w, r, pageNotFound)
	default:
		p.pass(w, r, name, found)
	}
}

// isOriginForm tells whether the request line holds a path and nothing else. An
// absolute URL would name a second host, and over HTTP/2 a path may hold blanks,
// which would break the container's request line in two.
func isOriginForm(r *http.Request) bool {
	return strings.HasPrefix(r.RequestURI, "/") && r.URL.Host == "" && r.URL.Scheme == "" && r.URL.User == nil &&
		!strings.ContainsFunc(r.RequestURI, func(c rune) bool { return c <= ' ' || c == 0x7f })
}

// pass lets a request with a session through to its container.
func (p *Proxy) pass(w *recorder, r *http.Request, name Name, found ours) {
	route, hash, ok := admission(p.table.Load(), name.Label, found.session)
	if !ok {
		p.notIn(w, r, name, found)
		return
	}
	own := p.name(name.Label)
	if !mayAct(r, own) {
		p.refuse(w, r, pageForeign)
		return
	}
	ctx, cancel := context.WithCancelCause(r.Context())
	defer cancel(nil)
	joined := false
	e := &exchange{
		route: route, session: hash, home: own.Origin(), prefix: own.Prefix(), upgrade: isWebsocket(r) && !hasBody(r),
		cancel: cancel, client: http.NewResponseController(w),
	}
	if refusal := p.exchanges.begin(e); refusal != nil {
		p.refuse(w, r, *refusal)
		return
	}
	defer func() {
		if !joined {
			p.exchanges.end(e)
		}
	}()
	// A table that was published since the look above did not see the exchange.
	if !e.isAllowed(p.table.Load()) {
		p.notIn(w, r, name, found)
		return
	}
	if !route.IsIdle(r.URL.Path) {
		e.use = p.activity.of(route.InstanceID)
		e.use.touch()
	}
	w.use = e.use
	joined = p.carry(ctx, w, r, e)
}
