package proxy

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"maps"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

const (
	domain   = "nb.example"
	labelA   = "aaaaaaaa2345"
	labelB   = "bbbbbbbb2345"
	unknown  = "cccccccc2345"
	homeA    = "https://" + labelA + ".nb.example:8443"
	patience = 10 * time.Second
)

// house is a real TLS server with the proxy in it, and a gate with the real
// one's promises.
type house struct {
	t       testing.TB
	proxy   *Proxy
	address string
	metrics *prometheus.Registry

	mu       sync.Mutex
	now      time.Time
	routes   map[string]pool.Route
	sessions map[string]pool.NotebookSession
	ended    map[string]pool.EndedRoute
	tickets  map[string]ticket
	trouble  error // what Redeem returns instead
}

type ticket struct {
	label, browser string
	end            time.Time
}

func newHouse(t testing.TB) *house { return newLimitedHouse(t, Limits{}) }

func newLimitedHouse(t testing.TB, limits Limits) *house { return newHouseIn(t, false, limits) }

// inBothModes tells a story where each notebook has an origin of its own, and
// again in path mode.
func inBothModes(t *testing.T, story func(t *testing.T, h *house)) {
	t.Helper()
	for name, paths := range map[string]bool{"origins": false, "paths": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			story(t, newHouseIn(t, paths, Limits{}))
		})
	}
}

// another is a house of the same mode, for a part of a story.
func (h *house) another(t testing.TB) *house { return newHouseIn(t, h.proxy.paths, Limits{}) }

func newHouseIn(t testing.TB, paths bool, limits Limits) *house {
	t.Helper()
	h := &house{
		t: t, now: time.Now(), metrics: prometheus.NewRegistry(),
		routes: map[string]pool.Route{}, sessions: map[string]pool.NotebookSession{}, ended: map[string]pool.EndedRoute{}, tickets: map[string]ticket{},
	}
	h.proxy = New(Config{
		Domain: domain, Paths: paths, Port: 8443, UIURL: "http://ui.example:8080/", Gate: h, Log: zerolog.Nop(), Metrics: h.metrics,
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	h.address = listener.Addr().String()
	cert := selfSigned(t)
	server := h.proxy.Server(h.address, func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return cert, nil })
	served := make(chan error, 1)
	go func() { served <- server.ServeTLS(h.proxy.Listener(listener, limits), "", "") }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		require.NoError(t, server.Shutdown(ctx))
		require.NoError(t, h.proxy.Close(ctx))
		require.ErrorIs(t, <-served, http.ErrServerClosed)
	})
	return h
}

func selfSigned(t testing.TB) *tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{domain, "*." + domain},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// Redeem is the Gate: what the actors' Proxy does.
func (h *house) Redeem(ctx context.Context, label, secret, browser string) (string, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.trouble != nil {
		return "", h.trouble
	}
	t, known := h.tickets[secret]
	delete(h.tickets, secret)
	route, routed := h.routes[label]
	if !known || !routed || t.label != label || h.now.After(t.end) || (t.browser != "" && t.browser != browser) {
		return "", pool.Refuse(pool.CodeTicketInvalid, "This link was used already.", "Press Open in browser again.")
	}
	cookie := rand.Text() + rand.Text()
	h.sessions[hashOf(cookie)] = pool.NotebookSession{CookieHash: hashOf(cookie), InstanceID: route.InstanceID}
	h.publish()
	return cookie, nil
}

func (h *house) publish() {
	h.proxy.Publish(&pool.RouteTable{Routes: maps.Clone(h.routes), Sessions: maps.Clone(h.sessions), Ended: maps.Clone(h.ended)})
}

// change changes what is published.
func (h *house) change(how func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	how()
	h.publish()
}

// mint makes a ticket for a label and a browser.
func (h *house) mint(label, browser string) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	secret := rand.Text() + rand.Text()
	h.tickets[secret] = ticket{label, browser, h.now.Add(pool.TicketLifetime)}
	return secret
}

