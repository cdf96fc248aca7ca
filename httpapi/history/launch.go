package history

import (
	"slices"
	"time"

	"dockerdriver/actors/pool"
)

// launch is one that has come to its end, either way.
type launch struct {
	blueprintID string
	at          time.Time
	failed      bool
	seconds     [measures]float32 // the whole, then its stages; -1: it did not have that one
}

// launchOf tells how a launch came out; false: it has not yet, or was cancelled.
func launchOf(i *pool.Instance) (launch, bool) {
	l := launch{blueprintID: i.BlueprintID, failed: i.StartedAt.IsZero()}
	for n := range l.seconds {
		l.seconds[n] = -1
	}
	if l.failed && i.Failure == nil && i.State != pool.InstanceLost {
		return l, false
	}
	// A failure has no time of its own: EndedAt moves when it is dismissed.
	l.at = i.CreatedAt
	for _, p := range i.Passed {
		l.at = l.at.Add(p.Duration)
		if n := slices.Index(Stages[:], p.Stage) + 1; n > 0 {
			l.seconds[n] = max(0, l.seconds[n]) + max(0, float32(p.Duration.Seconds()))
		}
	}
	if !l.failed {
		l.at = i.StartedAt
		l.seconds[0] = max(0, float32(i.StartedAt.Sub(i.CreatedAt).Seconds()))
	}
	return l, true
}

const (
	// lateness is how long after its end a launch may first be seen in a View.
	lateness = 2 * time.Minute
	// maxCounted bounds the launches that are counted within lateness: 17 a second.
	maxCounted = 2048
)

// counter knows which launches have been counted.
type counter struct {
	At      time.Time        `json:"at"`      // of the last look
	Counted map[string]int64 `json:"counted"` // instance ids → when the launch ended (seconds since 1970), within lateness of At
}

// fresh returns the launches that have not been counted yet, and counts them.
func (c *counter) fresh(v *pool.View, now time.Time) (launches []launch) {
	from := c.At.Add(-lateness)
	if c.At.After(now) {
		from = now.Add(-lateness) // the clock was set back
	}
	for _, i := range v.Instances {
		l, ended := launchOf(i)
		if _, counted := c.Counted[i.ID]; !ended || counted || !l.at.After(from) || len(c.Counted) >= maxCounted {
			continue
		}
		c.Counted[i.ID] = l.at.Unix()
		launches = append(launches, l)
	}
	c.At = now
	for id, at := range c.Counted {
		if at < now.Add(-lateness).Unix() {
			delete(c.Counted, id)
		}
	}
	return launches
}
