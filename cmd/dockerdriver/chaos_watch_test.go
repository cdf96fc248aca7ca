//go:build hosts

package main

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"dockerdriver/actors/pool"
)

// seenHost and seenInstance are what the API tells.
type seenHost struct {
	ID        string
	Name      string
	State     pool.HostState
	Stage     string
	Address   string
	Slots     int
	SlotsUsed int        `json:"slots_used"`
	Silent    *time.Time `json:"silent_since"`
	Cloud     struct {
		ServerID        string   `json:"server_id"`
		SecurityGroupID string   `json:"security_group_id"`
		VolumeIDs       []string `json:"volume_ids"`
	}
}

type seenInstance struct {
	ID        string
	Name      string
	State     pool.InstanceState
	Stage     string
	HostID    string `json:"host_id"`
	UserID    string `json:"user_id"`
	URL       string
	Password  string
	EndReason string `json:"end_reason"`
	Slots     int
	CreatedAt time.Time  `json:"created_at"`
	EndedAt   *time.Time `json:"ended_at"`
	Failure   *struct {
		Code          pool.Code
		Message, Hint string
	}
	Queue *struct{ Reason string }
}

// seenPool is the pool's own page.
type seenPool struct {
	State    pool.PoolState
	Blockers []string
	Pause    *struct {
		Until  time.Time
		Reason string
	}
	SetAside []struct{ Actor, Reason string } `json:"set_aside"`
	Strays   []struct{ Kind, ID string }
}

// picture is all of it, asked for one after another.
type picture struct {
	hosts     []seenHost
	instances []seenInstance // also those that ended within a day
	pool      seenPool
}

// look asks an administrator's questions; false: the server did not answer them.
func (c *chaos) look(ctx context.Context) (p picture, ok bool) {
	for path, into := range map[string]any{"/hosts": &p.hosts, "/instances?all=true&ended=true": &p.instances} {
		var list struct{ Items json.RawMessage }
		if !c.admin.read(ctx, path, &list) || json.Unmarshal(list.Items, into) != nil {
			return p, false
		}
	}
	return p, c.admin.read(ctx, "/pool", &p.pool)
}

// watcher looks at the pool all the time, and knows how it was.
type watcher struct {
	mu             sync.Mutex
	last           picture
	names          map[string]string      // of hosts, by id, also of those that are gone
	ends           map[string]instanceEnd // that nobody asked for
	states         map[string]pool.InstanceState
	placed         map[string]string // hosts' names, by instance, also of those that left them
	looks, engines int
}

const watchPace = 400 * time.Millisecond

// watching holds what must be true at every moment, for as long as ctx lives.
func (c *chaos) watching(ctx context.Context) {
	for ; ctx.Err() == nil; rest(ctx, watchPace) {
		if !c.server.isUp() {
			continue
		}
		if p, ok := c.look(ctx); ok {
			c.watch.take(p, c.chronicle)
		}
	}
}

// engineWatchPace is how often engines are asked for what they run.
const engineWatchPace = 2 * time.Second

// watchingEngines holds that no engine ever has two containers of one instance.
func (c *chaos) watchingEngines(ctx context.Context) {
	for ; ctx.Err() == nil; rest(ctx, engineWatchPace) {
		for _, s := range c.hall.cloud.Servers() {
			found, err := c.containersOn(ctx, s.Address)
			if err != nil {
				continue // it was struck, or is on its way
			}
			names := map[string]string{}
			for _, x := range found {
				if strings.HasPrefix(x.instance, "probe-") {
					continue // they are no instance's, and a host is probed by two of them
				}
				if other, twice := names[x.instance]; twice {
					c.chronicle.breach("instance %s has two containers on %s: %s and %s", x.instance, s.Name, other, x.name)
				}
				names[x.instance] = x.name
			}
			c.watch.lookedAtEngine()
		}
	}
}

type seenContainer struct{ state, instance, name string }

// containersOn asks the engine at an address, on its own machine, for all that bears
// our mark.
func (c *chaos) containersOn(ctx context.Context, address string) (all []seenContainer, err error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	said, err := c.hall.enter(ctx, address, "docker", "--host", "unix:///run/docker.sock", "ps", "--all", "--filter", "label=pb.installation",
		"--format", `{{.State}} {{.Label "pb.instance"}} {{.Names}}`)
	for line := range strings.Lines(said) {
		if words := strings.Fields(line); len(words) == 3 {
			all = append(all, seenContainer{words[0], words[1], words[2]})
		}
	}
	return all, err
}

