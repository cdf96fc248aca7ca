package actors

import (
	"fmt"
	"slices"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"dockerdriver/actors/pool"
)

// askedToAnnounce takes what the Client asks of announcements; it returns false for
// any other message.
func (s *supervisor) askedToAnnounce(c actor.Context) bool {
	to := c.Sender()
	switch m := c.Message().(type) {
	case putAnnouncement:
		s.queueWrite(c, to, func(c actor.Context) { s.putAnnouncement(c, to, m) })
	case removeAnnouncement:
		s.queueWrite(c, to, func(c actor.Context) { s.removeAnnouncement(c, to, m) })
	default:
		return false
	}
	return true
}

var noAnnouncement = pool.Refuse(pool.CodeNotFound, "There is no such announcement.", "Reload the page: it may have been removed.")

// putAnnouncement stores an announcement and then shows it. Its times need no timer
// here: whoever reads it compares them with the clock.
func (s *supervisor) putAnnouncement(c actor.Context, to *actor.PID, m putAnnouncement) {
	now := time.Now()
	a, err := s.nextAnnouncement(m, now)
	if err != nil {
		s.wrote(c, to, a, err)
		return
	}
	old := s.overlong(a.ID, now)
	changes := pool.Changes{Announcements: []pool.Announcement{a}}
	for _, o := range old {
		changes.GoneAnnouncements = append(changes.GoneAnnouncements, o.ID)
	}
	s.write(c, to, changes, a, func(c actor.Context) {
		s.announcements[a.ID] = &a
		for _, o := range old {
			delete(s.announcements, o.ID)
		}
		line := s.log.Info().Str("announcement", a.ID).Str("user", m.by.ID).Str("level", string(a.Level)).Int("version", a.Version).Time("from", a.From)
		if !a.Until.IsZero() {
			line = line.Time("until", a.Until)
		}
		line.Msg("announcement changed")
		s.publishView()
		s.tell(c, feedKey, publish{pool.Event{At: now, Kind: pool.EventAnnouncement, Announcement: &a}})
		for _, o := range old {
			s.tellGone(c, o)
		}
	})
}

// nextAnnouncement is what is to be stored, or why it is not.
func (s *supervisor) nextAnnouncement(m putAnnouncement, now time.Time) (pool.Announcement, error) {
	was := s.announcements[m.announcement.ID]
	a := m.announcement.Written(now, was)
	switch {
	case a.ID == "":
		a.ID, a.Version, a.CreatedAt, a.CreatedBy = newID(), 0, now, m.by.ID
	case was == nil:
		return a, noAnnouncement
	case m.ifVersion != 0 && m.ifVersion != was.Version:
		return a, editConflict("this announcement", was.Version)
	default:
		a.Version, a.CreatedAt, a.CreatedBy = was.Version, was.CreatedAt, was.CreatedBy
	}
	if err := a.Validate(now); err != nil {
		return a, err
	}
	others := 0
	for _, o := range s.announcements {
		if o.ID != a.ID && !o.IsOver(now) {
			others++
		}
	}
	if others >= pool.MaxAnnouncements {
		return a, pool.Refuse(pool.CodeAnnouncements, fmt.Sprintf("There are %d announcements already that are not over.", others), "Remove one that nobody needs any more.")
	}
	a.Version++
	a.UpdatedAt, a.UpdatedBy = now, m.by.ID
	return a, nil
}

// overlong are the announcements that are over and no longer kept; the one of an id is
// not counted, for it is written anew.
func (s *supervisor) overlong(except string, now time.Time) []*pool.Announcement {
	var over []*pool.Announcement
	for _, a := range s.announcements {
		if a.ID != except && a.IsOver(now) {
			over = append(over, a)
		}
	}
	if len(over) <= pool.KeptAnnouncements {
		return nil
	}
	slices.SortFunc(over, func(a, b *pool.Announcement) int { return a.Until.Compare(b.Until) })
	return over[:len(over)-pool.KeptAnnouncements]
}

func (s *supervisor) removeAnnouncement(c actor.Context, to *actor.PID, m removeAnnouncement) {
	was := s.announcements[m.id]
	var err error
	switch {
	case was == nil:
		err = noAnnouncement
	case m.ifVersion != 0 && m.ifVersion != was.Version:
		err = editConflict("this announcement", was.Version)
	}
	if err != nil {
		s.wrote(c, to, struct{}{}, err)
		return
	}
	s.write(c, to, pool.Changes{GoneAnnouncements: []string{m.id}}, struct{}{}, func(c actor.Context) {
		delete(s.announcements, m.id)
		s.log.Info().Str("announcement", m.id).Str("user", m.by.ID).Msg("announcement removed")
		s.publishView()
		s.tellGone(c, was)
	})
}

func (s *supervisor) tellGone(c actor.Context, a *pool.Announcement) {
	s.tell(c, feedKey, publish{pool.Event{At: time.Now(), Kind: pool.EventAnnouncement, Announcement: a, Deleted: true}})
}
