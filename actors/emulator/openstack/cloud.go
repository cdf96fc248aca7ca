package openstack

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/rs/zerolog"
)

// closeWait bounds how long Close waits for answers under way.
const closeWait = 5 * time.Second

// Cloud is a running emulated OpenStack.
type Cloud struct {
	config Config
	clock  Clock
	log    zerolog.Logger
	url    string
	server *http.Server
	served chan struct{}
	faults faultBook
	dice   dice

	mu       sync.Mutex // everything below
	closed   bool
	agenda   []*event
	calls    []func()
	called   chan struct{}
	outcomes []*Outcome

	hooksDone chan struct{}
	projects  []*project
	tokens    map[string]*token
	flavors   []Flavor
	images    []Image
	networks  []*network
	servers   []*server
	ports     []*port
	groups    []*group
	volumes   []*volume
	types     []volumeType
}

type project struct {
	id, name string
	quota    Quota
}

type volumeType struct{ id, name string }

// Start runs the cloud until Close; ctx bounds the start alone.
func Start(ctx context.Context, config Config) (*Cloud, error) {
	if err := config.check(); err != nil {
		return nil, err
	}
	if config.Listen == "" {
		config.Listen = "127.0.0.1:0"
	}
	if config.Region == "" {
		config.Region = "RegionOne"
	}
	if config.TokenLife == 0 {
		config.TokenLife = time.Hour
	}
	if config.Clock == nil {
		config.Clock = machineClock{}
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", config.Listen)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s for the emulated cloud: %v", config.Listen, err)
	}
	c := &Cloud{
		config: config, clock: config.Clock, log: config.Log, url: "http://" + listener.Addr().String(), served: make(chan struct{}),
		called: make(chan struct{}, 1), hooksDone: make(chan struct{}), tokens: map[string]*token{},
	}
	c.seed()
	c.server = &http.Server{Handler: c.withFaults(c.routes()), ReadHeaderTimeout: 10 * time.Second}
	go func() {
		defer close(c.served)
		if err := c.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			c.log.Error().Err(err).Msg("emulated cloud stopped serving")
		}
	}()
	go c.runHooks()
	return c, nil
}

// AuthURL is what clients take for OS_AUTH_URL.
func (c *Cloud) AuthURL() string { return c.url + "/identity/v3" }

// URL is the listener's own, of /_emulator/.
func (c *Cloud) URL() string { return c.url }

// Close ends the cloud with all that is in it, and returns when its hooks have returned. Hooks that are still to be called
// when it begins are called; no new ones are.
func (c *Cloud) Close() error {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return nil
	}
	c.closed = true
	for _, e := range c.agenda {
		e.stop()
	}
	c.agenda = nil
	close(c.called)
	c.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), closeWait)
	defer cancel()
	err := c.server.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = c.server.Close()
	}
	<-c.served
	<-c.hooksDone
	return err
}

func (c *Cloud) seed() {
	for _, p := range c.config.Projects {
		made := &project{id: orNew(p.ID, newHex), name: p.Name, quota: p.Quota.orElse(c.config.DefaultQuota)}
		c.projects = append(c.projects, made)
		c.newGroup(made, "default", "Default security group")
	}
	for _, f := range c.config.Flavors {
		f.ID = orNew(f.ID, newUUID)
		c.flavors = append(c.flavors, f)
	}
	for _, i := range c.config.Images {
		i.ID = orNew(i.ID, newUUID)
		c.images = append(c.images, i)
	}
	for _, n := range c.config.Networks {
		c.networks = append(c.networks, newNetwork(n))
	}
	for _, g := range c.config.Groups {
		c.newGroup(c.projectNamed(g.Project), g.Name, "")
	}
	for _, name := range c.config.VolumeTypes {
		c.types = append(c.types, volumeType{id: newUUID(), name: name})
	}
}

func (c *Cloud) projectNamed(name string) *project {
	for _, p := range c.projects {
		if p.name == name {
			return p
		}
	}
	return nil
}

// shared says whether a project sees what belongs to owner, a project's name.
func (p *project) shared(owner string) bool { return owner == "" || owner == p.name }
