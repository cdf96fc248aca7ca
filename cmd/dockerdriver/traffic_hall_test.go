//go:build hosts

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"dockerdriver/actors/emulator/openstack"
)

// hall is an emulated OpenStack whose machines are real Docker engines on this
// machine, each in a network of its own, brought up by scripts that stand beside
// this repository and set up from the server's own user-data.
type hall struct {
	testing.TB
	shared, dir string
	cloud       *openstack.Cloud
	work        sync.WaitGroup

	mu     sync.Mutex
	booted map[int]chan struct{} // by number; closed once the machine's start has ended
	// going is held while a machine is deleted: what was done to one must not be
	// undone on the next that has its number.
	going sync.Mutex
}

const (
	hallName = "ddhall"
	hallNet  = "10.79.0"
	// hallRange is where the cloud gives addresses: the scripts' machines are
	// numbered by the last byte, less ten, and none has number 0.
	hallRange = hallNet + ".32/27"
	hallState = "/var/tmp/" + hallName + "-hosts"
	bootLimit = time.Minute
)

func newHall(t *testing.T) *hall {
	t.Helper()
	h := &hall{TB: t, shared: os.Getenv("DOCKERDRIVER_SHARED"), booted: map[int]chan struct{}{}, dir: t.TempDir()}
	require.DirExists(t, filepath.Join(h.shared, "hosts"), "DOCKERDRIVER_SHARED must name the folder of the hosts' scripts: run `make test-traffic`")
	h.must(t.Context(), "hosts-down.sh") // what a test that was killed left
	t.Cleanup(func() {
		h.must(context.Background(), "hosts-down.sh")
		left, err := filepath.Glob("/run/netns/" + hallName + "*")
		require.NoError(t, err)
		require.Empty(t, left, "nothing is left of the machines")
	})
	config := openstack.Demo()
	for n := range config.Networks {
		if config.Networks[n].Project != "" {
			config.Networks[n].CIDR = hallRange
		}
	}
	config.DeletedFor, config.Log = time.Millisecond, zerolog.Nop()
	config.OnActive, config.OnGone = h.boot, h.remove
	cloud, err := openstack.Start(t.Context(), config)
	require.NoError(t, err)
	h.cloud = cloud
	t.Cleanup(func() { // before the machines go
		require.NoError(t, cloud.Close())
		h.work.Wait()
	})
	return h
}

// boot starts the machine of a server that has become ACTIVE.
func (h *hall) boot(s openstack.Server) {
	number, done := numberAt(s.Address), make(chan struct{})
	h.mu.Lock()
	h.booted[number] = done
	h.mu.Unlock()
	h.work.Go(func() {
		defer close(done)
		ctx, cancel := context.WithTimeout(context.Background(), bootLimit)
		defer cancel()
		if err := h.setUp(ctx, number, s.UserData); err != nil {
			h.Logf("machine %d does not boot: %v", number, err)
		}
	})
}

// remove deletes the machine of a server that is gone, before another one may
// get its address.
func (h *hall) remove(s openstack.Server) {
	number := numberAt(s.Address)
	h.mu.Lock()
	done := h.booted[number]
	h.mu.Unlock()
	if done == nil {
		return
	}
	<-done
	h.going.Lock()
	defer h.going.Unlock()
	if err := h.run(context.Background(), "hosts-down.sh", fmt.Sprint(number)); err != nil {
		h.Log(err)
	}
}

// ifThere runs do while the machine of a server cannot be deleted, unless the
// server is gone already.
func (h *hall) ifThere(serverID string, do func() error) error {
	h.going.Lock()
	defer h.going.Unlock()
	for _, s := range h.cloud.Servers() {
		if s.ID == serverID {
			return do()
		}
	}
	return nil
}

// ofTheScripts are the daemon's settings that the scripts give as flags.
var ofTheScripts = []string{"hosts", "tls", "tlsverify", "tlscacert", "tlscert", "tlskey"}

