package actors_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

func (s *scene) announce(a pool.Announcement) pool.Announcement {
	s.Helper()
	if a.Text == "" {
		a.Text = "Break at noon."
	}
	if a.Level == "" {
		a.Level = pool.LevelInfo
	}
	made, err := s.client.PutAnnouncement(s.Context(), admin, a, 0)
	require.NoError(s.T, err)
	return made
}

// announced is the next that the events tell of announcements.
func (s *scene) announced(events <-chan pool.Event) pool.Event {
	s.Helper()
	for e := range events {
		if e.Kind == pool.EventAnnouncement {
			return e
		}
	}
	require.Fail(s.T, "the events have ended")
	return pool.Event{}
}

func TestAnAnnouncementIsToldOnceItIsStoredAndOutlivesTheServer(t *testing.T) {
	t.Parallel()
	story(t, nil, func(t *testing.T, s *scene) {
		events, err := s.client.Subscribe(t.Context(), 0)
		require.NoError(t, err)
		until := time.Now().Add(time.Hour)
		made := s.announce(pool.Announcement{Until: until})
		require.Equal(t, 1, made.Version)
		require.Equal(t, admin.ID, made.CreatedBy)
		require.Equal(t, made, *s.client.Snapshot().Announcement(made.ID), "all see it when it is answered")
		told := s.announced(events)
		require.Equal(t, made, *told.Announcement)
		require.True(t, told.VisibleTo(alice))
		s.mu.Lock()
		require.Equal(t, []pool.Announcement{made}, s.records.Announcements)
		s.mu.Unlock()

		s.restart()
		events, err = s.client.Subscribe(t.Context(), 0)
		require.NoError(t, err)
		next := *s.client.Snapshot().Announcement(made.ID)
		require.Equal(t, made, next)
		time.Sleep(time.Minute)
		next.Text, next.From = "Break at one.", time.Time{}
		changed, err := s.client.PutAnnouncement(t.Context(), admin, next, 1)
		require.NoError(t, err)
		require.Equal(t, 2, changed.Version)
		require.Equal(t, made.From, changed.From, "it goes on")
		require.Equal(t, made.CreatedAt, changed.CreatedAt)
		require.True(t, changed.UpdatedAt.After(made.UpdatedAt))
		require.Equal(t, 2, s.announced(events).Announcement.Version)

		require.NoError(t, s.client.RemoveAnnouncement(t.Context(), admin, made.ID, 2))
		require.True(t, s.announced(events).Deleted)
		require.Empty(t, s.client.Snapshot().Announcements)
		s.mu.Lock()
		require.Empty(t, s.records.Announcements)
		s.mu.Unlock()
	})
}

func TestAnAnnouncementThatCannotBeStoredIsToldToNobody(t *testing.T) {
	t.Parallel()
	story(t, nil, func(t *testing.T, s *scene) {
		time.Sleep(time.Second)
		events, err := s.client.Subscribe(t.Context(), 0)
		require.NoError(t, err)
		s.change(func() { s.failSaves = 1 })
		_, err = s.client.PutAnnouncement(t.Context(), admin, pool.Announcement{Text: "Lost.", Level: pool.LevelInfo}, 0)
		require.Equal(t, pool.CodeUnavailable, pool.CodeOf(err))
		synctest.Wait()
		require.Empty(t, s.client.Snapshot().Announcements)
		kept := s.announce(pool.Announcement{})
		require.Equal(t, kept.ID, s.announced(events).Announcement.ID, "nothing was told before")
	})
}

func TestChangesOfAnnouncementsAreRefusedInWords(t *testing.T) {
	t.Parallel()
	story(t, nil, func(t *testing.T, s *scene) {
		made := s.announce(pool.Announcement{})
		made.Text = "Break at two."
		_, err := s.client.PutAnnouncement(t.Context(), admin, made, 1)
		require.NoError(t, err)
		_, err = s.client.PutAnnouncement(t.Context(), admin, made, 1)
		require.Equal(t, pool.CodeEditConflict, pool.CodeOf(err))
		require.ErrorContains(t, err, "version 2")
		require.Equal(t, pool.CodeEditConflict, pool.CodeOf(s.client.RemoveAnnouncement(t.Context(), admin, made.ID, 1)))
		_, err = s.client.PutAnnouncement(t.Context(), admin, pool.Announcement{ID: "none", Text: "?", Level: pool.LevelInfo}, 0)
		require.Equal(t, pool.CodeNotFound, pool.CodeOf(err))
		require.Equal(t, pool.CodeNotFound, pool.CodeOf(s.client.RemoveAnnouncement(t.Context(), admin, "none", 0)))
		_, err = s.client.PutAnnouncement(t.Context(), admin, pool.Announcement{Text: "?", Level: "loud"}, 0)
		require.Equal(t, pool.CodeInvalid, pool.CodeOf(err))
	})
}

func TestThereAreNoMoreAnnouncementsThanAnybodyReads(t *testing.T) {
	t.Parallel()
	story(t, nil, func(t *testing.T, s *scene) {
		until := time.Now().Add(time.Hour)
		var last pool.Announcement
		for n := range pool.MaxAnnouncements {
			last = s.announce(pool.Announcement{Text: fmt.Sprint("Number ", n), Until: until})
		}
		one := pool.Announcement{Text: "One more.", Level: pool.LevelCritical}
		_, err := s.client.PutAnnouncement(t.Context(), admin, one, 0)
		require.Equal(t, pool.CodeAnnouncements, pool.CodeOf(err))
		last.Text = "The last one, mended."
		s.announce(last)
		time.Sleep(61 * time.Minute)
		s.announce(one)
		require.Len(t, s.client.Snapshot().Announcements, pool.MaxAnnouncements+1, "those that are over are kept")
		_, err = s.client.PutAnnouncement(t.Context(), admin, last, 0)
		require.Equal(t, pool.CodeInvalid, pool.CodeOf(err), "its end has passed")
	})
}

func TestOfAnnouncementsThatAreOverTheLastOnesAreKept(t *testing.T) {
	t.Parallel()
	story(t, nil, func(t *testing.T, s *scene) {
		events, err := s.client.Subscribe(t.Context(), 0)
		require.NoError(t, err)
		var first pool.Announcement
		for n := range pool.KeptAnnouncements + 1 {
			made := s.announce(pool.Announcement{Text: fmt.Sprint("Number ", n), Until: time.Now().Add(time.Minute)})
			if n == 0 {
				first = made
			}
			require.Equal(t, made.ID, s.announced(events).Announcement.ID)
			time.Sleep(2 * time.Minute)
		}
		require.NotNil(t, s.client.Snapshot().Announcement(first.ID))
		last := s.announce(pool.Announcement{})
		require.Equal(t, last.ID, s.announced(events).Announcement.ID)
		gone := s.announced(events)
		require.True(t, gone.Deleted)
		require.Equal(t, first.ID, gone.Announcement.ID)
		require.Nil(t, s.client.Snapshot().Announcement(first.ID))
		s.mu.Lock()
		defer s.mu.Unlock()
		require.Len(t, s.records.Announcements, pool.KeptAnnouncements+1)
	})
}
