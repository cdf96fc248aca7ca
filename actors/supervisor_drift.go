package actors

import (
	"github.com/asynkron/protoactor-go/actor"

	"dockerdriver/actors/pool"
)

// pinAgain looks after launches whose digest is no longer in the image
// directory. One that runs keeps it, and its host does.
func (s *supervisor) pinAgain(c actor.Context) {
	for id, i := range s.instances {
		if i.State == pool.InstanceQueueing || (i.State == pool.InstanceProvisioning && (i.Stage == pool.StageScheduled || i.Stage == pool.StageImage)) {
			s.pin(c, id)
		}
	}
}

// pin has a launch take the digest that its tag names now, if the one that it
// was launched with is gone from the image directory. One whose image is on its
// way to its host waits for that.
func (s *supervisor) pin(c actor.Context, id string) {
	i := s.instances[id]
	if i == nil {
		return
	}
	if _, there := pool.FindImage(s.images, i.Spec.ImageID); there {
		return
	}
	if k := s.kids[pushKey(i.HostID, i.Spec.ImageID)]; i.HostID != "" && k != nil && !k.ended {
		return
	}
	image, there := pool.FindImage(s.images, i.Spec.ImageRef)
	if !there {
		s.tell(c, instanceKey(id), unpinned{pool.Failure{
			Code: pool.CodeImageMissing, Message: "The image " + i.Spec.ImageRef + " is no longer in the image directory.",
			Hint: "An administrator puts it back with docker save or image pull; then launch again.",
		}})
		return
	}
	s.log.Info().Str("instance", id).Str("from", i.Spec.ImageID).Str("to", image.ID).Msg("launch takes the newer image of its tag")
	s.tell(c, instanceKey(id), pinned{from: i.Spec.ImageID, to: image.ID})
}
