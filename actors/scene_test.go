package actors_test

import (
	"context"
	"encoding/json"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"dockerdriver/actors"
	"dockerdriver/actors/pool"
)

func (o *outside) start(t *testing.T) (*actors.System, *actors.Client) {
	t.Helper()
	options := actors.Options{
		Cloud: o, Engines: o, Images: images{o}, Store: store{o}, Routes: o, Log: zerolog.New(ear{o}).Hook(zerolog.HookFunc(o.logged)),
	}
	if o.ports != nil {
		o.ports(&options)
	}
	sys, err := actors.Start(t.Context(), options)
	require.NoError(t, err)
	return sys, sys.Client()
}

// ear hears in the log which actors get their pill.
type ear struct{ *outside }

func (e ear) Write(line []byte) (int, error) {
	e.mu.Lock()
	pill := e.pill
	e.mu.Unlock()
	said := struct{ Kid, Message string }{}
	if pill != nil && json.Unmarshal(line, &said) == nil && said.Message == "actor gets the pill" {
		pill(said.Kid)
	}
	return len(line), nil
}

func (o *outside) logged(_ *zerolog.Event, _ zerolog.Level, message string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.panicLog[message] > 0 {
		o.panicLog[message]--
		o.fell++
		panic("log fell over")
	}
}

// story runs a test in virtual time on a started pool with one active
// blueprint, and checks at its end that nothing is left in disorder.
func story(t *testing.T, change func(*pool.Config), tell func(t *testing.T, s *scene)) {
	t.Helper()
	storyOn(t, newOutside(), change, tell)
}

// storyOn is a story on an outside that was prepared for it.
func storyOn(t *testing.T, o *outside, change func(*pool.Config), tell func(t *testing.T, s *scene)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &scene{T: t, outside: o}
		s.begin()
		defer func() { _ = s.sys.Stop(context.Background()) }() // also when a check has failed
		cfg := pool.Config{DockerImage: "dockerdriver/demo-notebook", InternalPort: 8787, MaximumLifetime: "1h", MaximumInstancesPerUser: 2}
		if change != nil {
			change(&cfg)
		}
		b, err := s.client.PutBlueprint(t.Context(), admin, pool.Blueprint{Name: "demo", Plugin: pool.PluginDocker, IsEnabled: true, Config: cfg}, 0)
		require.NoError(t, err)
		s.blueprint = b.ID
		tell(t, s)
		s.end()
	})
}

// scene is a running system and its outside.
type scene struct {
	*testing.T
	*outside
	sys       *actors.System
	client    *actors.Client
	blueprint string
}

func (s *scene) begin() {
	s.sys, s.client = s.start(s.T)
	synctest.Wait()
}

func (s *scene) end() {
	s.checkInvariants()
	require.NoError(s.T, s.sys.Stop(context.Background()))
	synctest.Wait()
}

// restart is a kill -9: nothing is told, everything in memory is gone.
func (s *scene) restart() {
	require.NoError(s.T, s.sys.Stop(context.Background()))
	synctest.Wait()
	s.begin()
}

func (s *scene) launch(by pool.User) pool.Instance {
	s.Helper()
	i, err := s.client.Launch(s.Context(), by, s.blueprint)
	require.NoError(s.T, err)
	return i
}

// after lets virtual time go by and returns the instance as everybody sees it.
func (s *scene) after(d time.Duration, id string) *pool.Instance {
	time.Sleep(d)
	synctest.Wait()
	return s.client.Snapshot().Instance(id)
}

// checkInvariants holds at every quiet moment: containers, records, slots and
// routes agree.
func (s *scene) checkInvariants() {
	s.Helper()
	time.Sleep(2 * time.Minute) // two reconcile ticks heal what a fault left
	synctest.Wait()
	view := s.client.Snapshot()
	live := map[string]*pool.Instance{}
	for _, i := range view.Instances {
		if i.State == pool.InstanceRunning {
			live[i.ID] = i
		}
	}
	seen := map[string]int{}
	for _, c := range s.running() {
		seen[c.InstanceID]++
		require.NotNil(s.T, live[c.InstanceID], "a container runs that no running record speaks for")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, i := range live {
		require.Equal(s.T, 1, seen[id], "a running instance has exactly one container")
		require.Contains(s.T, s.table.Routes, i.Label, "a running instance has its route")
	}
	require.Len(s.T, s.table.Routes, len(live), "no route leads nowhere")
	for _, h := range view.Hosts {
		require.LessOrEqual(s.T, view.SlotsUsed(h.ID), h.Slots, "no host is oversubscribed")
	}
}

// slow makes the writes that fit take a second each.
func (s *scene) slow(fits func(pool.Changes) bool) {
	s.change(func() {
		s.saveTakes = func(ch pool.Changes) time.Duration {
			if fits(ch) {
				return time.Second
			}
			return 0
		}
	})
}

func becomes(state pool.InstanceState) func(pool.Changes) bool {
	return func(ch pool.Changes) bool { return len(ch.Instances) == 1 && ch.Instances[0].State == state }
}
