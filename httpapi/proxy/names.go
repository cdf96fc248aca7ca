package proxy

import (
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Bounds of a notebook's label.
const (
	MinLabelLength = 8
	MaxLabelLength = 32
)

// Name is where a notebook is on the web: at a host name of its own or, in path
// mode, below a path of its own.
type Name struct {
	Label  string // MinLabelLength to MaxLabelLength of a–z and 0–9
	Domain string // lower case, without a dot at its end
	Port   int    // 1–65535; 0: none was written, which means 443
	Paths  bool   // Domain is the one host of all notebooks, and Label the first part of the path
}

var errNoName = errors.New("not a notebook's name")

// ParseName reads a Host or :authority as the name of a notebook directly under
// domain (lower case). The letters' case does not matter and one dot may end the
// name, as in DNS (RFC 4343, RFC 1034 3.1).
//
//	host  = label "." domain [ "." ] [ ":" port ]
//	label = 8*32( "a"-"z" / "0"-"9" )
func ParseName(host, domain string) (Name, error) {
	name, port, err := splitHost(host)
	if err != nil {
		return Name{}, err
	}
	label, under := strings.CutSuffix(name, "."+domain)
	if !under || !isLabel(label) {
		return Name{}, errNoName
	}
	return Name{Label: label, Domain: domain, Port: port}, nil
}

// ParseHost reads a Host or :authority as the one host of all notebooks (lower
// case), in path mode. The label is left empty: the path has it. What does not
// matter in ParseName does not matter here.
func ParseHost(host, domain string) (Name, error) {
	name, port, err := splitHost(host)
	if err != nil || name != domain {
		return Name{}, errNoName
	}
	return Name{Domain: domain, Port: port, Paths: true}, nil
}

// splitHost takes a host's name, in lower case and without a dot at its end, and
// its port apart; 0: none was written.
func splitHost(host string) (name string, port int, err error) {
	// Lower-casing would turn some letters beyond ASCII into ASCII ones.
	if strings.ContainsFunc(host, func(c rune) bool { return c >= utf8.RuneSelf }) {
		return "", 0, errNoName
	}
	name = host
	if at := strings.IndexByte(host, ':'); at >= 0 {
		var ok bool
		if port, ok = parsePort(host[at+1:]); !ok {
			return "", 0, errNoName
		}
		name = host[:at]
	}
	return strings.ToLower(strings.TrimSuffix(name, ".")), port, nil
}

// parsePort reads 1–65535 without sign or leading zeros.
func parsePort(s string) (int, bool) {
	if len(s) == 0 || len(s) > 5 || s[0] == '0' || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	port, err := strconv.Atoi(s)
	return port, err == nil && port <= 65535
}

func isLabel(s string) bool {
	if len(s) < MinLabelLength || len(s) > MaxLabelLength {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// Host returns the name's host without its port.
func (n Name) Host() string {
	if n.Paths {
		return n.Domain
	}
	return n.Label + "." + n.Domain
}

// String returns the name as a Host header writes it.
func (n Name) String() string {
	if n.Port == 0 {
		return n.Host()
	}
	return n.Host() + ":" + strconv.Itoa(n.Port)
}

// Origin returns the name's origin as browsers serialise it (RFC 6454 6.2):
// without the port where that is 443.
func (n Name) Origin() string {
	if n.Port == 443 {
		n.Port = 0
	}
	return "https://" + n.String()
}

// Prefix is what stands before every path of the notebook on its origin: ""
// where that is its own, "/<label>" in path mode.
func (n Name) Prefix() string {
	if n.Paths {
		return "/" + n.Label
	}
	return ""
}

// Base is the notebook's first page on its origin: "/", or "/<label>/" in path mode.
func (n Name) Base() string { return n.Prefix() + "/" }

// URL returns the notebook's address, with a slash at its end.
func (n Name) URL() string { return n.Origin() + n.Base() }
