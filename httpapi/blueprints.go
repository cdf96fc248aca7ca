package httpapi

import (
	"context"
	"net/url"
	"strings"
	"time"

	"dockerdriver/actors/pool"
)

// blueprint is the JSON shape of pool.Blueprint.
type blueprint struct {
	ID          string          `json:"id"`
	Name        string          `json:"name"`
	Description string          `json:"description"`
	Plugin      string          `json:"plugin"`
	IsEnabled   bool            `json:"is_enabled"`
	Config      blueprintConfig `json:"config" doc:"With its defaults; GET /plugins describes it"`
	Version     int             `json:"version"`
	CreatedAt   *time.Time      `json:"created_at"`
	UpdatedAt   *time.Time      `json:"updated_at"`
}

func blueprintOf(b *pool.Blueprint) blueprint {
	return blueprint{
		ID: b.ID, Name: b.Name, Description: b.Description, Plugin: b.Plugin, IsEnabled: b.IsEnabled,
		Config: configOf(b.Config), Version: b.Version, CreatedAt: when(b.CreatedAt), UpdatedAt: when(b.UpdatedAt),
	}
}

// mayLaunch tells whether a blueprint exists as far as the caller may know.
func (c caller) sees(b *pool.Blueprint) bool { return b.IsEnabled || c.User.IsAdmin() }

func (s *server) listBlueprints(ctx context.Context, _ *WholeInput) (*listOutput[blueprint], error) {
	c := callerOf(ctx)
	items := []blueprint{}
	for _, b := range s.Views.Snapshot().Blueprints {
		if c.sees(b) {
			items = append(items, blueprintOf(b))
		}
	}
	return whole(items), nil
}

func (s *server) getBlueprint(ctx context.Context, in *IDInput) (*versionedOutput[blueprint], error) {
	b := s.Views.Snapshot().Blueprint(in.ID)
	if b == nil || !callerOf(ctx).sees(b) {
		return nil, notFound("blueprint")
	}
	return &versionedOutput[blueprint]{ETag: etag(b.Version), Body: blueprintOf(b)}, nil
}

// blueprintDraft is what an admin writes.
type blueprintDraft struct {
	Name        string               `json:"name"`
	Description string               `json:"description,omitempty"`
	Plugin      string               `json:"plugin"`
	Config      blueprintConfigDraft `json:"config"`
}

type createBlueprintInput struct{ Body blueprintDraft }

type createBlueprintOutput struct {
	Location string `header:"Location"`
	ETag     string `header:"ETag"`
	Body     blueprint
}

func (s *server) createBlueprint(ctx context.Context, in *createBlueprintInput) (*createBlueprintOutput, error) {
	b, err := s.putBlueprint(ctx, pool.Blueprint{}, in.Body, 0)
	if err != nil {
		return nil, err
	}
	s.note(ctx, "blueprint.create", b.ID, b.Name)
	return &createBlueprintOutput{
		Location: "/api/v1/blueprints/" + url.PathEscape(b.ID), ETag: etag(b.Version), Body: blueprintOf(&b),
	}, nil
}

type updateBlueprintInput struct {
	IDInput
	VersionInput
	Body blueprintDraft
}

func (s *server) updateBlueprint(ctx context.Context, in *updateBlueprintInput) (*versionedOutput[blueprint], error) {
	current, version, err := s.current(in.ID, in.VersionInput)
	if err != nil {
		return nil, err
	}
	b, err := s.putBlueprint(ctx, current, in.Body, version)
	if err != nil {
		return nil, err
	}
	s.note(ctx, "blueprint.update", b.ID, b.Name)
	return &versionedOutput[blueprint]{ETag: etag(b.Version), Body: blueprintOf(&b)}, nil
}

// current returns the blueprint as it is, and the version that a write of it
// must still find. That is the one read here when the client named none: what
// the write does not mention (is_enabled) must not be lost.
func (s *server) current(id string, in VersionInput) (pool.Blueprint, int, error) {
	version, err := in.version()
	if err != nil {
		return pool.Blueprint{}, 0, err
	}
	b := s.Views.Snapshot().Blueprint(id)
	if b == nil {
		return pool.Blueprint{}, 0, notFound("blueprint")
	}
	if version != 0 && version != b.Version {
		return pool.Blueprint{}, 0, editConflict()
	}
	return *b, b.Version, nil
}

