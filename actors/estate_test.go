package actors_test

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors"
	"dockerdriver/actors/pool"
)

// estate is a cloud that makes machines, with an engine on each: an outside
// whose containers and images belong to a machine.
type estate struct {
	*outside
	things   map[string]pool.Thing // by id
	unlisted map[string]bool       // things that lists lack, by id
	address  map[string]string     // of machines, by host name
	silent   map[string]bool       // engines that do not answer, by address
	hangs    time.Duration         // that they let wait who lists their containers
	cut      bool                  // the cloud cannot be reached
	keeps    error                 // why the cloud deletes nothing
	journal  func(string)          // hears what the cloud is asked to release
	built    int
	fails    []error // of builds, after the server was made, taken one by one
	takes    time.Duration
	holes    int // how often a fence has a hole
	refuses  map[string]error
	onHost   map[string]string // container → address
	released int
	loading  map[string]int // by address
	loaded   []string       // address and image, in the order in which loads began
	most     int            // loads at once
	mostHere int            // loads at once on one machine
}

const engineID = "engine at "

func newEstate(o *outside) *estate {
	return &estate{outside: o, things: map[string]pool.Thing{}, address: map[string]string{}, silent: map[string]bool{}, refuses: map[string]error{}, onHost: map[string]string{}, loading: map[string]int{}}
}

func (*estate) MaxHosts() int { return 0 }

func (e *estate) Kind() string {
	_ = e.outside.Kind() // it may fall over
	return "openstack"
}

func (e *estate) Check(_ context.Context, plan pool.HostPlan, field string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.cut {
		return errDown
	}
	return e.refuses[field]
}

func (e *estate) make(kind, name, hostID string) string {
	id := strings.ReplaceAll(kind, " ", "-") + "-" + name
	if _, there := e.things[id]; !there {
		e.things[id] = pool.Thing{Kind: kind, ID: id, Name: name, HostID: hostID, CreatedAt: time.Now()}
	}
	return id
}

func (e *estate) Build(ctx context.Context, h pool.Host, note func(pool.CloudResources) error) (pool.Machine, error) {
	e.mu.Lock()
	if e.cut {
		e.mu.Unlock()
		return pool.Machine{}, errDown
	}
	made := h.Cloud
	made.SecurityGroupID = e.make(pool.ThingGroup, h.Name, h.ID)
	e.mu.Unlock()
	if err := note(made); err != nil {
		return pool.Machine{}, err
	}
	e.mu.Lock()
	made.ServerID = e.make(pool.ThingServer, h.Name, h.ID)
	e.mu.Unlock()
	if err := note(made); err != nil {
		return pool.Machine{}, err
	}
	if err := wait(ctx, e.takes); err != nil {
		return pool.Machine{}, fmt.Errorf("server is still in BUILD: %w", err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.fails) > 0 {
		err := e.fails[0]
		e.fails = e.fails[1:]
		return pool.Machine{}, err
	}
	if e.address[h.Name] == "" {
		e.built++
		e.address[h.Name] = fmt.Sprintf("10.77.0.%d", 10+e.built)
	}
	address := e.address[h.Name]
	return pool.Machine{
		Endpoint: pool.Endpoint{URL: "tcp://" + address + ":2376", Address: address, ServerName: h.Name}, Slots: h.Plan.Slots, Resources: made,
	}, nil
}

func (e *estate) Release(_ context.Context, h pool.Host) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.cut {
		return errDown
	}
	if e.journal != nil {
		e.journal("release " + h.ID)
	}
	if e.keeps != nil {
		return e.keeps
	}
	maps.DeleteFunc(e.things, func(_ string, t pool.Thing) bool { return t.HostID == h.ID })
	address := e.address[h.Name]
	for id := range e.containers {
		if e.onHost[id] == address {
			delete(e.containers, id)
		}
	}
	delete(e.address, h.Name)
	e.released++
	return nil
}

func (e *estate) Tend(_ context.Context, h pool.Host) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.cut {
		return errDown
	}
	if _, there := e.things[h.Cloud.ServerID]; !there {
		return pool.Refuse(pool.CodeHostLost, "server "+h.Cloud.ServerID+" is gone from the cloud.", "")
	}
	return nil
}

func (e *estate) Things(context.Context) ([]pool.Thing, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.cut {
		return nil, errDown
	}
	return slices.DeleteFunc(slices.Collect(maps.Values(e.things)), func(t pool.Thing) bool { return e.unlisted[t.ID] }), nil
}

// Holds is the Fence.
func (e *estate) Holds(context.Context, pool.Host) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.holes > 0 {
		e.holes--
		return pool.Refuse(pool.CodeNotFenced, "a container reaches 169.254.169.254:80", "")
	}
	return nil
}

