package actors

import (
	"github.com/asynkron/protoactor-go/actor"

	"dockerdriver/actors/pool"
)

// unmade tells whether nothing of the instance is on a host yet, so that it can
// be made from another image.
func (a *instance) unmade() bool {
	return !a.leaving && (a.rec.State == pool.InstanceQueueing ||
		(a.rec.State == pool.InstanceProvisioning && (a.rec.Stage == pool.StageScheduled || a.rec.Stage == pool.StageImage)))
}

// pinned takes another digest than the one it was launched with: that one is
// gone from the image directory. During a write it waits for its end.
func (a *instance) pinned(c actor.Context, m pinned) {
	switch {
	case !a.unmade() || a.rec.Spec.ImageID != m.from:
	case a.saving:
		a.fx.later(c, eventRecheck, func(c actor.Context) { a.pinned(c, m) })
	default:
		a.fx.drop(a.step)
		next := a.rec
		next.Spec.ImageID = m.to
		a.pinning, a.offered = true, nil
		a.save(c, next, func(c actor.Context) {
			a.pinning = false
			switch {
			case a.rec.State == pool.InstanceProvisioning:
				a.needImage(c)
			case a.offered != nil:
				a.assigned(c, *a.offered)
			}
		})
	}
}

// unpinned fails a launch whose image nobody has any more.
func (a *instance) unpinned(c actor.Context, failure pool.Failure) {
	switch {
	case !a.unmade():
	case a.saving:
		a.fx.later(c, eventRecheck, func(c actor.Context) { a.unpinned(c, failure) })
	default:
		a.fail(c, &failure)
	}
}
