package local

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"sync"

	"dockerdriver/actors/docker"
	"dockerdriver/actors/pool"
)

// Kinds of this cloud.
const (
	KindLocal    = "local"
	KindEmulator = "emulator"
)

// SlotBytes is the memory that one slot stands for where Config.Slots is 0.
const SlotBytes = 512 << 20

// Config says which engine is the host.
type Config struct {
	// Kind is KindLocal or KindEmulator; it is what users are shown.
	Kind string
	// EngineURL is the engine's address: unix:///path or tcp://host:port.
	EngineURL string
	// Slots is the host's capacity; 0 derives it from the engine's memory, SlotBytes a slot.
	Slots int
}

// Cloud is a cloud of one machine that is always there. It is safe for
// concurrent use.
type Cloud struct {
	config  Config
	engines *docker.Engines

	mu     sync.Mutex
	holder string // name of the host that has the engine
}

// New makes the cloud without contacting the engine.
func New(config Config, engines *docker.Engines) (*Cloud, error) {
	if config.Kind != KindLocal && config.Kind != KindEmulator {
		return nil, fmt.Errorf("cannot use a cloud of kind %q here: it is %s or %s", config.Kind, KindLocal, KindEmulator)
	}
	if config.Slots < 0 {
		return nil, fmt.Errorf("cannot give a host %d slots: write how many it has, or 0 to derive them from its memory", config.Slots)
	}
	if _, err := engines.Engine(pool.Endpoint{URL: config.EngineURL}); err != nil {
		return nil, err
	}
	return &Cloud{config: config, engines: engines}, nil
}

// Kind is local or emulator.
func (c *Cloud) Kind() string { return c.config.Kind }

// MaxHosts is 1: the machine has one engine.
func (c *Cloud) MaxHosts() int { return 1 }

// Build gives the engine to the host once the engine answers. Another host that
// asks before Release is refused (*pool.Error, CodeConflict). Nothing is made,
// so note is not called.
func (c *Cloud) Build(ctx context.Context, host pool.Host, _ func(pool.CloudResources) error) (pool.Machine, error) {
	if err := c.hold(host.Name); err != nil {
		return pool.Machine{}, err
	}
	at, err := endpoint(ctx, c.config.EngineURL)
	if err != nil {
		return pool.Machine{}, err
	}
	engine, err := c.engines.Engine(at)
	if err != nil {
		return pool.Machine{}, err
	}
	info, err := engine.Info(ctx)
	if err != nil {
		return pool.Machine{}, fmt.Errorf("cannot build host %s: %w", host.Name, err)
	}
	slots := c.config.Slots
	if slots == 0 {
		slots = max(1, int(info.MemoryB/SlotBytes))
	}
	return pool.Machine{Endpoint: at, Slots: slots}, nil
}

func (c *Cloud) hold(name string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.holder != "" && c.holder != name {
		return pool.Refuse(pool.CodeConflict, "This machine has one Docker engine, and host "+c.holder+" has it.",
			"Set "+pool.VarMaxHosts+" to 1, or use --cloud openstack for more hosts.")
	}
	c.holder = name
	return nil
}

// Release takes the engine from the host. There is nothing in a cloud to remove:
// the machine, its engine and its images stay, and the host's containers are
// removed by the host itself before.
func (c *Cloud) Release(ctx context.Context, host pool.Host) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("cannot release host %s: %w", host.Name, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.holder == host.Name {
		c.holder = ""
	}
	return nil
}

// Check accepts every plan: the machine is what it is.
func (c *Cloud) Check(context.Context, pool.HostPlan, string) error { return nil }

// Tend has nothing to put right: nothing was made.
func (c *Cloud) Tend(context.Context, pool.Host) error { return nil }

// Things is empty: nothing was made.
func (c *Cloud) Things(context.Context) ([]pool.Thing, error) { return nil, nil }

// Console is missing: the machine is this one, and its console is its owner's.
func (c *Cloud) Console(context.Context, pool.Host, int) (string, pool.ConsoleMissing, error) {
	return "", pool.ConsoleNone, nil
}

// endpoint finds the IP on which the engine's containers are published: loopback
// for an engine on a socket of this machine, else the engine's own.
func endpoint(ctx context.Context, engineURL string) (pool.Endpoint, error) {
	at := pool.Endpoint{URL: engineURL, Address: "127.0.0.1"}
	parsed, err := url.Parse(engineURL)
	if err != nil {
		return at, fmt.Errorf("cannot use the Docker engine at %q: %v", engineURL, err)
	}
	if parsed.Scheme == "unix" {
		return at, nil
	}
	name := parsed.Hostname()
	if _, err := netip.ParseAddr(name); err == nil {
		at.Address = name
		return at, nil
	}
	found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", name)
	if err == nil && len(found) == 0 {
		err = errors.New("the name has no address")
	}
	if err != nil {
		return at, fmt.Errorf("cannot find the address of the Docker engine at %q: %w", engineURL, err)
	}
	// Engines publish on IPv4 always, on IPv6 only when told to.
	i := max(0, slices.IndexFunc(found, func(a netip.Addr) bool { return a.Unmap().Is4() }))
	at.Address = found[i].Unmap().String()
	return at, nil
}
