package docker

import (
	"context"
	"fmt"
	"net"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"

	"dockerdriver/actors/pool"
)

// startTries bounds the starts that fail because the free port which the engine
// had chosen was taken by another program meanwhile.
const startTries = 3

// Start starts a container (a started one is success) and tells its published
// target. A container that has ended already is no error: it comes back with
// Running false, its ExitCode and, if there are any, words in Error.
func (e *Engine) Start(ctx context.Context, containerID string) (pool.Container, error) {
	api, err := e.api(ctx)
	if err != nil {
		return pool.Container{}, err
	}
	for range startTries {
		err = api.ContainerStart(ctx, containerID, container.StartOptions{})
		if err == nil || !portTaken(err) {
			break
		}
	}
	switch {
	case err == nil:
	case errdefs.IsNotFound(err) && strings.Contains(err.Error(), "No such container"):
		return pool.Container{}, pool.Refuse(pool.CodeContainerGone, "The container is gone.", "Launch again.")
	case permanent(err):
		return pool.Container{}, refuse(pool.CodeStartFailed, "The engine could not start the container", err, "An administrator corrects the environment: its image, command and limits.")
	default:
		return pool.Container{}, fmt.Errorf("cannot start container %s: %w", containerID, err)
	}
	found, err := e.inspect(ctx, containerID)
	switch {
	case errdefs.IsNotFound(err):
		return pool.Container{}, pool.Refuse(pool.CodeContainerGone, "The container is gone.", "Launch again.")
	case err != nil:
		return pool.Container{}, err
	case found.Running && found.Target == "":
		return pool.Container{}, pool.Refuse(pool.CodeStartFailed, "The container runs, but the engine has published no port of it.", "Tell an administrator.")
	}
	return found, nil
}

func portTaken(err error) bool {
	return strings.Contains(err.Error(), "port is already allocated") || strings.Contains(err.Error(), "address already in use")
}

// inspect asks for one container and, when it could not run its program, for
// the words that docker-init left in its output.
func (e *Engine) inspect(ctx context.Context, containerID string) (pool.Container, error) {
	api, err := e.api(ctx)
	if err != nil {
		return pool.Container{}, err
	}
	found, err := api.ContainerInspect(ctx, containerID)
	if err == nil && (found.ContainerJSONBase == nil || found.State == nil || found.Config == nil) {
		err = errIncomplete
	}
	if err != nil {
		return pool.Container{}, fmt.Errorf("cannot look at container %s: %w", containerID, err)
	}
	c := pool.Container{
		ID: found.ID, Name: strings.TrimPrefix(found.Name, "/"), ImageID: found.Image,
		InstanceID: found.Config.Labels[labelInstance],
		Running:    found.State.Running, ExitCode: found.State.ExitCode, OOMKilled: found.State.OOMKilled,
		Error: words(found.State.Error),
	}
	if c.Running && found.NetworkSettings != nil {
		for _, bindings := range found.NetworkSettings.Ports {
			for _, b := range bindings {
				c.Target = net.JoinHostPort(b.HostIP, b.HostPort)
			}
		}
	}
	if !c.Running && c.Error == "" && (c.ExitCode == exitNotFound || c.ExitCode == exitNotExecutable) {
		c.Error = e.initWords(ctx, containerID)
	}
	return c, nil
}

// Exit codes with which docker-init, like a shell, tells that it could not run
// the program.
const (
	exitNotExecutable = 126
	exitNotFound      = 127
)

// initWords returns what docker-init said of a program that it could not run,
// or nothing: a program may end with the same codes for reasons of its own.
func (e *Engine) initWords(ctx context.Context, containerID string) string {
	lines, err := e.Logs(ctx, containerID, 5)
	if err != nil {
		return ""
	}
	for _, line := range lines {
		if strings.HasPrefix(line, "[FATAL tini") {
			_, said, _ := strings.Cut(line, "] ")
			return words(said)
		}
	}
	return ""
}
