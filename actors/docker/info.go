package docker

import (
	"context"
	"fmt"
	"slices"

	"github.com/docker/docker/api/types/versions"

	"dockerdriver/actors/pool"
)

// MinAPIVersion is the oldest Engine API that is spoken: Docker 20.10.
const MinAPIVersion = "1.41"

// Info asks the engine who it is. It renegotiates the API version when the
// engine has another one than before, and refuses engines that are too old or
// do not run Linux containers.
func (e *Engine) Info(ctx context.Context) (pool.EngineInfo, error) {
	latest, err := e.renegotiate(ctx)
	if err != nil {
		return pool.EngineInfo{}, err
	}
	if versions.LessThan(latest, MinAPIVersion) {
		return pool.EngineInfo{}, fmt.Errorf("cannot use the Docker engine at %s: it speaks API %q only, and %s (Docker 20.10) is the oldest that works", e.at.URL, latest, MinAPIVersion)
	}
	said, err := e.api().Info(ctx)
	if err != nil {
		return pool.EngineInfo{}, fmt.Errorf("cannot ask the Docker engine at %s about itself: %w", e.at.URL, err)
	}
	if said.OSType != "" && said.OSType != "linux" {
		return pool.EngineInfo{}, fmt.Errorf("cannot use the Docker engine at %s: it runs %s containers, and notebooks need linux", e.at.URL, said.OSType)
	}
	info := pool.EngineInfo{
		ID: said.ID, Version: said.ServerVersion, APIVersion: e.api().ClientVersion(),
		MemoryB: said.MemTotal, CPUs: said.NCPU, Warnings: slices.Clone(said.Warnings),
	}
	for _, pair := range said.DriverStatus {
		if pair == [2]string{"driver-type", "io.containerd.snapshotter.v1"} {
			// Such a store knows images by their manifest's digest, not by the configuration's.
			info.Warnings = append(info.Warnings, `The engine keeps images in containerd, where images pushed to it are not found by their id: set "features": {"containerd-snapshotter": false} in its daemon.json.`)
		}
	}
	return info, nil
}

// renegotiate returns the engine's newest API version. The client negotiates
// once in its life, so another version needs another client.
func (e *Engine) renegotiate(ctx context.Context) (string, error) {
	now := e.client.Load()
	pong, err := now.Ping(ctx)
	if err != nil {
		return "", fmt.Errorf("cannot reach the Docker engine at %s: %w", e.at.URL, err)
	}
	if before := now.latest.Swap(&pong.APIVersion); before == nil || *before == pong.APIVersion {
		return pong.APIVersion, nil
	}
	fresh, err := dial(e.at)
	if err != nil {
		return "", err
	}
	next := &negotiated{Client: fresh}
	next.latest.Store(&pong.APIVersion)
	if e.client.CompareAndSwap(now, next) {
		_ = now.Close()
	}
	return pong.APIVersion, nil
}
