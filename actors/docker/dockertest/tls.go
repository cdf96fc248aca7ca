package dockertest

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// portTries bounds the starts of one engine: somebody else can take the port just before it.
const portTries = 3

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
		tb.Fatal(err)
	}
	files := dir + ".tls"
	tb.Cleanup(func() { _ = os.RemoveAll(files) })
	var started running
	for range portTries {
		writeFiles(tb, files, map[string][]byte{"ca.pem": ca, "cert.pem": cert, "key.pem": key})
		address := freeAddress(tb)
		if started, err = start(dir, "DOCKERDRIVER_ENGINE_TLS="+address); err == nil {
			tb.Cleanup(func() {
				if err := started.stop(); err != nil {
					tb.Errorf("cannot stop an engine of this test: %v", err)
				}
			})
			return "tcp://" + address
		}
		if !strings.Contains(err.Error(), "address already in use") {
			break
		}
	}
	giveUp(tb, err)
	return ""
}

func writeFiles(tb testing.TB, dir string, files map[string][]byte) {
	tb.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		tb.Fatalf("cannot make a folder for an engine's certificates: %v", err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			tb.Fatalf("cannot write an engine's certificates: %v", err)
		}
	}
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
