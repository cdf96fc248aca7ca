package actors_test

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"dockerdriver/actors"
	"dockerdriver/actors/pool"
)

// point is where a trial may strike: a message at its receipt by a kind of actor, an
// effect at its begin, an answer on its way.
type point struct{ where, what string }

func (p point) String() string { return p.where + " " + p.what }

// Where effects and answers are.
const (
	inEffects  = "effects"
	onTheWayBy = "answers of "
)

// How a trial strikes.
type blow string

const (
	panics blow = "panics"
	loses  blow = "loses"
)

const onPurpose = "on purpose"

// trial is a yard in which one thing goes wrong, once, while a chapter of a pool's
// life is told. Carol's notebook runs on a machine of its own from before that.
type trial struct {
	*yard
	shelves *shelves
	store   *warehouse
	carol   pool.Instance
	cfg     pool.Config
	address string // of the machine that was there before us; empty: machines are rented

	at      sync.Mutex
	armed   bool
	heard   []point // in the order in which they were heard first
	known   map[point]bool
	aim     point
	how     blow
	struck  int
	ill     func(key, what string) bool // what panics again and again
	other   point                       // that the chapter itself has a panic at
	stacks  int                         // in the log
	lines   []string
	without int // route tables without carol's
}

// hit tells whether a message is to be delivered.
func (d *trial) hit(where, what string) bool {
	p := point{where, what}
	d.at.Lock()
	defer d.at.Unlock()
	if !d.armed {
		return true
	}
	if !d.known[p] {
		d.known[p] = true
		d.heard = append(d.heard, p)
	}
	aimed := p == d.aim && d.struck == 0
	switch {
	case !aimed && p == d.other:
		d.other = point{}
		d.change(func() { d.fell++ })
		panic("fell over")
	case !aimed:
		return true
	}
	d.struck++
	if d.how == panics {
		panic(onPurpose)
	}
	return false
}

func kindOf(key string) string {
	kind, _, _ := strings.Cut(key, "-")
	return kind
}

// received is called before each message.
func (d *trial) received(key, what string) bool {
	d.at.Lock()
	ill := d.ill != nil && d.ill(key, what)
	d.at.Unlock()
	if ill {
		d.change(func() { d.fell++ })
		panic("fell ill")
	}
	return d.hit(kindOf(key), what)
}

// falls has actors panic at each message that fits, until it is called with nil.
func (d *trial) falls(ill func(key, what string) bool) {
	d.at.Lock()
	defer d.at.Unlock()
	d.ill = ill
}

// Write takes the log's lines.
func (d *trial) Write(line []byte) (int, error) {
	d.at.Lock()
	defer d.at.Unlock()
	if strings.Contains(string(line), "goroutine ") {
		d.stacks++
	}
	if len(d.lines) < 400 && d.armed && !strings.Contains(string(line), `"level":"info"`) {
		d.lines = append(d.lines, time.Now().Format("04:05.000 ")+string(line[:min(len(line), 400)]))
	}
	return len(line), nil
}

// Publish watches that a bystander is never shut out.
func (d *trial) Publish(t *pool.RouteTable) <-chan struct{} {
	d.at.Lock()
	if _, there := t.Routes[d.carol.Label]; d.armed && !there {
		d.without++
	}
	d.at.Unlock()
	return d.yard.outside.Publish(t)
}

func (d *trial) options(o *actors.Options) {
	o.Cloud, o.Engines, o.Fence, o.Disks = d.cloud, d.shelves, d.cloud, d.shelves
	if d.address != "" {
		o.Cloud, o.Engines, o.Fence = movable{d.yard.outside, d}, movable{d.yard.outside, d}, nil
	}
	o.Registry, o.Routes, o.Log = d.store, d, zerolog.New(d).Hook(zerolog.HookFunc(d.logged))
	actors.Trial{
		Receives: d.received,
		Sends:    func(key, what string) bool { return what != "answer" || d.hit(onTheWayBy+kindOf(key), what) },
		Begins:   func(effect string) { d.hit(inEffects, effect) },
	}.Into(o)
}

