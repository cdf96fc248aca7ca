package docker

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"time"
)

// probeLimit bounds one look at a container: connecting, asking and the header
// of the answer together.
const probeLimit = 2 * time.Second

// maxProbeHeader bounds what a container can make us read, in bytes. Its body
// is not read at all.
const maxProbeHeader = 16 << 10

func newProbe() *http.Client {
	dialer := &net.Dialer{Timeout: probeLimit}
	return &http.Client{
		Timeout: probeLimit,
		// A redirect is an answer; following it would let a container send us anywhere.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext:            dialer.DialContext,
			DisableKeepAlives:      true,
			DisableCompression:     true,
			MaxResponseHeaderBytes: maxProbeHeader,
		},
	}
}

// Answers asks once, for at most 2 s, whether the container at target (ip:port)
// answers HTTP with anything but 502, 503 and 504. The error is passing: the
// caller asks again until its own patience ends.
func (e *Engines) Answers(ctx context.Context, target string) error {
	// An address, never a name: nothing that can be resolved to somewhere else.
	at, err := netip.ParseAddrPort(target)
	if err != nil {
		return fmt.Errorf("cannot ask %q whether it answers: it is not ip:port", target)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+at.String()+"/", http.NoBody)
	if err != nil {
		return fmt.Errorf("cannot ask %s whether it answers: %v", target, err)
	}
	request.Header.Set("User-Agent", "DockerDriver readiness")
	answer, err := e.probe.Do(request)
	if err != nil {
		return fmt.Errorf("no HTTP answer from %s: %w", target, err)
	}
	_ = answer.Body.Close()
	switch answer.StatusCode {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return fmt.Errorf("%s answers %s", target, answer.Status)
	}
	return nil
}
