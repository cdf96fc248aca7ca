package docker

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"

	"dockerdriver/actors/pool"
)

// List returns all containers of the installation, running or not. It costs one
// request, and one more for each that does not run.
func (e *Engine) List(ctx context.Context, installation string) ([]pool.Container, error) {
	api, err := e.api(ctx)
	if err != nil {
		return nil, err
	}
	found, err := api.ContainerList(ctx, container.ListOptions{All: true, Filters: ours(installation)})
	if err != nil {
		return nil, fmt.Errorf("cannot list containers: %w", err)
	}
	listed := make([]pool.Container, 0, len(found))
	for _, summary := range found {
		// Not every engine is to be trusted with the filter.
		if summary.Labels[labelInstallation] != installation {
			continue
		}
		c, ok := running(summary)
		if !ok {
			c, err = e.inspect(ctx, summary.ID)
		}
		switch {
		case errdefs.IsNotFound(err):
			// Removed since it was listed.
			err = nil
			continue
		case err != nil:
			return nil, err
		}
		listed = append(listed, c)
	}
	return listed, nil
}

func ours(installation string) filters.Args {
	return filters.NewArgs(filters.Arg("label", labelInstallation+"="+installation))
}

// running makes a Container of a list entry that says all there is to know.
func running(summary container.Summary) (c pool.Container, ok bool) {
	if summary.State != container.StateRunning {
		return c, false
	}
	c = pool.Container{ID: summary.ID, ImageID: summary.ImageID, InstanceID: summary.Labels[labelInstance], Running: true}
	if len(summary.Names) > 0 {
		c.Name = strings.TrimPrefix(summary.Names[0], "/")
	}
	for _, port := range summary.Ports {
		if port.PublicPort != 0 && port.Type == "tcp" {
			c.Target = net.JoinHostPort(port.IP, strconv.Itoa(int(port.PublicPort)))
		}
	}
	return c, c.Target != ""
}
