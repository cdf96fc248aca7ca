//lint:file-ignore SA1019 engines before API 1.44 send VirtualSize

package engine

import (
	"net/http"
	"strings"
	"time"

	"github.com/distribution/reference"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/events"
	"github.com/docker/docker/api/types/filters"
	apiimage "github.com/docker/docker/api/types/image"
	"github.com/docker/docker/api/types/storage"
)

// driver is the storage driver that the engine names: its store takes loads as dockerd's does with this one.
const driver = "overlay2"

func (e *Engine) imageEvent(action events.Action, of *image, name string) {
	attributes := map[string]string{"name": name}
	for key, value := range of.Config.Config.Labels {
		attributes[key] = value
	}
	e.events.publish(events.ImageEventType, action, of.ID, attributes)
}

func (e *Engine) listImages(w http.ResponseWriter, r *http.Request) error {
	wanted, err := readFilters(r, "dangling", "label", "reference")
	if err != nil {
		return err
	}
	list := []apiimage.Summary{}
	for _, found := range e.images.all() {
		tags := e.images.tagsOf(found.ID)
		if !imageMatches(wanted, found, tags) {
			continue
		}
		summary := apiimage.Summary{
			Containers: -1, Created: found.created().Unix(), ID: found.ID, Labels: found.Config.Config.Labels,
			RepoTags: tags, SharedSize: -1, Size: found.Size,
		}
		if apiBefore(r, "1.44") {
			summary.VirtualSize = found.Size
		}
		list = append(list, summary)
	}
	return writeJSON(w, http.StatusOK, list)
}

func imageMatches(wanted filters.Args, found *image, tags []string) bool {
	if !wanted.MatchKVList("label", found.Config.Config.Labels) {
		return false
	}
	if dangling := wanted.Get("dangling"); len(dangling) > 0 && (dangling[0] == "true" || dangling[0] == "1") != (len(tags) == 0) {
		return false
	}
	patterns := wanted.Get("reference")
	for _, pattern := range patterns {
		for _, tag := range tags {
			named, err := reference.ParseNormalizedNamed(tag)
			if err != nil {
				continue
			}
			if ok, err := reference.FamiliarMatch(pattern, named); err == nil && ok {
				return true
			}
		}
	}
	return len(patterns) == 0
}

// imageInspect is the official answer, with the whole configuration that engines before API 1.50 send.
type imageInspect struct {
	apiimage.InspectResponse
	Config *container.Config
}

func (e *Engine) inspectImage(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("name")
	found, err := e.images.find(name)
	if err != nil {
		return err
	}
	answer := imageInspect{Config: &found.Config.Config}
	answer.InspectResponse = apiimage.InspectResponse{
		ID: found.ID, RepoTags: e.images.tagsOf(found.ID), RepoDigests: []string{},
		Comment: found.Config.Comment, Author: found.Config.Author,
		Architecture: found.Config.Architecture, Variant: found.Config.Variant, Os: "linux", Size: found.Size,
		GraphDriver: storage.DriverData{Name: driver},
		RootFS:      apiimage.RootFS{Type: "layers", Layers: found.Config.RootFS.DiffIDs},
		Metadata:    apiimage.Metadata{LastTagTime: found.Tagged},
	}
	if found.Config.Created != nil {
		answer.Created = found.Config.Created.Format(time.RFC3339Nano)
	}
	if apiBefore(r, "1.44") {
		answer.VirtualSize = found.Size
	}
	return writeJSON(w, http.StatusOK, answer)
}

func (e *Engine) tagImage(w http.ResponseWriter, r *http.Request) error {
	found, err := e.images.find(r.PathValue("name"))
	if err != nil {
		return err
	}
	query := r.URL.Query()
	named, err := reference.ParseNormalizedNamed(query.Get("repo"))
	if err != nil {
		return fail(http.StatusInternalServerError, "%v", err)
	}
	if tag := query.Get("tag"); tag != "" {
		if named, err = reference.WithTag(reference.TrimNamed(named), tag); err != nil {
			return fail(http.StatusInternalServerError, "%v", err)
		}
	}
	familiar := reference.FamiliarString(reference.TagNameOnly(named))
	if err := e.images.tag(found.ID, familiar); err != nil {
		return err
	}
	e.imageEvent(events.ActionTag, found, familiar)
	w.WriteHeader(http.StatusCreated)
	return nil
}

// removeImage takes one name off, or, by ID, all of them; the files go with the last name unless a container needs them.
func (e *Engine) removeImage(w http.ResponseWriter, r *http.Request) error {
	name, force := r.PathValue("name"), truth(r, "force")
	found, err := e.images.find(name)
	if err != nil {
		return err
	}
	tags := e.images.tagsOf(found.ID)
	byID := strings.HasPrefix(found.hex(), strings.TrimPrefix(name, "sha256:"))
	names := tags
	if !byID {
		named, err := reference.ParseNormalizedNamed(name)
		if err != nil {
			return fail(http.StatusBadRequest, "%v", err)
		}
		names = []string{reference.FamiliarString(reference.TagNameOnly(named))}
	}
	short := found.hex()[:12]
	user, running := e.userOf(found.ID)
	switch {
	case byID && len(tags) > 1 && !force:
		return fail(http.StatusConflict, "conflict: unable to delete %s (must be forced) - image is referenced in multiple repositories", short)
	case byID && user != nil && running:
		return fail(http.StatusConflict, "conflict: unable to delete %s (cannot be forced) - image is being used by running container %s", short, user.shortID())
	case byID && user != nil && !force:
		return fail(http.StatusConflict, "conflict: unable to delete %s (must be forced) - image is being used by stopped container %s", short, user.shortID())
	case !byID && user != nil && len(tags) == 1 && !force:
		return fail(http.StatusConflict, "conflict: unable to remove repository reference %q (must force) - container %s is using its referenced image %s", name, user.shortID(), short)
	}
	gone, err := e.images.untag(names, found.ID, user == nil)
	if err != nil {
		return err
	}
	list := []apiimage.DeleteResponse{}
	for _, untagged := range names {
		list = append(list, apiimage.DeleteResponse{Untagged: untagged})
		e.imageEvent(events.ActionUnTag, found, found.ID)
	}
	if gone {
		list = append(list, apiimage.DeleteResponse{Deleted: found.ID})
		e.imageEvent(events.ActionDelete, found, found.ID)
	}
	return writeJSON(w, http.StatusOK, list)
}

// userOf is a container that uses the image, a running one if there is one.
func (e *Engine) userOf(imageID string) (user *emulated, running bool) {
	for _, c := range e.containers.all() {
		if c.record.ImageID != imageID {
			continue
		}
		if c.running() {
			return c, true
		}
		user = c
	}
	return user, false
}
