package actors

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"dockerdriver/actors/pool"
)

// listThings compares the cloud's own lists with the records, at the start and
// every few minutes. It looks only at what carries the installation's mark.
func (s *supervisor) listThings(c actor.Context) {
	asked := time.Now()
	s.listing = true
	run(s.fx, c, thingsLimit, s.deps.Cloud.Things, func(c actor.Context, found []pool.Thing, err error) {
		s.listing = false
		again, before := thingsEvery, s.straysByAge()
		if err != nil {
			s.log.Warn().Err(err).Msg("cannot list what is in the cloud yet")
			s.listFault = wordsOf(err)
			again = thingsRetry
		} else {
			s.listedAt, s.listFault = asked, ""
			s.compareThings(c, asked, found)
		}
		if s.settings.ShutdownMode && !s.emptySince.IsZero() && !s.isSwept() {
			again = sweepEvery
		}
		s.listAgain = s.fx.later(c, again, s.listThings)
		s.updateStatus()
		s.publishView()
		if !slices.Equal(before, s.straysByAge()) {
			s.poolVisible(c)
		}
		s.wantReplan(c)
	})
}

// compareThings finds hosts whose machine the cloud does not know, and things
// that no record speaks for. A host asks the cloud again before it gives up; a
// stray is released when two lists in a row have shown it and it is old enough
// not to be somebody's first minute.
func (s *supervisor) compareThings(c actor.Context, asked time.Time, found []pool.Thing) {
	servers := map[string]bool{}
	for _, t := range found {
		if t.Kind == pool.ThingServer {
			servers[t.ID] = true
		}
	}
	for id, h := range s.hosts {
		serving := h.State == pool.HostActive || h.State == pool.HostInactive
		if serving && h.IsRented() && h.StateSince.Before(asked) && !servers[h.Cloud.ServerID] {
			s.tell(c, hostKey(id), missing{})
		}
	}
	before := s.strays
	s.strays = map[string]pool.Stray{}
	things, tooEarly := map[string][]pool.Thing{}, map[string]bool{}
	for _, t := range found {
		if s.hosts[t.HostID] != nil || s.ownerOf(t.ID) != nil {
			continue
		}
		stray, known := before[strayKey(t)]
		if !known {
			stray = s.newStray(t, asked)
		}
		if s.settings.ShutdownMode && asked.Before(stray.ReleaseAt) {
			stray.ReleaseAt = asked // nothing is made in shutdown mode that a record could still come for
		}
		s.strays[strayKey(t)] = stray
		things[t.HostID] = append(things[t.HostID], t)
		tooEarly[t.HostID] = tooEarly[t.HostID] || !known || asked.Before(stray.ReleaseAt)
	}
	for hostID, all := range things {
		if hostID != "" && !tooEarly[hostID] {
			s.adopt(c, hostID, all, "it is ours in the cloud, and no record speaks for it", func(actor.Context, pool.Host, error) {})
		}
	}
}

func strayKey(t pool.Thing) string { return t.Kind + " " + t.ID }

func (s *supervisor) newStray(t pool.Thing, seen time.Time) pool.Stray {
	stray := pool.Stray{Thing: t, FoundAt: seen}
	if !t.CreatedAt.IsZero() {
		seen = t.CreatedAt
	}
	if t.HostID != "" {
		stray.ReleaseAt = seen.Add(strayAge)
	}
	s.log.Warn().Str("kind", t.Kind).Str("id", t.ID).Str("name", t.Name).Str("host", t.HostID).Time("release", stray.ReleaseAt).Msg("stray found in the cloud")
	return stray
}

// adopt makes a host record of strays, with its removal as the only thing left
// to do: so it is as durable, as visible and as stubborn as every other release.
// done is called once that is stored, or cannot be.
func (s *supervisor) adopt(c actor.Context, hostID string, things []pool.Thing, because string, done func(actor.Context, pool.Host, error)) {
	now := time.Now()
	rec := pool.Host{ID: hostID, State: pool.HostRemoving, CreatedAt: now, StateSince: now}
	rec = rec.WithTrouble(now, "found in the cloud without a record")
	strays := map[string]pool.Stray{}
	for _, t := range things {
		rec.Name = strings.TrimSuffix(strings.TrimSuffix(t.Name, "-root"), "-data")
		switch t.Kind {
		case pool.ThingServer:
			rec.Cloud.ServerID = t.ID
		case pool.ThingVolume:
			rec.Cloud.VolumeIDs = append(slices.Clone(rec.Cloud.VolumeIDs), t.ID)
		case pool.ThingGroup:
			rec.Cloud.SecurityGroupID = t.ID
		}
		if stray, known := s.strays[strayKey(t)]; known {
			strays[strayKey(t)] = stray
		}
		delete(s.strays, strayKey(t))
	}
	s.hosts[hostID] = &rec
	s.remember(pool.Decision{At: now, Action: "release", Subject: rec.Name, Because: because})
	run(s.fx, c, saveLimit, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, s.deps.Store.Save(ctx, pool.Changes{Hosts: []pool.Host{rec}})
	}, func(c actor.Context, _ struct{}, err error) {
		if err != nil {
			s.log.Error().Err(err).Str("host", hostID).Msg("cannot store stray")
			delete(s.hosts, hostID)
			maps.Copy(s.strays, strays)
			done(c, rec, err)
			return // the next list may do better
		}
		s.log.Warn().Str("host", hostID).Str("name", rec.Name).Msg("stray is released")
		s.spawnHost(c, hostID)
		s.hostVisible(c, rec, false)
		done(c, rec, nil)
	})
}
