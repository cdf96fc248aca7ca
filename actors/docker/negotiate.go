package docker

import (
	"context"
	"fmt"

	"github.com/docker/docker/api"
	"github.com/docker/docker/api/types/versions"
	"github.com/docker/docker/client"
)

// MinAPIVersion is the oldest Engine API that is spoken: Docker 20.10.
const MinAPIVersion = "1.41"

// api returns the client, after asking the engine for its API version if nobody
// has yet. The client's own lazy negotiation is not used: it writes the version
// while other calls read it, and happens once in the client's life, so an
// upgraded engine would refuse it for ever.
func (e *Engine) api(ctx context.Context) (*client.Client, error) {
	if known := e.client.Load(); known != nil {
		return known, nil
	}
	return e.negotiate(ctx)
}

// negotiate asks for the engine's API version and returns a client that speaks
// the newest one that both know.
func (e *Engine) negotiate(ctx context.Context) (*client.Client, error) {
	pong, err := e.pinger.Ping(ctx)
	if err != nil {
		return nil, fmt.Errorf("cannot reach the Docker engine at %s: %w", e.at.URL, err)
	}
	version := pong.APIVersion
	if versions.LessThan(version, MinAPIVersion) {
		return nil, fmt.Errorf("cannot use the Docker engine at %s: it speaks API %q only, and %s (Docker 20.10) is the oldest that works", e.at.URL, version, MinAPIVersion)
	}
	if versions.GreaterThan(version, api.DefaultVersion) {
		version = api.DefaultVersion
	}
	if known := e.client.Load(); known != nil && known.ClientVersion() == version {
		return known, nil
	}
	made, err := e.newClient(client.WithVersion(version))
	if err != nil {
		return nil, err
	}
	e.client.Store(made)
	return made, nil
}
