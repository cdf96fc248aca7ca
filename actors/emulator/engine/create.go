package engine

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/events"
	"github.com/docker/go-connections/nat"

	"dockerdriver/actors/emulator/engine/shim"
)

// minMemory is the smallest memory limit that dockerd takes, in bytes.
const minMemory = 6 << 20

var validName = regexp.MustCompile(`^/?[a-zA-Z0-9][a-zA-Z0-9_.-]+$`)

func (e *Engine) createContainer(w http.ResponseWriter, r *http.Request) error {
	var request container.CreateRequest
	if err := readJSON(r, &request); err != nil {
		return err
	}
	if request.Config == nil {
		return fail(http.StatusBadRequest, "Config cannot be empty in order to create a container")
	}
	name := strings.TrimPrefix(r.URL.Query().Get("name"), "/")
	if name != "" && !validName.MatchString(name) {
		return fail(http.StatusBadRequest, "Invalid container name (%s), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed", name)
	}
	img, err := e.images.find(request.Image)
	if err != nil {
		return err
	}
	host := request.HostConfig
	if host == nil {
		host = &container.HostConfig{}
	}
	if err := checkRequest(request.Config, host, e.isolation); err != nil {
		return err
	}
	warnings, err := checkPlatform(r.URL.Query().Get("platform"), request.Image, img)
	if err != nil {
		return err
	}
	if host.RestartPolicy.Name != "" && !host.RestartPolicy.IsNone() {
		warnings = append(warnings, "The emulated engine does not restart containers: the restart policy has no effect")
	}
	c, err := e.make(name, img, request.Config, host)
	if err != nil {
		return err
	}
	e.containerEvent(c, events.ActionCreate)
	return writeJSON(w, http.StatusCreated, container.CreateResponse{ID: c.record.ID, Warnings: warnings})
}

// make keeps the record before the container can be found, so that what is found survives a crash.
func (e *Engine) make(name string, img *image, config *container.Config, host *container.HostConfig) (*emulated, error) {
	id := newID()
	if name == "" {
		name = "emulated_" + id[:12]
	}
	merge(config, &img.Config.Config)
	command := append(slices.Clone([]string(config.Entrypoint)), config.Cmd...)
	if len(command) == 0 || command[0] == "" {
		return nil, fail(http.StatusBadRequest, "No command specified")
	}
	if config.Hostname == "" {
		config.Hostname = id[:12]
	}
	complete(host)
	dir := filepath.Join(e.dir, "containers", id)
	c, err := newEmulated(dir, record{
		ID: id, Name: name, Created: time.Now().UTC(), Image: config.Image, ImageID: img.ID,
		Path: command[0], Args: command[1:], Config: config, Host: host, Status: container.StateCreated,
	})
	if err != nil {
		return nil, fail(http.StatusBadRequest, "%v", err)
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, fmt.Errorf("cannot make the container's folder: %v", err)
	}
	err = c.save()
	if err == nil {
		err = e.containers.add(c)
	}
	if err != nil {
		_ = c.removeFiles()
		return nil, err
	}
	return c, nil
}

func newID() string {
	id := make([]byte, 32)
	_, _ = rand.Read(id) // never fails (crypto/rand)
	return hex.EncodeToString(id)
}

// merge completes a container's configuration with its image's, by dockerd's rules.
func merge(config, from *container.Config) {
	if config.User == "" {
		config.User = from.User
	}
	if len(config.Entrypoint) == 0 {
		if len(config.Cmd) == 0 {
			config.Cmd = from.Cmd
		}
		if config.Entrypoint == nil {
			config.Entrypoint = from.Entrypoint
		}
	}
	if config.WorkingDir == "" {
		config.WorkingDir = from.WorkingDir
	}
	if config.StopSignal == "" {
		config.StopSignal = from.StopSignal
	}
	for _, entry := range from.Env {
		name, _, _ := strings.Cut(entry, "=")
		if !slices.ContainsFunc(config.Env, func(own string) bool { return own == name || strings.HasPrefix(own, name+"=") }) {
			config.Env = append(config.Env, entry)
		}
	}
	if config.Labels == nil {
		config.Labels = map[string]string{}
	}
	for key, value := range from.Labels {
		if _, ok := config.Labels[key]; !ok {
			config.Labels[key] = value
		}
	}
	for port := range from.ExposedPorts {
		if config.ExposedPorts == nil {
			config.ExposedPorts = nat.PortSet{}
		}
		config.ExposedPorts[port] = struct{}{}
	}
}

