package httpapi

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"dockerdriver/actors/pool"
)

// fakePool behaves as the supervision tree does towards this package, in memory
// and at once: a launch stays queueing until a test moves it.
type fakePool struct {
	mu          sync.Mutex
	view        pool.View
	events      []pool.Event
	subscribers map[chan pool.Event]struct{}
	revoked     []pool.Revocation
	opened      []pool.TicketRequest
	fail        error // of the next call that changes something
	made        int
	consoles    map[string][]string // by host
}

func newFakePool() *fakePool {
	p := &fakePool{subscribers: map[chan pool.Event]struct{}{}}
	p.view.Status = pool.Status{State: pool.PoolRunning, Since: time.Now(), Cloud: "emulator", Slots: 8}
	p.view.Settings = pool.Settings{Plugins: []string{pool.PluginDocker}}
	p.view.Images = []pool.Image{
		{ID: "sha256:aaa", Tags: []string{"dockerdriver/demo-notebook:latest"}, File: "demo.img", Ports: []int{8787}},
		{File: "broken.img", Fault: "The file ends too early."},
	}
	p.view.Hosts = []*pool.Host{{ID: "h1", Name: "pb_dd_1", State: pool.HostActive, Slots: 8}}
	for _, d := range pool.Definitions {
		p.view.Variables = append(p.view.Variables, pool.Variable{Key: d.Key, Value: d.Default})
	}
	return p
}

func (p *fakePool) Snapshot() *pool.View {
	p.mu.Lock()
	defer p.mu.Unlock()
	v := p.view
	v.Instances, v.Blueprints = slices.Clone(v.Instances), slices.Clone(v.Blueprints)
	v.Variables, v.Hosts = slices.Clone(v.Variables), slices.Clone(v.Hosts)
	return &v
}

func (p *fakePool) Subscribe(ctx context.Context, after uint64) (<-chan pool.Event, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	ch := make(chan pool.Event, 64)
	if after != 0 && after < 1000 {
		ch <- pool.Event{ID: 1000 + uint64(len(p.events)), Kind: pool.EventResync}
	} else if after != 0 {
		for _, e := range p.events {
			if e.ID > after {
				ch <- e
			}
		}
	}
	p.subscribers[ch] = struct{}{}
	context.AfterFunc(ctx, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.subscribers, ch)
		close(ch)
	})
	return ch, nil
}

func (p *fakePool) watchers() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.subscribers)
}

// publish sends an event; the caller holds the lock.
func (p *fakePool) publish(e pool.Event) {
	e.ID = 1001 + uint64(len(p.events))
	p.events = append(p.events, e)
	for ch := range p.subscribers {
		ch <- e
	}
}

func (p *fakePool) change(i pool.Instance) {
	at := slices.IndexFunc(p.view.Instances, func(x *pool.Instance) bool { return x.ID == i.ID })
	if at < 0 {
		p.view.Instances = append(p.view.Instances, &i)
	} else {
		p.view.Instances[at] = &i
	}
	p.publish(pool.Event{Kind: pool.EventInstance, Instance: &i})
}

// set moves an instance as a test says.
func (p *fakePool) set(id string, how func(*pool.Instance)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := *p.view.Instance(id)
	how(&i)
	p.change(i)
}

func (p *fakePool) failing() error {
	err := p.fail
	p.fail = nil
	return err
}

// TryAgain takes the actor out of those that were set aside.
func (p *fakePool) TryAgain(_ context.Context, _ pool.User, actor string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := slices.IndexFunc(p.view.SetAside, func(a pool.SetAside) bool { return a.Actor == actor })
	if at < 0 {
		return notFound("actor")
	}
	p.view.SetAside = slices.Delete(p.view.SetAside, at, at+1)
	return nil
}

