package actors

import (
	"maps"
	"slices"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"dockerdriver/actors/pool"
	"dockerdriver/actors/schedule"
)

// A push that is wanted waits here, as a pool.Push without an actor, until the
// policy lets it begin.

// prefetch wants images on the hosts that serve before anybody waits for them:
// those of active blueprints, and all others where there is room to spare.
func (s *supervisor) prefetch(c actor.Context) {
	if s.settings.ShutdownMode {
		return
	}
	for _, image := range s.images {
		for id, h := range s.hosts {
			if image.Fault == "" && h.State.Takes() && !s.hasImage(id, image.ID) {
				s.wantPush(c, h, image)
			}
		}
	}
	s.startPushes(c)
}

// needImage has one ImagePush for each host and image, whoever asks.
func (s *supervisor) needImage(c actor.Context, m needImage) {
	key := pushKey(m.hostID, m.imageID)
	image, known := pool.FindImage(s.images, m.imageID)
	host := s.hosts[m.hostID]
	if s.settings.ShutdownMode || host == nil || (!host.State.Takes() && !fetches(host)) {
		s.tell(c, instanceKey(m.instanceID), requeue{})
		return
	}
	if !known {
		s.pin(c, m.instanceID)
		return
	}
	if m.instanceID != "" && !slices.Contains(s.wanting[key], m.instanceID) {
		s.wanting[key] = append(s.wanting[key], m.instanceID)
	}
	s.wantPush(c, host, image)
	s.startPushes(c)
}

// wantPush has an image wait for its turn to be sent, unless it does already or
// is on its way.
func (s *supervisor) wantPush(c actor.Context, host *pool.Host, image pool.Image) {
	key := pushKey(host.ID, image.ID)
	if k := s.kids[key]; k != nil && !k.ended {
		return
	}
	if _, waits := s.pushSince[key]; waits {
		return
	}
	p := pool.Push{HostID: host.ID, ImageID: image.ID, State: pool.PushWaiting, Total: image.Size}
	s.pushes[key], s.pushSince[key] = p, time.Now()
	s.tell(c, feedKey, publish{pool.Event{At: time.Now(), Kind: pool.EventPush, Push: &p}})
}

// startPushes begins as many of the pushes that wait as the bounds allow.
func (s *supervisor) startPushes(c actor.Context) {
	if s.settings.ShutdownMode || len(s.pushSince) == 0 {
		return
	}
	next := schedule.NextPushes(s.pushInput())
	for _, w := range next {
		image, _ := pool.FindImage(s.images, w.ImageID)
		host := s.hosts[w.HostID]
		if schedule.Fits(host.Disk, image) != nil {
			s.makeRoomFor(c, host, image)
			continue
		}
		s.beginPush(c, pushKey(w.HostID, w.ImageID), *host, image)
	}
	s.publishView()
}

func (s *supervisor) beginPush(c actor.Context, key string, host pool.Host, image pool.Image) {
	delete(s.pushSince, key)
	s.spawnPush(c, key, host, image)
}

// pushInput is what there is to choose from. One whose last actor is still on
// its way out waits for that.
func (s *supervisor) pushInput() schedule.PushInput {
	in := schedule.PushInput{
		AtOnce: s.settings.PushesAtOnce, PerHost: schedule.PushesPerHost,
		Running: map[string]int{}, Taken: map[string]int64{},
	}
	for key, p := range s.pushes {
		_, making := s.roomFor[key]
		if k := s.kids[key]; making || (k != nil && !k.ended) {
			in.Running[p.HostID]++
			if image, ok := pool.FindImage(s.images, p.ImageID); ok {
				in.Taken[p.HostID] += image.Needs()
			}
		}
	}
	wanted := s.wantedImages()
	for key, since := range s.pushSince {
		p := s.pushes[key]
		host := s.hosts[p.HostID]
		image, known := pool.FindImage(s.images, p.ImageID)
		if _, making := s.roomFor[key]; making || !known || host == nil || s.kids[key] != nil || (!host.State.Takes() && !fetches(host)) {
			continue
		}
		w := schedule.WaitingPush{HostID: host.ID, ImageID: image.ID, Rank: schedule.PushAhead, Since: since, Needs: image.Needs(), Disk: host.Disk}
		if wanted[image.ID] {
			w.Rank = schedule.PushForBlueprint
		}
		if launched, waits := s.launchWaits(key, host, image.ID); waits {
			w.Rank, w.Since = schedule.PushForLaunch, launched
		}
		in.Waiting = append(in.Waiting, w)
	}
	return in
}

