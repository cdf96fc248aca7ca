package actors

import (
	"context"
	"slices"

	"github.com/asynkron/protoactor-go/actor"

	"dockerdriver/actors/pool"
)

var noStray = pool.Refuse(pool.CodeNotFound, "There is no such stray.", "It may be released already; look at the Pool page.")

// releaseStray begins the release of what no record speaks for, without waiting
// until it is old enough. What was seen of it may be minutes old: the cloud is asked
// anew what it is, and only what it says now is believed.
func (s *supervisor) releaseStray(c actor.Context, m releaseStray) {
	to := c.Sender()
	if !slices.ContainsFunc(s.straysByAge(), func(x pool.Stray) bool { return x.ID == m.id }) {
		if h := s.ownerOf(m.id); h != nil && leaves(h) {
			reply(c, to, *h, nil) // somebody else was quicker
			return
		}
		reply(c, to, nil, noStray)
		return
	}
	run(s.fx, c, strayLimit, func(ctx context.Context) ([]pool.Thing, error) {
		return s.deps.Cloud.Things(ctx)
	}, func(c actor.Context, found []pool.Thing, err error) {
		if err != nil {
			s.log.Warn().Err(err).Str("id", m.id).Msg("cannot ask the cloud about a stray")
			reply(c, to, nil, pool.Refuse(pool.CodeUnavailable, "The cloud cannot be asked whose this is, so nothing was released: "+wordsOf(err), "Try again in a few seconds."))
			return
		}
		s.releaseSeen(c, to, m, found)
	})
}

// releaseSeen decides by what the cloud shows at this moment. All that was made for
// the same host goes together, as it was made.
func (s *supervisor) releaseSeen(c actor.Context, to *actor.PID, m releaseStray, found []pool.Thing) {
	at := slices.IndexFunc(found, func(t pool.Thing) bool { return t.ID == m.id })
	if at < 0 {
		s.forgetStray(c, m.id)
		reply(c, to, nil, pool.Refuse(pool.CodeNotFound, "The cloud no longer shows this with our mark, so nothing was released.", "It is gone, or somebody has marked it as another's."))
		return
	}
	hostID := found[at].HostID
	all := slices.DeleteFunc(slices.Clone(found), func(t pool.Thing) bool { return t.HostID != hostID })
	h := s.hosts[hostID]
	switch {
	case hostID == "":
		reply(c, to, nil, pool.Refuse(pool.CodeConflict, "This "+found[at].Kind+" carries our mark, which names no host, so it is not released.", "Look whose it is, and remove it by hand in the cloud."))
	case h != nil && leaves(h):
		reply(c, to, *h, nil)
	case h != nil || slices.ContainsFunc(all, func(t pool.Thing) bool { return s.ownerOf(t.ID) != nil }):
		s.forgetStray(c, m.id)
		reply(c, to, nil, pool.Refuse(pool.CodeConflict, "A host's record owns this now, so it is not released.", "Release that host instead, if it is to go."))
	default:
		s.log.Warn().Str("id", m.id).Str("host", hostID).Str("user", m.by.ID).Msg("stray is released by hand")
		s.adopt(c, hostID, all, "an administrator released it: no record speaks for it", func(c actor.Context, rec pool.Host, err error) {
			s.poolVisible(c)
			if err != nil {
				reply(c, to, nil, inWords(err, notStored))
				return
			}
			reply(c, to, rec, nil)
		})
	}
}

// forgetStray takes what is no stray any more out of everybody's sight.
func (s *supervisor) forgetStray(c actor.Context, id string) {
	for key, stray := range s.strays {
		if stray.ID == id {
			delete(s.strays, key)
		}
	}
	s.updateStatus()
	s.poolVisible(c)
	s.wantReplan(c) // a drain may have waited for it
}

// ownerOf is the host whose record names a thing of the cloud: it is that host's,
// whatever its mark has been changed to.
func (s *supervisor) ownerOf(id string) *pool.Host {
	for _, h := range s.hosts {
		if h.Cloud.ServerID == id || h.Cloud.SecurityGroupID == id || slices.Contains(h.Cloud.VolumeIDs, id) {
			return h
		}
	}
	return nil
}
