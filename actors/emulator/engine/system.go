package engine

import (
	"net/http"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/docker/docker/api/types"
	"github.com/docker/docker/api/types/container"
	apiregistry "github.com/docker/docker/api/types/registry"
	"github.com/docker/docker/api/types/system"

	"dockerdriver/actors/emulator/engine/shim"
)

// engineVersion is what the engine calls itself; the part behind the plus tells it from a real one.
const engineVersion = "27.5.1+emulated"

func (e *Engine) ping(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache, no-store, must-revalidate")
	w.Header().Set("Pragma", "no-cache")
	if r.Method == http.MethodHead {
		w.Header().Set("Content-Length", "0")
		return nil
	}
	_, _ = w.Write([]byte("OK"))
	return nil
}

func (e *Engine) version(w http.ResponseWriter, _ *http.Request) error {
	kernel := kernelVersion()
	answer := types.Version{
		Version: engineVersion, APIVersion: maxAPI, MinAPIVersion: minAPI, GoVersion: runtime.Version(),
		Os: "linux", Arch: runtime.GOARCH, KernelVersion: kernel,
		Components: []types.ComponentVersion{{Name: "Engine", Version: engineVersion, Details: map[string]string{
			"ApiVersion": maxAPI, "MinAPIVersion": minAPI, "Arch": runtime.GOARCH, "Os": "linux", "KernelVersion": kernel,
			"GoVersion": runtime.Version(), "Experimental": "false",
		}}},
	}
	answer.Platform.Name = "DockerDriver emulator"
	return writeJSON(w, http.StatusOK, answer)
}

func (e *Engine) info(w http.ResponseWriter, _ *http.Request) error {
	host, _ := os.Hostname()
	answer := system.Info{
		ID: e.dir, Name: host, ServerVersion: engineVersion, OperatingSystem: "DockerDriver emulator", OSType: "linux",
		Architecture: architecture(), KernelVersion: kernelVersion(), NCPU: runtime.NumCPU(), MemTotal: memTotal(),
		Driver: driver, DockerRootDir: e.dir, LoggingDriver: "json-file", CgroupDriver: "none", DefaultRuntime: "runc",
		Runtimes:    map[string]system.RuntimeWithStatus{"runc": {}},
		MemoryLimit: true, IPv4Forwarding: true, NGoroutines: runtime.NumGoroutine(),
		SystemTime: time.Now().UTC().Format(time.RFC3339Nano), InitBinary: "docker-init",
		Images: len(e.images.all()), RegistryConfig: &apiregistry.ServiceConfig{}, Labels: []string{}, SecurityOptions: []string{},
		Plugins:  system.PluginsInfo{Log: []string{"json-file"}, Network: []string{"bridge", "none"}, Volume: []string{}},
		Warnings: e.warnings(),
	}
	for _, c := range e.containers.all() {
		answer.Containers++
		if now, this := c.snapshot(); this != nil {
			answer.ContainersRunning++
		} else if now.Status != container.StateRunning {
			answer.ContainersStopped++
		}
	}
	return writeJSON(w, http.StatusOK, answer)
}

func (e *Engine) warnings() []string {
	warnings := []string{
		"WARNING: This is an emulated engine: its containers are processes of static binaries",
		"WARNING: CPU and pids limits are not enforced; memory limits are, by a check every " + memoryPoll.String(),
	}
	if e.isolation == shim.None {
		warnings = append(warnings, "WARNING: No namespaces on this machine: containers share the host's network and files, and must listen on PORT")
	}
	return warnings
}

func architecture() string {
	if name, ok := map[string]string{"amd64": "x86_64", "arm64": "aarch64", "386": "i686"}[runtime.GOARCH]; ok {
		return name
	}
	return runtime.GOARCH
}

func kernelVersion() string {
	release, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(release))
}

// memTotal is the machine's memory in bytes, 0 if it does not say.
func memTotal() int64 {
	info, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0
	}
	return kibibytes(string(info), "MemTotal:")
}
