package pool

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// AnnouncementLevel says how much an announcement matters.
type AnnouncementLevel string

// Levels of announcements. Readers can put away all but critical ones.
const (
	LevelInfo     AnnouncementLevel = "info"
	LevelWarning  AnnouncementLevel = "warning"
	LevelCritical AnnouncementLevel = "critical"
)

var announcementLevels = []AnnouncementLevel{LevelInfo, LevelWarning, LevelCritical}

// Limits of announcements.
const (
	MaxAnnouncementLength = 500                       // characters
	MaxAnnouncements      = 20                        // that are not over
	KeptAnnouncements     = 50                        // that are over; the oldest go
	maxAnnouncementAhead  = 10 * 365 * 24 * time.Hour // a year that was mistyped is no plan
)

// Announcement is what an admin tells everybody who uses the web UI, for a time.
type Announcement struct {
	ID    string            `json:"id"`
	Text  string            `json:"text"`
	Level AnnouncementLevel `json:"level"`
	From  time.Time         `json:"from"`
	Until time.Time         `json:"until,omitzero"` // zero: until it is removed
	// Version grows by one with every write; the ETag.
	Version   int       `json:"version"`
	CreatedAt time.Time `json:"created_at"`
	CreatedBy string    `json:"created_by"` // user id
	UpdatedAt time.Time `json:"updated_at"`
	UpdatedBy string    `json:"updated_by"` // user id
}

// IsOver tells whether its time has passed.
func (a Announcement) IsOver(now time.Time) bool {
	return !a.Until.IsZero() && !a.Until.After(now)
}

// Written is the announcement as it is stored when it is written now in place of
// another (nil: it is new): without blanks around its text, and, where it does not say
// from when on, from now on, or since when the other one is shown.
func (a Announcement) Written(now time.Time, was *Announcement) Announcement {
	a.Text = strings.TrimSpace(strings.ReplaceAll(a.Text, "\r\n", "\n"))
	switch {
	case !a.From.IsZero():
	case was != nil && was.From.Before(now):
		a.From = was.From
	default:
		a.From = now
	}
	a.From = a.From.UTC().Round(0)
	if !a.Until.IsZero() {
		a.Until = a.Until.UTC().Round(0)
	}
	return a
}

// Validate checks an announcement that is written now.
func (a Announcement) Validate(now time.Time) error {
	if err := checkAnnouncementText(a.Text); err != nil {
		return err
	}
	latest := now.Add(maxAnnouncementAhead)
	switch {
	case !slices.Contains(announcementLevels, a.Level):
		return Invalid("level", "There is no level "+quote(string(a.Level))+".", "Choose info, warning or critical.")
	case a.From.After(latest):
		return Invalid("from", "It begins in more than ten years.", "Look at the year.")
	case a.Until.After(latest):
		return Invalid("until", "It ends in more than ten years.", "Leave its end out for an announcement that stays until it is removed.")
	case !a.Until.IsZero() && !a.Until.After(a.From):
		return Invalid("until", "It ends before it begins.", "Give it an end after its beginning, or none.")
	case a.IsOver(now):
		return Invalid("until", "Its end has passed already.", "Give it an end in the future, or none.")
	}
	return nil
}

func checkAnnouncementText(text string) error {
	switch {
	case strings.TrimSpace(text) == "":
		return Invalid("text", "The announcement says nothing.", "Write what everybody should know.")
	case !utf8.ValidString(text):
		return Invalid("text", "The announcement is not valid text.", "Write it in UTF-8.")
	case utf8.RuneCountInString(text) > MaxAnnouncementLength:
		return Invalid("text", fmt.Sprintf("The announcement is longer than %d characters.", MaxAnnouncementLength), "Shorten it.")
	case strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) && r != '\n' }):
		return Invalid("text", "The announcement has characters that cannot be shown, such as tabs.", "Write text and line ends only.")
	}
	return nil
}
