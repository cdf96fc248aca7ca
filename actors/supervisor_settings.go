package actors

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"dockerdriver/actors/pool"
)

// maxWrites bounds the settings writes that wait for the one before.
const maxWrites = 64

// queueWrite does shared settings one after another, so that each check sees
// what the one before has stored. f answers and calls wrote.
func (s *supervisor) queueWrite(c actor.Context, to *actor.PID, f func(actor.Context)) {
	if len(s.writes) >= maxWrites {
		reply(c, to, nil, pool.Refuse(pool.CodeRateLimited, "Too many changes at once.", "Try again in a few seconds."))
		return
	}
	s.writes = append(s.writes, f)
	s.nextWrite(c)
}

func (s *supervisor) nextWrite(c actor.Context) {
	if s.writing || len(s.writes) == 0 {
		return
	}
	f := s.writes[0]
	s.writes = s.writes[1:]
	s.writing = true
	f(c)
}

// wrote answers a settings write and lets the next one in.
func (s *supervisor) wrote(c actor.Context, to *actor.PID, val any, err error) {
	reply(c, to, val, err)
	s.writing = false
	s.nextWrite(c)
}

// write stores changes and then applies them in memory.
func (s *supervisor) write(c actor.Context, to *actor.PID, changes pool.Changes, val any, apply func(actor.Context)) {
	run(s.fx, c, saveLimit, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, s.deps.Store.Save(ctx, changes)
	}, func(c actor.Context, _ struct{}, err error) {
		if err != nil {
			s.log.Error().Err(err).Msg("cannot store change")
			s.wrote(c, to, val, inWords(err, notStored))
			return
		}
		apply(c)
		s.wrote(c, to, val, nil)
	})
}

var notStored = pool.Refuse(pool.CodeUnavailable, "It could not be stored.", "Try again; if it stays so, tell an administrator: the server's disk may be full.")

// inWords returns an error that a person can read: err, if it is one, or else instead.
func inWords(err error, instead *pool.Error) error {
	if worded, ok := errors.AsType[*pool.Error](err); ok {
		return worded
	}
	return instead
}

func editConflict(what string, version int) *pool.Error {
	return pool.Refuse(pool.CodeEditConflict, fmt.Sprintf("Somebody else has changed %s meanwhile: it is at version %d.", what, version), "Look at it again and repeat the change.")
}

func (s *supervisor) putBlueprint(c actor.Context, to *actor.PID, m putBlueprint) {
	b := m.blueprint
	if err := b.Validate(); err != nil {
		s.wrote(c, to, b, err)
		return
	}
	now := time.Now()
	if b.ID == "" {
		b.ID, b.Version, b.CreatedAt = newID(), 0, now
	} else {
		was := s.blueprints[b.ID]
		if was == nil {
			s.wrote(c, to, b, noBlueprint)
			return
		}
		if m.ifVersion != 0 && m.ifVersion != was.Version {
			s.wrote(c, to, b, editConflict("this blueprint", was.Version))
			return
		}
		b.Version, b.CreatedAt = was.Version, was.CreatedAt
	}
	b.Version++
	b.UpdatedAt = now
	if err := s.mayBe(b); err != nil {
		s.wrote(c, to, b, err)
		return
	}
	s.write(c, to, pool.Changes{Blueprints: []pool.Blueprint{b}}, b, func(c actor.Context) {
		s.blueprints[b.ID] = &b
		s.log.Info().Str("blueprint", b.ID).Str("user", m.by.ID).Int("version", b.Version).Bool("enabled", b.IsEnabled).Msg("blueprint changed")
		s.publishView()
		s.tell(c, feedKey, publish{pool.Event{At: now, Kind: pool.EventBlueprint, Blueprint: &b}})
		s.prefetch(c)
	})
}

var noBlueprint = pool.Refuse(pool.CodeNotFound, "There is no such blueprint.", "Reload the page: it may have been removed.")

// mayBe checks what depends on the rest of the pool.
func (s *supervisor) mayBe(b pool.Blueprint) error {
	for _, other := range s.blueprints {
		if other.ID != b.ID && other.Name == b.Name {
			return &pool.Error{Code: pool.CodeConflict, Field: "name", Message: "There is a blueprint with this name already.", Hint: "Choose another name."}
		}
	}
	if !s.settings.Enables(b.Plugin) {
		return pool.Refuse(pool.CodePluginOff, "The plugin "+b.Plugin+" is not enabled.", "Add it to PLUGIN_WHITELIST first.")
	}
	if _, ok := pool.FindImage(s.images, b.Config.DockerImage); b.IsEnabled && !ok {
		return &pool.Error{Code: pool.CodeImageMissing, Field: "config.docker_image", Message: "The image " + b.Config.DockerImage + " is not in the image directory.", Hint: s.imageHint()}
	}
	return nil
}

