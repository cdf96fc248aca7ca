package docker

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/client"
	"github.com/docker/go-connections/nat"
	"github.com/docker/go-units"

	"dockerdriver/actors/pool"
)

// Labels of our containers.
const (
	labelInstallation = "pb.installation"
	labelInstance     = "pb.instance"
	labelSlots        = "pb.slots"
)

const (
	// maxOpenFiles is enough for R, Jupyter and their kernels. Engines that are
	// themselves inside a container or without root can give no more than they
	// have, often 20,000; and programs that close every possible descriptor at
	// start stay quick.
	maxOpenFiles = 16384
	logFileSize  = "10m" // Docker's json-file driver rotates at this size,
	logFiles     = "2"   // and keeps so many files
)

// createTries bounds the turns of Create with a name that another request of
// ours has just taken or is about to give up.
const createTries = 20

// Create makes the instance's container, or finds the one that an earlier call
// of the same installation and instance made.
func (e *Engine) Create(ctx context.Context, spec pool.ContainerSpec) (containerID string, err error) {
	port, err := publish(spec)
	if err != nil {
		return "", err
	}
	api, err := e.api(ctx)
	if err != nil {
		return "", err
	}
	for range createTries {
		made, err := api.ContainerCreate(ctx, config(spec, port), hostConfig(spec, port), nil, nil, spec.Name)
		switch {
		case err == nil:
			for _, warning := range made.Warnings {
				e.log.Debug().Str("instance", spec.InstanceID).Str("reason", words(warning)).Msg("engine warned")
			}
			return made.ID, nil
		case errdefs.IsConflict(err):
			if id, err := adopt(ctx, api, spec); id != "" || err != nil {
				return id, err
			}
		case errdefs.IsNotFound(err) && strings.Contains(err.Error(), "image"):
			return "", imageMissing(spec.ImageID, err)
		case permanent(err):
			return "", refuse(pool.CodeCreateFailed, "The engine refused to make the container", err, "An administrator corrects the environment: its image, command and limits.")
		default:
			return "", fmt.Errorf("cannot create container %s: %w", spec.Name, err)
		}
		if err := pause(ctx, pollEvery); err != nil {
			return "", fmt.Errorf("cannot create container %s: %w", spec.Name, err)
		}
	}
	return "", fmt.Errorf("cannot create container %s: its name stays taken, but the engine shows no container of that name", spec.Name)
}

// adopt looks at the container that has the name already. It returns no id and
// no error when Create is to be tried again: the other one is still being made,
// or just being removed.
func adopt(ctx context.Context, api *client.Client, spec pool.ContainerSpec) (containerID string, err error) {
	found, err := api.ContainerInspect(ctx, spec.Name)
	switch {
	case errdefs.IsNotFound(err):
		return "", nil
	case err != nil:
		return "", fmt.Errorf("cannot look at container %s: %w", spec.Name, err)
	case found.ContainerJSONBase == nil || found.State == nil || found.Config == nil:
		return "", fmt.Errorf("cannot look at container %s: %w", spec.Name, errIncomplete)
	}
	mine := found.Config.Labels[labelInstallation] == spec.Installation &&
		found.Config.Labels[labelInstance] == spec.InstanceID
	switch {
	// An inspect also finds ids that begin with the name.
	case strings.TrimPrefix(found.Name, "/") != spec.Name:
		return "", nil
	case !mine:
		return "", pool.Refuse(pool.CodeCreateFailed, "The host has a container "+strconv.Quote(spec.Name)+" that is not this instance's.",
			"Launch again under another name, or remove that container.")
	case found.State.Status == container.StateRemoving || found.State.Dead:
		return "", nil
	}
	return found.ID, nil
}

// publish checks where the port is to be published: nowhere but on one address.
func publish(spec pool.ContainerSpec) (nat.Port, error) {
	address, err := netip.ParseAddr(spec.Address)
	if err != nil || address.IsUnspecified() {
		return "", fmt.Errorf("cannot create container %s: its port would be published on %q, which is not one address of the host", spec.Name, spec.Address)
	}
	port, err := nat.NewPort("tcp", strconv.Itoa(spec.Port))
	if err != nil {
		return "", fmt.Errorf("cannot create container %s: %v", spec.Name, err)
	}
	return port, nil
}

func config(spec pool.ContainerSpec, port nat.Port) *container.Config {
	return &container.Config{
		Image: spec.ImageID, Cmd: spec.Command, Env: spec.Env,
		ExposedPorts: nat.PortSet{port: {}},
		Labels: map[string]string{
			labelInstallation: spec.Installation,
			labelInstance:     spec.InstanceID,
			labelSlots:        strconv.Itoa(spec.Slots),
		},
	}
}

// hostConfig is the hardening, the same for all containers (peers.md 3d 8):
// bounded memory (no swap on top), CPU, processes, open files and log; no
// capability but those of the blueprint; no new privileges; nothing of the host
// mounted; no restart behind our back; one port, on one address.
func hostConfig(spec pool.ContainerSpec, port nat.Port) *container.HostConfig {
	pids, init := int64(spec.Pids), true
	return &container.HostConfig{
		Resources: container.Resources{
			Memory: spec.MemoryB, MemorySwap: spec.MemoryB,
			NanoCPUs:  int64(spec.CPUs * 1e9),
			PidsLimit: &pids,
			Ulimits:   []*units.Ulimit{{Name: "nofile", Soft: maxOpenFiles, Hard: maxOpenFiles}},
		},
		CapDrop: []string{"ALL"}, CapAdd: spec.Capabilities,
		SecurityOpt: []string{"no-new-privileges"},
		LogConfig: container.LogConfig{Type: "json-file", Config: map[string]string{
			"max-size": logFileSize, "max-file": logFiles,
		}},
		Init:          &init,
		RestartPolicy: container.RestartPolicy{Name: container.RestartPolicyDisabled},
		// Without a host port the engine chooses a free one.
		PortBindings: nat.PortMap{port: {{HostIP: spec.Address}}},
	}
}

// pollEvery is the time between two looks at something that the engine is at.
const pollEvery = 100 * time.Millisecond

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

var errIncomplete = errors.New("the engine's answer is incomplete")
