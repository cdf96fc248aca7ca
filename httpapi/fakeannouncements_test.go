package httpapi

import (
	"context"
	"fmt"
	"slices"
	"time"

	"dockerdriver/actors/pool"
)

// PutAnnouncement checks and keeps it in the view, as the supervisor does.
func (p *fakePool) PutAnnouncement(_ context.Context, by pool.User, a pool.Announcement, ifVersion int) (pool.Announcement, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.failing(); err != nil {
		return a, err
	}
	now, was := time.Now(), p.view.Announcement(a.ID)
	a = a.Written(now, was)
	switch {
	case a.ID != "" && was == nil:
		return a, notFound("announcement")
	case was != nil && ifVersion != 0 && ifVersion != was.Version:
		return a, pool.Refuse(pool.CodeEditConflict, "It has changed.", "Read it again.")
	case was != nil:
		a.Version, a.CreatedAt, a.CreatedBy = was.Version, was.CreatedAt, was.CreatedBy
	default:
		p.made++
		a.ID, a.CreatedAt, a.CreatedBy = fmt.Sprintf("a%d", p.made), now, by.ID
	}
	if err := a.Validate(now); err != nil {
		return a, err
	}
	a.Version++
	a.UpdatedAt, a.UpdatedBy = now, by.ID
	p.view.Announcements = append(p.withoutAnnouncement(a.ID), &a)
	p.publish(pool.Event{Kind: pool.EventAnnouncement, Announcement: &a})
	return a, nil
}

func (p *fakePool) RemoveAnnouncement(_ context.Context, _ pool.User, id string, ifVersion int) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	was := p.view.Announcement(id)
	if ifVersion != 0 && ifVersion != was.Version {
		return pool.Refuse(pool.CodeEditConflict, "It has changed.", "Read it again.")
	}
	p.view.Announcements = p.withoutAnnouncement(id)
	p.publish(pool.Event{Kind: pool.EventAnnouncement, Announcement: was, Deleted: true})
	return nil
}

func (p *fakePool) withoutAnnouncement(id string) []*pool.Announcement {
	return slices.DeleteFunc(slices.Clone(p.view.Announcements), func(a *pool.Announcement) bool { return a.ID == id })
}
