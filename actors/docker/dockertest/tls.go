package dockertest

import (
	"net"
	"os"
	"path/filepath"
	"testing"
)

// TLSEngine starts a real Docker engine for one test, which verifies its clients against ca and proves itself with cert and key
// (all PEM), and returns its address, tcp://127.0.0.1:port. It is ended with the test. Where none can be started the test is
// skipped or fails, by the rules of RealEngine.
func TLSEngine(tb testing.TB, ca, cert, key []byte) string {
	tb.Helper()
	if err := canStart(); err != nil {
		giveUp(tb, err)
	}
	dir, err := newFolder()
	if err != nil {
		giveUp(tb, err)
	}
	files := dir + ".tls"
	tb.Cleanup(func() { _ = os.RemoveAll(files) })
	if err := os.Mkdir(files, 0o700); err != nil {
		tb.Fatalf("cannot make a folder for an engine's certificates: %v", err)
	}
	for name, text := range map[string][]byte{"ca.pem": ca, "cert.pem": cert, "key.pem": key} {
		if err := os.WriteFile(filepath.Join(files, name), text, 0o600); err != nil {
			tb.Fatalf("cannot write an engine's certificates: %v", err)
		}
	}
	address := freeAddress(tb)
	started, err := start(dir, "DOCKERDRIVER_ENGINE_TLS="+address)
	if err != nil {
		giveUp(tb, err)
	}
	tb.Cleanup(func() {
		if err := started.stop(); err != nil {
			tb.Errorf("cannot stop an engine of this test: %v", err)
		}
	})
	return "tcp://" + address
}

// freeAddress is a port that nobody held a moment ago: dockerd tells nobody which one it took for port 0.
func freeAddress(tb testing.TB) string {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatalf("cannot find a free port for an engine: %v", err)
	}
	defer listener.Close()
	return listener.Addr().String()
}
