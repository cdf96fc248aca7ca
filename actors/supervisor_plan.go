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

// maxDecisions bounds what the pool page shows of the policy's past, and
// decisionAgain is when the same one is news again.
const (
	maxDecisions  = 50
	decisionAgain = time.Minute
)

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
		Now: time.Now(), Settings: s.settings, CloudMaxHosts: s.deps.Cloud.MaxHosts(), Rented: s.rented(),
		PausedUntil: s.status.Pause.Until, PauseReason: s.status.Pause.Reason, Largest: s.largestBlueprint(),
		HasImage: s.hasImage, Hosts: s.hostsToPlan(), Instances: s.reserved(),
		Strays: s.straysByAge(), Swept: s.isSwept(), ListFault: s.listFault,
	})
	for _, d := range plan.Decisions {
		s.remember(d)
	}
	for _, p := range plan.Place {
		if s.tell(c, instanceKey(p.InstanceID), assign{*s.hosts[p.HostID]}) {
			s.assigned[p.InstanceID] = p.HostID
		}
	}
	for _, d := range plan.Deactivate {
		s.tell(c, hostKey(d.HostID), deactivate{d.Stage})
	}
	for _, id := range plan.Reactivate {
		s.tell(c, hostKey(id), reactivate{})
	}
	for _, id := range plan.StartClock {
		s.tell(c, hostKey(id), startClock{})
	}
	for _, id := range plan.Release {
		if s.tell(c, hostKey(id), release{}) {
			s.releasing[id] = true
		} else {
			s.takeUpRested(c, hostKey(id))
		}
	}
	for _, flavor := range plan.Build {
		s.requestHost(c, flavor)
	}
	for _, id := range plan.End {
		if s.ending[id] == nil {
			s.beginEnd(c, id, pool.EndByShutdown, nil)
		}
	}
	if s.settings.ShutdownMode {
		s.cancelPushes(c)
		s.sweep(c)
	}
	s.drainOn(c)
	was := s.waiting
	s.waiting, s.status.Blockers, s.status.Headroom = plan.Waiting, s.withResting(plan.Blockers), plan.Headroom
	s.updateStatus()
	s.publishView()
	s.tellQueue(c, was)
}

// remember keeps what was decided. Until a decision is in the records, the next
// plans say it again; that is no news.
func (s *supervisor) remember(d pool.Decision) {
	said := slices.ContainsFunc(s.decisions, func(was pool.Decision) bool {
		return was.Action == d.Action && was.Subject == d.Subject && was.Because == d.Because && d.At.Sub(was.At) < decisionAgain
	})
	if said {
		return
	}
	s.log.Info().Str("action", d.Action).Str("subject", d.Subject).Str("reason", d.Because).Msg("policy decided")
	s.decisions = append(s.decisions, d)
	if n := len(s.decisions); n > maxDecisions {
		s.decisions = slices.Clone(s.decisions[n-maxDecisions:])
	}
}

// rented tells whether hosts are machines that the cloud makes when they are wanted.
func (s *supervisor) rented() bool { return s.deps.Cloud.MaxHosts() == 0 }

// largestBlueprint is the slots of the largest environment that can be launched.
func (s *supervisor) largestBlueprint() (slots int) {
	for _, b := range s.blueprints {
		if b.IsEnabled {
			slots = max(slots, b.Config.Slots())
		}
	}
	return slots
}

func (s *supervisor) hasImage(hostID, imageID string) bool {
	return s.pushes[pushKey(hostID, imageID)].State == pool.PushDone
}

// hostsToPlan are the hosts as the policy must see them: one that was told to
// go takes nothing more, also when the mode that sent it is over before its
// record says so, and one whose actor was set aside has nobody to tend it.
func (s *supervisor) hostsToPlan() []*pool.Host {
	hosts := s.hostsByAge()
	for n, h := range hosts {
		if s.releasing[h.ID] && h.State != pool.HostStuck && h.State != pool.HostRemoved {
			going := *h
			going.State = pool.HostRemoving
			hosts[n] = &going
			continue
		}
		if _, aside := s.setAside[hostKey(h.ID)]; aside && h.State == pool.HostActive {
			resting := *h
			resting.State, resting.Stage = pool.HostInactive, stageResting
			hosts[n] = &resting
		}
	}
	return hosts
}

// stageResting is no stage that a record has: the policy leaves such a host alone.
const stageResting = "resting"

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

// reserved are the instances with the reservations that are not yet in their
// records, without those that queue and have no actor to take a place.
func (s *supervisor) reserved() []*pool.Instance {
	all := make([]*pool.Instance, 0, len(s.instances))
	for id, i := range s.instances {
		if k := s.kids[instanceKey(id)]; i.State == pool.InstanceQueueing && (k == nil || k.pid == nil) {
			continue
		}
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
func (s *supervisor) requestHost(c actor.Context, flavor pool.Flavor) {
	now := time.Now()
	rec := pool.Host{ID: newID(), Name: "pb_dd_" + newID(), State: pool.HostRequested, CreatedAt: now, StateSince: now}
	if flavor.Name != "" {
		rec.Plan = s.settings.Hosts.Plan(flavor)
	}
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
	switch rec.State {
	case pool.HostRemoving:
		s.endPushes(c, rec.ID)
	case pool.HostRemoved:
		s.loseInstances(c, &rec) // what its engine could not end went with the machine
		s.pill(c, hostKey(rec.ID))
	}
	if isLost(&rec) && (was == nil || !isLost(was)) {
		s.endPushes(c, rec.ID)
		s.loseInstances(c, &rec)
	}
	if was != nil && was.State == pool.HostActive && rec.State != pool.HostActive {
		s.requeueFrom(c, rec.ID)
	}
	s.hostVisible(c, rec, false)
	s.handBackStored(c, rec.ID)
	if was != nil && was.State != rec.State && rec.State == pool.HostActive {
		s.prefetch(c)
	}
	s.wantReplan(c)
}

// forgetHost ends the memory of a host whose actor has terminated.
func (s *supervisor) forgetHost(c actor.Context, id string) {
	if rec := s.hosts[id]; rec != nil {
		delete(s.hosts, id)
		delete(s.releasing, id)
		delete(s.handBacks, id)
		for key, p := range s.pushes {
			if p.HostID == id {
				s.dropPush(key)
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

// tellQueue tells those that queue where they stand, and everybody how the pool
// is, when that has changed.
func (s *supervisor) tellQueue(c actor.Context, was map[string]pool.Queue) {
	for id, q := range s.waiting {
		if i := s.instances[id]; i != nil && was[id] != q {
			s.tell(c, feedKey, publish{pool.Event{At: time.Now(), Kind: pool.EventInstance, Instance: s.shown(i)}})
		}
	}
	told := s.told
	if told.Queued != s.status.Queued || told.State != s.status.State || told.Slots != s.status.Slots ||
		told.SlotsUsed != s.status.SlotsUsed || told.Headroom != s.status.Headroom || told.Pause != s.status.Pause ||
		!told.Deadline.Equal(s.status.Deadline) || !slices.EqualFunc(told.Blockers, s.status.Blockers, pool.Blocker.Equal) {
		status := s.status
		s.told = status
		s.tell(c, feedKey, publish{pool.Event{At: time.Now(), Kind: pool.EventPool, Status: &status}})
	}
}
