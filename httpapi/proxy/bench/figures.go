//go:build linux

package main

import (
	"context"
	"fmt"
	"time"
)

// row is one line of the result: less is better in all of them.
type row struct {
	key        string
	title      string
	unit       string
	must, goal bar
}

// name is the title with the unit, if there is one.
func (r row) name() string {
	if r.unit == "" {
		return r.title
	}
	return r.title + ", " + r.unit
}

// bar is what ours has to be at most: so many times a peer's figure, or, of
// itself, so many of the row's unit. The zero bar is none.
type bar struct {
	of    string
	limit float64
}

const itself = "itself"

// figure is something that is measured; the command line selects by name.
type figure struct {
	name string
	rows []row
	// measure measures one contender once; nil where alone is set.
	measure func(context.Context, *contender) (map[string]float64, error)
	// skip tells who takes no part.
	skip func(*contender) bool
	// fresh starts each contender anew for each round: memory tells of the past.
	fresh bool
	// alone measures ours without the others, once a round.
	alone func(ctx context.Context, s *site, round int) (map[string]float64, error)
}

// sizes are what --scale changes.
type sizes struct {
	load      time.Duration // of requests and of conversations
	requests  int           // over HTTP/2
	download  int           // bytes on each of downloads connections
	trips     int           // of one websocket alone
	few, many int           // idle websockets
	settle    time.Duration // before memory is read
	hands     int           // TLS connections
	churn     int           // websockets opened and closed
	publishes int           // routes added one by one
	meanwhile int           // websockets that are open then
}

const downloads = 4 // at once

func newSizes(scale float64) sizes {
	n := func(full int) int { return max(1, int(float64(full)*scale)) }
	return sizes{
		load: time.Duration(scale * float64(5*time.Second)), requests: max(connections, n(40_000)), download: n(256 << 20), trips: n(10_000),
		few: n(1000), many: n(5000), settle: time.Duration(min(1, scale) * float64(3*time.Second)), hands: n(4000), churn: n(100_000), publishes: n(200), meanwhile: n(1000),
	}
}

// quicker is for the warm-up.
func (z sizes) quicker() sizes {
	z.load, z.requests, z.download, z.trips, z.hands = z.load/5, max(connections, z.requests/5), z.download/5, max(1, z.trips/5), z.hands/5
	return z
}

func figures(z sizes) []figure {
	return []figure{requests(z), requests2(z), downloading(z), downloading2(z), websockets(z), handshakes(z), idle(z), routes(z), publishing(z), churning(z)}
}

func requests(z sizes) figure {
	return figure{
		name: "requests",
		rows: []row{{"h1", "CPU per 100k requests, 1 KiB, 64 connections, HTTP/1.1", "s", bar{chp, 1.0 / 3}, bar{nginx, 1.15}}},
		measure: func(ctx context.Context, c *contender) (map[string]float64, error) {
			n := 0
			cpu, err := spent(c, func() (err error) {
				n, err = wrk(ctx, c, z.load)
				return err
			})
			return map[string]float64{"h1": cpu / float64(n) * 1e5}, err
		},
	}
}

func requests2(z sizes) figure {
	return figure{
		name: "requests-h2",
		rows: []row{
			{"h2", "CPU per 100k requests, 1 KiB, 64 connections, HTTP/2", "s", bar{}, bar{nginx, 1.15}},
			{"h2-streams", "CPU per 100k requests, 1 KiB, 8 connections with 8 streams each, HTTP/2", "s", bar{}, bar{nginx, 1.15}},
		},
		skip: withoutHTTP2,
		measure: func(ctx context.Context, c *contender) (map[string]float64, error) {
			single, err := spent(c, func() error { return h2load(ctx, c, smallPath, z.requests, connections, 1) })
			if err != nil {
				return nil, err
			}
			shared, err := spent(c, func() error { return h2load(ctx, c, smallPath, z.requests, connections/8, 8) })
			return map[string]float64{"h2": single / float64(z.requests) * 1e5, "h2-streams": shared / float64(z.requests) * 1e5}, err
		},
	}
}

func downloading(z sizes) figure {
	return figure{
		name: "downloads",
		rows: []row{{"get", "CPU per GB downloaded, HTTP/1.1", "s", bar{nginx, 1.1}, bar{nginx, 0.95}}},
		measure: func(ctx context.Context, c *contender) (map[string]float64, error) {
			cpu, err := spent(c, func() error { return download(ctx, c, z.download, downloads) })
			return map[string]float64{"get": cpu / float64(downloads*z.download) * 1e9}, err
		},
	}
}

