package pool

import "time"

// ExtendableUntil is the latest end that the instance's user may give it; zero: it
// cannot be extended, or has not started yet.
func (i Instance) ExtendableUntil() time.Time {
	if i.Spec.Extension <= 0 || i.Spec.Lifetime <= 0 || i.StartedAt.IsZero() {
		return time.Time{}
	}
	return i.StartedAt.Add(i.Spec.Lifetime + i.Spec.Extension).Round(0)
}

// Extended is the end of an instance that is extended now: its whole lifetime from
// now on, but not beyond ExtendableUntil, and never earlier than it was. So it
// does no harm to ask twice.
func (i Instance) Extended(now time.Time) time.Time {
	until := now.Add(i.Spec.Lifetime).Round(0)
	if latest := i.ExtendableUntil(); latest.Before(until) {
		until = latest
	}
	if until.Before(i.ExpiresAt) {
		return i.ExpiresAt
	}
	return until
}

// MayExtend says why the instance cannot be extended: the error is CodeConflict in
// words for its user, nil where it can be.
func (i Instance) MayExtend() error {
	latest := i.ExtendableUntil()
	switch {
	case i.State != InstanceRunning:
		return Refuse(CodeConflict, "It is not running, so its lifetime cannot be extended.", "Launch a new one if it has ended.")
	case latest.IsZero():
		return Refuse(CodeConflict, "Its lifetime cannot be extended.", "Save your work outside it before it ends; an administrator sets maximum_extension for later launches.")
	case !i.ExpiresAt.Before(latest):
		return Refuse(CodeConflict, "It has been extended as far as is allowed.", "Save your work outside it before it ends, and launch a new one.")
	}
	return nil
}
