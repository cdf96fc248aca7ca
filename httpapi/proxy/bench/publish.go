//go:build linux

package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"time"

	"dockerdriver/actors/pool"
	"dockerdriver/httpapi/proxy"
)

// publishing measures how soon a new route is there: from the call of Publish to
// the end of the first request that passes, on a connection that is open already.
// Websockets that are open have to be compared with each new table. Clock and
// proxy are in one process, this one.
func publishing(z sizes) figure {
	title := fmt.Sprintf("Publish with %d routes until a request on a new one has passed", manyRoutes)
	return figure{
		name: "publish",
		rows: []row{
			{"live", title, "µs", bar{itself, 1000}, bar{}},
			{"live-open", fmt.Sprintf("%s, %d websockets open", title, z.meanwhile), "µs", bar{itself, 1000}, bar{}},
			{"call", fmt.Sprintf("the call of Publish alone, %d websockets open", z.meanwhile), "µs", bar{}, bar{}},
			{"late", "requests that were refused after Publish had returned", "", bar{}, bar{itself, 0}},
		},
		alone: func(ctx context.Context, s *site, _ int) (map[string]float64, error) {
			r, err := newRegistrar(ctx, s)
			if err != nil {
				return nil, err
			}
			defer r.close()
			empty, _, err := r.publishMany(ctx, z.publishes)
			if err != nil {
				return nil, err
			}
			sockets, err := openWebsockets(ctx, r.contender, z.meanwhile)
			if err != nil {
				return nil, err
			}
			defer hangUp(sockets)
			full, calls, err := r.publishMany(ctx, z.publishes)
			if err != nil {
				return nil, err
			}
			return map[string]float64{"live": median(empty), "live-open": median(full), "call": median(calls), "late": float64(r.late)}, sockets[0].roundTrip()
		},
	}
}

// registrar publishes tables to a proxy in this process.
type registrar struct {
	site      *site
	contender *contender
	proxy     *proxy.Proxy
	server    *http.Server
	table     *pool.RouteTable
	client    *tls.Conn
	answers   *bufio.Reader
	late      int // requests that came after Publish had returned and before it was in force
}

func newRegistrar(ctx context.Context, s *site) (*registrar, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	pair, err := tls.LoadX509KeyPair(s.cert, s.key)
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	r := &registrar{site: s, contender: &contender{name: ours, address: listener.Addr().String()}, table: newTable(manyRoutes, s.plain)}
	r.proxy = newProxy(portOf(r.contender.address), nil)
	<-r.proxy.Publish(r.table)
	r.server = r.proxy.Server("", func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return &pair, nil })
	go func() {
		_ = r.server.ServeTLS(r.proxy.Listener(listener, proxy.Limits{PerAddress: perAddress}), "", "") // until it is closed
	}()
	if r.client, err = dial(ctx, r.contender.address); err != nil {
		r.close()
		return nil, err
	}
	r.answers = bufio.NewReader(r.client)
	return r, nil
}

func (r *registrar) close() {
	if r.client != nil {
		r.client.Close()
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_ = r.proxy.Close(ctx)
	_ = r.server.Close()
}

// publishMany adds routes one by one. It returns in µs how long each took to be
// in force, and how long the calls took.
func (r *registrar) publishMany(ctx context.Context, n int) (live, calls []float64, err error) {
	for range n {
		if ctx.Err() != nil {
			return nil, nil, ctx.Err()
		}
		next := &pool.RouteTable{Routes: maps.Clone(r.table.Routes), Sessions: maps.Clone(r.table.Sessions), Ended: r.table.Ended}
		added := len(next.Routes)
		addRoute(next, added, r.site.plain)
		if status, err := r.ask(added); err != nil {
			return nil, nil, err
		} else if status == http.StatusOK {
			return nil, nil, errors.New("a route that is not there yet was let through")
		}
		began := time.Now()
		inForce := r.proxy.Publish(next)
		called := time.Since(began)
		<-inForce
		for {
			status, err := r.ask(added)
			if err != nil {
				return nil, nil, err
			}
			if status == http.StatusOK {
				break
			}
			if r.late++; time.Since(began) > patience {
				return nil, nil, fmt.Errorf("a new route does not take effect: %d", status)
			}
		}
		live, calls = append(live, micros(time.Since(began))), append(calls, micros(called))
		r.table = next
	}
	return live, calls, nil
}

// ask requests something small of notebook i and returns the status.
func (r *registrar) ask(i int) (int, error) {
	if err := r.client.SetDeadline(time.Now().Add(patience)); err != nil {
		return 0, err
	}
	if _, err := fmt.Fprintf(r.client, "GET %s HTTP/1.1\r\nHost: %s\r\nCookie: %s\r\n\r\n", smallPath, r.contender.host(i), cookie(i)); err != nil {
		return 0, err
	}
	answer, err := http.ReadResponse(r.answers, nil)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	_, err = io.Copy(io.Discard, answer.Body)
	return answer.StatusCode, err
}

func micros(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e3 }
