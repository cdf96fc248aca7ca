package docker

import (
	"context"
	"fmt"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/client"
)

// removeLimit bounds the wait for a removal that another request has begun.
const removeLimit = 30 * time.Second

// Remove stops a container (its stop signal, the grace of WithGrace, SIGKILL)
// and removes it with its anonymous volumes. It returns once the container is
// gone; one that is not there is success. A container without our label is
// refused.
func (e *Engine) Remove(ctx context.Context, containerID string) error {
	api, err := e.api(ctx)
	if err != nil {
		return err
	}
	found, err := api.ContainerInspect(ctx, containerID)
	switch {
	case errdefs.IsNotFound(err):
		return nil
	case err != nil:
		return fmt.Errorf("cannot remove container %s: %w", containerID, err)
	case found.Config == nil || found.Config.Labels[labelInstallation] == "":
		return fmt.Errorf("cannot remove container %s: it has no label %s, so it is not ours", containerID, labelInstallation)
	}
	grace := int((e.grace + time.Second - 1) / time.Second)
	// A failed stop is no reason to stop here: the removal kills.
	stopErr := api.ContainerStop(ctx, containerID, container.StopOptions{Timeout: &grace})
	if errdefs.IsNotFound(stopErr) {
		return nil
	}
	err = api.ContainerRemove(ctx, containerID, container.RemoveOptions{Force: true, RemoveVolumes: true})
	switch {
	case err == nil, errdefs.IsNotFound(err):
		return nil
	case errdefs.IsConflict(err):
		return awaitGone(ctx, api, containerID)
	}
	return fmt.Errorf("cannot remove container %s: %w", containerID, err)
}

// awaitGone waits for the end of a removal that is already in progress.
func awaitGone(ctx context.Context, api *client.Client, containerID string) error {
	ctx, cancel := context.WithTimeout(ctx, removeLimit)
	defer cancel()
	for {
		_, err := api.ContainerInspect(ctx, containerID)
		switch {
		case errdefs.IsNotFound(err):
			return nil
		case err == nil:
			err = pause(ctx, pollEvery)
		}
		if err != nil {
			return fmt.Errorf("cannot remove container %s: a removal is in progress, but does not end: %w", containerID, err)
		}
	}
}
