package pool

import "time"

// EventKind says what an event is about.
type EventKind string

// Kinds of events. Resync tells a subscriber that it missed some: it should
// read everything again.
const (
	EventInstance     EventKind = "instance"
	EventHost         EventKind = "host"
	EventBlueprint    EventKind = "blueprint"
	EventVariable     EventKind = "variable"
	EventImages       EventKind = "images"
	EventPush         EventKind = "push"
	EventPull         EventKind = "pull"
	EventPool         EventKind = "pool"
	EventAnnouncement EventKind = "announcement"
	EventResync       EventKind = "resync"
)

// Event tells subscribers that something changed. It is published after the
// change is stored and visible in the View. Exactly the field of its kind is set.
type Event struct {
	// ID grows by one; it starts anew from the clock (microseconds) at every
	// server start, so an id of an earlier run is recognised as too old to replay.
	ID           uint64
	At           time.Time
	Kind         EventKind
	Instance     *Instance
	Host         *Host
	Blueprint    *Blueprint
	Variable     *Variable
	Push         *Push
	Pull         *Pull
	Status       *Status
	Announcement *Announcement
	Deleted      bool // the blueprint, host or announcement is gone
}

// VisibleTo tells whether a user may see the event: an owner their instances,
// everybody the environments, the announcements and the pool's state, an admin all.
func (e Event) VisibleTo(u User) bool {
	if u.IsAdmin() {
		return true
	}
	switch e.Kind {
	case EventInstance:
		return e.Instance != nil && e.Instance.UserID == u.ID
	case EventBlueprint, EventAnnouncement, EventPool, EventResync:
		return true
	}
	return false
}