// movable is a machine that was there before us, and whose address may change.
type movable struct {
	*outside
	d *trial
}

func (m movable) Build(ctx context.Context, h pool.Host, note func(pool.CloudResources) error) (pool.Machine, error) {
	made, err := m.outside.Build(ctx, h, note)
	m.mu.Lock()
	defer m.mu.Unlock()
	made.Endpoint.Address = m.d.address
	return made, err
}

func (m movable) Engine(at pool.Endpoint) (actors.Engine, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if at.Address != m.d.address {
		return nil, errDown
	}
	return m.outside, nil
}

// chapter is a part of a pool's life, told with everything that people do in it.
type chapter struct {
	name  string
	local bool // on a machine that was there before us
	tell  func(d *trial)
}

// tried tells a chapter in which a blow falls at one point, and checks that all is
// well afterwards. Without one it only listens.
func tried(t *testing.T, c chapter, aim point, how blow) (d *trial) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		o := newOutside()
		d = &trial{yard: &yard{scene: &scene{T: t, outside: o}, cloud: newEstate(o)}, store: &warehouse{}, known: map[point]bool{}, aim: aim, how: how}
		d.cloud.takes, d.loadTakes = 5*time.Second, 2*time.Second
		d.shelves = &shelves{Engines: d.cloud, disks: &disks{outside: o, free: 40 << 30}}
		d.ports = d.options
		if c.local {
			d.address = "127.0.0.1"
		}
		for key, value := range map[string]string{pool.VarHostSlotsLarge: "6", pool.VarHostLifetime: "0m", pool.VarMaxHosts: "4", pool.VarFreeSlotTarget: "0"} {
			d.records.Variables = append(d.records.Variables, pool.Variable{Key: key, Value: value, Version: 1})
		}
		defer func() {
			if t.Failed() {
				t.Log(strings.Join(d.lines, "\n"))
			}
		}()
		d.begin()
		defer func() { _ = d.sys.Stop(context.Background()) }()
		d.settle(c.local)
		d.arm(true)
		c.tell(d)
		d.arm(false)
		d.healed()
		d.emptied()
		require.NoError(t, d.sys.Stop(context.Background()))
		synctest.Wait()
		d.told()
	})
	return d
}

func (d *trial) arm(on bool) {
	d.at.Lock()
	defer d.at.Unlock()
	d.armed = on
}

// settle has carol's notebook run, and a machine beside hers for those who come.
func (d *trial) settle(local bool) {
	d.Helper()
	d.cfg = pool.Config{DockerImage: "dockerdriver/demo-notebook", InternalPort: 8787, MaximumLifetime: "100h", MaximumInstancesPerUser: 9}
	hers := d.cfg
	if !local {
		hers.ConsumedSlots = 6
	}
	b := d.blueprintOf("carol's", hers)
	carol := pool.User{ID: "carol", Role: pool.RoleUser}
	i, err := d.client.Launch(d.Context(), carol, b.ID)
	require.NoError(d, err)
	d.until(5*time.Minute, "carol's notebook runs", func(v *pool.View) bool { return v.Instance(i.ID).State == pool.InstanceRunning })
	b.IsEnabled = false
	_, err = d.client.PutBlueprint(d.Context(), admin, b, 0)
	require.NoError(d, err)
	d.blueprint = d.blueprintOf("demo", d.cfg).ID
	d.pass(time.Minute)
	d.carol = *d.client.Snapshot().Instance(i.ID)
}

func (d *trial) blueprintOf(name string, cfg pool.Config) pool.Blueprint {
	return asks(d, "a blueprint", func() (pool.Blueprint, error) {
		for _, b := range d.client.Snapshot().Blueprints {
			if b.Name == name { // the answer was lost
				return *b, nil
			}
		}
		return d.client.PutBlueprint(d.Context(), admin, pool.Blueprint{Name: name, Plugin: pool.PluginDocker, IsEnabled: true, Config: cfg}, 0)
	})
}

