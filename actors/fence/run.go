package fence

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"dockerdriver/actors/docker"
	"dockerdriver/actors/fence/probe"
	"dockerdriver/actors/pool"
)

// What each container may use.
const (
	memory = 128 << 20 // bytes
	cpus   = 1
	pids   = 64
)

const (
	pollEvery = 100 * time.Millisecond
	logLines  = 100
)

// run is one probe of one host.
type run struct {
	fence  *Fence
	engine *docker.Engine
	host   pool.Host
	id     string
}

// do runs the probe and returns its whole report.
func (r *run) do(ctx context.Context) ([]probe.Result, error) {
	if err := r.clear(ctx); err != nil { // what a killed server left
		return nil, err
	}
	imageID, err := r.fence.ensureImage(ctx, r.engine)
	if err != nil {
		return nil, err
	}
	neighbour, err := r.start(ctx, imageID, "neighbour", "fence", "listen")
	if err != nil {
		return nil, err
	}
	direct, err := r.meet(ctx, neighbour)
	if err != nil {
		return nil, err
	}
	targets := targets(r.host.Endpoint, neighbour.Target, direct)
	reach, err := r.start(ctx, imageID, "reach", command(r.id, targets)...)
	if err != nil {
		return nil, err
	}
	reach, err = r.awaitEnd(ctx, reach)
	if err != nil {
		return nil, err
	}
	said, err := r.engine.Logs(ctx, reach.ID, logLines)
	if err != nil {
		return nil, err
	}
	// One that ended meanwhile could not have been reached.
	if err := r.fence.config.Engines.Answers(ctx, neighbour.Target); err != nil {
		return nil, fmt.Errorf("the neighbour does not answer after the probe: %w", err)
	}
	return read(said, reach, r.id, targets)
}

func command(id string, targets probe.Targets) []string {
	words := []string{"fence", "reach", "--run=" + id}
	for _, target := range targets.Unproven {
		words = append(words, "--unproven="+target)
	}
	for _, target := range targets.Listening {
		words = append(words, "--listening="+target)
	}
	return words
}

// instance marks the containers, so that whoever finds them later knows what they were.
func (r *run) instance() string { return r.host.ProbeID() }

func (r *run) start(ctx context.Context, imageID, role string, command ...string) (pool.Container, error) {
	id, err := r.engine.Create(ctx, pool.ContainerSpec{
		Name: "pb-probe-" + r.host.ID + "-" + role, Installation: r.fence.config.Installation, InstanceID: r.instance(),
		ImageID: imageID, Command: command, MemoryB: memory, CPUs: cpus, Pids: pids,
		Port: probe.Port, Address: r.host.Endpoint.Address,
	})
	if err != nil {
		return pool.Container{}, err
	}
	return r.engine.Start(ctx, id)
}

// tellLimit is how long a neighbour that answers may take to tell where it is.
const tellLimit = 3 * time.Second

// meet waits until the neighbour answers us, and returns where it is without a published port.
func (r *run) meet(ctx context.Context, neighbour pool.Container) (direct []string, err error) {
	for {
		if !neighbour.Running {
			return nil, r.ended(ctx, "the neighbour", neighbour)
		}
		answer := r.fence.config.Engines.Answers(ctx, neighbour.Target)
		if answer == nil {
			break
		}
		if err := pause(ctx); err != nil {
			return nil, fmt.Errorf("the neighbour does not answer: %w", answer)
		}
		target := neighbour.Target
		if neighbour, err = r.find(ctx, neighbour.ID); err != nil {
			return nil, err
		}
		neighbour.Target = target
	}
	return r.told(ctx, neighbour)
}

// told are the addresses that the neighbour has printed. It answers before its
// words have found their way into the engine's log, so they are waited for a while.
func (r *run) told(ctx context.Context, neighbour pool.Container) (direct []string, err error) {
	patience, cancel := context.WithTimeout(ctx, tellLimit)
	defer cancel()
	for {
		said, err := r.engine.Logs(ctx, neighbour.ID, logLines)
		if err != nil {
			return nil, err
		}
		for _, line := range said {
			var told probe.Neighbour
			if json.Unmarshal([]byte(line), &told) != nil {
				continue
			}
			for _, address := range told.Addresses {
				direct = append(direct, net.JoinHostPort(address, strconv.Itoa(told.Port)))
			}
		}
		if len(direct) > 0 {
			return direct, nil
		}
		if pause(patience) != nil {
			return nil, fmt.Errorf("the neighbour does not tell its address; it said: %s", quoted(said))
		}
	}
}

func (r *run) awaitEnd(ctx context.Context, c pool.Container) (pool.Container, error) {
	for c.Running {
		if err := pause(ctx); err != nil {
			return c, fmt.Errorf("the probe does not end: %w", err)
		}
		var err error
		if c, err = r.find(ctx, c.ID); err != nil {
			return c, err
		}
	}
	return c, nil
}

func (r *run) ended(ctx context.Context, who string, c pool.Container) error {
	if c.Error != "" {
		return fmt.Errorf("%s could not start: %s", who, c.Error)
	}
	said, err := r.engine.Logs(ctx, c.ID, logLines)
	if err != nil {
		return fmt.Errorf("%s ended with exit code %d", who, c.ExitCode)
	}
	return fmt.Errorf("%s ended with exit code %d; it said: %s", who, c.ExitCode, quoted(said))
}

func (r *run) find(ctx context.Context, containerID string) (pool.Container, error) {
	all, err := r.mine(ctx)
	if err != nil {
		return pool.Container{}, err
	}
	for _, c := range all {
		if c.ID == containerID {
			return c, nil
		}
	}
	return pool.Container{}, errors.New("somebody has removed the probe's container")
}

// mine are the probe's containers on the host, of this run or an earlier one.
func (r *run) mine(ctx context.Context) (mine []pool.Container, err error) {
	all, err := r.engine.List(ctx, r.fence.config.Installation)
	for _, c := range all {
		if c.InstanceID == r.instance() {
			mine = append(mine, c)
		}
	}
	return mine, err
}

func (r *run) clear(ctx context.Context) error {
	mine, err := r.mine(ctx)
	failures := []error{err}
	for _, c := range mine {
		failures = append(failures, r.engine.Remove(ctx, c.ID))
	}
	return errors.Join(failures...)
}

// cleanUp is clear with a limit of its own. What it has to leave is removed by
// the next probe, or with the host.
func (r *run) cleanUp(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupLimit)
	defer cancel()
	if err := r.clear(ctx); err != nil {
		r.fence.config.Log.Warn().Err(err).Str("host", r.host.Name).Msg("cannot remove the probe's containers")
	}
}

func pause(ctx context.Context) error {
	timer := time.NewTimer(pollEvery)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// quoted is the end of what a container said, short enough for a page.
func quoted(lines []string) string {
	const most = 500
	said := strings.Join(lines, " / ")
	return strconv.Quote(said[max(0, len(said)-most):])
}
