package actors_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"dockerdriver/actors"
	"dockerdriver/actors/pool"
)

// outside is everything that actors need, in memory, with faults on demand. It
// outlives a System, as the real outside does.
type outside struct {
	mu         sync.Mutex
	ports      func(*actors.Options) // other ports instead of these
	records    pool.Records
	saves      []pool.Changes
	failSaves  int
	saveFault  error // of failSaves; nil: one that no person can read
	failScans  int
	saveTakes  func(pool.Changes) time.Duration
	containers map[string]*fakeContainer // by id
	images     map[string]bool           // on the engine
	directory  []pool.Image
	dirChanged func()
	table      *pool.RouteTable
	watchers   map[int]func(pool.ContainerEvent)
	released   []string
	order      []string // cloud calls, loads, removals, as they happen

	killAfter int // with this many saves, kill is closed
	kill      chan struct{}

	failCreate  []error // taken one by one
	loseCreate  int     // create succeeds, the answer is lost
	failRemove  int
	answers     func(target string) error
	exitAtStart *int
	loadTakes   time.Duration
	failLoad    error
	engineDown  bool
	buildTakes  time.Duration
	failBuild   []error // after the machine was noted
	fell        int     // how often something of the following happened
	panicCreate int
	panicRoutes int              // Publish panics, in the Proxy's own turn
	notLive     chan struct{}    // closed when what is published is in force; nil: at once
	panicKind   int              // Kind panics, in the supervisor's
	pill        func(kid string) // hears who gets the poison pill
	panicLog    map[string]int   // lines of this message panic, in the turn of who logs
}

type fakeContainer struct {
	pool.Container
	spec pool.ContainerSpec
	log  []string
}

const demoImage = "sha256:d3m0"

func newOutside() *outside {
	return &outside{
		records:    pool.Records{Installation: "cafe", Variables: []pool.Variable{{Key: pool.VarShutdownMode, Value: "False", Version: 1}, {Key: pool.VarPluginWhitelist, Value: "DockerDriver", Version: 1}}},
		containers: map[string]*fakeContainer{}, images: map[string]bool{}, watchers: map[int]func(pool.ContainerEvent){},
		directory: []pool.Image{{ID: demoImage, Tags: []string{"dockerdriver/demo-notebook:latest"}, File: "demo.img", Size: 10}},
	}
}

// Cloud.
func (*outside) MaxHosts() int { return 1 }

func (o *outside) Kind() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.panicKind > 0 {
		o.panicKind--
		o.fell++
		panic("kind fell over")
	}
	return "local"
}

func (o *outside) Build(ctx context.Context, h pool.Host, note func(pool.CloudResources) error) (pool.Machine, error) {
	if err := wait(ctx, o.buildTakes); err != nil {
		return pool.Machine{}, err
	}
	made := pool.CloudResources{ServerID: "vm-" + h.Name}
	if err := note(made); err != nil {
		return pool.Machine{}, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.failBuild) > 0 {
		err := o.failBuild[0]
		o.failBuild = o.failBuild[1:]
		return pool.Machine{}, err
	}
	return pool.Machine{Endpoint: pool.Endpoint{URL: "unix:///fake", Address: "127.0.0.1"}, Slots: 4, Resources: made}, nil
}

func (o *outside) Release(_ context.Context, h pool.Host) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.order = append(o.order, "release")
	o.released = append(o.released, h.Name)
	return nil
}

func (*outside) Check(context.Context, pool.HostPlan, string) error { return nil }

func (*outside) Tend(context.Context, pool.Host) error { return nil }

func (*outside) Things(context.Context) ([]pool.Thing, error) { return nil, nil }

// Engines and Engine.
func (o *outside) Engine(pool.Endpoint) (actors.Engine, error) { return o, nil }

func (o *outside) Answers(_ context.Context, target string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.answers != nil {
		return o.answers(target)
	}
	return nil
}

var errDown = errors.New("cannot reach engine: connection refused")

func (o *outside) Info(context.Context) (pool.EngineInfo, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.engineDown {
		return pool.EngineInfo{}, errDown
	}
	return pool.EngineInfo{ID: "engine-1", Version: "20.10.24"}, nil
}