// setUp does what cloud-init would do with the user-data and matters here: it
// writes the engine's certificates and settings, starts it, and raises the
// firewall.
func (h *hall) setUp(ctx context.Context, number int, userData []byte) error {
	var config struct {
		Files []struct{ Path, Content string } `yaml:"write_files"`
	}
	if err := yaml.Unmarshal(userData, &config); err != nil {
		return err
	}
	dir, own := filepath.Join(hallState, fmt.Sprint("host", number)), filepath.Join(h.dir, fmt.Sprint(number))
	for _, f := range config.Files {
		to := filepath.Join(own, path.Base(f.Path))
		content := []byte(f.Content)
		switch {
		case strings.HasPrefix(f.Path, "/etc/pb/tls/"):
			to = filepath.Join(dir, "tls", path.Base(f.Path))
		case f.Path == "/etc/docker/daemon.json":
			daemon := map[string]any{}
			if err := json.Unmarshal(content, &daemon); err != nil {
				return err
			}
			for _, key := range ofTheScripts {
				delete(daemon, key)
			}
			content, _ = json.Marshal(daemon) // of what was JSON
			to = filepath.Join(dir, "etc", "daemon.json")
		}
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(to, content, 0o700); err != nil {
			return err
		}
	}
	if err := h.run(ctx, "host-start.sh", fmt.Sprint(number)); err != nil {
		return err
	}
	// Who had the address before is forgotten, as a cloud's network does.
	address := fmt.Sprintf("%s.%d", hallNet, number+10)
	if out, err := exec.CommandContext(ctx, "ip", "neigh", "flush", "dev", hallName+"r0", "to", address).CombinedOutput(); err != nil {
		return fmt.Errorf("its neighbours: %w: %s", err, out)
	}
	fence := exec.CommandContext(ctx, "ip", "netns", "exec", fmt.Sprint(hallName, number), "sh", "-c", "set -a; . ./host.env; exec sh ./pb-host-firewall")
	fence.Dir = own
	if out, err := fence.CombinedOutput(); err != nil {
		return fmt.Errorf("its firewall: %w: %s", err, out)
	}
	return nil
}

// run runs one of the scripts.
func (h *hall) run(ctx context.Context, name string, args ...string) error {
	c := exec.CommandContext(ctx, filepath.Join(h.shared, "hosts", name), args...)
	c.Env = append(os.Environ(), "NB_ID="+hallName, "NB_STATE="+hallState, "NB_NET="+hallNet, "NB_HOST_MEM=0")
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, out)
	}
	return nil
}

func (h *hall) must(ctx context.Context, name string, args ...string) {
	h.Helper()
	require.NoError(h, h.run(ctx, name, args...))
}

// strike runs a script on the machine at an address.
func (h *hall) strike(address, name string, args ...string) {
	h.Helper()
	ctx, cancel := context.WithTimeout(h.Context(), bootLimit)
	defer cancel()
	h.must(ctx, name, append([]string{fmt.Sprint(numberAt(address))}, args...)...)
}

// cutOff drops all that goes to and from the machine at an address, in silence:
// also what its containers send, which the script lets out.
func (h *hall) cutOff(address string) {
	h.Helper()
	ctx, cancel := context.WithTimeout(h.Context(), bootLimit)
	defer cancel()
	require.NoError(h, h.silence(ctx, address))
}

func (h *hall) silence(ctx context.Context, address string) error {
	if err := h.run(ctx, "host-cut.sh", fmt.Sprint(numberAt(address)), "--drop"); err != nil {
		return err
	}
	out, err := exec.CommandContext(ctx, "ip", "netns", "exec", fmt.Sprint(hallName, numberAt(address)),
		"iptables", "-w", "-t", "raw", "-I", "PREROUTING", "-i", "docker0", "-m", "comment", "--comment", "nb-cut", "-j", "DROP").CombinedOutput()
	if err != nil {
		return fmt.Errorf("the containers' way out: %w: %s", err, out)
	}
	return nil
}

// docker is the docker command on the machine at an address.
func (h *hall) docker(address string, args ...string) string {
	h.Helper()
	return h.inside(address, append([]string{"docker", "--host", "unix:///run/docker.sock"}, args...)...)
}

// inside runs a command on the machine at an address.
func (h *hall) inside(address string, command ...string) string {
	h.Helper()
	ctx, cancel := context.WithTimeout(h.Context(), bootLimit)
	defer cancel()
	out, err := h.enter(ctx, address, command...)
	require.NoError(h, err)
	return out
}

// enter is inside where the machine may be gone.
func (h *hall) enter(ctx context.Context, address string, command ...string) (string, error) {
	pid, err := os.ReadFile(filepath.Join(hallState, fmt.Sprint("host", numberAt(address)), "init.pid"))
	if err != nil {
		return "", err
	}
	if len(strings.Fields(string(pid))) == 0 {
		return "", fmt.Errorf("the machine at %s has no init", address)
	}
	into := []string{"--target", strings.Fields(string(pid))[0], "--mount", "--uts", "--ipc", "--net", "--pid"}
	out, err := exec.CommandContext(ctx, "nsenter", append(into, command...)...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%v: %w: %s", command, err, out)
	}
	return strings.TrimSpace(string(out)), nil
}

// numberAt is the number that the scripts know the machine at an address by.
func numberAt(address string) int {
	at, err := netip.ParseAddr(address)
	if err != nil {
		return 0
	}
	return int(at.As4()[3]) - 10
}
