package docker_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/client"
	"github.com/docker/go-connections/nat"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"dockerdriver/actors/docker/dockertest"
)

// atOnce are the numbers of launches at the same time that are measured.
var atOnce = []int{1, 4}

// BenchmarkBareEngineLaunch is what a launch costs without us: create, start and
// the first HTTP answer, by the bare client. One operation is so many launches
// at once; removals are not measured.
func BenchmarkBareEngineLaunch(b *testing.B) {
	for _, n := range atOnce {
		b.Run(fmt.Sprintf("at-once=%d", n), func(b *testing.B) {
			s := newStage(b, dockertest.RealEngine(b))
			measure(b, n, func(ctx context.Context) (string, error) {
				return BareLaunch(ctx, s.bare, s.image.id, s.spec().Name, s.installation)
			}, s.engine.Remove)
		})
	}
}

// BenchmarkAdapterLaunch is the same through the adapter, with its hardening.
func BenchmarkAdapterLaunch(b *testing.B) {
	for _, n := range atOnce {
		b.Run(fmt.Sprintf("at-once=%d", n), func(b *testing.B) {
			s := newStage(b, dockertest.RealEngine(b))
			measure(b, n, func(ctx context.Context) (string, error) {
				spec := s.spec()
				spec.CPUs = 1
				id, err := s.engine.Create(ctx, spec)
				if err != nil {
					return "", err
				}
				started, err := s.engine.Start(ctx, id)
				if err != nil {
					return id, err
				}
				return id, AwaitAnswer(ctx, func() error { return s.engines.Answers(ctx, started.Target) })
			}, s.engine.Remove)
		})
	}
}

func measure(b *testing.B, n int, launch func(context.Context) (string, error), remove func(context.Context, string) error) {
	b.Helper()
	for range b.N {
		ids := make([]string, n)
		var launches errgroup.Group
		for i := range ids {
			launches.Go(func() (err error) {
				ids[i], err = launch(b.Context())
				return err
			})
		}
		err := launches.Wait()
		b.StopTimer()
		for _, id := range ids {
			if id != "" {
				require.NoError(b, remove(b.Context(), id))
			}
		}
		require.NoError(b, err)
		b.StartTimer()
	}
}

// BareLaunch launches an image that answers HTTP on port 8787 with Docker's
// client alone, and returns the container's id once it has answered.
func BareLaunch(ctx context.Context, bare *client.Client, imageID, name, installation string) (id string, err error) {
	const port = nat.Port("8787/tcp")
	made, err := bare.ContainerCreate(ctx,
		&container.Config{Image: imageID, ExposedPorts: nat.PortSet{port: {}}, Labels: map[string]string{"pb.installation": installation}},
		&container.HostConfig{PortBindings: nat.PortMap{port: {{HostIP: "127.0.0.1"}}}}, nil, nil, name)
	if err != nil {
		return "", err
	}
	if err := bare.ContainerStart(ctx, made.ID, container.StartOptions{}); err != nil {
		return made.ID, err
	}
	found, err := bare.ContainerInspect(ctx, made.ID)
	if err != nil {
		return made.ID, err
	}
	bindings := found.NetworkSettings.Ports[port]
	if len(bindings) == 0 {
		return made.ID, fmt.Errorf("container %s has published no port", made.ID)
	}
	target := "http://" + net.JoinHostPort(bindings[0].HostIP, bindings[0].HostPort)
	return made.ID, AwaitAnswer(ctx, func() error {
		answer, err := http.Get(target)
		if err != nil {
			return err
		}
		return answer.Body.Close()
	})
}

// AwaitAnswer asks every 2 ms, for at most 30 s.
func AwaitAnswer(ctx context.Context, ask func() error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	again := time.NewTicker(2 * time.Millisecond)
	defer again.Stop()
	for {
		err := ask()
		if err == nil {
			return nil
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return fmt.Errorf("no answer: %s: %w", strings.TrimSpace(err.Error()), ctx.Err())
		}
	}
}