// ReleaseStray takes what was made for the same host out of the strays.
func (p *fakePool) ReleaseStray(_ context.Context, _ pool.User, id string) (pool.Host, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.failing(); err != nil {
		return pool.Host{}, err
	}
	at := slices.IndexFunc(p.view.Strays, func(s pool.Stray) bool { return s.ID == id })
	if at < 0 {
		return pool.Host{}, notFound("stray")
	}
	hostID := p.view.Strays[at].HostID
	p.view.Strays = slices.DeleteFunc(slices.Clone(p.view.Strays), func(s pool.Stray) bool { return s.HostID == hostID })
	return pool.Host{ID: hostID, Name: "pb_dd_" + hostID, State: pool.HostRemoving}, nil
}

func (p *fakePool) Drain(_ context.Context, _ pool.User, deadline *time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.failing(); err != nil {
		return err
	}
	p.view.Status.State, p.view.Settings.ShutdownMode = pool.PoolDraining, true
	if deadline != nil {
		p.view.Status.Deadline, p.view.Settings.ShutdownDeadline = *deadline, *deadline
	}
	return nil
}

func (p *fakePool) Resume(context.Context, pool.User) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.view.Status.State, p.view.Status.Deadline = pool.PoolRunning, time.Time{}
	p.view.Settings.ShutdownMode, p.view.Settings.ShutdownDeadline = false, time.Time{}
	return p.failing()
}

func (p *fakePool) Open(_ context.Context, req pool.TicketRequest) (pool.Ticket, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := p.view.Instance(req.InstanceID)
	if i.State != pool.InstanceRunning {
		return pool.Ticket{}, pool.Refuse(pool.CodeNotRunning, "It is not running.", "Wait until it is.")
	}
	p.opened = append(p.opened, req)
	return pool.Ticket{Secret: "ticket-secret", Label: i.Label, ExpiresAt: time.Now().Add(pool.TicketLifetime)}, nil
}

func (p *fakePool) Revoke(_ context.Context, r pool.Revocation) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.revoked = append(p.revoked, r)
	return nil
}

func (p *fakePool) Logs(_ context.Context, _ string, lines int) ([]string, error) {
	return slices.Repeat([]string{"listening on 8787"}, min(lines, 3)), nil
}

// Console is what a test says of the host; of another one it is missing.
func (p *fakePool) Console(_ context.Context, hostID string) (pool.Console, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.view.Host(hostID) == nil {
		return pool.Console{}, notFound("host")
	}
	if err := p.failing(); err != nil {
		return pool.Console{}, err
	}
	if lines := p.consoles[hostID]; len(lines) > 0 {
		return pool.Console{Lines: lines}, nil
	}
	return pool.Console{Missing: pool.ConsoleNotYet}, nil
}

func (p *fakePool) PutBlueprint(_ context.Context, _ pool.User, b pool.Blueprint, ifVersion int) (pool.Blueprint, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.failing(); err != nil {
		return b, err
	}
	current := p.view.Blueprint(b.ID)
	if current != nil && ifVersion != 0 && ifVersion != current.Version {
		return b, pool.Refuse(pool.CodeEditConflict, "It has changed.", "Read it again.")
	}
	b.UpdatedAt = time.Now()
	b.Version++
	if b.ID == "" {
		p.made++
		b.ID, b.CreatedAt, b.Version = fmt.Sprintf("b%d", p.made), time.Now(), 1
	}
	p.view.Blueprints = slices.DeleteFunc(slices.Clone(p.view.Blueprints), func(x *pool.Blueprint) bool { return x.ID == b.ID })
	p.view.Blueprints = append(p.view.Blueprints, &b)
	p.publish(pool.Event{Kind: pool.EventBlueprint, Blueprint: &b})
	return b, nil
}

func (p *fakePool) DeleteBlueprint(_ context.Context, _ pool.User, id string, ifVersion int) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	current := p.view.Blueprint(id)
	if ifVersion != 0 && ifVersion != current.Version {
		return pool.Refuse(pool.CodeEditConflict, "It has changed.", "Read it again.")
	}
	p.view.Blueprints = slices.DeleteFunc(slices.Clone(p.view.Blueprints), func(x *pool.Blueprint) bool { return x.ID == id })
	p.publish(pool.Event{Kind: pool.EventBlueprint, Blueprint: current, Deleted: true})
	return nil
}