// asks repeats a question as a person would who is told in words that it went wrong.
func asks[T any](d *trial, what string, ask func() (T, error)) T {
	d.Helper()
	for try := 1; ; try++ {
		began := time.Now()
		val, err := ask()
		require.LessOrEqual(d, time.Since(began), 10*time.Second, "%s: nobody waits for ever", what)
		if err == nil {
			return val
		}
		var refused *pool.Error
		require.ErrorAs(d, err, &refused, what)
		require.NotEmpty(d, refused.Message, what)
		require.NotEmpty(d, refused.Hint, what)
		if try > 1 && refused.Code == pool.CodeNotFound {
			return val // it was done before, and the answer lost
		}
		require.Less(d, try, 4, "%s: %v", what, err)
		time.Sleep(10 * time.Second)
	}
}

// does is asks for questions without an answer.
func (d *trial) does(what string, do func() error) {
	d.Helper()
	asks(d, what, func() (struct{}, error) { return struct{}{}, do() })
}

// until waits for what must come.
func (d *trial) until(limit time.Duration, what string, is func(v *pool.View) bool) {
	d.Helper()
	for began := time.Now(); !is(d.client.Snapshot()); {
		if time.Since(began) >= limit {
			require.Fail(d, "it did not come within "+limit.String(), "%s\n%s", what, state(d.client.Snapshot()))
		}
		d.pass(time.Second)
	}
}

// state is what a person who mends this wants to know.
func state(v *pool.View) string {
	var out strings.Builder
	fmt.Fprintf(&out, "pool %+v\n", v.Status)
	for _, i := range v.Instances {
		fmt.Fprintf(&out, "instance %s of %s on %s: %s/%s since %s, queue %+v, failure %+v, end %q\n", i.ID, i.UserID, i.HostID, i.State, i.Stage, i.StageSince, i.Queue, i.Failure, i.EndReason)
	}
	for _, h := range v.Hosts {
		fmt.Fprintf(&out, "host %s: %s/%s since %s, trouble %v\n", h.ID, h.State, h.Stage, h.StateSince, h.Trouble)
	}
	for _, p := range v.Pushes {
		fmt.Fprintf(&out, "push %s to %s: %s %s\n", p.ImageID, p.HostID, p.State, p.Failure)
	}
	fmt.Fprintf(&out, "pulls %v, set aside %v, strays %v", v.Pulls, v.SetAside, v.Strays)
	return out.String()
}

// launchOf launches as a person does who was told what went wrong: again. It returns
// an instance that runs.
func (d *trial) launchOf(by pool.User, blueprint string) *pool.Instance {
	d.Helper()
	for try := 1; ; try++ {
		id := d.asksForOne(by, blueprint)
		d.until(15*time.Minute, "the launch runs or fails", func(v *pool.View) bool {
			i := v.Instance(id)
			return i.State != pool.InstanceQueueing && i.State != pool.InstanceProvisioning
		})
		i := d.client.Snapshot().Instance(id)
		if i.State == pool.InstanceRunning {
			return i
		}
		d.isToldWhy(i)
		require.Less(d, try, 3, "%+v", i.Failure)
	}
}

func (d *trial) asksForOne(by pool.User, blueprint string) (id string) {
	d.Helper()
	id = asks(d, "a launch", func() (pool.Instance, error) { return d.client.Launch(d.Context(), by, blueprint) }).ID
	d.until(time.Minute, "a launch that was answered is shown", func(v *pool.View) bool { return v.Instance(id) != nil })
	return id
}

func (d *trial) isToldWhy(i *pool.Instance) {
	d.Helper()
	require.Contains(d, []pool.InstanceState{pool.InstanceFailed, pool.InstanceLost}, i.State)
	require.NotNil(d, i.Failure)
	require.NotEmpty(d, i.Failure.Code)
	require.NotEmpty(d, i.Failure.Message)
	require.NotEmpty(d, i.Failure.Hint)
}

func (d *trial) endOf(by pool.User, id string) {
	d.Helper()
	d.does("an end", func() error {
		_, err := d.client.EndInstance(d.Context(), by, id, pool.EndByOwner)
		return err
	})
	d.becomes(10*time.Minute, id, pool.InstanceDeleted)
}

