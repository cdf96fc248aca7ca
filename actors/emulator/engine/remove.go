package engine

import (
	"fmt"
	"net/http"

	"github.com/docker/docker/api/types/events"
)

func (e *Engine) removeContainer(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("name")
	c, err := e.containers.find(name)
	if err != nil {
		return err
	}
	if truth(r, "link") {
		return fail(http.StatusNotImplemented, "the emulated engine has no links")
	}
	_, this := c.snapshot()
	if this != nil {
		if !truth(r, "force") {
			return fail(http.StatusConflict, "You cannot remove a running container %s. Stop the container before attempting removal or force remove", c.record.ID)
		}
		if !e.kill(r.Context(), c, this) {
			return fail(http.StatusInternalServerError, "cannot remove container %s: could not kill it", name)
		}
	}
	if err := e.discard(c); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// discard takes a stopped container away, once, whoever asks for it.
func (e *Engine) discard(c *emulated) error {
	c.change.Lock()
	defer c.change.Unlock()
	c.mu.Lock()
	gone, running := c.gone, c.run != nil
	c.mu.Unlock()
	switch {
	case gone:
		return nil
	case running:
		return fail(http.StatusConflict, "You cannot remove a running container %s. Stop the container before attempting removal or force remove", c.record.ID)
	}
	if err := c.removeFiles(); err != nil {
		return fmt.Errorf("cannot remove the files of container %s: %v", c.record.ID, err)
	}
	c.mu.Lock()
	c.gone = true
	c.mu.Unlock()
	e.containers.remove(c)
	e.containerEvent(c, events.ActionDestroy)
	close(c.removed)
	return nil
}
