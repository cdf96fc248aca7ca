//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// connections is how many a load has open at once.
const connections = 64

var (
	wrkRequests = regexp.MustCompile(`(\d+) requests in`)
	wrkTrouble  = regexp.MustCompile(`(?m)^\s*(Non-2xx.*|Socket errors.*)$`)
	h2loadDone  = regexp.MustCompile(`status codes: (\d+) 2xx, 0 3xx, 0 4xx, 0 5xx`)
)

// wrk asks for the same small thing over HTTP/1.1 for a time, and returns how
// often it was answered. A script may ask for others.
func wrk(ctx context.Context, c *contender, lasting time.Duration, script ...string) (int, error) {
	args := []string{"-t", "2", "-c", strconv.Itoa(connections), "-d", fmt.Sprintf("%.0fs", max(1, lasting.Seconds())), "--timeout", "10s"}
	if len(script) > 0 {
		args = append(args, "-s", script[0])
	} else {
		args = append(args, "-H", "Host: "+c.host(0), "-H", "Cookie: "+cookie(0))
	}
	text, err := output(ctx, "wrk", append(args, "https://"+c.address+smallPath)...)
	if err != nil {
		return 0, err
	}
	if trouble := wrkTrouble.FindString(text); trouble != "" {
		return 0, fmt.Errorf("%s did not answer all requests: %s", c.name, strings.TrimSpace(trouble))
	}
	found := wrkRequests.FindStringSubmatch(text)
	if found == nil {
		return 0, fmt.Errorf("wrk said nothing of requests: %s", text)
	}
	return strconv.Atoi(found[1])
}

// h2load asks n times over HTTP/2, with some streams on each of some connections.
func h2load(ctx context.Context, c *contender, path string, n, clients, streams int) error {
	text, err := output(ctx, "h2load", "-n", strconv.Itoa(n), "-c", strconv.Itoa(clients), "-t", strconv.Itoa(min(2, clients)), "-m", strconv.Itoa(streams),
		"--connect-to="+c.address, "-H", "Cookie: "+cookie(0), "https://"+c.host(0)+path)
	if err != nil {
		return err
	}
	found := h2loadDone.FindStringSubmatch(text)
	if found == nil || found[1] != strconv.Itoa(n) || !strings.Contains(text, "Application protocol: h2") {
		return fmt.Errorf("%s did not answer %d requests over HTTP/2: %s", c.name, n, text)
	}
	return nil
}

// download gets as many bytes on each of some connections at once.
func download(ctx context.Context, c *contender, each, at int) error {
	return inParallel(at, func(int) error {
		conn, err := dial(ctx, c.address)
		if err != nil {
			return err
		}
		defer conn.Close()
		if err := conn.SetDeadline(time.Now().Add(10 * patience)); err != nil {
			return err
		}
		stop := context.AfterFunc(ctx, func() { conn.Close() })
		defer stop()
		_, err = fmt.Fprintf(conn, "GET %s%d HTTP/1.1\r\nHost: %s\r\nCookie: %s\r\nConnection: close\r\n\r\n", bytesPath, each, c.host(0), cookie(0))
		if err != nil {
			return err
		}
		buffer, got := make([]byte, 256<<10), 0
		n, err := io.ReadAtLeast(conn, buffer, len("HTTP/1.1 200"))
		if err != nil || !strings.HasPrefix(string(buffer[:n]), "HTTP/1.1 200") {
			return fmt.Errorf("%s: no download: %v %q", c.name, err, buffer[:n])
		}
		for got = n; err == nil; got += n {
			n, err = conn.Read(buffer)
		}
		if !errors.Is(err, io.EOF) || got < each {
			return fmt.Errorf("%s: a download of %d bytes ended after %d: %w", c.name, each, got, err)
		}
		return nil
	})
}

// converse has messages said back on some websockets for a time, one after the
// other on each, and returns how many there were.
func converse(ctx context.Context, sockets []*websocket, lasting time.Duration) (int, error) {
	end := time.Now().Add(lasting)
	var total atomic.Int64
	err := inParallel(len(sockets), func(i int) error {
		n := int64(0)
		if err := sockets[i].conn.SetDeadline(end.Add(patience)); err != nil {
			return err
		}
		defer func() { total.Add(n) }()
		for ; time.Now().Before(end) && ctx.Err() == nil; n++ {
			if err := sockets[i].roundTrip(); err != nil {
				return err
			}
		}
		return ctx.Err()
	})
	return int(total.Load()), err
}

// latencies has n messages said back on one websocket and returns how long each
// took, the quickest first.
func latencies(ctx context.Context, w *websocket, n int) ([]time.Duration, error) {
	if err := w.conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return nil, err
	}
	took := make([]time.Duration, n)
	for i := range took {
		began := time.Now()
		if err := w.roundTrip(); err != nil {
			return nil, err
		}
		if took[i] = time.Since(began); ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	slices.Sort(took)
	return took, nil
}

// openWebsockets opens n, some at once, spread over the notebooks.
func openWebsockets(ctx context.Context, c *contender, n int) ([]*websocket, error) {
	all := make([]*websocket, n)
	var next atomic.Int64
	err := inParallel(min(n, 16), func(int) error {
		for {
			i := int(next.Add(1)) - 1
			if i >= n || ctx.Err() != nil {
				return ctx.Err()
			}
			var err error
			if all[i], err = openWebsocket(ctx, c, i%notebooks); err != nil {
				return err
			}
		}
	})
	if err != nil {
		hangUp(all)
	}
	return all, err
}

// hangUp closes connections without a word.
func hangUp(all []*websocket) {
	for _, w := range all {
		if w != nil {
			w.conn.Close()
		}
	}
}

// shakeHands makes n TLS connections, some at once, and ends each as soon as it
// is there. It waits for the server's end, so that the server's work is done too.
func shakeHands(ctx context.Context, c *contender, n int) error {
	var next atomic.Int64
	return inParallel(8, func(int) error {
		for int(next.Add(1)) <= n && ctx.Err() == nil {
			conn, err := dial(ctx, c.address)
			if err != nil {
				return err
			}
			err = errors.Join(conn.SetReadDeadline(time.Now().Add(patience)), conn.CloseWrite())
			if err == nil {
				_, err = io.Copy(io.Discard, conn)
			}
			conn.Close()
			if err != nil {
				return fmt.Errorf("%s: cannot end a connection: %w", c.name, err)
			}
		}
		return ctx.Err()
	})
}

// inParallel calls do with 0 to n-1, all at once, and returns what went wrong first.
func inParallel(n int, do func(i int) error) error {
	var all sync.WaitGroup
	var once sync.Once
	var failed error
	for i := range n {
		all.Go(func() {
			if err := do(i); err != nil {
				once.Do(func() { failed = err })
			}
		})
	}
	all.Wait()
	return failed
}
