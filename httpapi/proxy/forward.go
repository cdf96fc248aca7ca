package proxy

import (
	"context"
	"errors"
	"log"
	"net/http"
	"net/http/httputil"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"
)

const (
	// continueWait is how long a client that asked before it uploads waits for
	// the container's word.
	continueWait = time.Second
	copyBuffer   = 32 << 10
)

// newTransport speaks HTTP/1.1 to containers. There is no limit on how long an
// answer takes: notebooks compute.
func newTransport() *http.Transport {
	return &http.Transport{
		Proxy:                  nil, // the environment's would be asked for containers
		DialContext:            newDialer().DialContext,
		MaxIdleConnsPerHost:    idlePerTarget,
		IdleConnTimeout:        idleLife,
		ExpectContinueTimeout:  continueWait,
		MaxResponseHeaderBytes: maxResponseHeader,
		DisableCompression:     true, // what the container sends is what the browser gets
	}
}

// newForwarder makes the ReverseProxy. Its FlushInterval stays 0: event streams
// and answers of unknown length are flushed at once all the same, and the rest
// costs 20 % less.
func (p *Proxy) newForwarder() *httputil.ReverseProxy {
	return &httputil.ReverseProxy{
		Transport:  p.transport,
		BufferPool: &buffers{},
		ErrorLog:   log.New(lineLog{p.log}, "", 0),
		Rewrite: func(pr *httputil.ProxyRequest) {
			e := exchangeOf(pr.In)
			aim(pr.Out, pr.In, e.route.Target)
			cleanRequest(pr.Out, pr.In, e)
			pr.Out.Trailer = nil
		},
		ModifyResponse: func(res *http.Response) error {
			e := exchangeOf(res.Request)
			cleanResponse(res.Header, e, p.name(e.route.Label))
			if res.StatusCode == http.StatusSwitchingProtocols {
				// Websockets do not come this way. ReverseProxy would leave it open.
				return errors.Join(errUnasked, res.Body.Close())
			}
			return nil
		},
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			p.notAnswering(r.Context(), w, r, exchangeOf(r), err)
		},
	}
}

// aim points a request at the container and leaves its path and query as the
// client wrote them. Go would otherwise write some bytes anew ("|" as %7C) and
// drop parameters that it cannot read.
func aim(out, in *http.Request, target string) {
	out.URL.Scheme, out.URL.Host = "http", target
	out.URL.RawQuery, out.URL.ForceQuery = in.URL.RawQuery, in.URL.ForceQuery
	path, _, _ := strings.Cut(in.RequestURI, "?")
	// An Opaque with two slashes would be written as an absolute URL.
	if !strings.HasPrefix(path, "//") {
		out.URL.Opaque = path
	}
}

// notAnswering is for requests that got no answer. Ctx is the exchange's.
func (p *Proxy) notAnswering(ctx context.Context, w http.ResponseWriter, r *http.Request, e *exchange, err error) {
	switch {
	case isCut(ctx):
		p.refuse(w, r, pageEnded)
	case e.stalled.Load():
		p.refuse(w, r, pageStalled)
	case ctx.Err() != nil: // the browser has gone
		panic(http.ErrAbortHandler)
	default:
		p.log.Warn().Err(err).Str("instance", e.route.InstanceID).Str("target", e.route.Target).Msg("notebook not answering")
		p.refuse(w, r, pageSilent)
	}
}

type exchangeKey struct{}

func exchangeOf(r *http.Request) *exchange { return r.Context().Value(exchangeKey{}).(*exchange) }

// buffers is a httputil.BufferPool.
type buffers struct{ pool sync.Pool }

func (b *buffers) Get() []byte {
	if buffer, ok := b.pool.Get().(*[copyBuffer]byte); ok {
		return buffer[:]
	}
	return make([]byte, copyBuffer)
}

func (b *buffers) Put(buffer []byte) { b.pool.Put((*[copyBuffer]byte)(buffer)) }

// lineLog writes what net/http has to say, mostly clients that break off.
type lineLog struct{ log zerolog.Logger }

func (l lineLog) Write(line []byte) (int, error) {
	l.log.Debug().Str("reason", strings.TrimSpace(string(line))).Msg("connection trouble")
	return len(line), nil
}
