package actors

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"dockerdriver/actors/pool"
	"dockerdriver/actors/schedule"
)

// maxDecisions bounds what the pool page shows of the policy's past.
const maxDecisions = 50

// wantReplan asks for one run of the policy after all that is in the mailbox.
func (s *supervisor) wantReplan(c actor.Context) {
	if !s.replanned {
		s.replanned = true
		c.Send(c.Self(), replan{})
	}
}

// replan lets the policy look at everything and does what it says. Slots are
// reserved here, in the supervisor's own turn, before anything slow begins.
func (s *supervisor) replan(c actor.Context) {
	s.replanned = false
	plan := schedule.Decide(schedule.Input{
		Now: time.Now(), Settings: s.settings, CloudMaxHosts: s.deps.Cloud.MaxHosts(),
		Hosts: s.hostsByAge(), Instances: s.reserved(),
	})
	s.decisions = append(s.decisions, plan.Decisions...)
	if n := len(s.decisions); n > maxDecisions {
		s.decisions = slices.Clone(s.decisions[n-maxDecisions:])
	}
	for _, p := range plan.Place {
		s.assigned[p.InstanceID] = p.HostID
		s.tell(c, instanceKey(p.InstanceID), assign{*s.hosts[p.HostID]})
	}
	for _, id := range plan.Deactivate {
		s.tell(c, hostKey(id), deactivate{pool.HostStageDraining})
	}
	for _, id := range plan.Reactivate {
		s.tell(c, hostKey(id), reactivate{})
	}
	for _, id := range plan.Release {
		s.tell(c, hostKey(id), release{})
	}
	for range plan.Build {
		s.requestHost(c)
	}
	if s.settings.ShutdownMode {
		s.cancelPushes(c)
	}
	s.status.Blockers = plan.Blockers
	s.updateQueue(c, plan.Waiting)
	s.updateStatus()
	s.publishView()
}

func (s *supervisor) hostsByAge() []*pool.Host {
	hosts := make([]*pool.Host, 0, len(s.hosts))
	for _, h := range s.hosts {
		hosts = append(hosts, h)
	}
	slices.SortFunc(hosts, func(a, b *pool.Host) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
	return hosts
}

// reserved are the instances with the reservations that are not yet in their records.
func (s *supervisor) reserved() []*pool.Instance {
	all := make([]*pool.Instance, 0, len(s.instances))
	for id, i := range s.instances {
		if host := s.assigned[id]; host != "" && i.HostID == "" {
			with := *i
			with.HostID = host
			i = &with
		}
		all = append(all, i)
	}
	return all
}

// requestHost stores the intent before any cloud call; the Host actor does the rest.
func (s *supervisor) requestHost(c actor.Context) {
	now := time.Now()
	rec := pool.Host{ID: newID(), Name: "pb_dd_" + newID(), State: pool.HostRequested, CreatedAt: now, StateSince: now}
	s.hosts[rec.ID] = &rec // counts at once; without an actor until it is stored
	run(s.fx, c, saveLimit, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, s.deps.Store.Save(ctx, pool.Changes{Hosts: []pool.Host{rec}})
	}, func(c actor.Context, _ struct{}, err error) {
		if err != nil {
			s.log.Error().Err(err).Str("host", rec.ID).Msg("cannot store host")
			delete(s.hosts, rec.ID)
			s.wantReplanLater(c)
			return
		}
		s.log.Info().Str("host", rec.ID).Str("name", rec.Name).Str("to", string(rec.State)).Msg("host changed")
		s.spawnHost(c, rec.ID)
		s.hostVisible(c, rec, false)
		s.wantReplan(c)
	})
}

func (s *supervisor) wantReplanLater(c actor.Context) {
	s.fx.later(c, respawnLimit, s.wantReplan)
}

// hostChanged takes in what a host has stored.
func (s *supervisor) hostChanged(c actor.Context, rec pool.Host) {
	was := s.hosts[rec.ID]
	s.hosts[rec.ID] = &rec
	if was != nil && was.Endpoint != rec.Endpoint {
		for id, i := range s.instances {
			if i.HostID == rec.ID {
				s.tell(c, instanceKey(id), moved{rec})
			}
		}
	}
	if rec.State == pool.HostRemoved {
		s.pill(c, hostKey(rec.ID))
	}
	s.hostVisible(c, rec, false)
	if was != nil && was.State != rec.State && rec.State == pool.HostActive {
		s.prefetch(c)
	}
	s.wantReplan(c)
}

// forgetHost ends the memory of a host whose actor has terminated.
func (s *supervisor) forgetHost(c actor.Context, id string) {
	if rec := s.hosts[id]; rec != nil {
		delete(s.hosts, id)
		for key, p := range s.pushes {
			if p.HostID == id {
				delete(s.pushes, key)
			}
		}
		s.hostVisible(c, *rec, true)
	}
	s.wantReplan(c)
}

func (s *supervisor) hostVisible(c actor.Context, rec pool.Host, deleted bool) {
	s.updateStatus()
	s.publishView()
	s.tell(c, feedKey, publish{pool.Event{At: time.Now(), Kind: pool.EventHost, Host: &rec, Deleted: deleted}})
}

// updateQueue tells those that queue where they stand, when that has changed.
func (s *supervisor) updateQueue(c actor.Context, waiting map[string]pool.Queue) {
	was := s.waiting
	s.waiting = waiting
	for id, q := range waiting {
		if i := s.instances[id]; i != nil && was[id] != q {
			s.tell(c, feedKey, publish{pool.Event{At: time.Now(), Kind: pool.EventInstance, Instance: s.shown(i)}})
		}
	}
	before := s.status
	s.updateStatus()
	if before.Queued != s.status.Queued || before.State != s.status.State || before.Slots != s.status.Slots ||
		before.SlotsUsed != s.status.SlotsUsed || !slices.Equal(before.Blockers, s.status.Blockers) {
		status := s.status
		s.tell(c, feedKey, publish{pool.Event{At: time.Now(), Kind: pool.EventPool, Status: &status}})
	}
}