func (p *fakePool) SetVariable(_ context.Context, by pool.User, key, value string, ifVersion int) (pool.Variable, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.view.Variables = slices.Clone(p.view.Variables)
	for at := range p.view.Variables {
		v := &p.view.Variables[at]
		if v.Key != key {
			continue
		}
		if ifVersion != 0 && ifVersion != v.Version {
			return *v, pool.Refuse(pool.CodeEditConflict, "It has changed.", "Read it again.")
		}
		v.Value, v.UpdatedAt, v.UpdatedBy = value, time.Now(), by.ID
		v.Version++
		changed := *v
		p.publish(pool.Event{Kind: pool.EventVariable, Variable: &changed})
		return changed, nil
	}
	return pool.Variable{}, pool.Refuse(pool.CodeNotFound, "There is no such variable.", "")
}

// RetireHost takes the host out of service in the view.
func (p *fakePool) RetireHost(_ context.Context, _ pool.User, id string) (pool.Host, error) {
	return p.giveBack(id, pool.HostStageRetiring)
}

// ReleaseHost does the same for good.
func (p *fakePool) ReleaseHost(_ context.Context, _ pool.User, id string) (pool.Host, error) {
	return p.giveBack(id, pool.HostStageDraining)
}

func (p *fakePool) giveBack(id, stage string) (pool.Host, error) {
	h := p.view.Host(id)
	if h == nil {
		return pool.Host{}, notFound("host")
	}
	h.State, h.Stage = pool.HostInactive, stage
	return *h, nil
}

// PushImage has the push wait for ever.
func (p *fakePool) PushImage(_ context.Context, _ pool.User, imageID string, hostIDs []string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.failing(); err != nil {
		return err
	}
	if _, ok := pool.FindImage(p.view.Images, imageID); !ok {
		return notFound("image")
	}
	if len(hostIDs) == 0 {
		hostIDs = []string{"h1"}
	}
	for _, id := range hostIDs {
		p.view.Pushes = append(slices.Clone(p.view.Pushes), pool.Push{HostID: id, ImageID: imageID, State: pool.PushWaiting, Total: 10})
	}
	return nil
}

func (p *fakePool) RemoveImage(_ context.Context, _ pool.User, imageOrFile string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.failing(); err != nil {
		return err
	}
	left := slices.DeleteFunc(slices.Clone(p.view.Images), func(i pool.Image) bool { return i.ID == imageOrFile || i.File == imageOrFile })
	if len(left) == len(p.view.Images) {
		return notFound("image")
	}
	p.view.Images = left
	p.publish(pool.Event{Kind: pool.EventImages})
	return nil
}

// PullImage has the pull stand in its middle.
func (p *fakePool) PullImage(_ context.Context, by pool.User, reference, platform string) (pool.Pull, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.failing(); err != nil {
		return pool.Pull{}, err
	}
	p.made++
	made := pool.Pull{
		ID: fmt.Sprintf("p%d", p.made), Reference: reference, Platform: cmp.Or(platform, "linux/amd64"), State: pool.PullPulling,
		Got: 5, Total: 10, By: by.ID, StartedAt: time.Now(),
	}
	p.view.Pulls = append([]pool.Pull{made}, p.view.Pulls...)
	p.publish(pool.Event{Kind: pool.EventPull, Pull: &made})
	return made, nil
}

func (p *fakePool) CancelPull(_ context.Context, _ pool.User, id string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := slices.IndexFunc(p.view.Pulls, func(x pool.Pull) bool { return x.ID == id })
	if at < 0 {
		return notFound("pull")
	}
	p.view.Pulls = slices.Clone(p.view.Pulls)
	p.view.Pulls[at].State, p.view.Pulls[at].Failure = pool.PullFailed, "It was cancelled."
	return nil
}
