package proxy

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

type metrics struct {
	requests [6]prometheus.Counter // by the status code's first digit
	upgraded prometheus.Counter
	cut      prometheus.Counter
	refused  prometheus.Counter
}

// newMetrics registers with to, or nowhere if it is nil. It panics if another
// Proxy has registered there.
func newMetrics(to prometheus.Registerer, x *exchanges) *metrics {
	factory := promauto.With(to)
	requests := factory.NewCounterVec(prometheus.CounterOpts{
		Name: "dockerdriver_proxy_requests_total", Help: "Requests to notebooks, by class of the answer's code.",
	}, []string{"code"})
	m := &metrics{
		upgraded: factory.NewCounter(prometheus.CounterOpts{
			Name: "dockerdriver_proxy_upgrades_total", Help: "Connections that became websockets.",
		}),
		cut: factory.NewCounter(prometheus.CounterOpts{
			Name: "dockerdriver_proxy_revoked_total", Help: "Requests and connections cut because their session or notebook ended.",
		}),
	}
	m.refused = factory.NewCounter(prometheus.CounterOpts{
		Name: "dockerdriver_proxy_refused_connections_total", Help: "Connections closed at once because there were too many, in all or from one address.",
	})
	for class, label := range []string{"none", "1xx", "2xx", "3xx", "4xx", "5xx"} {
		m.requests[class] = requests.WithLabelValues(label)
	}
	count := func(upgrade bool) func() float64 { return func() float64 { return float64(x.count(upgrade)) } }
	factory.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "dockerdriver_proxy_requests_open", Help: "Requests to notebooks in flight, event streams among them.",
	}, count(false))
	factory.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "dockerdriver_proxy_upgrades_open", Help: "Open websockets.",
	}, count(true))
	return m
}

func (m *metrics) observe(status int) {
	if class := status / 100; class >= 0 && class < len(m.requests) {
		m.requests[class].Inc()
	}
}

// recorder keeps the status for the metrics, and early answers clean.
type recorder struct {
	http.ResponseWriter
	status int
	use    *lastUse // nil: the answer is no use
	body   *sending // of the request; nil: none
}

// WriteHeader lets no cookie through in a 1xx answer, which nothing else looks
// at. The container's 100 stops here: net/http sends one when the body is first
// read, which is when the container's has come, and a second could follow it.
func (rec *recorder) WriteHeader(status int) {
	if status == http.StatusContinue {
		return
	}
	if status >= 100 && status < 200 && status != http.StatusSwitchingProtocols {
		rec.Header().Del("Set-Cookie")
	} else if rec.status == 0 {
		rec.status = status
	}
	// What a container leaves open is not ours, or net/http's, to guess.
	if h := rec.Header(); status >= 200 && h["Content-Type"] == nil {
		h["Content-Type"] = nil
	}
	if status >= 200 && rec.body.endsConnection() {
		rec.Header().Set("Connection", "close")
	}
	rec.ResponseWriter.WriteHeader(status)
}

// Write notes that a notebook that sends is in use.
func (rec *recorder) Write(p []byte) (int, error) {
	if rec.use != nil {
		rec.use.touch()
	}
	return rec.ResponseWriter.Write(p)
}

// Unwrap is for http.ResponseController.
func (rec *recorder) Unwrap() http.ResponseWriter { return rec.ResponseWriter }