func (s *supervisor) deleteBlueprint(c actor.Context, to *actor.PID, m deleteBlueprint) {
	was := s.blueprints[m.id]
	var err error
	switch {
	case was == nil:
		err = noBlueprint
	case m.ifVersion != 0 && m.ifVersion != was.Version:
		err = editConflict("this blueprint", was.Version)
	case s.inUse(m.id):
		err = pool.Refuse(pool.CodeBlueprintInUse, "Instances of "+was.Name+" are still there.", "Deactivate it and wait for their end, or destroy them first.")
	}
	if err != nil {
		s.wrote(c, to, struct{}{}, err)
		return
	}
	s.write(c, to, pool.Changes{GoneBlueprints: []string{m.id}}, struct{}{}, func(c actor.Context) {
		delete(s.blueprints, m.id)
		s.log.Info().Str("blueprint", m.id).Str("user", m.by.ID).Msg("blueprint deleted")
		s.publishView()
		s.tell(c, feedKey, publish{pool.Event{At: time.Now(), Kind: pool.EventBlueprint, Blueprint: was, Deleted: true}})
	})
}

func (s *supervisor) inUse(blueprintID string) bool {
	for _, i := range s.instances {
		if i.BlueprintID == blueprintID && i.State.Live() {
			return true
		}
	}
	for _, i := range s.launching {
		if i.BlueprintID == blueprintID {
			return true
		}
	}
	return false
}

func (s *supervisor) setVariable(c actor.Context, to *actor.PID, m setVariable) {
	d, known := pool.FindDefinition(m.key)
	if !known {
		s.wrote(c, to, pool.Variable{}, pool.Refuse(pool.CodeNotFound, "There is no variable "+m.key+".", "See the list of variables."))
		return
	}
	was := s.variables[m.key]
	if m.ifVersion != 0 && m.ifVersion != was.Version {
		s.wrote(c, to, was, editConflict(m.key, was.Version))
		return
	}
	value, err := d.Canonical(m.value)
	if err != nil {
		s.wrote(c, to, was, err)
		return
	}
	if m.key == pool.VarShutdownDeadline && value != "" && !s.settings.ShutdownMode {
		s.wrote(c, to, was, pool.Refuse(pool.CodeConflict, "There is nothing that a deadline could end: the pool is not in shutdown mode.", "Set DD_SHUTDOWN_MODE to True first."))
		return
	}
	v := s.changed(m.key, value, m.by)
	changes := []pool.Variable{v}
	if m.key == pool.VarShutdownMode && value == "False" {
		changes = s.withoutShutdown(m.by)
	}
	s.askCloud(c, d, v, func(c actor.Context, err error) {
		if err != nil {
			s.wrote(c, to, was, err)
			return
		}
		s.storeVariables(c, to, m.by, changes, changes[0])
	})
}

// changed is the next version of a variable.
func (s *supervisor) changed(key, value string, by pool.User) pool.Variable {
	return pool.Variable{Key: key, Value: value, Version: s.variables[key].Version + 1, UpdatedAt: time.Now(), UpdatedBy: by.ID}
}

// takeSettings makes what the variables say effective.
func (s *supervisor) takeSettings() {
	s.settings = pool.SettingsOf(s.variables)
	s.deps.uplink.limit(s.settings.Uplink)
}

// askCloud lets the cloud refuse a value that names what it does not have. A
// cloud that cannot be asked refuses nothing: settings must be possible then too.
func (s *supervisor) askCloud(c actor.Context, d pool.Definition, v pool.Variable, then func(actor.Context, error)) {
	if d.PlanField() == "" {
		then(c, nil)
		return
	}
	next := maps.Clone(s.variables)
	next[v.Key] = v
	machines := pool.SettingsOf(next).Hosts
	plan := machines.Plan(machines.Large)
	if v.Key == pool.VarHostFlavorSmall {
		plan = machines.Plan(machines.Small)
	}
	run(s.fx, c, checkLimit, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, s.deps.Cloud.Check(ctx, plan, d.PlanField())
	}, func(c actor.Context, _ struct{}, err error) {
		refused, ok := errors.AsType[*pool.Error](err)
		switch {
		case ok && refused.Code == pool.CodeInvalid:
			then(c, pool.Invalid("value", d.Key+" cannot be "+strconv.Quote(v.Value)+": "+refused.Message, refused.Hint))
			return
		case err != nil:
			s.log.Warn().Err(err).Str("variable", d.Key).Msg("cloud cannot be asked about this value; it is taken as it is")
		}
		then(c, nil)
	})
}

// storeVariables stores them in one write and makes them effective; val is the answer.
func (s *supervisor) storeVariables(c actor.Context, to *actor.PID, by pool.User, changes []pool.Variable, val any) {
	s.write(c, to, pool.Changes{Variables: changes}, val, func(c actor.Context) {
		for _, v := range changes {
			s.log.Info().Str("variable", v.Key).Str("user", by.ID).Str("from", s.variables[v.Key].Value).Str("to", v.Value).Msg("variable changed")
			s.variables[v.Key] = v
		}
		s.takeSettings()
		s.updateStatus()
		s.publishView()
		for _, v := range changes {
			if strings.HasPrefix(v.Key, "DD_HOST_") {
				s.resume(c) // what stopped the cloud from building may be mended by it
			}
			if v.Key == pool.VarShutdownMode {
				s.prefetch(c) // a drain has cancelled what was on its way
			}
			s.tell(c, feedKey, publish{pool.Event{At: v.UpdatedAt, Kind: pool.EventVariable, Variable: &v}})
		}
		s.startPushes(c) // more of them may go at once
		s.replan(c)      // whoever asked sees in the view what follows
	})
}
