package actors

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	petname "github.com/dustinkirkland/golang-petname"

	"dockerdriver/actors/pool"
)

// launch checks, stores the intent and answers; the rest of the way goes on by
// itself. What is being stored counts against limits already.
func (s *supervisor) launch(c actor.Context, to *actor.PID, m launch) {
	spec, err := s.admit(m)
	if err != nil {
		reply(c, to, nil, err)
		return
	}
	now := time.Now()
	rec := pool.Instance{
		ID: newID(), Name: s.newName(), Label: newID(), State: pool.InstanceQueueing,
		BlueprintID: m.blueprintID, Test: m.test, UserID: m.by.ID, Spec: spec, Password: newID(),
		CreatedAt: now, StageSince: now,
	}
	s.launching[rec.ID] = &rec
	run(s.fx, c, saveLimit, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, s.deps.Store.Save(ctx, pool.Changes{Instances: []pool.Instance{rec}})
	}, func(c actor.Context, _ struct{}, err error) {
		delete(s.launching, rec.ID)
		if err != nil {
			s.log.Error().Err(err).Str("user", m.by.ID).Msg("cannot store launch")
			if pool.CodeOf(err) == pool.CodeInternal {
				err = pool.Refuse(pool.CodeUnavailable, "The launch could not be stored.", "Try again; if it stays so, tell an administrator: the server's log says why.")
			}
			reply(c, to, nil, err)
			return
		}
		s.log.Info().Str("instance", rec.ID).Str("name", rec.Name).Str("user", rec.UserID).Str("to", string(rec.State)).Msg("instance changed")
		s.instances[rec.ID] = &rec
		s.spawnInstance(c, rec.ID)
		s.instanceVisible(c, rec.ID)
		reply(c, to, rec, nil)
		s.pin(c, rec.ID) // the directory may have changed meanwhile
		s.wantReplan(c)
	})
}

// admit says whether the user may launch, and exactly what.
func (s *supervisor) admit(m launch) (pool.Spec, error) {
	b := s.blueprints[m.blueprintID]
	switch {
	case m.test && !m.by.IsAdmin():
		return pool.Spec{}, pool.Refuse(pool.CodeForbidden, "Only administrators may launch a test.", "Launch it without test when it is active.")
	case b == nil || (!b.IsEnabled && !m.by.IsAdmin()):
		return pool.Spec{}, pool.Refuse(pool.CodeNotFound, "There is no such environment.", "Reload the page: it may have been removed.")
	case s.settings.ShutdownMode:
		return pool.Spec{}, pool.Refuse(pool.CodeShutdownMode, "No launches are taken: the service is in shutdown mode.", "Try again when the banner is gone.")
	case !b.IsEnabled && !m.test:
		return pool.Spec{}, pool.Refuse(pool.CodeBlueprintOff, "The environment "+b.Name+" is not active.", "Activate it first, or launch a test.")
	case !s.settings.Enables(b.Plugin):
		return pool.Spec{}, pool.Refuse(pool.CodePluginOff, "The plugin "+b.Plugin+" is not enabled.", "An administrator adds it to PLUGIN_WHITELIST.")
	}
	if live, most := s.liveOf(m.by.ID, b.ID), b.Config.MaximumPerUser(); live >= most {
		return pool.Spec{}, pool.Refuse(pool.CodeInstanceLimit, fmt.Sprintf("You already have %d of at most %d of %s.", live, most, b.Name), "Destroy one first, or go on with it.")
	}
	spec, err := b.Config.Parse()
	if err != nil {
		return pool.Spec{}, err
	}
	image, ok := pool.FindImage(s.images, spec.ImageRef)
	if !ok {
		return pool.Spec{}, pool.Refuse(pool.CodeImageMissing, "The image "+spec.ImageRef+" is not in the image directory.", "An administrator puts it there with docker save.")
	}
	spec.ImageID = image.ID
	return spec, s.fitsSomewhere(spec.Slots)
}

// fitsSomewhere refuses what could never be placed. While no host is known it
// may queue.
func (s *supervisor) fitsSomewhere(slots int) error {
	largest := 0
	if s.rented() {
		largest = max(s.settings.Hosts.Small.Slots, s.settings.Hosts.Large.Slots)
	}
	for _, h := range s.hosts {
		largest = max(largest, h.Slots)
	}
	if largest > 0 && slots > largest {
		return pool.Refuse(pool.CodeTooLarge, fmt.Sprintf("It takes %d slots, and the largest host has %d.", slots, largest), "An administrator lowers consumed_slots or adds a larger host.")
	}
	return nil
}

func (s *supervisor) liveOf(userID, blueprintID string) int {
	n := 0
	for _, i := range s.launching {
		if i.UserID == userID && i.BlueprintID == blueprintID {
			n++
		}
	}
	for _, i := range s.instances {
		if i.UserID == userID && i.BlueprintID == blueprintID && i.State.Live() {
			n++
		}
	}
	return n
}

