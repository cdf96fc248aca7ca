package httpapi

import (
	"context"
	"net/url"
	"time"

	"dockerdriver/actors/pool"
)

// announcement is the JSON shape of pool.Announcement.
type announcement struct {
	ID        string                 `json:"id"`
	Text      string                 `json:"text"`
	Level     pool.AnnouncementLevel `json:"level" enum:"info,warning,critical"`
	From      time.Time              `json:"from" doc:"Since when, or from when on, everybody sees it"`
	Until     *time.Time             `json:"until" doc:"Until when; null: until it is removed"`
	Version   int                    `json:"version"`
	CreatedAt *time.Time             `json:"created_at"`
	CreatedBy string                 `json:"created_by" doc:"Email of who made it; administrators only"`
	UpdatedAt *time.Time             `json:"updated_at"`
	UpdatedBy string                 `json:"updated_by" doc:"Email of who changed it last; administrators only"`
}

func (s *server) announcementOf(ctx context.Context, a *pool.Announcement, c caller) announcement {
	out := announcement{
		ID: a.ID, Text: a.Text, Level: a.Level, From: a.From.UTC(), Until: when(a.Until),
		Version: a.Version, CreatedAt: when(a.CreatedAt), UpdatedAt: when(a.UpdatedAt),
	}
	if c.User.IsAdmin() {
		out.CreatedBy, out.UpdatedBy = s.emailOf(ctx, a.CreatedBy), s.emailOf(ctx, a.UpdatedBy)
	}
	return out
}

type listAnnouncementsInput struct {
	WholeInput
	All bool `query:"all" doc:"Also those that are over; administrators only"`
}

// listAnnouncements tells also of those to come, so that an open page shows them when
// their time is there.
func (s *server) listAnnouncements(ctx context.Context, in *listAnnouncementsInput) (*listOutput[announcement], error) {
	c := callerOf(ctx)
	if in.All && !c.User.IsAdmin() {
		return nil, pool.Refuse(pool.CodeForbidden, "Only administrators may see announcements that are over.", "Leave out all=true.")
	}
	items, now := []announcement{}, time.Now()
	for _, a := range s.Views.Snapshot().Announcements {
		if in.All || !a.IsOver(now) {
			items = append(items, s.announcementOf(ctx, a, c))
		}
	}
	return whole(items), nil
}

// announcementDraft is what an admin writes.
type announcementDraft struct {
	Text  string                 `json:"text" doc:"At most 500 characters; line ends are kept"`
	Level pool.AnnouncementLevel `json:"level" enum:"info,warning,critical" doc:"Readers cannot put a critical one away"`
	From  *time.Time             `json:"from" required:"false" doc:"null or left out: from now on; in a change of one that is shown: as it was"`
	Until *time.Time             `json:"until" required:"false" doc:"null or left out: until it is removed"`
}

func (d announcementDraft) of(id string) pool.Announcement {
	a := pool.Announcement{ID: id, Text: d.Text, Level: d.Level}
	if d.From != nil {
		a.From = *d.From
	}
	if d.Until != nil {
		a.Until = *d.Until
	}
	return a
}

type createAnnouncementInput struct{ Body announcementDraft }

type createAnnouncementOutput struct {
	Location string `header:"Location"`
	ETag     string `header:"ETag"`
	Body     announcement
}

func (s *server) createAnnouncement(ctx context.Context, in *createAnnouncementInput) (*createAnnouncementOutput, error) {
	c := callerOf(ctx)
	a, err := s.Settings.PutAnnouncement(ctx, c.User, in.Body.of(""), 0)
	if err != nil {
		return nil, err
	}
	s.noteAnnouncement(ctx, "announcement.create", a)
	return &createAnnouncementOutput{
		Location: "/api/v1/announcements/" + url.PathEscape(a.ID), ETag: etag(a.Version), Body: s.announcementOf(ctx, &a, c),
	}, nil
}

type updateAnnouncementInput struct {
	IDInput
	VersionInput
	Body announcementDraft
}

func (s *server) updateAnnouncement(ctx context.Context, in *updateAnnouncementInput) (*versionedOutput[announcement], error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	c := callerOf(ctx)
	a, err := s.Settings.PutAnnouncement(ctx, c.User, in.Body.of(in.ID), version)
	if err != nil {
		return nil, err
	}
	s.noteAnnouncement(ctx, "announcement.update", a)
	return &versionedOutput[announcement]{ETag: etag(a.Version), Body: s.announcementOf(ctx, &a, c)}, nil
}

func (s *server) removeAnnouncement(ctx context.Context, in *versionedIDInput) (*emptyOutput, error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	a := s.Views.Snapshot().Announcement(in.ID)
	if a == nil {
		return nil, notFound("announcement")
	}
	if err := s.Settings.RemoveAnnouncement(ctx, callerOf(ctx).User, in.ID, version); err != nil {
		return nil, err
	}
	s.noteAnnouncement(ctx, "announcement.delete", *a)
	return nil, nil
}

func (s *server) noteAnnouncement(ctx context.Context, action string, a pool.Announcement) {
	s.note(ctx, action, a.ID, clip(string(a.Level)+": "+a.Text, 256))
}
