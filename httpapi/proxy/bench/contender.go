//go:build linux

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// Names of the contenders.
const (
	ours    = "ours"
	nginx   = "nginx"
	haproxy = "haproxy"
	chp     = "CHP"
	direct  = "direct" // the backend itself, with TLS
)

var everybody = []string{ours, nginx, haproxy, chp, direct}

// contender is one way to the backend.
type contender struct {
	name    string
	address string // with TLS
	pid     int    // of the process whose tree is measured
	http2   bool   // it speaks that
	control string // URL without a path; of ours only
	process *process
}

// host is notebook i's host and port as clients write it.
func (c *contender) host(i int) string {
	return label(i) + "." + domain + ":" + strconv.Itoa(portOf(c.address))
}

func (c *contender) stop() { c.process.stop() }

// start brings a contender up and waits until it passes a request on.
func (s *site) start(ctx context.Context, name string) (*contender, error) {
	if name == direct {
		return s.startDirect(ctx)
	}
	if name == ours {
		return s.startOurs(ctx, notebooks)
	}
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	c := &contender{name: name, address: address, http2: name != chp}
	switch name {
	case nginx:
		c.process, err = s.startNginx(address)
	case haproxy:
		c.process, err = s.startHaproxy(address)
	case chp:
		c.process, err = s.startCHP(address)
	default:
		err = fmt.Errorf("there is no contender %q", name)
	}
	if err != nil {
		return nil, err
	}
	return c, c.await(ctx)
}

// startDirect starts another backend, which serves nobody else.
func (s *site) startDirect(ctx context.Context) (*contender, error) {
	plain, err := freeAddress()
	if err != nil {
		return nil, err
	}
	address, process, err := s.startBackend(ctx, plain)
	if err != nil {
		return nil, err
	}
	return &contender{name: direct, address: address, pid: process.pid, http2: true, process: process}, nil
}

// startOurs starts our proxy with n routes.
func (s *site) startOurs(ctx context.Context, n int) (*contender, error) {
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	control, err := freeAddress()
	if err != nil {
		return nil, err
	}
	c := &contender{name: ours, address: address, http2: true, control: "http://" + control}
	c.process, err = start(s.dir, ours, s.self, "ours", "--listen", address, "--control", control, "--port", strconv.Itoa(portOf(address)),
		"--target", s.plain, "--routes", strconv.Itoa(n), "--cert", s.cert, "--key", s.key)
	if err != nil {
		return nil, err
	}
	return c, c.await(ctx)
}

func (c *contender) await(ctx context.Context) error {
	c.pid = c.process.pid
	if err := c.process.await(ctx, func() error { return answers(ctx, c.address) }); err != nil {
		c.stop()
		return err
	}
	return nil
}

// answers tells whether a request for the first notebook is answered.
func answers(ctx context.Context, address string) error {
	conn, err := dial(ctx, address)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	host := label(0) + "." + domain + ":" + strconv.Itoa(portOf(address))
	if _, err := fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nCookie: %s\r\nConnection: close\r\n\r\n", smallPath, host, cookie(0)); err != nil {
		return err
	}
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	n, err := io.Copy(io.Discard, answer.Body)
	if err == nil && (answer.StatusCode != http.StatusOK || n != 1024) {
		err = fmt.Errorf("the answer was %s with %d bytes", answer.Status, n)
	}
	return err
}

// counts asks our proxy what it holds.
func (c *contender) counts(ctx context.Context) (counts, error) {
	var found counts
	err := c.ask(ctx, http.MethodGet, "/counts", &found)
	return found, err
}

func (c *contender) ask(ctx context.Context, method, path string, into any) error {
	request, err := http.NewRequestWithContext(ctx, method, c.control+path, nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s %s: %s", method, path, answer.Status)
	}
	if into == nil {
		return nil
	}
	return json.NewDecoder(answer.Body).Decode(into)
}
