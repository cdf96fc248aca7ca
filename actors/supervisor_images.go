package actors

import (
	"context"
	"fmt"
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
	changed := &bell{}
	s.dirBell = changed
	run(s.fx, c, 0, func(ctx context.Context) (struct{}, error) {
		defer changed.stop()
		return struct{}{}, s.deps.Images.Watch(ctx, func() {
			changed.after(0, func() { root.Send(self, imagesChanged{}) })
		})
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
		s.pinAgain(c)
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
