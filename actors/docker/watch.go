package docker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/docker/docker/api/types/events"

	"dockerdriver/actors/pool"
)

// Watch reports container events (start, die, oom, destroy) of the installation
// until ctx ends or the stream breaks, and returns why; never nil. It begins
// with what happened since it was called by the engine's own clock, so a List
// begun after the call misses nothing. report is called from one goroutine, and
// a slow one delays the stream.
func (e *Engine) Watch(ctx context.Context, installation string, report func(pool.ContainerEvent)) error {
	// Ends the client's goroutine when we return.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	said, err := e.api().Info(ctx)
	if err != nil {
		return fmt.Errorf("cannot watch containers: %w", err)
	}
	filter := ours(installation)
	filter.Add("type", string(events.ContainerEventType))
	for _, kind := range []string{pool.ContainerStarted, pool.ContainerDied, pool.ContainerOOM, pool.ContainerDestroyed} {
		filter.Add("event", kind)
	}
	messages, broken := e.api().Events(ctx, events.ListOptions{Since: said.SystemTime, Filters: filter})
	for {
		select {
		case message := <-messages:
			// Not every engine is to be trusted with the filter.
			if message.Actor.Attributes[labelInstallation] == installation {
				report(event(message))
			}
		case err := <-broken:
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return fmt.Errorf("the engine's event stream ended: %w", err)
		}
	}
}

func event(message events.Message) pool.ContainerEvent {
	// Only die has one; 0 stands for none.
	exitCode, _ := strconv.Atoi(message.Actor.Attributes["exitCode"])
	return pool.ContainerEvent{
		InstanceID: message.Actor.Attributes[labelInstance], ContainerID: message.Actor.ID,
		Kind: string(message.Action), ExitCode: exitCode,
	}
}
