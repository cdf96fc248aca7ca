package schedule

import (
	"cmp"
	"slices"
	"time"
)

// PushClass says what an image is brought to a host for; a lower one goes first.
type PushClass int

// Classes of pushes.
const (
	PushForLaunch    PushClass = iota // somebody waits for it
	PushForBlueprint                  // an active blueprint uses it
	PushForRest                       // it is in the directory
)

// Bounds of pushes on one host. Two at once keep its engine's disk busy; the
// second place is for launches, so that one finds its place at once.
const (
	pushesPerHost    = 2
	unhurriedPerHost = 1
	// restAtOnce is on all hosts together: what nobody waits for costs little.
	restAtOnce = 1
)

// PushWish is an image that is to come to a host, or is on its way.
type PushWish struct {
	HostID, ImageID string
	Class           PushClass
	Since           time.Time // when it was asked for
	Running         bool      // it is on its way
}

// NextPushes tells which wishes to start now, best first, so that with those that
// run at most limit are on their way, and no host has more than it can use. What
// runs is never stopped for what comes later; instead the last place of the server
// and of each host is kept for launches.
func NextPushes(wishes []PushWish, limit int) []PushWish {
	count := pushCount{host: map[string]int{}, unhurriedOn: map[string]int{}, limit: max(limit, 1)}
	var waiting []PushWish
	for _, w := range wishes {
		if w.Running {
			count.add(w)
		} else {
			waiting = append(waiting, w)
		}
	}
	slices.SortFunc(waiting, func(a, b PushWish) int {
		return cmp.Or(cmp.Compare(a.Class, b.Class), a.Since.Compare(b.Since), cmp.Compare(a.HostID, b.HostID), cmp.Compare(a.ImageID, b.ImageID))
	})
	var next []PushWish
	for _, w := range waiting {
		if count.allows(w) {
			count.add(w)
			next = append(next, w)
		}
	}
	return next
}

// pushCount is what is on its way.
type pushCount struct {
	limit, all, unhurried, rest int
	host, unhurriedOn           map[string]int
}

func (n *pushCount) add(w PushWish) {
	n.all++
	n.host[w.HostID]++
	if w.Class != PushForLaunch {
		n.unhurried++
		n.unhurriedOn[w.HostID]++
	}
	if w.Class == PushForRest {
		n.rest++
	}
}

func (n *pushCount) allows(w PushWish) bool {
	switch {
	case n.all >= n.limit || n.host[w.HostID] >= pushesPerHost:
		return false
	case w.Class == PushForLaunch:
		return true
	case n.unhurried >= max(n.limit-1, 1) || n.unhurriedOn[w.HostID] >= unhurriedPerHost:
		return false
	}
	return w.Class != PushForRest || n.rest < restAtOnce
}
