package main

import (
	"cmp"
	"fmt"
	"net/url"
	"strings"

	"dockerdriver/actors/pki"
)

// sharedOrigin is what an operator is told of path mode, whenever it is on.
func sharedOrigin(domain string) string {
	return "notebooks of this site can read and change each other in a browser that visits both: with --notebook-paths they share one origin. " +
		"With a wildcard name *." + domain + " that leads here, leave --notebook-paths out (--notebook-domain " + domain + ") and each has an origin of its own"
}

// sameHost adds to it where the web UI has the notebooks' host name.
const sameHost = "the web UI has the same host name as the notebooks: cookies do not tell ports apart, so that a notebook can log its visitor in to the web UI as somebody else. Give notebooks a name of their own by --notebook-domain"

// warnings are what is unsafe about where notebooks are, in whole sentences'
// words; none where each has an origin of its own.
func (s *server) warnings() []string {
	if !s.options.NotebookPaths {
		return nil
	}
	all := []string{sharedOrigin(s.options.NotebookDomain)}
	if ui, err := url.Parse(s.options.uiURL(s.listeners.ui.Addr())); err == nil && strings.EqualFold(ui.Hostname(), s.options.NotebookDomain) {
		all = append(all, sameHost)
	}
	return all
}

// checkOrigin refuses to serve notebooks on the web UI's own origin, where each
// could act as whoever visits it.
func (s *server) checkOrigin() error {
	if !s.options.NotebookPaths {
		return nil
	}
	ui, err := url.Parse(s.options.uiURL(s.listeners.ui.Addr()))
	if err != nil {
		return err
	}
	notebooks, err := url.Parse(s.proxy.URL("label"))
	if err != nil {
		return err
	}
	if ui.Scheme == notebooks.Scheme && strings.EqualFold(ui.Hostname(), notebooks.Hostname()) && cmp.Or(ui.Port(), "443") == cmp.Or(notebooks.Port(), "443") {
		return fmt.Errorf("cannot serve notebooks at https://%s: the web UI is there, and with --notebook-paths every notebook could do there what its visitor may. Choose another --notebook-domain or --notebook-port", notebooks.Host)
	}
	return nil
}

// issuedCertificates are the authority's own for notebooks.
func issuedCertificates(ca *pki.CA, domain string, paths bool) getCertificate {
	if paths {
		return ca.HostTLS(domain)
	}
	return ca.NotebookTLS(domain)
}