// complete fills in what dockerd shows of a container that did not say it.
func complete(host *container.HostConfig) {
	if host.NetworkMode == "" {
		host.NetworkMode = "default"
	}
	if host.LogConfig.Type == "" {
		host.LogConfig.Type = "json-file"
	}
	if host.LogConfig.Config == nil {
		host.LogConfig.Config = map[string]string{}
	}
	if host.IpcMode == "" {
		host.IpcMode = "private"
	}
	if host.CgroupnsMode == "" {
		host.CgroupnsMode = "host"
	}
	if host.Runtime == "" {
		host.Runtime = "runc"
	}
	if host.ShmSize == 0 {
		host.ShmSize = 64 << 20
	}
	if host.OomKillDisable == nil {
		host.OomKillDisable = new(bool)
	}
	if host.Memory > 0 && host.MemorySwap == 0 {
		host.MemorySwap = 2 * host.Memory
	}
}

// checkRequest refuses what dockerd refuses, in its words, and what the emulator does not have, in its own.
func checkRequest(config *container.Config, host *container.HostConfig, isolation shim.Isolation) error {
	for _, entry := range config.Env {
		if name, _, _ := strings.Cut(entry, "="); name == "" {
			return fail(http.StatusBadRequest, "invalid environment variable: %s", entry)
		}
	}
	switch {
	case host.Memory != 0 && host.Memory < minMemory:
		return fail(http.StatusBadRequest, "Minimum memory limit allowed is 6MB")
	case host.Memory > 0 && host.MemorySwap > 0 && host.MemorySwap < host.Memory:
		return fail(http.StatusBadRequest, "Minimum memoryswap limit should be larger than memory limit, see usage")
	case host.Memory == 0 && host.MemorySwap > 0:
		return fail(http.StatusBadRequest, "You should always set the Memory limit when using Memoryswap limit, see usage")
	case host.NanoCPUs < 0 || host.NanoCPUs > int64(runtime.NumCPU())*1e9:
		return fail(http.StatusBadRequest, "Range of CPUs is from 0.01 to %d.00, as there are only %d CPUs available", runtime.NumCPU(), runtime.NumCPU())
	case host.LogConfig.Type != "" && host.LogConfig.Type != "json-file":
		return fail(http.StatusNotImplemented, "the emulated engine has no log driver but json-file, not %q", host.LogConfig.Type)
	case len(host.Binds)+len(host.Mounts)+len(host.Tmpfs)+len(config.Volumes) > 0:
		return fail(http.StatusNotImplemented, "the emulated engine has no volumes, bind mounts or tmpfs mounts")
	case config.Tty:
		return fail(http.StatusNotImplemented, "the emulated engine has no terminals (Tty)")
	case !slices.Contains([]string{"", "default", "bridge", "none"}, string(host.NetworkMode)):
		return fail(http.StatusNotFound, "network %s not found", host.NetworkMode)
	case host.Privileged && isolation != shim.Root:
		return fail(http.StatusNotImplemented, "the emulated engine has no privileged containers unless it runs as root")
	}
	if err := checkCapabilities("CapAdd", host.CapAdd); err != nil {
		return err
	}
	if err := checkCapabilities("CapDrop", host.CapDrop); err != nil {
		return err
	}
	for port := range host.PortBindings {
		if port.Proto() != "tcp" {
			return fail(http.StatusNotImplemented, "the emulated engine publishes TCP ports only, not %s", port)
		}
	}
	return nil
}

func checkCapabilities(field string, names []string) error {
	for _, name := range names {
		if full := capabilityName(name); full != "ALL" && !slices.Contains(shim.Capabilities, full) {
			return fail(http.StatusBadRequest, "invalid %s: unknown capability: %q", field, full)
		}
	}
	return nil
}

func checkPlatform(wanted, name string, img *image) (warnings []string, err error) {
	has := "linux/" + img.Config.Architecture
	machine := "linux/" + runtime.GOARCH
	warnings = []string{}
	switch {
	case wanted != "" && wanted != has:
		return nil, fail(http.StatusNotFound, "image with reference %s was found but does not match the specified platform: wanted %s, actual: %s", name, wanted, has)
	case wanted == "" && has != machine:
		warnings = append(warnings, fmt.Sprintf("The requested image's platform (%s) does not match the detected host platform (%s) and no specific platform was requested", has, machine))
	}
	return warnings, nil
}
