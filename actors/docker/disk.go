package docker

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"dockerdriver/actors/disk"
	"dockerdriver/actors/pool"
)

// IsHere tells whether the engine at an endpoint runs on this machine, as one on
// a unix socket does, so that Disk can look.
func IsHere(at pool.Endpoint) bool { return strings.HasPrefix(at.URL, "unix://") }

// Disk tells the room on the disk that the engine keeps images and containers on.
// It looks at the engine's own directory, and so works only where IsHere.
func (e *Engine) Disk(ctx context.Context) (pool.Disk, error) {
	if !IsHere(e.at) {
		return pool.Disk{}, fmt.Errorf("cannot look at the disk of the Docker engine at %s from here: it is on another machine", e.at.URL)
	}
	api, err := e.api(ctx)
	if err != nil {
		return pool.Disk{}, err
	}
	said, err := api.Info(ctx)
	if err == nil && said.DockerRootDir == "" {
		err = errors.New("it does not tell its directory")
	}
	if err != nil {
		return pool.Disk{}, fmt.Errorf("cannot ask the Docker engine at %s where its disk is: %w", e.at.URL, err)
	}
	return disk.At(said.DockerRootDir)
}
