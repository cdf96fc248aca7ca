package engine

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/events"
	"golang.org/x/sys/unix"
)

const (
	// stopTimeout is how long a stop waits for the program before it kills, unless told (dockerd's default).
	stopTimeout = 10 * time.Second
	// killTimeout is how long a kill waits for the kernel.
	killTimeout = 10 * time.Second
)

func (e *Engine) stopContainer(w http.ResponseWriter, r *http.Request) error {
	c, err := e.containers.find(r.PathValue("name"))
	if err != nil {
		return err
	}
	signal, err := stopSignal(r.URL.Query().Get("signal"), c.record.Config)
	if err != nil {
		return err
	}
	wait, err := stopWait(r.URL.Query().Get("t"), c.record.Config)
	if err != nil {
		return err
	}
	_, this := c.snapshot()
	if this == nil {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	if !e.stop(r.Context(), c, this, signal, wait) {
		return fail(http.StatusInternalServerError, "cannot stop container: %s: tried to kill container, but did not receive an exit event", r.PathValue("name"))
	}
	e.containerEvent(c, events.ActionStop)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func stopSignal(asked string, config *container.Config) (syscall.Signal, error) {
	if asked == "" {
		asked = config.StopSignal
	}
	if asked == "" {
		return syscall.SIGTERM, nil
	}
	return readSignal(asked)
}

// stopWait is the time until the kill; a negative number means for ever, as in dockerd.
func stopWait(asked string, config *container.Config) (time.Duration, error) {
	seconds := int(stopTimeout / time.Second)
	if config.StopTimeout != nil {
		seconds = *config.StopTimeout
	}
	if asked != "" {
		n, err := strconv.Atoi(asked)
		if err != nil {
			return 0, fail(http.StatusBadRequest, "%v", err)
		}
		seconds = n
	}
	if seconds < 0 {
		return 1<<63 - 1, nil
	}
	return time.Duration(seconds) * time.Second, nil
}

// stop asks, waits and kills. A client that goes away does not take its request back.
func (e *Engine) stop(ctx context.Context, c *emulated, this *run, signal syscall.Signal, wait time.Duration) bool {
	e.signal(c, this, signal)
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-this.done:
		return true
	case <-timer.C:
	case <-e.life.Done():
	}
	return e.kill(context.WithoutCancel(ctx), c, this)
}

// signal publishes first: the event of a deadly signal comes before that of the death.
func (e *Engine) signal(c *emulated, this *run, signal syscall.Signal) {
	e.containerEvent(c, events.ActionKill, "signal", strconv.Itoa(int(signal)))
	if err := this.process.Signal(signal); err != nil {
		e.log.Debug().Err(err).Str("container", c.shortID()).Msg("signal came too late")
	}
}

func (e *Engine) kill(ctx context.Context, c *emulated, this *run) bool {
	e.signal(c, this, syscall.SIGKILL)
	ctx, cancel := context.WithTimeout(ctx, killTimeout)
	defer cancel()
	select {
	case <-this.done:
		return true
	case <-ctx.Done():
		return false
	}
}

func (e *Engine) killContainer(w http.ResponseWriter, r *http.Request) error {
	asked := r.URL.Query().Get("signal")
	if asked == "" {
		asked = "KILL"
	}
	signal, err := readSignal(asked)
	if err != nil {
		return err
	}
	name := r.PathValue("name")
	c, err := e.containers.find(name)
	if err != nil {
		return err
	}
	_, this := c.snapshot()
	if this == nil {
		return fail(http.StatusConflict, "Cannot kill container: %s: Container %s is not running", name, c.record.ID)
	}
	if signal != syscall.SIGKILL {
		e.signal(c, this, signal)
	} else if !e.kill(r.Context(), c, this) {
		return fail(http.StatusInternalServerError, "Cannot kill container: %s: tried to kill container, but did not receive an exit event", name)
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// readSignal takes 15, TERM and SIGTERM.
func readSignal(name string) (syscall.Signal, error) {
	if number, err := strconv.Atoi(name); err == nil {
		if number < 1 || number > 64 {
			return 0, fail(http.StatusBadRequest, "Invalid signal: %s", name)
		}
		return syscall.Signal(number), nil
	}
	full := "SIG" + strings.TrimPrefix(strings.ToUpper(name), "SIG")
	if signal := unix.SignalNum(full); signal != 0 {
		return signal, nil
	}
	return 0, fail(http.StatusBadRequest, "Invalid signal: %s", name)
}