func (d *trial) becomes(limit time.Duration, id string, states ...pool.InstanceState) *pool.Instance {
	d.Helper()
	d.until(limit, fmt.Sprintf("%s becomes %v", id, states), func(v *pool.View) bool {
		for _, s := range states {
			if v.Instance(id).State == s {
				return true
			}
		}
		return false
	})
	return d.client.Snapshot().Instance(id)
}

func (d *trial) sets(key, value string) {
	d.Helper()
	d.does(key, func() error {
		_, err := d.client.SetVariable(d.Context(), admin, key, value, 0)
		return err
	})
}

// healed holds that the tree and the outside agree, that carol noticed nothing and
// that somebody new gets a notebook.
func (d *trial) healed() {
	d.Helper()
	d.pass(6 * time.Minute) // a list of the cloud is in it
	dave := pool.User{ID: "dave", Role: pool.RoleUser}
	i := d.becomes(5*time.Minute, d.asksForOne(dave, d.blueprint), pool.InstanceRunning)
	d.checkInvariants()
	view := d.client.Snapshot()
	require.Empty(d, view.SetAside)
	for _, i := range view.Instances {
		if i.State == pool.InstanceFailed || i.State == pool.InstanceLost {
			d.isToldWhy(i)
			continue
		}
		require.Contains(d, []pool.InstanceState{pool.InstanceRunning, pool.InstanceDeleted}, i.State, "stuck: %s", state(view))
	}
	for _, h := range view.Hosts {
		require.Contains(d, []pool.HostState{pool.HostActive, pool.HostInactive}, h.State, "stuck: %s", state(view))
	}
	for _, p := range view.Pushes {
		require.Contains(d, []pool.PushState{pool.PushDone, pool.PushFailed}, p.State, "stuck: %s", state(view))
	}
	for _, p := range view.Pulls {
		require.NotEqual(d, pool.PullPulling, p.State, "stuck: %s", state(view))
	}
	hers := view.Instance(d.carol.ID)
	require.Equal(d, pool.InstanceRunning, hers.State)
	require.Equal(d, d.carol.ContainerID, hers.ContainerID)
	require.Equal(d, d.carol.StartedAt, hers.StartedAt)
	require.Equal(d, d.carol.HostID, hers.HostID)
	d.agree(view)
	if d.address == "" {
		d.checkCloud()
	}
	d.endOf(dave, i.ID)
}

// agree holds that the store has what is shown.
func (d *trial) agree(view *pool.View) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, i := range d.records.Instances {
		shown := view.Instance(i.ID)
		require.NotNil(d, shown, "an instance is stored that nobody sees")
		require.Equal(d, i.State, shown.State)
		require.Equal(d, i.ContainerID, shown.ContainerID)
	}
	require.Len(d, d.records.Instances, len(view.Instances))
	for _, h := range d.records.Hosts {
		shown := view.Host(h.ID)
		require.NotNil(d, shown, "a host is stored that nobody sees")
		require.Equal(d, h.State, shown.State)
	}
	require.Len(d, d.records.Hosts, len(view.Hosts))
}

// emptied holds that everything can still be given back.
func (d *trial) emptied() {
	d.Helper()
	for _, i := range d.client.Snapshot().Instances {
		if i.State.Live() {
			d.endOf(admin, i.ID)
		}
	}
	d.sets(pool.VarShutdownMode, "True")
	d.until(15*time.Minute, "the pool is drained", func(v *pool.View) bool { return v.Status.State == pool.PoolDrained })
	d.pass(time.Minute)
	d.mu.Lock()
	defer d.mu.Unlock()
	require.Empty(d, d.containers)
	require.Empty(d, maps.Collect(maps.All(d.cloud.things)))
	require.Empty(d, d.records.Hosts)
	require.Empty(d, d.records.Sessions)
	require.Empty(d, d.table.Routes)
}

// told holds that the log has each stack once, and that carol's route was always there.
func (d *trial) told() {
	d.Helper()
	d.at.Lock()
	defer d.at.Unlock()
	want := d.fell
	if d.how == panics {
		want += d.struck
	}
	require.Equal(d, want, d.stacks, "stacks in the log")
	require.Zero(d, d.without, "carol was shut out")
}
