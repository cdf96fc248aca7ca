package userdata

import (
	"bytes"
	"encoding/pem"
	"errors"
	"fmt"
	"regexp"
)

// devicePath is what may stand unquoted in the shell fragment of host.env.
var devicePath = regexp.MustCompile(`^/dev/[A-Za-z0-9._/-]+$`)

func (in Input) check() error {
	for _, c := range []struct {
		what string
		text []byte
		kind string
	}{
		{"the authority's certificate", in.Certificates.CA, "CERTIFICATE"},
		{"the host's certificate", in.Certificates.Cert, "CERTIFICATE"},
		{"the host's key", in.Certificates.Key, "PRIVATE KEY"},
	} {
		if err := onlyBlocks(c.text, c.kind); err != nil {
			return fmt.Errorf("%s: %w", c.what, err)
		}
	}
	for _, device := range in.DataDevices {
		if !devicePath.MatchString(device) {
			return fmt.Errorf("%q is not the path of a device: write one such as /dev/vdb", device)
		}
	}
	for _, network := range in.Networks {
		if !network.IsValid() || !network.Addr().Is4() {
			return fmt.Errorf("network %s is not an IPv4 network", network)
		}
	}
	if in.PortFirst == 0 && in.PortLast == 0 {
		return nil
	}
	if in.PortFirst < 1024 || in.PortLast > 65535 || in.PortFirst >= in.PortLast {
		return fmt.Errorf("container ports %d to %d are not a range within 1024 to 65535", in.PortFirst, in.PortLast)
	}
	return nil
}

// onlyBlocks holds that text is PEM of that kind and nothing else: an
// authority's key that slipped in beside its certificate would reach every host.
func onlyBlocks(text []byte, kind string) error {
	if len(bytes.TrimSpace(text)) == 0 {
		return errors.New("it is missing")
	}
	for rest := text; len(bytes.TrimSpace(rest)) > 0; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return errors.New("it is not PEM")
		}
		if block.Type != kind && (kind != "PRIVATE KEY" || block.Type != "EC PRIVATE KEY") {
			return fmt.Errorf("it holds a %s", block.Type)
		}
	}
	return nil
}
