package actors

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"dockerdriver/actors/pool"
)

func pullKey(id string) string { return "ImagePull-" + id }

// pullAt is where a pull is in the list; below 0: it is not there.
func (s *supervisor) pullAt(id string) int {
	return slices.IndexFunc(s.pulls, func(p pool.Pull) bool { return p.ID == id })
}

// pullImage has one pull for each name, whoever asks. What is known of pulls is in
// memory only: a supervisor that starts anew has none, and none goes on.
func (s *supervisor) pullImage(c actor.Context, m pullImage) {
	to := c.Sender()
	platform := cmp.Or(m.platform, "linux/"+runtime.GOARCH)
	if err := pool.CheckPull(m.reference, platform); err != nil {
		reply(c, to, pool.Pull{}, err)
		return
	}
	if s.deps.Registry == nil {
		reply(c, to, pool.Pull{}, pool.Refuse(pool.CodeUnavailable, "This server pulls no images.", "Put the image into the image directory with docker save."))
		return
	}
	under := 0
	for _, p := range s.pulls {
		if p.State != pool.PullPulling {
			continue
		}
		under++
		if pool.NormalizeRef(p.Reference) != pool.NormalizeRef(m.reference) {
			continue
		}
		if p.Platform == platform {
			reply(c, to, p, nil)
			return
		}
		reply(c, to, p, pool.Refuse(pool.CodeConflict, fmt.Sprintf("%s is being pulled for %s at this moment.", p.Reference, p.Platform),
			"Wait until that is done, or cancel it: the directory holds one image of a name."))
		return
	}
	if under >= pullsKept {
		reply(c, to, pool.Pull{}, pool.Refuse(pool.CodeRateLimited, fmt.Sprintf("%d images are being pulled or wait for it.", under), "Wait until some are done."))
		return
	}
	made := pool.Pull{ID: newID(), Reference: m.reference, Platform: platform, State: pool.PullPulling, By: m.by.ID, StartedAt: time.Now()}
	s.log.Info().Str("pull", made.ID).Str("image", made.Reference).Str("user", m.by.ID).Msg("pull asked for")
	s.pulls = append([]pool.Pull{made}, s.pulls...)
	s.forgetPulls()
	s.showPull(c, made)
	s.startPulls(c)
	reply(c, to, made, nil)
}

// forgetPulls keeps the list short; one that is under way is never forgotten.
func (s *supervisor) forgetPulls() {
	for at := len(s.pulls) - 1; at >= 0 && len(s.pulls) > pullsKept; at-- {
		if s.pulls[at].State != pool.PullPulling {
			s.pulls = slices.Delete(slices.Clone(s.pulls), at, at+1)
		}
	}
}

// startPulls lets those that have waited longest begin, within the bound.
func (s *supervisor) startPulls(c actor.Context) {
	running := 0
	for key := range s.kids {
		if strings.HasPrefix(key, "ImagePull-") {
			running++
		}
	}
	for _, p := range slices.Backward(s.pulls) {
		key := pullKey(p.ID)
		if p.State != pool.PullPulling || s.kids[key] != nil {
			continue
		}
		if running >= pullsAtOnce {
			return
		}
		running++
		s.spawn(c, key, func() actor.Actor { return newImagePull(s.deps, p) })
	}
}

// pullChanged takes in a pull's progress. When it is done the directory is read
// at once, without waiting for the watch.
func (s *supervisor) pullChanged(c actor.Context, p pool.Pull) {
	key := pullKey(p.ID)
	at := s.pullAt(p.ID)
	if k := s.kids[key]; k == nil || k.ended || at < 0 {
		return // it was cancelled meanwhile
	}
	s.pulls[at] = p
	s.showPull(c, p)
	if p.State == pool.PullPulling {
		return
	}
	s.pill(c, key)
	if p.State == pool.PullDone {
		s.scanImages(c)
	}
}

func (s *supervisor) showPull(c actor.Context, p pool.Pull) {
	s.publishView()
	s.tell(c, feedKey, publish{pool.Event{At: time.Now(), Kind: pool.EventPull, Pull: &p}})
}

// endPull closes a pull from here.
func (s *supervisor) endPull(c actor.Context, at int, why string) {
	p := s.pulls[at]
	p.State, p.Failure, p.EndedAt = pool.PullFailed, why, time.Now()
	s.pulls[at] = p
	s.showPull(c, p)
}

func (s *supervisor) cancelPull(c actor.Context, m cancelPull) {
	at := s.pullAt(m.id)
	if at < 0 {
		reply(c, c.Sender(), nil, pool.Refuse(pool.CodeNotFound, "There is no such pull.", "Look at the list; only the last ones are kept."))
		return
	}
	if s.pulls[at].State == pool.PullPulling {
		s.log.Info().Str("pull", m.id).Str("user", m.by.ID).Msg("pull cancelled")
		s.endPull(c, at, "It was cancelled by "+cmp.Or(m.by.Email, m.by.ID, "an administrator")+".")
		s.pill(c, pullKey(m.id))
	}
	reply(c, c.Sender(), nil, nil)
}