func downloading2(z sizes) figure {
	return figure{
		name: "downloads-h2",
		rows: []row{{"get2", "CPU per GB downloaded, HTTP/2", "s", bar{nginx, 1.1}, bar{nginx, 0.95}}},
		skip: withoutHTTP2,
		measure: func(ctx context.Context, c *contender) (map[string]float64, error) {
			cpu, err := spent(c, func() error { return h2load(ctx, c, fmt.Sprint(bytesPath, z.download), downloads, downloads, 1) })
			return map[string]float64{"get2": cpu / float64(downloads*z.download) * 1e9}, err
		},
	}
}

func websockets(z sizes) figure {
	return figure{
		name: "websockets",
		rows: []row{
			{"trips", "CPU per 100k websocket round trips, 64 connections", "s", bar{nginx, 1.3}, bar{nginx, 1.1}},
			{"p50", "p50 of a round trip, one websocket alone", "µs", bar{nginx, 1.3}, bar{nginx, 1.1}},
		},
		measure: func(ctx context.Context, c *contender) (map[string]float64, error) {
			sockets, err := openWebsockets(ctx, c, connections)
			if err != nil {
				return nil, err
			}
			defer hangUp(sockets)
			n := 0
			cpu, err := spent(c, func() (err error) {
				n, err = converse(ctx, sockets, z.load)
				return err
			})
			if err != nil {
				return nil, err
			}
			took, err := latencies(ctx, sockets[0], z.trips)
			if err != nil {
				return nil, err
			}
			return map[string]float64{"trips": cpu / float64(n) * 1e5, "p50": micros(took[len(took)/2])}, nil
		},
	}
}

func handshakes(z sizes) figure {
	return figure{
		name: "handshakes",
		rows: []row{{"tls", "CPU per 100k new TLS connections (ECDSA P-256, X25519, full handshake)", "s", bar{nginx, 1.2}, bar{nginx, 0.95}}},
		measure: func(ctx context.Context, c *contender) (map[string]float64, error) {
			cpu, err := spent(c, func() error { return shakeHands(ctx, c, z.hands) })
			return map[string]float64{"tls": cpu / float64(z.hands) * 1e5}, err
		},
	}
}

func idle(z sizes) figure {
	return figure{
		name: "idle",
		rows: []row{
			{"few", fmt.Sprintf("memory per idle websocket, %d of them", z.few), "KiB", bar{itself, 45}, bar{itself, 24}},
			{"many", fmt.Sprintf("memory per idle websocket, %d of them", z.many), "KiB", bar{itself, 45}, bar{itself, 24}},
		},
		fresh: true,
		measure: func(ctx context.Context, c *contender) (map[string]float64, error) {
			// The first ones make what all share.
			first, err := openWebsockets(ctx, c, 10)
			if err != nil {
				return nil, err
			}
			hangUp(first)
			empty, err := settled(ctx, c, z.settle)
			if err != nil {
				return nil, err
			}
			result := map[string]float64{}
			var open []*websocket
			defer func() { hangUp(open) }()
			for _, step := range []struct {
				key string
				n   int
			}{{"few", z.few}, {"many", z.many}} {
				more, err := openWebsockets(ctx, c, step.n-len(open))
				if err != nil {
					return nil, err
				}
				open = append(open, more...)
				full, err := settled(ctx, c, z.settle)
				if err != nil {
					return nil, err
				}
				result[step.key] = (full - empty) / float64(step.n) / 1024
			}
			return result, nil
		},
	}
}

func withoutHTTP2(c *contender) bool { return !c.http2 }

// spent returns the CPU seconds that a contender spends while do runs.
func spent(c *contender, do func() error) (float64, error) {
	before, err := cpuOf(c.pid)
	if err != nil {
		return 0, err
	}
	if err := do(); err != nil {
		return 0, err
	}
	after, err := cpuOf(c.pid)
	return after - before, err
}

// settled returns a contender's memory in bytes once it had a moment to come to rest.
func settled(ctx context.Context, c *contender, moment time.Duration) (float64, error) {
	select {
	case <-ctx.Done():
		return 0, ctx.Err()
	case <-time.After(moment):
	}
	return memoryOf(c.pid)
}
