//go:build linux

package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"time"
)

// manyRoutes is a large site's table.
const manyRoutes = 10_000

// routes compares two proxies of ours, one with a single route and one with
// many, to which the requests are spread. All lead to one container, so that the
// number of kept connections is the same.
func routes(z sizes) figure {
	return figure{
		name: "routes",
		rows: []row{
			{"route1", "CPU per 100k requests, 1 route", "s", bar{}, bar{}},
			{"routes", fmt.Sprintf("CPU per 100k requests, %d routes", manyRoutes), "s", bar{}, bar{}},
			{"change", "what the many routes add to the CPU", "%", bar{itself, 5}, bar{itself, 0}},
			{"bytes", "memory for each route with its session", "B", bar{itself, 1000}, bar{itself, 500}},
		},
		alone: func(ctx context.Context, s *site, round int) (map[string]float64, error) {
			sets := []int{1, manyRoutes}
			proxies := map[int]*contender{}
			for _, n := range sets {
				c, err := s.startOurs(ctx, n)
				if err != nil {
					return nil, err
				}
				defer c.stop()
				proxies[n] = c
				warm := z
				warm.load = 2 * time.Second // enough for all to be asked more than once
				if _, err := spread100k(ctx, s, c, n, warm); err != nil {
					return nil, err
				}
			}
			// There and back, so that what changes slowly meets both alike.
			if round%2 == 1 {
				sets = []int{manyRoutes, 1}
			}
			cpu := map[int]float64{}
			for _, n := range []int{sets[0], sets[1], sets[1], sets[0]} {
				one, err := spread100k(ctx, s, proxies[n], n, z)
				if err != nil {
					return nil, err
				}
				cpu[n] += one / 2
			}
			bytes, err := bytesOfRoute(ctx, proxies[1])
			return map[string]float64{
				"route1": cpu[1], "routes": cpu[manyRoutes], "change": (cpu[manyRoutes]/cpu[1] - 1) * 100, "bytes": bytes,
			}, err
		},
	}
}

// spread100k returns the CPU seconds of 100,000 requests that are spread over n notebooks.
func spread100k(ctx context.Context, s *site, c *contender, n int, z sizes) (float64, error) {
	script := s.path("spread.lua")
	if err := os.WriteFile(script, []byte(fmt.Sprintf(spreadScript, n, smallPath, portOf(c.address))), 0o600); err != nil {
		return 0, err
	}
	served := 0
	cpu, err := spent(c, func() (err error) {
		served, err = wrk(ctx, c, z.load, script)
		return err
	})
	return cpu / float64(served) * 1e5, err
}

// spreadScript is for wrk: it asks notebooks 0 to n-1 in steps of a prime. It
// spells names and secrets as site.go does.
const spreadScript = `
local n, path, port, at, all = %d, %q, %d, 0, {}
function init()
  for i = 0, n - 1 do
    all[i] = string.format("GET %%s HTTP/1.1\r\nHost: nb%%010d.localhost:%%d\r\nCookie: __Host-dd_notebook=secret-%%042d\r\n\r\n", path, i, port, i)
  end
end
function request()
  at = (at + 7919) %% n
  return all[at]
end
`

// bytesOfRoute gives a proxy many routes and returns what each added to its live heap.
func bytesOfRoute(ctx context.Context, c *contender) (float64, error) {
	few, err := c.counts(ctx)
	if err != nil {
		return 0, err
	}
	if err := c.ask(ctx, http.MethodPut, "/routes/"+strconv.Itoa(manyRoutes), nil); err != nil {
		return 0, err
	}
	many, err := c.counts(ctx)
	return (float64(many.Heap) - float64(few.Heap)) / (manyRoutes - 1), err
}
