package pool

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Visit is a way into somebody's notebook that an administrator was given, with the
// reason that they gave. The notebook's owner is shown it.
type Visit struct {
	At     time.Time `json:"at"`
	UserID string    `json:"user_id"` // the administrator
	Reason string    `json:"reason"`
}

// Bounds of visits.
const (
	MaxVisitReason = 300 // characters
	MaxVisits      = 20  // that an instance keeps; the audit log keeps all
)

// VisitReason checks the reason of a visit, and returns it without space around it.
// The error is CodeInvalid of the field reason.
func VisitReason(reason string) (string, error) {
	reason = strings.TrimSpace(reason)
	switch {
	case reason == "":
		return "", Invalid("reason", "Opening somebody else's notebook takes a reason, which its owner is shown.", "Say why you look into it.")
	case utf8.RuneCountInString(reason) > MaxVisitReason:
		return "", Invalid("reason", "The reason is longer than 300 characters.", "Say it shorter.")
	case !utf8.ValidString(reason) || strings.ContainsFunc(reason, unicode.IsControl):
		return "", Invalid("reason", "The reason has characters that cannot be shown.", "Write it on one line.")
	}
	return reason, nil
}

// MayVisit says why nobody can be let into the instance: the error is
// CodeNotRunning in words, nil where somebody can.
func (i Instance) MayVisit() error {
	if i.State != InstanceRunning {
		return Refuse(CodeNotRunning, "It is not running.", "Look at its logs instead.")
	}
	return nil
}

// Visited is the instance with one more visit: the last MaxVisits are kept.
func (i Instance) Visited(v Visit) Instance {
	kept := i.Visits[max(0, len(i.Visits)-(MaxVisits-1)):]
	i.Visits = append(slices.Clone(kept), v)
	return i
}