// newID returns 100 random bits in lower-case base32: fit for ids, labels of
// host names and container names.
func newID() string { return strings.ToLower(rand.Text()[:20]) }

// newName makes a memorable name that no known instance has.
func (s *supervisor) newName() string {
	taken := map[string]bool{}
	for _, i := range s.instances {
		taken[i.Name] = true
	}
	for _, i := range s.launching {
		taken[i.Name] = true
	}
	for range 10 {
		if name := s.settings.NamePrefix + petname.Generate(2, "-"); !taken[name] {
			return name
		}
	}
	return s.settings.NamePrefix + petname.Generate(2, "-") + "-" + newID()[:6]
}

// endInstance answers when the notebook can no longer be reached and the
// intent to remove it is stored.
func (s *supervisor) endInstance(c actor.Context, m endInstance) {
	i := s.instanceOf(m.by, m.instanceID)
	if i == nil {
		c.Respond(answer{err: noInstance})
		return
	}
	s.takeUp(c, instanceKey(i.ID))
	if i.State == pool.InstanceDeleting || i.State == pool.InstanceDeleted {
		c.Respond(answer{val: *i})
		return
	}
	s.beginEnd(c, i.ID, m.reason, c.Sender())
}

// instanceOf is an instance that the user may end or amend: their own, or any for
// an administrator; else nil.
func (s *supervisor) instanceOf(by pool.User, id string) *pool.Instance {
	if i := s.instances[id]; i != nil && (i.UserID == by.ID || by.IsAdmin()) {
		return i
	}
	return nil
}

var noInstance = pool.Refuse(pool.CodeNotFound, "There is no such instance.", "It may be gone already.")

// beginEnd remembers the end until it is stored, and has the instance's actor do it.
func (s *supervisor) beginEnd(c actor.Context, id, reason string, to *actor.PID) {
	key := instanceKey(id)
	s.takeUp(c, key)
	e := s.ending[id]
	if e == nil {
		e = &ending{reason: reason}
		s.ending[id] = e
	}
	if to != nil && len(e.to) < maxEnders {
		e.to = append(e.to, to)
	}
	if s.kids[key] == nil {
		s.spawnInstance(c, id)
		return
	}
	s.tell(c, key, end{e.reason})
}

// ending is an end that was asked for. It is remembered until it is stored: the
// instance's actor may fall over, or be on its way out, before it comes to it.
type ending struct {
	reason string
	to     []*actor.PID // who waits for it, at most maxEnders
}

const maxEnders = 16

// instanceChanged takes in what an instance has stored.
func (s *supervisor) instanceChanged(c actor.Context, rec pool.Instance) {
	was := s.instances[rec.ID]
	s.instances[rec.ID] = &rec
	if was != nil && (was.State == pool.InstanceRunning || was.Stage == pool.StageProbing) && rec.State != pool.InstanceRunning && rec.Stage != pool.StageProbing {
		// A Proxy that came back meanwhile took its routes from the record before.
		drop := dropRoute{label: rec.Label, instanceID: rec.ID}
		if rec.State != pool.InstanceQueueing && rec.State != pool.InstanceProvisioning {
			drop.why = rec.WhyEnded()
		}
		s.tell(c, proxyKey, drop)
	}
	if rec.HostID != "" || !rec.State.Live() {
		delete(s.assigned, rec.ID)
	}
	s.instanceVisible(c, rec.ID)
	switch rec.State {
	case pool.InstanceFailed, pool.InstanceLost:
		s.pill(c, instanceKey(rec.ID))
	case pool.InstanceDeleted:
		s.pill(c, instanceKey(rec.ID))
		s.endStored(c, rec)
	case pool.InstanceDeleting:
		s.endStored(c, rec)
	}
	if was != nil {
		s.handBackStored(c, was.HostID)
	}
	s.wantReplan(c)
}

func (s *supervisor) endStored(c actor.Context, rec pool.Instance) {
	if e := s.ending[rec.ID]; e != nil {
		delete(s.ending, rec.ID)
		for _, to := range e.to {
			reply(c, to, rec, nil)
		}
	}
}

// instanceVisible publishes the view, then the event.
func (s *supervisor) instanceVisible(c actor.Context, id string) {
	s.updateStatus()
	s.publishView()
	shown := s.shown(s.instances[id])
	s.tell(c, feedKey, publish{pool.Event{At: time.Now(), Kind: pool.EventInstance, Instance: shown}})
}

// shown is the instance as the view shows it: with its place in the queue.
func (s *supervisor) shown(i *pool.Instance) *pool.Instance {
	q, waits := s.waiting[i.ID]
	if !waits || i.State != pool.InstanceQueueing {
		return i
	}
	with := *i
	with.Queue = &q
	return &with
}
