package actors

import (
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"dockerdriver/actors/pool"
)

// noteOurs remembers what was sent since the start. On a machine that was there
// before us no other image is ours to remove, besides those of the image directory:
// one that a push found there is its owner's when its file is gone.
func (s *supervisor) noteOurs(p pool.Push) {
	if p.Sent > 0 {
		s.ours[p.ImageID] = true
	}
}

// diskWants tells a host which images must stay on its engine: those of all
// blueprints, of all live instances and of pushes under way.
func (s *supervisor) diskWants(c actor.Context, m diskWants) {
	told := diskNeeds{needed: map[string]bool{}, keptTags: map[string]bool{pool.ProbeTag: true}, ours: map[string]bool{}}
	for _, b := range s.blueprints {
		ref := b.Config.DockerImage
		told.needed[ref], told.keptTags[pool.NormalizeRef(ref)] = true, true // also without its file
		if image, ok := pool.FindImage(s.images, ref); ok {
			told.needed[image.ID] = true
		}
	}
	for _, i := range s.instances {
		if i.State.Live() {
			told.needed[i.Spec.ImageID] = true
		}
	}
	for _, i := range s.launching {
		told.needed[i.Spec.ImageID] = true
	}
	for _, p := range s.pushes {
		if p.HostID == m.hostID && p.State != pool.PushDone && p.State != pool.PushFailed {
			told.needed[p.ImageID] = true
		}
	}
	for id := range s.ours {
		told.ours[id] = true
	}
	for _, image := range s.images {
		if image.Fault == "" {
			told.ours[image.ID] = true
		}
	}
	s.tell(c, hostKey(m.hostID), told)
}

// imagesCollected forgets the pushes of what a host has removed: whoever needs it
// has it pushed again.
func (s *supervisor) imagesCollected(c actor.Context, m imagesCollected) {
	for _, id := range m.ids {
		key := pushKey(m.hostID, id)
		if p := s.pushes[key]; p.State == pool.PushDone || p.State == pool.PushFailed { // not one that began meanwhile
			delete(s.pushes, key)
		}
	}
	s.publishView()
	s.tell(c, feedKey, publish{pool.Event{At: time.Now(), Kind: pool.EventImages}})
}

// makeRoomFor has a host remove what nobody needs before it gets an image that would
// not fit. The host may fall silent meanwhile: the answer has a limit, and then the
// push tries with what there is.
func (s *supervisor) makeRoomFor(c actor.Context, host *pool.Host, image pool.Image) {
	key := pushKey(host.ID, image.ID)
	s.log.Info().Str("host", host.ID).Str("image", image.ID).Int64("free", host.Disk.Free).Int64("needed", image.Needs()).Msg("room is made for an image")
	s.tell(c, hostKey(host.ID), makeRoom{imageID: image.ID, need: image.Needs()})
	s.roomFor[key] = s.fx.later(c, roomLimit, func(c actor.Context) { s.roomMade(c, roomMade{hostID: host.ID, imageID: image.ID}) })
}

// roomMade is a host's answer to makeRoom, after the host's own record has come.
// The push begins, whatever there is: only it knows which layers the host has.
func (s *supervisor) roomMade(c actor.Context, m roomMade) {
	key := pushKey(m.hostID, m.imageID)
	timer, asked := s.roomFor[key]
	if !asked {
		return
	}
	s.fx.drop(timer)
	delete(s.roomFor, key)
	host, image := s.hosts[m.hostID], pool.Image{}
	known := false
	if host != nil {
		image, known = pool.FindImage(s.images, m.imageID)
	}
	if !known || !s.waitsForTurn(key) {
		return // it was taken back meanwhile
	}
	s.beginPush(c, key, *host, image)
	s.publishView()
}
