package pool

import (
	"slices"
	"strings"
	"time"
)

// BlockerKind says what a drain waits for.
type BlockerKind string

// Kinds of Blocker. BlockerCloud is the cloud itself, which has not said yet that
// nothing of ours is left.
const (
	BlockerHost     BlockerKind = "host"
	BlockerInstance BlockerKind = "instance"
	BlockerStray    BlockerKind = "stray"
	BlockerCloud    BlockerKind = "cloud"
)

// Blocker is one thing that a drain still waits for. They come host by host, each
// with its instances behind it.
type Blocker struct {
	Kind   BlockerKind
	ID     string // of the host or instance, or the cloud's id of a stray
	Name   string
	HostID string
	UserID string // an instance's owner
	Words  string
	EndsAt time.Time // when an instance ends by itself or by the drain's deadline; zero: it has no end
	// Remove are the commands that remove by hand what is left, in their order.
	Remove []string
}

// Equal tells whether two blockers say the same.
func (b Blocker) Equal(other Blocker) bool {
	return b.Kind == other.Kind && b.ID == other.ID && b.HostID == other.HostID && b.Words == other.Words &&
		b.EndsAt.Equal(other.EndsAt) && slices.Equal(b.Remove, other.Remove)
}

// NoDeadline is how ParseDeadline is told that a drain is to have none.
const NoDeadline = "none"

// ParseDeadline reads when a drain stops what is left: a span from now such as 2h
// or 1h 30m, a time in RFC 3339, "now", or "none", which is the zero time.
func ParseDeadline(text string, now time.Time) (time.Time, error) {
	text = strings.TrimSpace(text)
	switch text {
	case NoDeadline:
		return time.Time{}, nil
	case "now":
		return now, nil
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil && !at.IsZero() {
		return at.UTC(), nil
	}
	if span, ok := parseSpan(text); ok && span <= MaxLifetime {
		return now.Add(span), nil
	}
	return time.Time{}, Invalid("deadline", "The deadline cannot be "+quote(text)+".", "Write a span such as 2h or 1h 30m, a time such as 2026-05-29T16:00:00Z, now, or none.")
}

// ByDeadline is the earlier of an instance's own end and a deadline; a zero time is none.
func ByDeadline(end, deadline time.Time) time.Time {
	if deadline.IsZero() || (!end.IsZero() && end.Before(deadline)) {
		return end
	}
	return deadline
}
