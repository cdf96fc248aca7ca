package actors

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"dockerdriver/actors/pool"
)

// watchImages hears of changes in the image directory for as long as the
// supervisor lives.
func (s *supervisor) watchImages(c actor.Context) {
	self, root := c.Self(), c.ActorSystem().Root
	run(s.fx, c, 0, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, s.deps.Images.Watch(ctx, func() { root.Send(self, imagesChanged{}) })
	}, func(c actor.Context, _ struct{}, err error) {
		s.log.Warn().Err(err).Msg("cannot watch image directory")
		s.fx.later(c, reconcileEvery, func(c actor.Context) {
			s.watchImages(c)
			s.scanImages(c)
		})
	})
}

// scanImages reads the image directory, one reading at a time, so that the
// newest is the last.
func (s *supervisor) scanImages(c actor.Context) {
	if s.scanning {
		s.rescan = true
		return
	}
	s.scanning, s.rescan = true, false
	s.fx.drop(s.scanRetry)
	run(s.fx, c, loadLimit, s.deps.Images.Scan, func(c actor.Context, found []pool.Image, err error) {
		s.scanning = false
		if err != nil {
			s.scanFails++
			s.log.Error().Err(err).Int("attempt", s.scanFails).Msg("cannot read image directory")
			s.scanRetry = s.fx.later(c, backoff(s.scanFails, time.Second, time.Minute), s.scanImages)
			return
		}
		if s.rescan {
			s.scanImages(c)
		}
		s.images, s.scanned, s.scanFails = found, true, 0
		s.forgetPushes()
		s.log.Info().Int("images", len(found)).Msg("image directory read")
		s.publishView()
		s.tell(c, feedKey, publish{pool.Event{At: time.Now(), Kind: pool.EventImages}})
		s.doEarly(c)
		s.prefetch(c)
	})
}

// early is something that needs to know the image directory, and came before it
// was read for the first time.
type early struct {
	until time.Time // afterwards nobody waits for it any more
	do    func(actor.Context)
}

// onceScanned does f now, or when the image directory has been read, if that is
// within the limit.
func (s *supervisor) onceScanned(c actor.Context, limit time.Duration, f func(actor.Context)) {
	if s.scanned {
		f(c)
		return
	}
	s.early = append(s.early, early{until: time.Now().Add(limit), do: f})
}

func (s *supervisor) doEarly(c actor.Context) {
	waited := s.early
	s.early = nil
	for _, e := range waited {
		if time.Now().Before(e.until) {
			e.do(c)
		}
	}
}

// prefetch pushes images of active blueprints to hosts before anybody waits for them.
func (s *supervisor) prefetch(c actor.Context) {
	if s.settings.ShutdownMode {
		return
	}
	for imageID := range s.wantedImages() {
		for id, h := range s.hosts {
			if h.State.Takes() && !s.hasImage(id, imageID) {
				s.needImage(c, needImage{hostID: id, imageID: imageID})
			}
		}
	}
}

// wantedImages are those of active blueprints and of launches that queue.
func (s *supervisor) wantedImages() map[string]bool {
	wanted := map[string]bool{}
	for _, b := range s.blueprints {
		if image, ok := pool.FindImage(s.images, b.Config.DockerImage); ok && b.IsEnabled {
			wanted[image.ID] = true
		}
	}
	for _, i := range s.instances {
		if _, ok := pool.FindImage(s.images, i.Spec.ImageID); ok && i.State == pool.InstanceQueueing {
			wanted[i.Spec.ImageID] = true
		}
	}
	return wanted
}

// settleImages has a host that is being prepared given the images that are
// wanted, and tells it when each is there or could not be brought.
func (s *supervisor) settleImages(c actor.Context, hostID string) {
	h := s.hosts[hostID]
	if h == nil || !fetches(h) {
		return
	}
	pending := false
	for imageID := range s.wantedImages() {
		switch s.pushes[pushKey(hostID, imageID)].State {
		case pool.PushDone, pool.PushFailed:
		default:
			pending = true
			s.needImage(c, needImage{hostID: hostID, imageID: imageID})
		}
	}
	if !pending {
		s.tell(c, hostKey(hostID), imagesThere{})
	}
}

// fetches tells whether a host is in the step in which it gets its images.
func fetches(h *pool.Host) bool {
	return h.State == pool.HostPreparing && h.Stage == pool.HostStageImages
}

// needImage has one ImagePush for each host and image, whoever asks.
func (s *supervisor) needImage(c actor.Context, m needImage) {
	key := pushKey(m.hostID, m.imageID)
	image, known := pool.FindImage(s.images, m.imageID)
	host := s.hosts[m.hostID]
	if s.settings.ShutdownMode || (host != nil && !host.State.Takes() && !fetches(host)) {
		s.tell(c, instanceKey(m.instanceID), requeue{})
		return
	}
	if !known || host == nil {
		s.tell(c, instanceKey(m.instanceID), imageFault{pool.Failure{
			Code: pool.CodeImageMissing, Message: "The image is no longer in the image directory.", Hint: "An administrator puts it back with docker save; then launch again.",
		}})
		return
	}
	if m.instanceID != "" && !slices.Contains(s.wanting[key], m.instanceID) {
		s.wanting[key] = append(s.wanting[key], m.instanceID)
	}
	if s.kids[key] == nil {
		s.pushes[key] = pool.Push{HostID: host.ID, ImageID: image.ID, State: pool.PushWaiting, Total: image.Size}
		s.spawnPush(c, key, *host, image)
	}
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
	s.pill(c, key)
	s.settleImages(c, p.HostID)
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

// endPushes gives the pill to the pushes whose keys begin so.
func (s *supervisor) endPushes(c actor.Context, begin string) {
	for key := range s.kids {
		if strings.HasPrefix(key, begin) {
			s.pill(c, key)
			delete(s.pushes, key)
			delete(s.wanting, key)
		}
	}
}

// forgetPushes drops what is known of pushes of images that are no longer there.
func (s *supervisor) forgetPushes() {
	maps.DeleteFunc(s.pushes, func(key string, p pool.Push) bool {
		_, known := pool.FindImage(s.images, p.ImageID)
		return !known && s.kids[key] == nil
	})
}

// imageHint names what there is to choose from.
func (s *supervisor) imageHint() string {
	var tags []string
	for _, img := range s.images {
		if img.Fault == "" {
			tags = append(tags, img.Tags...)
		}
	}
	if len(tags) == 0 {
		return "Put it there first: docker save NAME | gzip -c > NAME.img."
	}
	slices.Sort(tags)
	return fmt.Sprintf("There are: %s.", strings.Join(tags, ", "))
}