func (s *server) putBlueprint(ctx context.Context, b pool.Blueprint, draft blueprintDraft, version int) (pool.Blueprint, error) {
	b.Name, b.Description = strings.TrimSpace(draft.Name), draft.Description
	b.Plugin, b.Config = draft.Plugin, pool.Config(draft.Config)
	if err := b.Validate(); err != nil {
		return b, err
	}
	v := s.Views.Snapshot()
	if err := enabledPlugin(v, b.Plugin); err != nil {
		return b, err
	}
	if b.IsEnabled {
		if err := imageThere(v, b); err != nil {
			return b, err
		}
	}
	return s.Settings.PutBlueprint(ctx, callerOf(ctx).User, b, version)
}

func enabledPlugin(v *pool.View, plugin string) error {
	if v.Settings.Enables(plugin) {
		return nil
	}
	return pool.Refuse(pool.CodePluginOff, "The plugin "+plugin+" is not enabled.",
		"Add it to the variable "+pool.VarPluginWhitelist+".")
}

// maxNamedImages bounds how many tags an error lists.
const maxNamedImages = 20

func imageThere(v *pool.View, b pool.Blueprint) error {
	if _, ok := v.ImageByRef(b.Config.DockerImage); ok {
		return nil
	}
	hint := "The image directory is empty: put a tarball of the image there."
	if tags := imageTags(v); len(tags) > 0 {
		hint = "There are " + strings.Join(tags[:min(len(tags), maxNamedImages)], ", ") + "."
	}
	return &pool.Error{
		Code: pool.CodeImageMissing, Field: "config.docker_image", Hint: hint,
		Message: "There is no image " + clip(b.Config.DockerImage, 128) + " in the image directory.",
	}
}

// imageTags lists the names that a blueprint can use.
func imageTags(v *pool.View) []string {
	tags := []string{}
	for _, i := range v.Images {
		if i.Fault == "" {
			tags = append(tags, i.Tags...)
		}
	}
	return tags
}

type versionedIDInput struct {
	IDInput
	VersionInput
}

func (s *server) activateBlueprint(ctx context.Context, in *versionedIDInput) (*versionedOutput[blueprint], error) {
	return s.switchBlueprint(ctx, in, true)
}

func (s *server) deactivateBlueprint(ctx context.Context, in *versionedIDInput) (*versionedOutput[blueprint], error) {
	return s.switchBlueprint(ctx, in, false)
}

func (s *server) switchBlueprint(ctx context.Context, in *versionedIDInput, on bool) (*versionedOutput[blueprint], error) {
	b, version, err := s.current(in.ID, in.VersionInput)
	if err != nil {
		return nil, err
	}
	if on {
		v := s.Views.Snapshot()
		if err := enabledPlugin(v, b.Plugin); err != nil {
			return nil, err
		}
		if err := imageThere(v, b); err != nil {
			return nil, err
		}
	}
	if b.IsEnabled != on {
		b.IsEnabled = on
		if b, err = s.Settings.PutBlueprint(ctx, callerOf(ctx).User, b, version); err != nil {
			return nil, err
		}
		s.note(ctx, map[bool]string{true: "blueprint.activate", false: "blueprint.deactivate"}[on], b.ID, b.Name)
	}
	return &versionedOutput[blueprint]{ETag: etag(b.Version), Body: blueprintOf(&b)}, nil
}

func (s *server) deleteBlueprint(ctx context.Context, in *versionedIDInput) (*emptyOutput, error) {
	b, version, err := s.current(in.ID, in.VersionInput)
	if err != nil {
		return nil, err
	}
	if err := s.Settings.DeleteBlueprint(ctx, callerOf(ctx).User, b.ID, version); err != nil {
		return nil, err
	}
	s.note(ctx, "blueprint.delete", b.ID, b.Name)
	return nil, nil
}
