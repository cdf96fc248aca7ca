package fence

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"dockerdriver/actors/docker"
	"dockerdriver/actors/fence/probe"
	"dockerdriver/actors/images"
	"dockerdriver/actors/pool"
)

// cleanupLimit bounds the removal of the probe's containers, which happens even
// after ctx has ended.
const cleanupLimit = 20 * time.Second

// Config is what a Fence needs. All fields but Log are required.
type Config struct {
	Installation string
	Engines      *docker.Engines
	Dir          string // where the probe's image is kept; not the image directory
	Program      string // a static Linux binary of dockerdriver, usually the running one
	Log          zerolog.Logger
}

// Fence runs probes on hosts; it implements actors.Fence, and for hosts on other
// machines actors.Disks. It is safe for
// concurrent use: several hosts are probed side by side, one host one at a time.
type Fence struct {
	config Config

	imageMu sync.Mutex
	image   images.Demo // zero until it is made

	turnsMu sync.Mutex
	turns   map[string]*turn // by the host's id, while somebody probes it or waits to
}

// New makes a Fence without touching the disk or an engine.
func New(config Config) *Fence {
	return &Fence{config: config, turns: map[string]*turn{}}
}

// Holds runs the probe on the host and removes it, also when ctx ends. What it
// reached is a *pool.Error with CodeNotFenced that names it; any other error
// means that the probe did not get so far. Cold it takes the load of an image of
// about 10 MB, warm the start of two containers and up to 2.5 s of dropped packets.
func (f *Fence) Holds(ctx context.Context, host pool.Host) error {
	var results []probe.Result
	if err := f.visit(ctx, host, "probe the fence of", func(r *run) (err error) {
		results, err = r.do(ctx)
		return err
	}); err != nil {
		return err
	}
	return verdict(host, results)
}

// visit lets do run containers on the host when it is its turn, and removes them,
// also when ctx ends. Its error says what it was for.
func (f *Fence) visit(ctx context.Context, host pool.Host, purpose string, do func(*run) error) error {
	leave, err := f.enter(ctx, host.ID)
	if err != nil {
		return fmt.Errorf("cannot %s host %s: %w", purpose, host.Name, err)
	}
	defer leave()
	engine, err := f.config.Engines.Engine(host.Endpoint)
	if err != nil {
		return fmt.Errorf("cannot %s host %s: %w", purpose, host.Name, err)
	}
	r := &run{fence: f, engine: engine, host: host, id: rand.Text()}
	defer r.cleanUp(ctx)
	err = do(r)
	if refusal, ok := errors.AsType[*pool.Error](err); ok {
		// Its code and hint are for people who launch notebooks.
		err = errors.New(refusal.Message)
	}
	if err != nil {
		return fmt.Errorf("cannot %s host %s: %w", purpose, host.Name, err)
	}
	return nil
}

func verdict(host pool.Host, results []probe.Result) error {
	reached := []string{}
	for _, result := range results {
		if result.Reached && result.Target != probe.Control {
			reached = append(reached, fmt.Sprintf("%s (%s)", named(result.Target), result.Why))
		}
	}
	if len(reached) == 0 {
		return nil
	}
	return pool.Refuse(pool.CodeNotFenced,
		fmt.Sprintf("A container on host %s reaches %s.", host.Name, strings.Join(reached, ", ")),
		"See on the host whether pb-firewall.service ran and daemon.json has icc and userland-proxy off, and correct the host's image or DD_HOST_USER_DATA_EXTRA.")
}

// named says a target in words where its address does not tell.
func named(target string) string {
	host, port, err := net.SplitHostPort(target)
	if err == nil && host == probe.Gateway {
		return "its gateway's port " + port
	}
	return target
}

// turn is a lock that can be given up waiting for.
type turn struct {
	token   chan struct{}
	holders int // and those who wait
}

// enter waits until nobody else probes the host: of two probes each would
// remove the other's containers as leftovers.
func (f *Fence) enter(ctx context.Context, hostID string) (leave func(), err error) {
	f.turnsMu.Lock()
	t, ok := f.turns[hostID]
	if !ok {
		t = &turn{token: make(chan struct{}, 1)}
		f.turns[hostID] = t
	}
	t.holders++
	f.turnsMu.Unlock()
	forget := func() {
		f.turnsMu.Lock()
		defer f.turnsMu.Unlock()
		if t.holders--; t.holders == 0 {
			delete(f.turns, hostID)
		}
	}
	select {
	case t.token <- struct{}{}:
		return func() { <-t.token; forget() }, nil
	case <-ctx.Done():
		forget()
		return nil, ctx.Err()
	}
}
