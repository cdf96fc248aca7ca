package proxy

import (
	"errors"
	"log"
	"net/http"
	"net/http/httputil"
	"strings"
)

// What httputil.ReverseProxy and http.Transport make of the same requests and
// answers: ours are held against it.

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
// costs less.
func (p *Proxy) newForwarder(over http.RoundTripper) *httputil.ReverseProxy {
	return &httputil.ReverseProxy{
		Transport: over,
		ErrorLog:  log.New(lineLog{p.log}, "", 0),
		Rewrite: func(pr *httputil.ProxyRequest) {
			e := exchangeOf(pr.In)
			aim(pr.Out, pr.In, e)
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

// aim points a request at the container and leaves what targetPath says as the
// client wrote it. Go would otherwise write some bytes anew ("|" as %7C) and
// drop parameters that it cannot read.
func aim(out, in *http.Request, e *exchange) {
	out.URL.Scheme, out.URL.Host = "http", e.route.Target
	out.URL.RawQuery, out.URL.ForceQuery = in.URL.RawQuery, in.URL.ForceQuery
	path, _, _ := strings.Cut(targetPath(e, in), "?")
	// An Opaque with two slashes would be written as an absolute URL.
	if !strings.HasPrefix(path, "//") {
		out.URL.Opaque = path
	}
}

type exchangeKey struct{}

func exchangeOf(r *http.Request) *exchange { return r.Context().Value(exchangeKey{}).(*exchange) }
