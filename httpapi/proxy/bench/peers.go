//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

// The peers are as they ship, but for what would make the comparison unfair to
// them: they log no requests, keep their connections (to both sides) for as many
// requests as come, write no body to disk, and give up nobody who is idle.

// nginxConf wants: address, backend, certificate, key, open files.
const nginxConf = `
daemon off;
worker_processes auto;
worker_rlimit_nofile %[5]d;
pid nginx.pid;
error_log stderr error;
events { worker_connections 16384; }
http {
  access_log off;
  client_body_temp_path body;
  proxy_temp_path temp;
  keepalive_requests 1000000000;
  map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
  upstream backend {
    server %[2]s;
    keepalive 1024;
    keepalive_requests 1000000000;
  }
  server {
    listen %[1]s ssl http2;
    ssl_certificate %[3]s;
    ssl_certificate_key %[4]s;
    ssl_protocols TLSv1.2 TLSv1.3;
    client_max_body_size 0;
    location / {
      proxy_pass http://backend;
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto https;
      proxy_max_temp_file_size 0;
      proxy_request_buffering off;
      proxy_read_timeout 1h;
      proxy_send_timeout 1h;
    }
  }
}
`

func (s *site) startNginx(address string) (*process, error) {
	dir, err := os.MkdirTemp(s.dir, "nginx-")
	if err != nil {
		return nil, err
	}
	conf := filepath.Join(dir, "nginx.conf")
	text := fmt.Sprintf(nginxConf, address, s.plain, s.cert, s.key, openFiles())
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		return nil, err
	}
	return start(s.dir, nginx, sbin("nginx"), "-p", dir, "-c", conf, "-e", "stderr")
}

// haproxyConf has the TLS lines of Debian's own haproxy.cfg.
const haproxyConf = `
global
  maxconn 8000
  ssl-default-bind-ciphersuites TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256
  ssl-default-bind-options ssl-min-ver TLSv1.2 no-tls-tickets
defaults
  mode http
  timeout connect 5s
  timeout client 1h
  timeout server 1h
  timeout tunnel 1h
  option forwardfor
  http-reuse always
frontend notebooks
  bind %[1]s ssl crt %[3]s alpn h2,http/1.1
  http-request set-header X-Forwarded-Proto https
  default_backend containers
backend containers
  server backend %[2]s
`

func (s *site) startHaproxy(address string) (*process, error) {
	conf, err := os.CreateTemp(s.dir, "haproxy-*.cfg")
	if err != nil {
		return nil, err
	}
	defer conf.Close()
	if _, err := fmt.Fprintf(conf, haproxyConf, address, s.plain, s.both); err != nil {
		return nil, err
	}
	return start(s.dir, haproxy, sbin("haproxy"), "-db", "-f", conf.Name())
}

// startCHP starts it as JupyterHub does. It keeps connections to the backend by itself.
func (s *site) startCHP(address string) (*process, error) {
	program := filepath.Join(s.cache, "node_modules", ".bin", "configurable-http-proxy")
	if _, err := os.Stat(program); err != nil {
		return nil, fmt.Errorf("configurable-http-proxy is not in %s: .ci/bench-tools installs it", s.cache)
	}
	api, err := freeAddress()
	if err != nil {
		return nil, err
	}
	return start(s.dir, "chp", "node", program, "--ip", "127.0.0.1", "--port", strconv.Itoa(portOf(address)),
		"--api-ip", "127.0.0.1", "--api-port", strconv.Itoa(portOf(api)),
		"--ssl-cert", s.cert, "--ssl-key", s.key, "--default-target", "http://"+s.plain, "--log-level", "error")
}

// sbin finds a server's program where people other than root do not look.
func sbin(name string) string {
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	return "/usr/sbin/" + name
}