// pullFellOver gives a pull up that fails again and again; it returns false for
// any other child, and for one that is to be tried again.
func (s *supervisor) pullFellOver(c actor.Context, key string, k *kid) bool {
	id, isPull := strings.CutPrefix(key, "ImagePull-")
	if !isPull || len(k.fails) <= respawnAtMost {
		return false
	}
	if at := s.pullAt(id); at >= 0 && s.pulls[at].State == pool.PullPulling {
		s.endPull(c, at, "It fell over again and again; the server's log tells why.")
	}
	delete(s.kids, key)
	s.startPulls(c)
	return true
}

// respawnPull begins a pull anew that fell over, unless it was cancelled meanwhile.
func (s *supervisor) respawnPull(c actor.Context, id string) {
	if at := s.pullAt(id); at >= 0 && s.pulls[at].State == pool.PullPulling {
		p := s.pulls[at]
		s.spawn(c, pullKey(id), func() actor.Actor { return newImagePull(s.deps, p) })
		return
	}
	delete(s.kids, pullKey(id))
	s.startPulls(c)
}

// pushImage begins the pushes of one image that a person asks for.
func (s *supervisor) pushImage(c actor.Context, to *actor.PID, m pushImage) {
	image, known := pool.FindImage(s.images, m.imageID)
	switch {
	case !known:
		reply(c, to, nil, pool.Refuse(pool.CodeNotFound, "There is no such image in the image directory.", "Look at the list of images; a file with a fault is never pushed."))
		return
	case s.settings.ShutdownMode:
		reply(c, to, nil, pool.Refuse(pool.CodeShutdownMode, "The pool is in shutdown mode: hosts get no images.", "Set DD_SHUTDOWN_MODE to False first."))
		return
	}
	hosts := m.hostIDs
	if len(hosts) == 0 {
		for id, h := range s.hosts {
			if h.State.Takes() {
				hosts = append(hosts, id)
			}
		}
	}
	for _, id := range hosts {
		switch h := s.hosts[id]; {
		case h == nil:
			reply(c, to, nil, pool.Refuse(pool.CodeNotFound, "There is no host "+id+".", "It may have been removed; look at the list of hosts."))
			return
		case !h.State.Takes():
			reply(c, to, nil, pool.Refuse(pool.CodeConflict, fmt.Sprintf("The host %s is %s, not active: it takes no images.", h.Name, h.State), "Choose active hosts."))
			return
		}
	}
	if len(hosts) == 0 {
		reply(c, to, nil, pool.Refuse(pool.CodeConflict, "No host is active.", "Hosts get the images of active blueprints when they are prepared."))
		return
	}
	s.log.Info().Str("image", image.ID).Int("hosts", len(hosts)).Str("user", m.by.ID).Msg("push asked for")
	for _, id := range hosts {
		s.needImage(c, needImage{hostID: id, imageID: image.ID})
	}
	s.publishView()
	reply(c, to, nil, nil)
}

// removeImage takes a file out of the image directory, in turn with the settings,
// so that no blueprint comes to use it meanwhile.
func (s *supervisor) removeImage(c actor.Context, to *actor.PID, m removeImage) {
	file := ""
	if image, known := pool.FindImage(s.images, m.imageOrFile); known {
		file = image.File
	} else if slices.ContainsFunc(s.images, func(i pool.Image) bool { return i.File == m.imageOrFile }) {
		file = m.imageOrFile
	}
	if file == "" {
		s.wrote(c, to, nil, pool.Refuse(pool.CodeNotFound, "The image directory has no such image and no such file.", "Look at the list of images."))
		return
	}
	if err := s.unused(file); err != nil {
		s.wrote(c, to, nil, err)
		return
	}
	run(s.fx, c, saveLimit, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, s.deps.Images.Remove(ctx, file)
	}, func(c actor.Context, _ struct{}, err error) {
		if err != nil {
			s.log.Error().Err(err).Str("file", file).Msg("cannot remove image file")
			s.wrote(c, to, nil, inWords(err, pool.Refuse(pool.CodeUnavailable, "The file "+file+" could not be removed from the image directory.", "Try again; if it stays so, the server's log tells why.")))
			return
		}
		s.log.Info().Str("file", file).Str("user", m.by.ID).Msg("image file removed")
		s.images = slices.DeleteFunc(slices.Clone(s.images), func(i pool.Image) bool { return i.File == file })
		s.publishView()
		s.tell(c, feedKey, publish{pool.Event{At: time.Now(), Kind: pool.EventImages}})
		s.scanImages(c) // others may be free of a conflict with it
		s.wrote(c, to, nil, nil)
	})
}

// unused refuses a file whose images active blueprints use, with their names.
func (s *supervisor) unused(file string) error {
	for _, i := range s.images {
		if i.File != file || i.Fault != "" {
			continue
		}
		var users []string
		for _, b := range s.blueprints {
			if _, uses := pool.FindImage([]pool.Image{i}, b.Config.DockerImage); uses && b.IsEnabled {
				users = append(users, b.Name)
			}
		}
		if len(users) > 0 {
			slices.Sort(users)
			return pool.Refuse(pool.CodeImageInUse, fmt.Sprintf("The image %s in %s is used by active blueprints: %s.", cmp.Or(strings.Join(i.Tags, ", "), i.ID), file, strings.Join(users, ", ")),
				"Deactivate them, or give them another image first.")
		}
	}
	return nil
}
