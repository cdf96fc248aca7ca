package engine

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/events"

	"dockerdriver/actors/emulator/engine/shim"
)

// killed is the exit code of a container that ended with the emulator: 128 + SIGKILL.
const killed = 137

// record is what the state directory keeps of a container.
type record struct {
	ID       string
	Name     string
	Created  time.Time
	Image    string
	ImageID  string
	Path     string
	Args     []string
	Config   *container.Config
	Host     *container.HostConfig
	Status   container.ContainerState
	OOM      bool
	ExitCode int
	Error    string
	Started  time.Time
	Finished time.Time
}

// emulated is one container. Its identity (ID, Name, Image…) never changes; its state is behind mu.
type emulated struct {
	dir    string
	log    *logFile
	record record

	// change serialises start and removal, which take long; mu is held for moments only.
	change sync.Mutex
	mu     sync.Mutex
	run    *run
	// ended is closed and replaced at every exit, removed closed once; gone says so to those who come later.
	ended   chan struct{}
	removed chan struct{}
	gone    bool
}

// run is one life of a container's program.
type run struct {
	process *shim.Process
	ports   *forwarder
	address string
	// done is closed when the run has ended and its state says so.
	done chan struct{}
}

func newEmulated(dir string, r record) (*emulated, error) {
	logs, err := newLogFile(filepath.Join(dir, r.ID+"-json.log"), r.Host.LogConfig)
	if err != nil {
		return nil, err
	}
	return &emulated{dir: dir, log: logs, record: r, ended: make(chan struct{}), removed: make(chan struct{})}, nil
}

func (c *emulated) shortID() string { return c.record.ID[:12] }

func (c *emulated) running() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.run != nil
}

// snapshot is the container's state at one moment.
func (c *emulated) snapshot() (record, *run) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.record, c.run
}

// save writes the record; the caller holds mu or is alone with the container.
func (c *emulated) save() error { return writeFile(filepath.Join(c.dir, "record.json"), c.record) }

// killNow ends the program, if one runs, without a word.
func (c *emulated) killNow() {
	if _, r := c.snapshot(); r != nil {
		r.process.Kill()
	}
}

func (c *emulated) awaitStopped(ctx context.Context) {
	if _, r := c.snapshot(); r != nil {
		select {
		case <-r.done:
		case <-ctx.Done():
		}
	}
}

// attributes are those of the container's events: its labels, image and name, and what the event adds.
func (c *emulated) attributes(extra ...string) map[string]string {
	attributes := map[string]string{}
	for key, value := range c.record.Config.Labels {
		attributes[key] = value
	}
	attributes["image"] = c.record.Config.Image
	attributes["name"] = c.record.Name
	for i := 0; i+1 < len(extra); i += 2 {
		attributes[extra[i]] = extra[i+1]
	}
	return attributes
}

func (e *Engine) containerEvent(c *emulated, action events.Action, extra ...string) {
	e.events.publish(events.ContainerEventType, action, c.record.ID, c.attributes(extra...))
}

// removeFiles deletes all that the container had on disk.
func (c *emulated) removeFiles() error { return os.RemoveAll(c.dir) }
