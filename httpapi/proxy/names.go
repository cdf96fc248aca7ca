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

// Name is the host name of a notebook's origin.
type Name struct {
	Label  string // MinLabelLength to MaxLabelLength of a–z and 0–9
	Domain string // lower case, without a dot at its end
	Port   int    // 1–65535; 0: none was written, which means 443
}

var errNoName = errors.New("not a notebook's name")

// ParseName reads a Host or :authority as the name of a notebook directly under
// domain (lower case). The letters' case does not matter and one dot may end the
// name, as in DNS (RFC 4343, RFC 1034 3.1).
//
//	host  = label "." domain [ "." ] [ ":" port ]
//	label = 8*32( "a"-"z" / "0"-"9" )
func ParseName(host, domain string) (Name, error) {
	// Lower-casing would turn some letters beyond ASCII into ASCII ones.
	if strings.ContainsFunc(host, func(c rune) bool { return c >= utf8.RuneSelf }) {
		return Name{}, errNoName
	}
	name, port := host, 0
	if at := strings.IndexByte(host, ':'); at >= 0 {
		var ok bool
		if port, ok = parsePort(host[at+1:]); !ok {
			return Name{}, errNoName
		}
		name = host[:at]
	}
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	label, under := strings.CutSuffix(name, "."+domain)
	if !under || !isLabel(label) {
		return Name{}, errNoName
	}
	return Name{Label: label, Domain: domain, Port: port}, nil
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

// String returns the name as a Host header writes it.
func (n Name) String() string {
	host := n.Label + "." + n.Domain
	if n.Port == 0 {
		return host
	}
	return host + ":" + strconv.Itoa(n.Port)
}

// Origin returns the name's origin as browsers serialise it (RFC 6454 6.2):
// without the port where that is 443.
func (n Name) Origin() string {
	if n.Port == 443 {
		n.Port = 0
	}
	return "https://" + n.String()
}