func (o *outside) HasImage(_ context.Context, id string) (bool, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.engineDown {
		return false, errDown
	}
	return o.images[id], nil
}

func (o *outside) Load(ctx context.Context, r io.Reader) error {
	if err := wait(ctx, o.loadTakes); err != nil {
		return err
	}
	body, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.failLoad != nil {
		return o.failLoad
	}
	o.order = append(o.order, "load")
	o.images[string(body)] = true
	return nil
}

func (o *outside) ListImages(context.Context) ([]pool.EngineImage, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.engineDown {
		return nil, errDown
	}
	var all []pool.EngineImage
	for id := range o.images {
		all = append(all, pool.EngineImage{ID: id})
	}
	return all, nil
}

func (o *outside) RemoveImage(_ context.Context, id string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.engineDown {
		return errDown
	}
	delete(o.images, id)
	return nil
}

func (*outside) Tag(context.Context, string, string) error { return nil }

func (o *outside) Create(_ context.Context, spec pool.ContainerSpec) (string, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.panicCreate > 0 {
		o.panicCreate--
		o.fell++
		panic("create fell over")
	}
	if len(o.failCreate) > 0 {
		err := o.failCreate[0]
		o.failCreate = o.failCreate[1:]
		return "", err
	}
	for id, c := range o.containers {
		if c.Name == spec.Name {
			return id, nil
		}
	}
	id := fmt.Sprintf("c%d", len(o.order))
	o.order = append(o.order, "create")
	o.containers[id] = &fakeContainer{Container: pool.Container{ID: id, Name: spec.Name, InstanceID: spec.InstanceID, ImageID: spec.ImageID}, spec: spec}
	if o.loseCreate > 0 {
		o.loseCreate--
		return "", errors.New("connection reset")
	}
	return id, nil
}

func (o *outside) Start(_ context.Context, id string) (pool.Container, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	c := o.containers[id]
	if c == nil {
		return pool.Container{}, pool.Refuse(pool.CodeStartFailed, "no such container", "")
	}
	if o.exitAtStart != nil {
		c.ExitCode, c.log = *o.exitAtStart, []string{"cannot find config", "giving up"}
		return c.Container, nil
	}
	c.Running, c.Target = true, "127.0.0.1:40000"
	return c.Container, nil
}

func (o *outside) List(context.Context, string) ([]pool.Container, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.engineDown {
		return nil, errDown
	}
	var all []pool.Container
	for _, c := range o.containers {
		all = append(all, c.Container)
	}
	return all, nil
}

func (o *outside) Logs(_ context.Context, id string, _ int) ([]string, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if c := o.containers[id]; c != nil {
		return c.log, nil
	}
	return nil, nil
}

func (o *outside) Remove(_ context.Context, id string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.engineDown {
		return errDown
	}
	if o.failRemove > 0 {
		o.failRemove--
		return errors.New("device or resource busy")
	}
	o.order = append(o.order, "remove")
	delete(o.containers, id)
	return nil
}

func (o *outside) Watch(ctx context.Context, _ string, report func(pool.ContainerEvent)) error {
	o.mu.Lock()
	n := len(o.order)*1000 + len(o.watchers)
	o.watchers[n] = report
	o.mu.Unlock()
	<-ctx.Done()
	o.mu.Lock()
	delete(o.watchers, n)
	o.mu.Unlock()
	return ctx.Err()
}

// images is the Images port over the same outside: its Watch is another method.
type images struct{ *outside }

func (i images) Scan(context.Context) ([]pool.Image, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.failScans > 0 {
		i.failScans--
		return nil, errors.New("stale file handle")
	}
	return slices.Clone(i.directory), nil
}

func (images) Open(_ context.Context, id string, _ int) (io.ReadCloser, pool.Shipment, error) {
	return io.NopCloser(strings.NewReader(id)), pool.Shipment{Total: int64(len(id))}, nil
}

func (i images) Remove(_ context.Context, imageOrFile string) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.directory = slices.DeleteFunc(slices.Clone(i.directory), func(x pool.Image) bool { return x.ID == imageOrFile || x.File == imageOrFile })
	return nil
}

