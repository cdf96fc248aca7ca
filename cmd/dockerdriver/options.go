package main

import (
	"cmp"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// ServerOptions is everything that a server is told: `serve` and `demo` differ
// in the defaults only.
type ServerOptions struct {
	Listen      string `placeholder:"ADDRESS" default:"${listen}" help:"Where the web UI and the API listen (default ${default})."`
	ProxyListen string `placeholder:"ADDRESS" default:":8443" help:"Where notebooks listen, always with TLS (default ${default})."`
	ProxySocket string `placeholder:"PATH" help:"Feed notebook proxies of their own (dockerdriver proxy) through this socket, instead of serving notebooks in this process."`
	OpsListen   string `placeholder:"ADDRESS" default:"127.0.0.1:9090" help:"Where metrics, health and profiles listen (default ${default})."`
	DataDir     string `placeholder:"DIR" default:"${data_dir}" help:"Directory of the database, the images and the keys (default ${default})."`

	Cloud       string `enum:"${clouds}" default:"${cloud}" help:"Where notebook hosts come from: ${enum} (default ${default})."`
	EmulatorURL string `name:"emulator-url" placeholder:"URL" help:"An emulator that runs by itself: one engine (unix:///path or tcp://ip:port), or an OpenStack (http://ip:port/identity/v3); without it one runs inside the server."`
	LocalSlots  int    `placeholder:"N" help:"Slots of this machine's engine (default: what its memory holds at 512 MB each)."`

	AnswerLimit time.Duration `placeholder:"TIME" default:"60s" help:"How long a started notebook has until it must answer HTTP (default ${default})."`

	PublicURL      string `name:"public-url" placeholder:"URL" help:"The web UI's address as browsers see it (default: as it listens)."`
	NotebookDomain string `placeholder:"NAME" default:"localhost" help:"Domain below which each notebook has a name of its own (default ${default}); with --notebook-paths the one name of all."`
	NotebookPaths  bool   `help:"All notebooks at one host name, --notebook-domain, each below a path of its own: for sites without a wildcard name. They can read each other there."`
	NotebookPort   int    `placeholder:"PORT" help:"Port of notebooks as browsers see it (default: that of --proxy-listen)."`

	TLSCert         string `name:"tls-cert" placeholder:"FILE" help:"Certificate chain of the web UI (PEM)."`
	TLSKey          string `name:"tls-key" placeholder:"FILE" help:"Private key of the web UI (PEM)."`
	NotebookTLSCert string `name:"notebook-tls-cert" placeholder:"FILE" help:"Certificate chain of *.<notebook-domain>, with --notebook-paths of the domain itself (PEM; default: from the server's own authority)."`
	NotebookTLSKey  string `name:"notebook-tls-key" placeholder:"FILE" help:"Private key of the same (PEM)."`

	ProxyConnections           int `placeholder:"N" default:"0" help:"Most connections of browsers to notebooks at once (0, the default: as many as the system lets a process open)."`
	ProxyConnectionsPerAddress int `placeholder:"N" default:"4096" help:"Most of them from one client address, for IPv6 from one /64 (default ${default}; 0: no limit, as behind a load balancer)."`

	LogLevel  string `enum:"debug,info,warn,error" default:"info" help:"Least level that is logged: ${enum} (default ${default})."`
	LogFormat string `enum:"json,console" default:"${log_format}" help:"How log lines look: ${enum} (default ${default})."`

	// Demo makes the demo image, the demo's variables and its blueprint on first start.
	Demo bool `kong:"-"`
	// Fresh removes what an earlier run left in DataDir; the demo only.
	Fresh bool `kong:"-"`
	// Out is for the person who started the server, Err for the log.
	Out io.Writer `kong:"-"`
	Err io.Writer `kong:"-"`
}

// domainName is a host name of RFC 1123: labels of letters, digits and inner dashes.
var domainName = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// Validate checks what can be checked before anything is opened; kong calls it.
func (o *ServerOptions) Validate() error {
	for _, check := range []func() error{o.checkListeners, o.checkLimits, o.checkCloud, o.checkAddresses, o.checkKeys} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (o *ServerOptions) checkListeners() error {
	taken := map[string]string{}
	for _, l := range []struct{ flag, address string }{
		{"--listen", o.Listen}, {"--proxy-listen", o.ProxyListen}, {"--ops-listen", o.OpsListen},
	} {
		_, port, err := splitListen(l.address)
		if err != nil {
			return fmt.Errorf("%s cannot be %q: %v. Write ip:port, or :port for all addresses", l.flag, l.address, err)
		}
		if other := taken[l.address]; other != "" && port != 0 {
			return fmt.Errorf("%s and %s are both %s: give each a port of its own", other, l.flag, l.address)
		}
		taken[l.address] = l.flag
	}
	if o.DataDir == "" {
		return fmt.Errorf("--data-dir is empty: name a directory")
	}
	return nil
}

func (o *ServerOptions) checkLimits() error {
	for _, limit := range []struct {
		flag  string
		value int
	}{{"--proxy-connections", o.ProxyConnections}, {"--proxy-connections-per-address", o.ProxyConnectionsPerAddress}} {
		if limit.value < 0 {
			return fmt.Errorf("%s cannot be %d: write a number of connections, or 0 for no limit", limit.flag, limit.value)
		}
	}
	return nil
}

// splitListen takes ip:port, localhost:port or :port apart.
func splitListen(address string) (host string, port int, err error) {
	host, text, err := net.SplitHostPort(address)
	if err != nil {
		return "", 0, fmt.Errorf("it has no port")
	}
	port, err = strconv.Atoi(text)
	if err != nil || port < 0 || port > 65535 {
		return "", 0, fmt.Errorf("%q is not a port from 0 to 65535", text)
	}
	if _, err := netip.ParseAddr(host); host != "" && host != "localhost" && err != nil {
		return "", 0, fmt.Errorf("%q is not an IP address of this machine", host)
	}
	return host, port, nil
}

func (o *ServerOptions) checkCloud() error {
	switch {
	case o.AnswerLimit < time.Second || o.AnswerLimit > time.Hour:
		return fmt.Errorf("--answer-limit cannot be %s: write 1s to 1h", o.AnswerLimit)
	case o.LocalSlots < 0 || o.LocalSlots > 1024:
		return fmt.Errorf("--local-slots cannot be %d: write 1 to 1024, or leave it out", o.LocalSlots)
	case o.EmulatorURL == "":
		return nil
	case o.Cloud != "emulator":
		return fmt.Errorf("--emulator-url goes with --cloud emulator only")
	}
	if u, err := url.Parse(o.EmulatorURL); err == nil && u.Scheme == "http" {
		if at, err := netip.ParseAddrPort(u.Host); err == nil && at.Addr().IsLoopback() && u.Path != "" {
			return nil
		}
	}
	return checkEndpoint("--emulator-url", o.EmulatorURL)
}

// checkEndpoint accepts unix:///path and tcp://ip:port.
func checkEndpoint(flag, text string) error {
	u, err := url.Parse(text)
	if err == nil && u.Scheme == "unix" && u.Host == "" && strings.HasPrefix(u.Path, "/") {
		return nil
	}
	if err == nil && u.Scheme == "tcp" && u.Path == "" {
		if _, err := netip.ParseAddrPort(u.Host); err == nil {
			return nil
		}
	}
	return fmt.Errorf("%s cannot be %q: write unix:///path or tcp://ip:port", flag, text)
}

func (o *ServerOptions) checkAddresses() error {
	if o.PublicURL != "" {
		u, err := url.Parse(o.PublicURL)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.User != nil {
			return fmt.Errorf("--public-url cannot be %q: write https://name or https://name:port", o.PublicURL)
		}
	}
	if o.NotebookPaths && strings.HasPrefix(o.NotebookDomain, "*.") {
		return fmt.Errorf("--notebook-domain cannot be %q with --notebook-paths: write the one name of all notebooks, or leave --notebook-paths out, which a wildcard name makes needless", o.NotebookDomain)
	}
	o.NotebookDomain = strings.ToLower(strings.TrimPrefix(o.NotebookDomain, "*."))
	if _, err := netip.ParseAddr(o.NotebookDomain); err == nil || !domainName.MatchString(o.NotebookDomain) {
		return fmt.Errorf("--notebook-domain cannot be %q: write a domain name whose subdomains all lead here (with --notebook-paths: one host name), such as notebooks.example.org", o.NotebookDomain)
	}
	if o.NotebookPort < 0 || o.NotebookPort > 65535 {
		return fmt.Errorf("--notebook-port cannot be %d: write 1 to 65535, or leave it out", o.NotebookPort)
	}
	return nil
}

func (o *ServerOptions) checkKeys() error {
	if (o.TLSCert == "") != (o.TLSKey == "") {
		return fmt.Errorf("--tls-cert and --tls-key go together: give both or neither")
	}
	if (o.NotebookTLSCert == "") != (o.NotebookTLSKey == "") {
		return fmt.Errorf("--notebook-tls-cert and --notebook-tls-key go together: give both or neither")
	}
	host, _, err := splitListen(o.Listen)
	if err != nil {
		return err
	}
	if o.TLSCert == "" && o.PublicURL == "" && !isLoopback(host) {
		return fmt.Errorf("the web UI at %s would send passwords in the clear: give --tls-cert and --tls-key, or --public-url when something in front of it speaks TLS, or --listen 127.0.0.1:8080", o.Listen)
	}
	return nil
}

func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.IsLoopback()
}

// uiURL returns the web UI's address as browsers see it, without a slash at the
// end, when it listens at bound.
func (o *ServerOptions) uiURL(bound net.Addr) string {
	if o.PublicURL != "" {
		return strings.TrimSuffix(o.PublicURL, "/")
	}
	scheme, usual := "http", 80
	if o.TLSCert != "" {
		scheme, usual = "https", 443
	}
	host, _, _ := splitListen(o.Listen) // checked in Validate
	if addr, err := netip.ParseAddr(host); host == "" || err == nil && addr.IsUnspecified() {
		host = "localhost"
	}
	port := portOf(bound)
	if port == usual {
		if strings.Contains(host, ":") {
			host = "[" + host + "]"
		}
		return scheme + "://" + host
	}
	return scheme + "://" + net.JoinHostPort(host, strconv.Itoa(port))
}

// notebookPort returns the port of notebooks as browsers see it, when the proxy
// listens at bound; nil: in a process of its own, at the address of the same flag.
func (o *ServerOptions) notebookPort(bound net.Addr) int {
	if bound == nil {
		_, port, _ := splitListen(o.ProxyListen) // checked in Validate
		return cmp.Or(o.NotebookPort, port)
	}
	return cmp.Or(o.NotebookPort, portOf(bound))
}

func portOf(addr net.Addr) int {
	if tcp, ok := addr.(*net.TCPAddr); ok {
		return tcp.Port
	}
	return 0
}