func (e *estate) Engine(at pool.Endpoint) (actors.Engine, error) { return engineAt{e, at.Address}, nil }

// engineAt is the engine of one machine.
type engineAt struct {
	*estate
	address string
}

func (e engineAt) up() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.silent[e.address] || !slices.Contains(slices.Collect(maps.Values(e.estate.address)), e.address) {
		return errDown
	}
	return nil
}

func (e engineAt) Info(context.Context) (pool.EngineInfo, error) {
	return pool.EngineInfo{ID: engineID + e.address, Version: "20.10.24"}, e.up()
}

func (e engineAt) HasImage(_ context.Context, id string) (bool, error) {
	if err := e.up(); err != nil {
		return false, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.images[e.address+id], nil
}

func (e engineAt) Load(ctx context.Context, r io.Reader) error {
	if err := e.up(); err != nil {
		return err
	}
	body, err := io.ReadAll(r)
	e.count(string(body), 1)
	defer e.count("", -1)
	if err := wait(ctx, e.loadTakes); err != nil {
		return err
	}
	if err := e.up(); err != nil {
		return err // it was cut off meanwhile
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.failLoad != nil {
		return e.failLoad
	}
	e.images[e.address+string(body)] = true
	return err
}

func (e engineAt) count(imageID string, n int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.loading[e.address] += n
	if n > 0 {
		e.loaded = append(e.loaded, e.address+" "+imageID)
	}
	all := 0
	for _, here := range e.loading {
		all += here
	}
	e.most, e.mostHere = max(e.most, all), max(e.mostHere, e.loading[e.address])
}

func (e engineAt) Create(ctx context.Context, spec pool.ContainerSpec) (string, error) {
	if err := e.up(); err != nil {
		return "", err
	}
	id, err := e.outside.Create(ctx, spec)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.onHost[id] = e.address
	return id, err
}

func (e engineAt) Start(ctx context.Context, id string) (pool.Container, error) {
	if err := e.up(); err != nil {
		return pool.Container{}, err
	}
	return e.outside.Start(ctx, id)
}

func (e engineAt) List(ctx context.Context, _ string) ([]pool.Container, error) {
	if err := e.up(); err != nil {
		_ = wait(ctx, e.hangs)
		return nil, err
	}
	all, err := e.outside.List(ctx, "")
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.DeleteFunc(all, func(c pool.Container) bool { return e.onHost[c.ID] != e.address }), err
}

func (e engineAt) Remove(ctx context.Context, id string) error {
	if err := e.up(); err != nil {
		return err
	}
	return e.outside.Remove(ctx, id)
}

// yard is a story on an estate, which is as before leaves it.
type yard struct {
	*scene
	cloud *estate
}

func estateStory(t *testing.T, before func(*estate), tell func(t *testing.T, y *yard)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		o := newOutside()
		y := &yard{scene: &scene{T: t, outside: o}, cloud: newEstate(o)}
		y.ports = func(options *actors.Options) {
			options.Cloud, options.Engines, options.Fence = y.cloud, y.cloud, y.cloud
		}
		if before != nil {
			before(y.cloud)
		}
		y.begin()
		defer func() { _ = y.sys.Stop(context.Background()) }()
		b, err := y.client.PutBlueprint(t.Context(), admin, pool.Blueprint{
			Name: "demo", Plugin: pool.PluginDocker, IsEnabled: true,
			Config: pool.Config{DockerImage: "dockerdriver/demo-notebook", InternalPort: 8787, MaximumLifetime: "8h", MaximumInstancesPerUser: 9},
		}, 0)
		require.NoError(t, err)
		y.blueprint = b.ID
		tell(t, y)
		y.end()
		y.checkCloud()
	})
}

// checkCloud holds that the cloud has exactly what the records say.
func (y *yard) checkCloud() {
	y.Helper()
	y.mu.Lock()
	defer y.mu.Unlock()
	recorded := map[string]bool{}
	for _, h := range y.records.Hosts {
		recorded[h.ID] = true
		if h.State == pool.HostActive {
			require.Contains(y.T, y.cloud.things, h.Cloud.ServerID)
			require.Contains(y.T, y.cloud.things, h.Cloud.SecurityGroupID)
		}
	}
	for id, t := range y.cloud.things {
		require.True(y.T, recorded[t.HostID], "%s is in the cloud and in no record", id)
	}
}

func (y *yard) set(key, value string) {
	y.Helper()
	_, err := y.client.SetVariable(y.Context(), admin, key, value, 0)
	require.NoError(y.T, err)
}

// pass lets virtual time go by.
func (y *yard) pass(d time.Duration) *pool.View {
	time.Sleep(d)
	synctest.Wait()
	return y.client.Snapshot()
}