func (w *watcher) lookedAtEngine() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.engines++
}

func (w *watcher) take(p picture, j *chronicle) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last = p
	w.looks++
	there := 0
	for _, h := range p.hosts {
		w.names[h.ID] = h.Name
		if h.State != pool.HostRemoved {
			there++
		}
		if h.SlotsUsed > h.Slots && h.State == pool.HostActive {
			j.breach("host %s has %d slots, and %d are taken", h.Name, h.Slots, h.SlotsUsed)
		}
	}
	if there > chaosHosts {
		j.breach("there are %d hosts, at most %d may be", there, chaosHosts)
	}
	for _, i := range p.instances {
		if was := w.states[i.ID]; was != "" && !mayFollow(was, i.State) {
			j.breach("instance %s was %s and is %s", i.Name, was, i.State)
		}
		w.states[i.ID] = i.State
		if host := w.names[i.HostID]; host != "" {
			w.placed[i.ID] = host
		}
		w.noteEnd(i, j)
	}
}

// mayFollow tells whether a state may follow upon another one, some time later.
func mayFollow(was, is pool.InstanceState) bool {
	reached := map[pool.InstanceState]bool{was: true}
	for before := 0; before != len(reached); {
		before = len(reached)
		for from := range maps.Clone(reached) {
			for _, to := range []pool.InstanceState{pool.InstanceQueueing, pool.InstanceProvisioning, pool.InstanceRunning, pool.InstanceDeleting, pool.InstanceDeleted, pool.InstanceFailed, pool.InstanceLost} {
				if from.CanBecome(to) {
					reached[to] = true
				}
			}
		}
	}
	return reached[is]
}

// noteEnd remembers an end that nobody asked for.
func (w *watcher) noteEnd(i seenInstance, j *chronicle) {
	if _, known := w.ends[i.ID]; known {
		return
	}
	end := instanceEnd{id: i.ID, host: w.placed[i.ID], state: string(i.State), created: i.CreatedAt, ended: time.Now(), words: i.Name}
	if i.EndedAt != nil {
		end.ended = *i.EndedAt
	}
	switch {
	case i.Failure != nil: // also one that its owner has dismissed since
		end.code = i.Failure.Code
		end.words += ": " + i.Failure.Message
	case i.State == pool.InstanceFailed || i.State == pool.InstanceLost:
	case i.State == pool.InstanceDeleted && !slices.Contains([]string{pool.EndByOwner, pool.EndByAdmin, pool.EndByLifetime}, i.EndReason):
		end.code = endedBy(i.EndReason)
	default:
		return
	}
	w.ends[i.ID] = end
	j.note("ended   %s on %s is %s (%s): %s", i.ID, end.host, end.state, end.code, end.words)
}

// placeOf is the name of the host that an instance is on, or was; empty: nobody has
// seen it anywhere.
func (w *watcher) placeOf(id string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.placed[id]
}

// active are the names of hosts that were active at the last look.
func (w *watcher) active() map[string]bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	names := map[string]bool{}
	for _, h := range w.last.hosts {
		if h.State == pool.HostActive {
			names[h.Name] = true
		}
	}
	return names
}

// runningOn is an instance that ran on a host at the last look.
func (w *watcher) runningOn(host string, aim float64) (seenInstance, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []seenInstance
	for _, i := range w.last.instances {
		if i.State == pool.InstanceRunning && w.names[i.HostID] == host {
			all = append(all, i)
		}
	}
	if len(all) == 0 {
		return seenInstance{}, false
	}
	slices.SortFunc(all, func(a, b seenInstance) int { return strings.Compare(a.ID, b.ID) })
	return all[int(aim*float64(len(all)))], true
}

// unexplained are the ends that no fault explains.
func (w *watcher) unexplained(j *chronicle) (all []instanceEnd) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, end := range w.ends {
		if !j.explains(end) {
			all = append(all, end)
		}
	}
	return all
}

func (w *watcher) lost() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.ends)
}

func (w *watcher) looked() (looks, engines int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.looks, w.engines
}

// isPaused tells whether the pool builds no hosts for a while, because the cloud
// refused them.
func (w *watcher) isPaused() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.last.pool.Pause != nil && time.Now().Before(w.last.pool.Pause.Until.Add(chaosBuild))
}
