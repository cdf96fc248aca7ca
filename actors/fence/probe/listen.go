package probe

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// Port is the TCP port that the neighbour listens on, inside.
const Port = 8787

// Neighbour is the one line that Listen prints: where other containers find it.
type Neighbour struct {
	Addresses []string `json:"addresses"` // IPs, without loopback and link-local ones
	Port      int      `json:"port"`
}

// Listen is the neighbour: it prints a Neighbour as a line of JSON and answers
// HTTP with 204 on port of all its addresses until ctx ends.
func Listen(ctx context.Context, out io.Writer, port int) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", fmt.Sprintf(":%d", port))
	if err != nil {
		return fmt.Errorf("cannot be the neighbour on port %d: %w", port, err)
	}
	server := &http.Server{
		ReadHeaderTimeout: time.Second,
		Handler:           http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }),
	}
	defer context.AfterFunc(ctx, func() { _ = server.Close() })()
	if err := introduce(out, listener); err != nil {
		_ = listener.Close()
		return fmt.Errorf("cannot tell the neighbour's addresses: %w", err)
	}
	if err := server.Serve(listener); ctx.Err() == nil {
		return fmt.Errorf("cannot be the neighbour on port %d: %w", port, err)
	}
	return nil
}

func introduce(out io.Writer, listener net.Listener) error {
	all, err := net.InterfaceAddrs()
	if err != nil {
		return err
	}
	self := Neighbour{Addresses: []string{}, Port: listener.Addr().(*net.TCPAddr).Port}
	for _, address := range all {
		if ip, ok := address.(*net.IPNet); ok && ip.IP.IsGlobalUnicast() {
			self.Addresses = append(self.Addresses, ip.IP.String())
		}
	}
	return json.NewEncoder(out).Encode(self)
}