// notebook puts a container behind a label and returns the cookie of its owner.
func (h *house) notebook(label string, handler http.HandlerFunc) (cookie string) {
	h.t.Helper()
	backend := httptest.NewServer(handler)
	h.t.Cleanup(backend.Close)
	return h.notebookAt(pool.Route{Label: label, Target: backend.Listener.Addr().String()})
}

func (h *house) notebookAt(route pool.Route) (cookie string) {
	cookie = rand.Text() + rand.Text()
	h.change(func() {
		route.InstanceID = "instance-" + route.Label
		h.routes[route.Label] = route
		h.sessions[hashOf(cookie)] = pool.NotebookSession{CookieHash: hashOf(cookie), InstanceID: route.InstanceID}
	})
	return cookie
}

// transport reaches the house under every name.
func (h *house) transport(protocol int) *http.Transport {
	tr := &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, h.address)
		},
		TLSClientConfig:    &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // a certificate of the test's own
		Protocols:          new(http.Protocols),
		DisableCompression: true,
	}
	tr.Protocols.SetHTTP1(protocol == 1)
	tr.Protocols.SetHTTP2(protocol == 2)
	h.t.Cleanup(tr.CloseIdleConnections)
	return tr
}

// client follows no redirects.
func (h *house) client(protocol int) *http.Client {
	return &http.Client{
		Transport:     h.transport(protocol),
		Timeout:       patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// request makes one to a label's path with fields "Name: value".
func (h *house) request(method, label, path string, fields ...string) *http.Request {
	h.t.Helper()
	r, err := http.NewRequest(method, h.home(label)+path, nil)
	require.NoError(h.t, err)
	for _, field := range fields {
		name, value, _ := strings.Cut(field, ": ")
		r.Header.Add(name, value)
	}
	return r
}

// do sends a request and reads the whole answer.
func (h *house) do(r *http.Request) (*http.Response, string) {
	h.t.Helper()
	res, err := h.client(1).Do(r)
	require.NoError(h.t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	require.NoError(h.t, err)
	return res, string(body)
}

func (h *house) get(label, path string, fields ...string) (*http.Response, string) {
	h.t.Helper()
	return h.do(h.request(http.MethodGet, label, path, fields...))
}

// raw sends bytes over TLS and returns all that comes back.
func (h *house) raw(bytesOut string) string {
	h.t.Helper()
	conn, err := tls.Dial("tcp", h.address, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"http/1.1"}}) //nolint:gosec // as above
	require.NoError(h.t, err)
	defer conn.Close()
	require.NoError(h.t, conn.SetDeadline(time.Now().Add(patience)))
	_, err = io.WriteString(conn, bytesOut)
	require.NoError(h.t, err)
	var all bytes.Buffer
	_, err = io.Copy(&all, conn)
	require.NoError(h.t, err)
	return all.String()
}

const asPage = "Accept: text/html,*/*"

// home is a notebook's address without the slash at its end.
func (h *house) home(label string) string { return strings.TrimSuffix(h.proxy.URL(label), "/") }

func (h *house) origin(label string) string { return h.proxy.name(label).Origin() }

// at is a path as a notebook that knows its own path gets it.
func (h *house) at(label, path string) string { return h.proxy.name(label).Prefix() + path }

// session and nonce are the fields with one of our cookies, named as the mode wants it.
func (h *house) session(cookie string) string {
	return "Cookie: " + h.proxy.cookies.session + "=" + cookie
}

func (h *house) nonce(value string) string { return "Cookie: " + h.proxy.cookies.browser + "=" + value }

// sessionIn and nonceIn find those cookies in an answer; nil: there is none.
func (h *house) sessionIn(res *http.Response) *http.Cookie {
	return cookieNamed(res, h.proxy.cookies.session)
}

func (h *house) nonceIn(res *http.Response) *http.Cookie {
	return cookieNamed(res, h.proxy.cookies.browser)
}

func session(cookie string) string { return "Cookie: " + SessionCookie + "=" + cookie }

func echoPath(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.RequestURI) }

// cookieNamed finds a Set-Cookie.
func cookieNamed(res *http.Response, name string) *http.Cookie {
	for _, c := range res.Cookies() {
		if c.Name == name {
			return c
		}
	}
	return nil
}
