//go:build hosts

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pki"
	"dockerdriver/actors/pool"
)

// rack is a cloud whose machines are real Docker engines on this machine, each
// with mutual TLS in a network of its own, brought up by scripts that stand beside
// this repository. It implements actors.Cloud: a host's number is its machine.
type rack struct {
	testing.TB
	shared, state string
	ca            *pki.CA
	disks         map[int]int // MiB of a machine's own disk, by number; else it shares this machine's

	mu      sync.Mutex
	numbers map[string]int // by the host's name
	made    map[string]pool.Thing
}

const (
	rackName = "ddrack"
	rackNet  = "10.78.0"
)

func newRack(t *testing.T, ca *pki.CA, disks map[int]int) *rack {
	t.Helper()
	r := &rack{
		TB: t, shared: os.Getenv("DOCKERDRIVER_SHARED"), state: "/var/tmp/" + rackName + "-hosts", ca: ca, disks: disks,
		numbers: map[string]int{}, made: map[string]pool.Thing{},
	}
	require.DirExists(t, filepath.Join(r.shared, "hosts"), "DOCKERDRIVER_SHARED must name the folder of the hosts' scripts: run `make test-images`")
	r.must(t.Context(), "hosts-down.sh") // what a test that was killed left
	t.Cleanup(func() { r.must(context.Background(), "hosts-down.sh") })
	return r
}

// run runs one of the scripts.
func (r *rack) run(ctx context.Context, disk int, name string, args ...string) error {
	c := exec.CommandContext(ctx, filepath.Join(r.shared, "hosts", name), args...)
	c.Env = append(os.Environ(), "NB_ID="+rackName, "NB_STATE="+r.state, "NB_NET="+rackNet, "NB_HOST_MEM=0", fmt.Sprintf("NB_HOST_DISK=%d", disk))
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, out)
	}
	return nil
}

func (r *rack) must(ctx context.Context, name string, args ...string) {
	r.Helper()
	require.NoError(r, r.run(ctx, 0, name, args...))
}

// number is the host's machine, the lowest that is free when it is new.
func (r *rack) number(host string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	if n, known := r.numbers[host]; known {
		return n
	}
	taken := map[int]bool{}
	for _, n := range r.numbers {
		taken[n] = true
	}
	n := 1
	for taken[n] {
		n++
	}
	r.numbers[host] = n
	return n
}

func (*rack) Kind() string                                       { return "rack" }
func (*rack) MaxHosts() int                                      { return 0 }
func (*rack) Check(context.Context, pool.HostPlan, string) error { return nil }
func (*rack) Tend(context.Context, pool.Host) error              { return nil }

// Build starts the machine with a certificate of the installation's own.
func (r *rack) Build(ctx context.Context, host pool.Host, note func(pool.CloudResources) error) (pool.Machine, error) {
	n := r.number(host.Name)
	id := fmt.Sprintf("%s%d", rackName, n)
	made := pool.CloudResources{ServerID: id}
	if err := note(made); err != nil {
		return pool.Machine{}, err
	}
	files, err := r.ca.HostCertificate(host.Name, pki.HostLifetime)
	if err != nil {
		return pool.Machine{}, err
	}
	dir := filepath.Join(r.state, fmt.Sprintf("host%d", n), "tls")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return pool.Machine{}, err
	}
	for name, text := range map[string]string{"ca.pem": string(files.CA), "cert.pem": string(files.Cert), "key.pem": string(files.Key)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return pool.Machine{}, err
		}
	}
	if err := r.run(ctx, r.disks[n], "host-start.sh", fmt.Sprint(n)); err != nil {
		return pool.Machine{}, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.made[id] = pool.Thing{Kind: pool.ThingServer, ID: id, Name: host.Name, HostID: host.ID, CreatedAt: time.Now()}
	address := fmt.Sprintf("%s.%d", rackNet, 10+n)
	return pool.Machine{
		Endpoint: pool.Endpoint{URL: "tcp://" + address + ":2376", Address: address, ServerName: host.Name},
		Slots:    host.Plan.Slots, Resources: made,
	}, nil
}

// Release deletes the machine with its disk.
func (r *rack) Release(ctx context.Context, host pool.Host) error {
	n := r.number(host.Name)
	if err := r.run(ctx, 0, "hosts-down.sh", fmt.Sprint(n)); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.numbers, host.Name)
	delete(r.made, fmt.Sprintf("%s%d", rackName, n))
	return nil
}

// Things lists the machines that are there.
func (r *rack) Things(context.Context) ([]pool.Thing, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	things := make([]pool.Thing, 0, len(r.made))
	for _, thing := range r.made {
		things = append(things, thing)
	}
	return things, nil
}
