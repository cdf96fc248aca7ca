//go:build linux

package main

import (
	"context"
	"fmt"
	"net"
	"sync/atomic"
	"time"
)

// churning opens and closes many websockets, and tells what our proxy holds
// afterwards that it did not hold before. It is done once, whatever the rounds.
func churning(z sizes) figure {
	after := fmt.Sprintf("after %d websockets that came and went: growth of ", z.churn)
	return figure{
		name: "churn",
		rows: []row{
			{"fds", after + "open files", "", bar{itself, 0}, bar{}},
			{"goroutines", after + "goroutines", "", bar{itself, 0}, bar{}},
			{"heap", after + "live heap", "KiB", bar{itself, 256}, bar{}},
			{"memory", after + "memory (PSS)", "KiB", bar{itself, 1024}, bar{}},
		},
		alone: func(ctx context.Context, s *site, round int) (map[string]float64, error) {
			if round > 0 {
				return nil, nil
			}
			c, err := s.startOurs(ctx, notebooks)
			if err != nil {
				return nil, err
			}
			defer c.stop()
			// What is kept for the next ones is there after the first.
			if err := churn(ctx, c, max(connections, z.churn/10)); err != nil {
				return nil, err
			}
			before, err := holdingsOf(ctx, c, z.settle)
			if err != nil {
				return nil, err
			}
			if err := churn(ctx, c, z.churn); err != nil {
				return nil, err
			}
			now, err := holdingsOf(ctx, c, z.settle)
			return map[string]float64{
				"fds": now.files - before.files, "goroutines": now.goroutines - before.goroutines,
				"heap": (now.heap - before.heap) / 1024, "memory": (now.memory - before.memory) / 1024,
			}, err
		},
	}
}

// holdings are what a process has.
type holdings struct{ files, goroutines, heap, memory float64 }

// holdingsOf waits a moment first, until what has ended is put away.
func holdingsOf(ctx context.Context, c *contender, moment time.Duration) (holdings, error) {
	if _, err := settled(ctx, c, moment); err != nil {
		return holdings{}, err
	}
	inside, err := c.counts(ctx) // which also gives free memory back
	if err != nil {
		return holdings{}, err
	}
	files, err := filesOf(c.pid)
	if err != nil {
		return holdings{}, err
	}
	memory, err := memoryOf(c.pid)
	return holdings{float64(files), float64(inside.Goroutines), float64(inside.Heap), memory}, err
}

// churn opens n websockets, as many as a load has connections at once, has one
// message said back, and ends them in all the ways that clients do.
func churn(ctx context.Context, c *contender, n int) error {
	var next atomic.Int64
	return inParallel(connections, func(int) error {
		for {
			i := int(next.Add(1)) - 1
			if i >= n || ctx.Err() != nil {
				return ctx.Err()
			}
			w, err := openWebsocket(ctx, c, i%notebooks)
			if err != nil {
				return fmt.Errorf("after %d: %w", i, err)
			}
			switch i % 3 {
			case 0: // a tab that is closed
				err = w.close()
			case 1: // a browser that ends
				err = w.conn.Close()
			default: // a laptop whose lid is closed, and another network when it opens
				raw := w.conn.NetConn()
				if tcp, ok := raw.(*net.TCPConn); ok {
					err = tcp.SetLinger(0)
				}
				raw.Close()
			}
			if err != nil {
				return fmt.Errorf("after %d: %w", i, err)
			}
		}
	})
}