func (i images) Watch(ctx context.Context, changed func()) error {
	i.change(func() { i.dirChanged = changed })
	<-ctx.Done()
	return ctx.Err()
}

// happenInDirectory tells that the image directory has changed and settled.
func (o *outside) happenInDirectory() {
	o.mu.Lock()
	changed := o.dirChanged
	o.mu.Unlock()
	changed()
}

// store is the Store port: Load is another method of Engine.
type store struct{ *outside }

func (s store) Load(context.Context) (pool.Records, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.records
	r.Hosts, r.Instances = slices.Clone(r.Hosts), slices.Clone(r.Instances)
	r.Blueprints, r.Variables, r.Sessions = slices.Clone(r.Blueprints), slices.Clone(r.Variables), slices.Clone(r.Sessions)
	r.Announcements = slices.Clone(r.Announcements)
	return r, nil
}

func (s store) Save(ctx context.Context, ch pool.Changes) error {
	s.mu.Lock()
	if takes := s.saveTakes; takes != nil {
		s.mu.Unlock()
		if err := wait(ctx, takes(ch)); err != nil {
			return err
		}
		s.mu.Lock()
	}
	defer s.mu.Unlock()
	if s.failSaves > 0 {
		s.failSaves--
		return cmp.Or(s.saveFault, errors.New("no space left on device"))
	}
	s.saves = append(s.saves, ch)
	if s.kill != nil && len(s.saves) == s.killAfter {
		close(s.kill)
	}
	r := &s.records
	r.Hosts = merge(r.Hosts, ch.Hosts, ch.GoneHosts, func(h pool.Host) string { return h.ID })
	r.Instances = merge(r.Instances, ch.Instances, ch.GoneInstances, func(i pool.Instance) string { return i.ID })
	r.Blueprints = merge(r.Blueprints, ch.Blueprints, ch.GoneBlueprints, func(b pool.Blueprint) string { return b.ID })
	r.Variables = merge(r.Variables, ch.Variables, nil, func(v pool.Variable) string { return v.Key })
	r.Announcements = merge(r.Announcements, ch.Announcements, ch.GoneAnnouncements, func(a pool.Announcement) string { return a.ID })
	r.Sessions = merge(r.Sessions, ch.Sessions, ch.GoneSessions, func(n pool.NotebookSession) string { return n.CookieHash })
	return nil
}

func merge[T any](have, put []T, gone []string, key func(T) string) []T {
	byKey := map[string]T{}
	for _, v := range append(slices.Clone(have), put...) {
		byKey[key(v)] = v
	}
	for _, k := range gone {
		delete(byKey, k)
	}
	var out []T
	for _, k := range slices.Sorted(maps.Keys(byKey)) {
		out = append(out, byKey[k])
	}
	return out
}

// Routes.
func (o *outside) Publish(t *pool.RouteTable) (live <-chan struct{}) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.panicRoutes > 0 {
		o.panicRoutes--
		o.fell++
		panic("publish fell over")
	}
	o.table = t
	if o.notLive != nil {
		return o.notLive
	}
	now := make(chan struct{})
	close(now)
	return now
}

func wait(ctx context.Context, d time.Duration) error {
	if d == 0 {
		return nil
	}
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// happen tells every watcher of an event, as the engine would.
func (o *outside) happen(e pool.ContainerEvent) {
	o.mu.Lock()
	watchers := slices.Collect(maps.Values(o.watchers))
	o.mu.Unlock()
	for _, report := range watchers {
		report(e)
	}
}

// change does f with the lock held.
func (o *outside) change(f func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	f()
}

func (o *outside) running() (all []*fakeContainer) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, c := range o.containers {
		if c.Running {
			all = append(all, c)
		}
	}
	return all
}

var (
	alice = pool.User{ID: "alice", Email: "alice@example.org", Role: pool.RoleUser}
	bob   = pool.User{ID: "bob", Email: "bob@example.org", Role: pool.RoleUser}
	admin = pool.User{ID: "admin", Email: "admin@localhost", Role: pool.RoleAdmin}
)
