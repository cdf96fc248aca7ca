package actors

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"dockerdriver/actors/pool"
)

// publishView makes what is in memory readable by everybody. Nothing that is
// published is written to afterwards: changes replace records.
func (s *supervisor) publishView() {
	s.revision++
	v := &pool.View{
		Revision: s.revision, At: time.Now(), Status: s.status, Settings: s.settings,
		Hosts: s.hostsByAge(), Images: s.images, Decisions: slices.Clone(s.decisions),
	}
	v.Instances = s.instancesByAge(s.deps.view.Load().Instances)
	v.Blueprints = slices.SortedFunc(maps.Values(s.blueprints), func(a, b *pool.Blueprint) int { return cmp.Compare(a.Name, b.Name) })
	v.Announcements = slices.SortedFunc(maps.Values(s.announcements), func(a, b *pool.Announcement) int {
		return cmp.Or(a.From.Compare(b.From), cmp.Compare(a.ID, b.ID))
	})
	v.Pushes = slices.SortedFunc(maps.Values(s.pushes), func(a, b pool.Push) int {
		return cmp.Or(cmp.Compare(a.HostID, b.HostID), cmp.Compare(a.ImageID, b.ImageID))
	})
	v.Pulls = slices.Clone(s.pulls)
	v.SetAside = slices.SortedFunc(maps.Values(s.setAside), func(a, b pool.SetAside) int { return a.At.Compare(b.At) })
	v.Strays = s.straysByAge()
	for _, d := range pool.Definitions {
		value, set := s.variables[d.Key]
		if !set {
			value = pool.Variable{Key: d.Key, Value: d.Default}
		}
		v.Variables = append(v.Variables, value)
	}
	s.deps.view.Store(v)
}

// poolVisible publishes the view, then has pages of the pool loaded anew.
func (s *supervisor) poolVisible(c actor.Context) {
	s.publishView()
	status := s.status
	s.tell(c, feedKey, publish{pool.Event{At: time.Now(), Kind: pool.EventPool, Status: &status}})
}

// instancesByAge are all instances, oldest first. The last view had almost all
// of them in this order: to sort them anew costs about three times as much, and a
// view is made with every change.
func (s *supervisor) instancesByAge(last []*pool.Instance) []*pool.Instance {
	all := make([]*pool.Instance, 0, len(s.instances))
	for _, was := range last {
		if i := s.instances[was.ID]; i != nil {
			all = append(all, s.shown(i))
		}
	}
	if len(all) == len(s.instances) {
		return all
	}
	all = all[:0]
	for _, i := range s.instances {
		all = append(all, s.shown(i))
	}
	slices.SortFunc(all, func(a, b *pool.Instance) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
	return all
}

// updateStatus derives the pool's one line from the rest.
func (s *supervisor) updateStatus() {
	was := s.status
	next := pool.Status{State: pool.PoolRunning, Since: was.Since, Blockers: was.Blockers, Cloud: s.deps.Cloud.Kind(), LargestHost: s.largestHost(), Headroom: was.Headroom, Pause: was.Pause}
	s.noteEmpty()
	if s.settings.ShutdownMode {
		next.State, next.Reason, next.Deadline = pool.PoolDraining, "shutdown mode", s.settings.ShutdownDeadline
		if !s.emptySince.IsZero() && s.isSwept() {
			next.State = pool.PoolDrained
		}
	}
	if next.State != was.State {
		next.Since = time.Now()
	}
	for _, h := range s.hosts {
		if h.State.Takes() {
			next.Slots += h.Slots
		}
	}
	for id, i := range s.instances {
		switch {
		case i.State == pool.InstanceQueueing && s.assigned[id] == "":
			next.Queued++
		case i.State.HoldsSlots():
			next.SlotsUsed += i.Spec.Slots
		}
	}
	if next.State != was.State && was.State != "" {
		s.log.Info().Str("from", string(was.State)).Str("to", string(next.State)).Str("reason", next.Reason).Msg("pool changed")
	}
	s.status = next
}

func (s *supervisor) straysByAge() []pool.Stray {
	return slices.SortedFunc(maps.Values(s.strays), func(a, b pool.Stray) int {
		return cmp.Or(a.ReleaseAt.Compare(b.ReleaseAt), cmp.Compare(a.HostID, b.HostID), cmp.Compare(a.ID, b.ID))
	})
}
