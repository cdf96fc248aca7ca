package engine

import (
	"errors"
	"net/http"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/events"

	"dockerdriver/actors/emulator/engine/shim"
)

// startError is a refused start: its exit code stays in the container's state, as in dockerd.
type startError struct {
	code int
	// system is what the kernel would say of the program, "" if only the emulator minds.
	system string
	err    error
}

func (s *startError) Error() string { return s.err.Error() }
func (s *startError) Unwrap() error { return s.err }

func (e *Engine) startContainer(w http.ResponseWriter, r *http.Request) error {
	c, err := e.containers.find(r.PathValue("name"))
	if err != nil {
		return err
	}
	c.change.Lock()
	defer c.change.Unlock()
	c.mu.Lock()
	gone, running := c.gone, c.run != nil
	c.mu.Unlock()
	switch {
	case gone:
		return fail(http.StatusNotFound, "No such container: %s", r.PathValue("name"))
	case running:
		w.WriteHeader(http.StatusNotModified)
		return nil
	case e.life.Err() != nil:
		return fail(http.StatusServiceUnavailable, "the emulated engine is stopping")
	}
	if err := e.begin(c); err != nil {
		return e.refuse(c, err)
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// refuse keeps why a start failed in the container's state, which stays what it was.
func (e *Engine) refuse(c *emulated, err error) error {
	var known *startError
	c.mu.Lock()
	defer c.mu.Unlock()
	c.record.Error, c.record.ExitCode = err.Error(), 128
	if errors.As(err, &known) {
		c.record.ExitCode = known.code
	}
	return errors.Join(err, c.save())
}

// begin runs the container's program; the caller holds change.
func (e *Engine) begin(c *emulated) error {
	spec, err := e.specOf(c)
	if err != nil {
		return err
	}
	ports, err := publish(e.life, c.record.Name, c.record.Config.ExposedPorts, c.record.Host.PortBindings, c.record.Host.PublishAllPorts)
	if err != nil {
		return err
	}
	if spec.Isolation == shim.None {
		if spec.Env, err = ports.adopt(e.life, spec.Env); err != nil {
			ports.close()
			return err
		}
	}
	if err := c.log.begin(); err != nil {
		ports.close()
		return err
	}
	started, err := e.launch(c, spec, ports)
	if err != nil {
		c.log.finish()
		ports.close()
		return &startError{code: 126, err: fail(http.StatusBadRequest, "failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: %v: unknown", err)}
	}
	return started
}

// launch starts the process and the work that goes with it. The event is published under mu, before anybody can see the
// exit, so that start never comes after die.
func (e *Engine) launch(c *emulated, spec shim.Spec, ports *forwarder) (saved, failed error) {
	outRead, outWrite, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	errRead, errWrite, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, outRead.Close(), outWrite.Close())
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	process, err := shim.Start(spec, outWrite, errWrite)
	_, _ = outWrite.Close(), errWrite.Close()
	if err != nil {
		return nil, errors.Join(err, outRead.Close(), errRead.Close())
	}
	this := &run{process: process, ports: ports, address: spec.Address, done: make(chan struct{})}
	var output sync.WaitGroup
	output.Go(func() { e.keepOutput(c, "stdout", outRead) })
	output.Go(func() { e.keepOutput(c, "stderr", errRead) })
	if spec.Isolation == shim.None {
		ports.serveBy(ports.dialDirect)
	} else {
		ports.serve(process, spec.Address)
	}
	c.run = this
	c.record.Status, c.record.OOM, c.record.ExitCode, c.record.Error = container.StateRunning, false, 0, ""
	c.record.Started, c.record.Finished = time.Now().UTC(), time.Time{}
	saved = c.save()
	e.containerEvent(c, events.ActionStart)
	e.work.Go(func() { e.await(c, this, &output) })
	return saved, nil
}

func (e *Engine) keepOutput(c *emulated, stream string, from *os.File) {
	defer from.Close()
	if err := c.log.copy(stream, from); err != nil {
		e.log.Error().Err(err).Str("container", c.shortID()).Msg("container log lost")
	}
}

// await sees a run to its end: output first, then the state, then the event, as dockerd does.
func (e *Engine) await(c *emulated, this *run, output *sync.WaitGroup) {
	<-this.process.Done()
	output.Wait()
	c.log.finish()
	this.ports.close()

	c.mu.Lock()
	c.run = nil
	c.record.Status, c.record.ExitCode, c.record.Finished = container.StateExited, this.process.ExitCode(), time.Now().UTC()
	if err := c.save(); err != nil {
		e.log.Error().Err(err).Str("container", c.shortID()).Msg("container state not kept")
	}
	if e.life.Err() == nil {
		e.containerEvent(c, events.ActionDie, "exitCode", strconv.Itoa(c.record.ExitCode))
	}
	ended := c.ended
	c.ended = make(chan struct{})
	auto := c.record.Host.AutoRemove
	c.mu.Unlock()
	close(this.done)
	close(ended)
	if auto && e.life.Err() == nil {
		if err := e.discard(c); err != nil {
			e.log.Error().Err(err).Str("container", c.shortID()).Msg("container not removed")
		}
	}
}
