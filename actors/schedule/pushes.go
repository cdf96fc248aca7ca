package schedule

import (
	"cmp"
	"slices"
	"time"

	"dockerdriver/actors/pool"
)

// PushesPerHost is how many images may be on their way to one host at once: its
// engine unpacks them, and more at once only slows each.
const PushesPerHost = 2

// PushRank is how much a push is wanted; the lowest goes first.
type PushRank int

// Ranks of pushes.
const (
	// PushForLaunch: a launch waits for it.
	PushForLaunch PushRank = iota
	// PushForBlueprint: an active blueprint uses the image, or a launch that queues.
	PushForBlueprint
	// PushAhead: nobody needs it yet. It goes only when nothing else waits, and
	// where it leaves a fifth of the disk free.
	PushAhead
)

// WaitingPush is one push that has not begun.
type WaitingPush struct {
	HostID, ImageID string
	Rank            PushRank
	// Since is when the oldest launch that waits for it was made or, for the other
	// ranks, when the push was asked for.
	Since time.Time
	Needs int64     // bytes of disk while it is loaded
	Disk  pool.Disk // of the host; zero: not known
}

// PushInput is what the next pushes are chosen from.
type PushInput struct {
	AtOnce  int            // most pushes of the server
	PerHost int            // most pushes to one host
	Running map[string]int // pushes that have begun, by host
	Taken   map[string]int64
	Waiting []WaitingPush
}

// NextPushes returns the pushes that begin now, in their order: those that
// launches wait for, oldest first, then those of active blueprints, then the
// rest. What has begun is never taken back. Where a host has its share already,
// others go first.
func NextPushes(in PushInput) []WaitingPush {
	order := slices.SortedFunc(slices.Values(in.Waiting), func(a, b WaitingPush) int {
		return cmp.Or(cmp.Compare(a.Rank, b.Rank), a.Since.Compare(b.Since), cmp.Compare(a.HostID, b.HostID), cmp.Compare(a.ImageID, b.ImageID))
	})
	total, onHost := 0, map[string]int{}
	for host, n := range in.Running {
		total += n
		onHost[host] = n
	}
	ahead := !slices.ContainsFunc(order, func(w WaitingPush) bool { return w.Rank < PushAhead })
	taken := map[string]int64{}
	var next []WaitingPush
	for _, w := range order {
		switch {
		case total >= in.AtOnce:
			return next
		case onHost[w.HostID] >= in.PerHost:
			continue
		case w.Rank == PushAhead && (!ahead || !w.Disk.Spares(in.Taken[w.HostID]+taken[w.HostID]+w.Needs)):
			continue
		}
		total++
		onHost[w.HostID]++
		taken[w.HostID] += w.Needs
		next = append(next, w)
	}
	return next
}
