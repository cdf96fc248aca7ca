package docker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/docker/docker/api/types/events"

	"dockerdriver/actors/pool"
)

// Watch reports container events (start, die, oom, destroy) of the installation
// until ctx ends or the stream breaks, and returns why; never nil. It begins
// with what happened since the call, so that nothing is lost between the call and
// the open stream. report is called from one goroutine, and
// a slow one delays the stream.
func (e *Engine) Watch(ctx context.Context, installation string, report func(pool.ContainerEvent)) error {
	// Ends the client's goroutine when we return.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	since, err := e.clock(ctx)
	if err != nil {
		return fmt.Errorf("cannot watch containers: %w", err)
	}
	filter := ours(installation)
	filter.Add("type", string(events.ContainerEventType))
	for _, kind := range []string{pool.ContainerStarted, pool.ContainerDied, pool.ContainerOOM, pool.ContainerDestroyed} {
		filter.Add("event", kind)
	}
	messages, broken := e.api().Events(ctx, events.ListOptions{Since: since, Filters: filter})
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

// clock returns the engine's own time at the moment of the call (clocks of hosts
// differ), or nothing when the engine does not tell.
func (e *Engine) clock(ctx context.Context) (string, error) {
	asked := time.Now()
	said, err := e.api().Info(ctx)
	if err != nil {
		return "", err
	}
	at, err := time.Parse(time.RFC3339Nano, said.SystemTime)
	if err != nil {
		return "", nil
	}
	return at.Add(-time.Since(asked)).Format(time.RFC3339Nano), nil
}

func event(message events.Message) pool.ContainerEvent {
	// Only die has one; 0 stands for none.
	exitCode, _ := strconv.Atoi(message.Actor.Attributes["exitCode"])
	return pool.ContainerEvent{
		InstanceID: message.Actor.Attributes[labelInstance], ContainerID: message.Actor.ID,
		Kind: string(message.Action), ExitCode: exitCode,
	}
}
