package engine

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/docker/docker/api/types/container"
)

// registry is all containers of an engine: <state>/containers/<id>/record.json.
type registry struct {
	dir string

	mu     sync.Mutex
	byID   map[string]*emulated
	byName map[string]string
	// addresses counts the IPv4 addresses given out; each container has a network of its own, so they may repeat.
	addresses int
}

// openContainers reads the records. What ran when the emulator ended was killed with it.
func openContainers(state string) (*registry, error) {
	reg := &registry{dir: filepath.Join(state, "containers"), byID: map[string]*emulated{}, byName: map[string]string{}}
	entries, err := os.ReadDir(reg.dir)
	if err != nil {
		return nil, fmt.Errorf("cannot read the containers: %v", err)
	}
	for _, entry := range entries {
		dir := filepath.Join(reg.dir, entry.Name())
		var r record
		if err := readFile(filepath.Join(dir, "record.json"), &r); err != nil {
			if errors.Is(err, os.ErrNotExist) {
				// Its creation was never answered.
				_ = os.RemoveAll(dir)
				continue
			}
			return nil, err
		}
		if r.Status == container.StateRunning {
			r.Status, r.ExitCode, r.Finished = container.StateExited, killed, time.Now().UTC()
		}
		c, err := newEmulated(dir, r)
		if err != nil {
			return nil, err
		}
		if err := c.save(); err != nil {
			return nil, err
		}
		reg.byID[r.ID], reg.byName[r.Name] = c, r.ID
	}
	return reg, nil
}

// add registers a container under its name, or says who has the name.
func (reg *registry) add(c *emulated) error {
	reg.mu.Lock()
	defer reg.mu.Unlock()
	if holder, ok := reg.byName[c.record.Name]; ok {
		return fail(http.StatusConflict, "Conflict. The container name \"/%s\" is already in use by container %q. You have to remove (or rename) that container to be able to reuse that name.", c.record.Name, holder)
	}
	reg.byID[c.record.ID], reg.byName[c.record.Name] = c, c.record.ID
	return nil
}

func (reg *registry) remove(c *emulated) {
	reg.mu.Lock()
	defer reg.mu.Unlock()
	delete(reg.byID, c.record.ID)
	delete(reg.byName, c.record.Name)
}

// find resolves a full ID, a name, or the beginning of one ID.
func (reg *registry) find(name string) (*emulated, error) {
	reg.mu.Lock()
	defer reg.mu.Unlock()
	if c, ok := reg.byID[name]; ok {
		return c, nil
	}
	if id, ok := reg.byName[strings.TrimPrefix(name, "/")]; ok {
		return reg.byID[id], nil
	}
	var found *emulated
	for id, c := range reg.byID {
		if !strings.HasPrefix(id, name) {
			continue
		}
		if found != nil {
			return nil, fail(http.StatusBadRequest, "Multiple IDs found with provided prefix: %s", name)
		}
		found = c
	}
	if found == nil {
		return nil, fail(http.StatusNotFound, "No such container: %s", name)
	}
	return found, nil
}

// all lists the containers, the newest first.
func (reg *registry) all() []*emulated {
	reg.mu.Lock()
	defer reg.mu.Unlock()
	list := make([]*emulated, 0, len(reg.byID))
	for _, c := range reg.byID {
		list = append(list, c)
	}
	slices.SortFunc(list, func(a, b *emulated) int { return b.record.Created.Compare(a.record.Created) })
	return list
}

// address gives out 172.17.0.2 and up, as Docker's own bridge does.
func (reg *registry) address() string {
	reg.mu.Lock()
	defer reg.mu.Unlock()
	n := reg.addresses
	reg.addresses = (n + 1) % (250 * 250)
	return fmt.Sprintf("172.17.%d.%d", n/250, n%250+2)
}
