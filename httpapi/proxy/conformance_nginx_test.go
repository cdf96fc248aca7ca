package proxy

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// nginxKnown is the version that differencesToNginx was written for.
const nginxKnown = "nginx/1.22."

// nginxConfig is what an administrator would write to put nginx before
// containers: nothing buffered, no limits, websockets passed on. Every
// container is an upstream, because nginx keeps connections to those only.
const nginxConfig = `
%[3]s daemon off; worker_processes 1; pid nginx.pid; error_log stderr error;
events { worker_connections 4096; }
http {
  access_log off;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  client_max_body_size 0; large_client_header_buffers 4 64k;
  map $http_upgrade $connection_to_container { default upgrade; "" ""; }
  %[2]s
  server {
    listen %[1]s ssl http2;
    server_name "~^` + labelOfPort + `(?<port>[0-9]+)\.nb\.example$";
    ssl_certificate cert.pem; ssl_certificate_key key.pem;
    location / {
      proxy_pass http://container$port;
      proxy_http_version 1.1; proxy_buffering off; proxy_request_buffering off;
      proxy_pass_header Date; proxy_pass_header Server; proxy_pass_header X-Accel-Buffering;
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $remote_addr; proxy_set_header X-Forwarded-Host $http_host; proxy_set_header X-Forwarded-Proto https;
      proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_to_container;
    }
  }
}
`

// findNginx returns the path and version, or "" where there is none; with
// CI=true that is a failure.
func findNginx(t *testing.T) (path, version string) {
	t.Helper()
	path, err := exec.LookPath("nginx")
	if err != nil {
		path, err = exec.LookPath("/usr/sbin/nginx") // not in everybody's PATH
	}
	if err != nil {
		require.NotEqual(t, "true", os.Getenv("CI"), "nginx is missing: .ci/tools installs it")
		t.Log("nginx is not installed (Debian: nginx-light): its column is left out")
		return "", ""
	}
	out, err := exec.Command(path, "-v").CombinedOutput()
	require.NoError(t, err)
	_, version, _ = strings.Cut(strings.TrimSpace(string(out)), ": ")
	return path, version
}

// startNginx puts nginx before containers and returns its address.
func startNginx(t *testing.T, path string, containers []*plainContainer) string {
	t.Helper()
	dir := t.TempDir()
	cert := selfSigned(t)
	key, err := x509.MarshalPKCS8PrivateKey(cert.PrivateKey)
	require.NoError(t, err)
	keep := func(name string, content []byte) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), content, 0o600))
	}
	keep("cert.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Certificate[0]}))
	keep("key.pem", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}))
	// It inherits the listener, as from its own older process in an update: so
	// the port is nobody else's, and connections wait until it is up.
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	socket, err := listener.(*net.TCPListener).File()
	require.NoError(t, err)
	defer socket.Close()
	upstreams := ""
	for _, c := range containers {
		upstreams += fmt.Sprintf("upstream container%d { server %s; keepalive 8; }\n", c.port(), c.address())
	}
	address := listener.Addr().String()
	user := ""
	if os.Getuid() == 0 {
		user = "user root;" // else its worker could not use the folder
	}
	keep("nginx.conf", fmt.Appendf(nil, nginxConfig, address, upstreams, user))
	var complaints bytes.Buffer
	cmd := exec.Command(path, "-e", "stderr", "-p", dir, "-c", "nginx.conf")
	cmd.ExtraFiles = []*os.File{socket}
	cmd.Env = append(os.Environ(), "NGINX=3;")
	cmd.Stderr = &complaints
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		require.NoError(t, cmd.Process.Signal(syscall.SIGTERM)) // at once, its worker too
		require.NoError(t, cmd.Wait())
		if t.Failed() && complaints.Len() > 0 {
			t.Log("nginx says: ", complaints.String())
		}
	})
	return address
}
