package actors

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"dockerdriver/actors/pool"
	"dockerdriver/actors/schedule"
)

// needImage has one ImagePush for each host and image, whoever asks; when it
// starts is for the policy to say.
func (s *supervisor) needImage(c actor.Context, m needImage) {
	key := pushKey(m.hostID, m.imageID)
	image, known := pool.FindImage(s.images, m.imageID)
	host := s.hosts[m.hostID]
	if s.settings.ShutdownMode || (host != nil && !host.State.Takes() && !fetches(host)) {
		s.tell(c, instanceKey(m.instanceID), requeue{})
		return
	}
	if !known || host == nil {
		s.imageGone(c, m.instanceID)
		return
	}
	if m.instanceID != "" && !slices.Contains(s.wanting[key], m.instanceID) {
		s.wanting[key] = append(s.wanting[key], m.instanceID)
	}
	class := schedule.PushForBlueprint
	if len(s.wanting[key]) > 0 || fetches(host) && s.queuesFor(image.ID) {
		class = schedule.PushForLaunch
	}
	s.wishPush(c, *host, image, class)
	s.startPushes(c)
}

// imageGone gives one that still waits for its place the image that its name
// means by now: what it was launched with has been replaced.
func (s *supervisor) imageGone(c actor.Context, instanceID string) {
	i := s.instances[instanceID]
	if i == nil {
		return
	}
	if image, ok := pool.FindImage(s.images, i.Spec.ImageRef); ok && image.ID != i.Spec.ImageID {
		s.tell(c, instanceKey(instanceID), imageReplaced{image.ID})
		return
	}
	s.tell(c, instanceKey(instanceID), imageFault{pool.Failure{
		Code: pool.CodeImageMissing, Message: "The image is no longer in the image directory.", Hint: "An administrator puts it back with docker save; then launch again.",
	}})
}

// queuesFor tells whether a launch queues that needs the image.
func (s *supervisor) queuesFor(imageID string) bool {
	for _, i := range s.instances {
		if i.State == pool.InstanceQueueing && i.Spec.ImageID == imageID {
			return true
		}
	}
	return false
}

// wishPush notes that an image is to come to a host, for the best of the reasons
// that there are.
func (s *supervisor) wishPush(c actor.Context, host pool.Host, image pool.Image, class schedule.PushClass) {
	key := pushKey(host.ID, image.ID)
	wish, known := s.wishes[key]
	switch {
	case known && wish.Class <= class:
		return
	case known:
		wish.Class = class
	case s.kids[key] != nil: // on its way out; pushEnded asks again
		return
	default:
		wish = schedule.PushWish{HostID: host.ID, ImageID: image.ID, Class: class, Since: time.Now()}
		push := pool.Push{HostID: host.ID, ImageID: image.ID, State: pool.PushWaiting, Total: image.Size}
		s.pushes[key] = push
		s.tell(c, feedKey, publish{pool.Event{At: time.Now(), Kind: pool.EventPush, Push: &push}})
	}
	s.wishes[key] = wish
}

// startPushes starts what the policy lets begin.
func (s *supervisor) startPushes(c actor.Context) {
	for _, wish := range schedule.NextPushes(slices.Collect(maps.Values(s.wishes)), s.settings.PushesAtOnce) {
		key := pushKey(wish.HostID, wish.ImageID)
		image, known := pool.FindImage(s.images, wish.ImageID)
		host := s.hosts[wish.HostID]
		if !known || host == nil {
			s.forgetPush(key)
			continue
		}
		wish.Running = true
		s.wishes[key] = wish
		s.spawnPush(c, key, *host, image)
	}
	s.publishView()
}

// forgetPush takes a push that has not begun back.
func (s *supervisor) forgetPush(key string) {
	delete(s.wishes, key)
	delete(s.pushes, key)
	delete(s.wanting, key)
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
	switch p.State {
	case pool.PushDone:
		for _, id := range s.wanting[key] {
			s.tell(c, instanceKey(id), imageReady{p.ImageID})
		}
	case pool.PushFailed:
		for _, id := range s.wanting[key] {
			s.tell(c, instanceKey(id), imageFault{pool.Failure{
				Code: pool.CodeImagePush, Message: "The image could not be brought to the notebook host: " + p.Failure,
				Hint: "Launch again; if it stays so, an administrator should look at the Images list.",
			}})
		}
	default:
		for _, id := range s.wanting[key] { // their owners see the bytes
			if i := s.instances[id]; i != nil {
				s.tell(c, feedKey, publish{pool.Event{At: time.Now(), Kind: pool.EventInstance, Instance: s.shown(i)}})
			}
		}
		return
	}
	delete(s.wanting, key)
	delete(s.wishes, key)
	s.pill(c, key)
	s.settleImages(c, p.HostID)
	s.startPushes(c)
}

// pushEnded starts a push again for those that asked while the last one was
// on its way out.
func (s *supervisor) pushEnded(c actor.Context, key string) {
	p, known := s.pushes[key]
	if !known || len(s.wanting[key]) == 0 {
		return
	}
	s.needImage(c, needImage{hostID: p.HostID, imageID: p.ImageID})
}

// cancelPushes is the drain's first step: every push gets the pill, and what
// waited for it queues again.
func (s *supervisor) cancelPushes(c actor.Context) {
	s.endPushes(c, "ImagePush-")
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

// endPushes gives the pill to the pushes whose keys begin so, and takes those back
// that have not begun.
func (s *supervisor) endPushes(c actor.Context, begin string) {
	for key := range s.kids {
		if strings.HasPrefix(key, begin) {
			s.pill(c, key)
			s.forgetPush(key)
		}
	}
	for key := range s.wishes {
		if strings.HasPrefix(key, begin) {
			s.forgetPush(key)
		}
	}
	s.startPushes(c)
}

// forgetPushes drops what is known of pushes of images that are no longer there.
func (s *supervisor) forgetPushes(c actor.Context) {
	for key, p := range s.pushes {
		if _, known := pool.FindImage(s.images, p.ImageID); !known && s.kids[key] == nil {
			waited := s.wanting[key]
			s.forgetPush(key)
			for _, id := range waited {
				s.imageGone(c, id)
			}
		}
	}
}
