package docker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/docker/docker/api/types/events"
	"github.com/docker/docker/client"

	"dockerdriver/actors/pool"
)

// clockLimit bounds the questions that open a Watch, which itself has no limit.
const clockLimit = 10 * time.Second

// Watch reports container events (start, die, oom, destroy) of the installation
// until ctx ends or the stream breaks, and returns why; never nil. It begins
// with what happened since the call, so that nothing is lost between the call and
// the open stream. report is called from one goroutine, and
// a slow one delays the stream.
func (e *Engine) Watch(ctx context.Context, installation string, report func(pool.ContainerEvent)) error {
	// Ends the client's goroutine when we return.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	api, since, err := e.clock(ctx)
	if err != nil {
		return fmt.Errorf("cannot watch containers: %w", err)
	}
	filter := ours(installation)
	filter.Add("type", string(events.ContainerEventType))
	for _, kind := range []string{pool.ContainerStarted, pool.ContainerDied, pool.ContainerOOM, pool.ContainerDestroyed} {
		filter.Add("event", kind)
	}
	messages, broken := api.Events(ctx, events.ListOptions{Since: since, Filters: filter})
	for {
		select {
		case message := <-messages:
			// Not every engine is to be trusted with the filter.
			if message.Actor.Attributes[labelInstallation] == installation {
				report(event(message))
			}
		case err := <-broken:
			if ctx.Err() != nil { // nobody listens any more; how the line came down says nothing
				return ctx.Err()
			}
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return fmt.Errorf("the engine's event stream ended: %w", err)
		}
	}
}

// clock returns the client and the engine's own time at the moment of the call
// (clocks of hosts differ), or no time when the engine does not tell.
func (e *Engine) clock(ctx context.Context) (api *client.Client, at string, err error) {
	ctx, cancel := context.WithTimeout(ctx, clockLimit)
	defer cancel()
	asked := time.Now()
	api, err = e.api(ctx)
	if err != nil {
		return nil, "", err
	}
	said, err := api.Info(ctx)
	if err != nil {
		return nil, "", err
	}
	now, err := time.Parse(time.RFC3339Nano, said.SystemTime)
	if err != nil {
		return api, "", nil
	}
	return api, now.Add(-time.Since(asked)).Format(time.RFC3339Nano), nil
}

func event(message events.Message) pool.ContainerEvent {
	// Only die has one; 0 stands for none.
	exitCode, _ := strconv.Atoi(message.Actor.Attributes["exitCode"])
	return pool.ContainerEvent{
		InstanceID: message.Actor.Attributes[labelInstance], ContainerID: message.Actor.ID,
		Kind: string(message.Action), ExitCode: exitCode,
	}
}