// launchWaits tells since when somebody waits for the image on the host: a
// launch that is placed there or, on a host that is not ready yet, one that
// queues.
func (s *supervisor) launchWaits(key string, host *pool.Host, imageID string) (since time.Time, waits bool) {
	older := func(i *pool.Instance) {
		if !waits || i.CreatedAt.Before(since) {
			since, waits = i.CreatedAt, true
		}
	}
	for _, id := range s.wanting[key] {
		if i := s.instances[id]; i != nil && i.HostID == host.ID && i.State == pool.InstanceProvisioning {
			older(i)
		}
	}
	if fetches(host) {
		for _, i := range s.instances {
			if i.State == pool.InstanceQueueing && i.Spec.ImageID == imageID {
				older(i)
			}
		}
	}
	return since, waits
}

func (s *supervisor) spawnPush(c actor.Context, key string, host pool.Host, image pool.Image) {
	s.spawn(c, key, func() actor.Actor { return newImagePush(s.deps, host, image) })
}

// pushChanged takes in a push's progress, and on its end tells those that waited.
func (s *supervisor) pushChanged(c actor.Context, p pool.Push) {
	key := pushKey(p.HostID, p.ImageID)
	if k := s.kids[key]; k == nil || k.ended {
		return // it was cancelled meanwhile
	}
	s.pushes[key] = p
	s.publishView()
	s.tell(c, feedKey, publish{pool.Event{At: time.Now(), Kind: pool.EventPush, Push: &p}})
	if p.State != pool.PushDone && p.State != pool.PushFailed {
		for _, id := range s.wanting[key] { // their owners see the bytes
			if i := s.instances[id]; i != nil {
				s.tell(c, feedKey, publish{pool.Event{At: time.Now(), Kind: pool.EventInstance, Instance: s.shown(i)}})
			}
		}
		return
	}
	s.pill(c, key)
	if h := s.hosts[p.HostID]; h != nil && h.State.Takes() && p.Sent > 0 {
		s.tell(c, hostKey(h.ID), makeRoom{}) // its disk has less by now
	}
	s.pushSettled(c, p)
}

// pushSettled tells those that waited for a push how it ended.
func (s *supervisor) pushSettled(c actor.Context, p pool.Push) {
	key := pushKey(p.HostID, p.ImageID)
	var word any = imageReady{p.ImageID}
	if p.State == pool.PushFailed {
		word = imageFault{pool.Failure{
			Code: pool.CodeImagePush, Message: "The image could not be brought to the notebook host: " + p.Failure,
			Hint: "Launch again; if it stays so, an administrator should look at the Images list.",
		}}
	}
	_, known := pool.FindImage(s.images, p.ImageID)
	for _, id := range s.wanting[key] {
		if p.State == pool.PushFailed && !known {
			s.pin(c, id) // it failed for its file is gone
			continue
		}
		s.tell(c, instanceKey(id), word)
	}
	delete(s.wanting, key)
	s.settleImages(c, p.HostID)
	s.startPushes(c)
}

// pushLost looks again at what those wait for whose push has no actor any more.
func (s *supervisor) pushLost(c actor.Context, key string) {
	p, waited := s.pushes[key], s.wanting[key]
	s.dropPush(key)
	for _, id := range waited {
		s.needImage(c, needImage{instanceID: id, hostID: p.HostID, imageID: p.ImageID})
	}
	s.startPushes(c)
}

func (s *supervisor) dropPush(key string) {
	delete(s.pushes, key)
	delete(s.pushSince, key)
	delete(s.wanting, key)
	if timer, making := s.roomFor[key]; making {
		s.fx.drop(timer)
		delete(s.roomFor, key)
	}
}

// cancelPushes is the drain's first step: every push gets the pill, and what
// waited for it queues again.
func (s *supervisor) cancelPushes(c actor.Context) {
	s.endPushes(c, "")
	s.requeueFrom(c, "")
}

// requeueFrom sends those back to the queue that are placed on a host (empty:
// on any) and have nothing there yet.
func (s *supervisor) requeueFrom(c actor.Context, hostID string) {
	for id, i := range s.instances {
		if (hostID == "" || i.HostID == hostID) && i.State == pool.InstanceProvisioning && (i.Stage == pool.StageScheduled || i.Stage == pool.StageImage) {
			s.tell(c, instanceKey(id), requeue{})
		}
	}
}

// endPushes ends the pushes to a host (empty: to any), those that wait for their
// turn and those that have begun. What is there already stays known.
func (s *supervisor) endPushes(c actor.Context, hostID string) {
	for key, p := range s.pushes {
		if (hostID != "" && p.HostID != hostID) || (s.kids[key] == nil && !s.waitsForTurn(key)) {
			continue
		}
		s.pill(c, key)
		s.dropPush(key)
	}
}

func (s *supervisor) waitsForTurn(key string) bool {
	_, waits := s.pushSince[key]
	return waits
}

// forgetPushes drops what is known of pushes of images that are no longer there.
func (s *supervisor) forgetPushes() {
	for key, p := range maps.Clone(s.pushes) {
		if _, known := pool.FindImage(s.images, p.ImageID); !known && s.kids[key] == nil {
			s.dropPush(key)
		}
	}
}
