package docker

import (
	"context"
	"fmt"
	"slices"

	"dockerdriver/actors/pool"
)

// Info asks the engine who it is. It renegotiates the API version when the
// engine has another one than before, and refuses engines that are too old or
// do not run Linux containers.
func (e *Engine) Info(ctx context.Context) (pool.EngineInfo, error) {
	api, err := e.negotiate(ctx)
	if err != nil {
		return pool.EngineInfo{}, err
	}
	said, err := api.Info(ctx)
	if err != nil {
		return pool.EngineInfo{}, fmt.Errorf("cannot ask the Docker engine at %s about itself: %w", e.at.URL, err)
	}
	if said.OSType != "" && said.OSType != "linux" {
		return pool.EngineInfo{}, fmt.Errorf("cannot use the Docker engine at %s: it runs %s containers, and notebooks need linux", e.at.URL, said.OSType)
	}
	info := pool.EngineInfo{
		ID: said.ID, Version: said.ServerVersion, APIVersion: api.ClientVersion(),
		MemoryB: said.MemTotal, CPUs: said.NCPU, Driver: said.Driver, Warnings: slices.Clone(said.Warnings),
	}
	for _, pair := range said.DriverStatus {
		if pair == [2]string{"driver-type", "io.containerd.snapshotter.v1"} {
			info.Containerd = true
			// Such a store knows images by their manifest's digest, not by the configuration's.
			info.Warnings = append(info.Warnings, `The engine keeps images in containerd, where images pushed to it are not found by their id: set "features": {"containerd-snapshotter": false} in its daemon.json.`)
		}
	}
	return info, nil
}
