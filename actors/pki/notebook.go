package pki

import (
	"container/list"
	"crypto/tls"
	"fmt"
	"strings"
	"sync"
	"time"
)

// maxLeaves bounds the certificates held at once: names are asked for by
// anybody who can open a connection.
const maxLeaves = 1024

// NotebookTLS returns what tls.Config.GetCertificate wants: certificates for
// domain itself and for the names directly under it that can be a notebook's
// label (8 to 32 of a–z and 0–9), each made when it is first asked for, valid
// for 90 days and replaced 30 days before its end. One for each name, because
// browsers do not accept a wildcard directly under localhost.
//
// A client that names no server gets the domain's own certificate, so that it
// reads which name was expected. Any other name is an error.
func (ca *CA) NotebookTLS(domain string) func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	domain = strings.ToLower(domain)
	return ca.leavesFor(domain, func(name string) bool {
		label, under := strings.CutSuffix(name, "."+domain)
		return name == domain || under && isLabel(label)
	})
}

// HostTLS is NotebookTLS for one name alone, which all notebooks share.
func (ca *CA) HostTLS(host string) func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	host = strings.ToLower(host)
	return ca.leavesFor(host, func(name string) bool { return name == host })
}

// leavesFor makes certificates for the names that fit; usual is the one that is
// meant where a client names none.
func (ca *CA) leavesFor(usual string, fits func(name string) bool) func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	leaves := newLeafCache(ca.issueNotebook, ca.now)
	return func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		name := strings.ToLower(strings.TrimSuffix(hello.ServerName, "."))
		if name == "" {
			name = usual
		}
		if !fits(name) {
			return nil, fmt.Errorf("cannot serve a certificate for %q: it is no notebook's name", name)
		}
		return leaves.get(name)
	}
}

func isLabel(s string) bool {
	return len(s) >= 8 && len(s) <= 32 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789") == ""
}

// leafCache keeps the certificates that were used last.
type leafCache struct {
	issue func(name string) (*tls.Certificate, error)
	now   func() time.Time

	mu     sync.Mutex
	byName map[string]*list.Element // of *tls.Certificate, whose subject is the name
	recent list.List                // the most recently used in front
}

func newLeafCache(issue func(name string) (*tls.Certificate, error), now func() time.Time) *leafCache {
	return &leafCache{issue: issue, now: now, byName: map[string]*list.Element{}}
}

func (c *leafCache) get(name string) (*tls.Certificate, error) {
	if cert := c.held(name); cert != nil {
		return cert, nil
	}
	cert, err := c.issue(name)
	if err != nil {
		return nil, err
	}
	c.keep(name, cert)
	return cert, nil
}

func (c *leafCache) held(name string) *tls.Certificate {
	c.mu.Lock()
	defer c.mu.Unlock()
	place, ok := c.byName[name]
	if !ok {
		return nil
	}
	cert := place.Value.(*tls.Certificate)
	if cert.Leaf.NotAfter.Sub(c.now()) < leafRenewal {
		return nil
	}
	c.recent.MoveToFront(place)
	return cert
}

func (c *leafCache) keep(name string, cert *tls.Certificate) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if place, ok := c.byName[name]; ok {
		place.Value = cert
		c.recent.MoveToFront(place)
		return
	}
	c.byName[name] = c.recent.PushFront(cert)
	for c.recent.Len() > maxLeaves {
		last := c.recent.Remove(c.recent.Back()).(*tls.Certificate)
		delete(c.byName, last.Leaf.Subject.CommonName)
	}
}
