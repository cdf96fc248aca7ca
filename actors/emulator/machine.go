package emulator

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"dockerdriver/actors/emulator/engine"
	"dockerdriver/actors/emulator/openstack"
)

// enginePort is what the machines' engines listen on.
const enginePort = 2376

// Blow is what can befall a machine. The cloud goes on calling it ACTIVE.
type Blow string

// Blows to machines, and what undoes them.
const (
	Hang     Blow = "hang"      // its engine accepts connections and never answers; containers go on
	CutOff   Blow = "cut off"   // its engine cannot be reached; containers go on
	PowerOff Blow = "power off" // the engine is gone, and its containers with it
	Heal     Blow = "heal"      // all of these are undone; containers that ended stay so
)

// machines are the servers that have become ACTIVE.
type machines struct {
	dir   string
	delay time.Duration
	log   zerolog.Logger
	life  context.Context
	end   context.CancelFunc
	work  sync.WaitGroup

	mu    sync.Mutex
	known map[string]*machine // by the server's id
}

// machine is one server's engine.
type machine struct {
	server openstack.Server
	dir    string

	mu      sync.Mutex
	gone    bool
	running *engine.Engine // nil before it has booted, and while it is off
}

func newMachines(dir string, delay time.Duration, log zerolog.Logger) *machines {
	m := &machines{dir: dir, delay: delay, log: log, known: map[string]*machine{}}
	m.life, m.end = context.WithCancel(context.Background())
	return m
}

// boot brings a server's engine up, a while after the cloud calls it ACTIVE.
func (m *machines) boot(s openstack.Server) {
	made := &machine{server: s, dir: filepath.Join(m.dir, s.ID)}
	m.mu.Lock()
	m.known[s.ID] = made
	m.mu.Unlock()
	m.work.Go(func() {
		timer := time.NewTimer(m.delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-m.life.Done():
			return
		}
		if err := m.start(made); err != nil {
			m.log.Warn().Err(err).Str("server", s.Name).Msg("emulated machine has no engine")
		}
	})
}

func (m *machines) start(made *machine) error {
	made.mu.Lock()
	defer made.mu.Unlock()
	if made.gone || made.running != nil {
		return nil
	}
	config, err := serverTLS(made.server.UserData)
	if err != nil {
		return err
	}
	made.running, err = engine.Start(m.life, engine.Config{
		StateDir: made.dir, Listen: fmt.Sprintf("tcp://%s:%d", made.server.Address, enginePort), TLS: config,
		Log: m.log.With().Str("server", made.server.Name).Logger(),
	})
	return err
}

// remove ends a server's engine with all that is on it.
func (m *machines) remove(s openstack.Server) {
	m.mu.Lock()
	made := m.known[s.ID]
	delete(m.known, s.ID)
	m.mu.Unlock()
	if made == nil {
		return
	}
	m.work.Go(func() {
		if err := made.remove(); err != nil {
			m.log.Warn().Err(err).Str("server", s.Name).Msg("cannot clear emulated machine")
		}
	})
}

func (m *machine) remove() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.gone = true
	return errors.Join(m.off(), os.RemoveAll(m.dir))
}

// off is called with the lock held.
func (m *machine) off() error {
	if m.running == nil {
		return nil
	}
	err := m.running.Close()
	m.running = nil
	return err
}

func (m *machines) strike(id string, blow Blow) error {
	m.mu.Lock()
	made := m.known[id]
	m.mu.Unlock()
	if made == nil {
		return fmt.Errorf("cannot %s server %q: no such server is ACTIVE", blow, id)
	}
	made.mu.Lock()
	on := made.running
	switch {
	case blow == PowerOff:
		defer made.mu.Unlock()
		return made.off()
	case blow == Heal && on == nil:
		made.mu.Unlock()
		return m.start(made)
	}
	made.mu.Unlock()
	manner, known := map[Blow]engine.Manner{Hang: engine.Hanging, CutOff: engine.Refusing, Heal: engine.Answering}[blow]
	switch {
	case !known:
		return fmt.Errorf("cannot strike server %s with %q: write %q, %q, %q or %q", id, blow, Hang, CutOff, PowerOff, Heal)
	case on == nil:
		return fmt.Errorf("cannot %s server %s: its engine does not run", blow, id)
	}
	on.Listens(manner)
	return nil
}

// close ends all machines.
func (m *machines) close() error {
	m.end()
	m.work.Wait()
	m.mu.Lock()
	defer m.mu.Unlock()
	var all sync.WaitGroup
	failures := make(chan error, len(m.known))
	for _, made := range m.known {
		all.Go(func() { failures <- made.remove() })
	}
	all.Wait()
	close(failures)
	var err error
	for failure := range failures {
		err = errors.Join(err, failure)
	}
	return errors.Join(err, os.RemoveAll(m.dir))
}
