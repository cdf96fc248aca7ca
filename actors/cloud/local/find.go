package local

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/docker/docker/client"
)

// findLimit bounds the search for an engine at each of its addresses.
const findLimit = 2 * time.Second

// FindEngine looks for a Docker engine on this machine: the one in DOCKER_HOST
// if that is set, and no other; else the first that answers of
// /var/run/docker.sock and $XDG_RUNTIME_DIR/docker.sock (a rootless engine). It
// is found when it answers a ping within 2 s.
func FindEngine(ctx context.Context) (url string, found bool) {
	for _, at := range candidates() {
		if answers(ctx, at) {
			return at, true
		}
	}
	return "", false
}

func candidates() []string {
	if said := os.Getenv(client.EnvOverrideHost); said != "" {
		return []string{said}
	}
	at := []string{"unix:///var/run/docker.sock"}
	if dir := os.Getenv("XDG_RUNTIME_DIR"); dir != "" {
		at = append(at, "unix://"+filepath.Join(dir, "docker.sock"))
	}
	return at
}

func answers(ctx context.Context, at string) bool {
	ctx, cancel := context.WithTimeout(ctx, findLimit)
	defer cancel()
	engine, err := client.NewClientWithOpts(client.WithHost(at))
	if err != nil {
		return false
	}
	defer engine.Close()
	_, err = engine.Ping(ctx)
	return err == nil
}
