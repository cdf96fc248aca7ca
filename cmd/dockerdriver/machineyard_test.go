//go:build cloud

package main

import (
	"bufio"
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gophercloud/gophercloud/v2"
	"github.com/gophercloud/gophercloud/v2/openstack"
	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/servers"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"
)

// machineYard joins the real OpenStack to real engines by a script that sets up
// each machine from its user-data but runs none of it. What cloud-init would run
// and matters here, the host's own firewall, is run by the yard.
type machineYard struct {
	testing.TB
	shared, cloudsFile string
	nova               *gophercloud.ServiceClient // as the cloud's admin
	fences             chan struct{}              // closed: machines get their firewall
	work               sync.WaitGroup
}

const (
	// yardTime bounds the life of the joining script, should the test be killed.
	yardTime = "1200"
	// yardName begins the names of all that the yard makes on this machine.
	yardName = "ddyard"
	// yardGateway is the address that this machine has in the cloud's network.
	yardGateway = "10.77.0.1"
	yardState   = "/var/tmp/" + yardName + "-hosts"
)

// newMachineYard fences no machine in until fence is called.
func newMachineYard(t *testing.T) *machineYard {
	t.Helper()
	y := &machineYard{
		TB: t, shared: os.Getenv("DOCKERDRIVER_SHARED"), cloudsFile: filepath.Join(os.Getenv("OSDIR"), "clouds.yaml"), fences: make(chan struct{}),
	}
	require.DirExists(t, filepath.Join(y.shared, "cloud"), "DOCKERDRIVER_SHARED must name the folder of the cloud's scripts: run `make test-cloud`")
	require.FileExists(t, y.cloudsFile, "OSDIR must name the folder of the OpenStack that is up")
	y.nova = y.admin()
	y.script(t.Context(), "hosts-down.sh") // what a test that was killed left
	t.Cleanup(func() { y.script(context.Background(), "hosts-down.sh") })
	taken, err := exec.CommandContext(t.Context(), "ip", "-oneline", "address", "show", "to", yardGateway).Output()
	require.NoError(t, err)
	require.Empty(t, string(taken), "%s is in use: only one test at a time has machines of this cloud", yardGateway)
	ctx, cancel := context.WithCancel(context.Background())
	y.work.Go(func() {
		for ctx.Err() == nil {
			if err := y.join(ctx); err != nil && ctx.Err() == nil {
				t.Logf("the joining script ended (%v), and begins again", err)
			}
		}
	})
	t.Cleanup(func() { // before the hosts go
		cancel()
		y.work.Wait()
	})
	return y
}

// join runs the script that makes and removes machines as the cloud's servers
// come and go. Machines that are there when it begins are left as they are.
func (y *machineYard) join(ctx context.Context) error {
	script := y.command(ctx, "cloud", "shim.py", "--seconds", yardTime, "--boot-delay", "1")
	said, err := script.StdoutPipe()
	if err != nil {
		return err
	}
	script.Stderr = os.Stderr
	if err := script.Start(); err != nil {
		return err
	}
	for lines := bufio.NewScanner(said); lines.Scan(); {
		y.Log(lines.Text())
		if came := machineCame.FindStringSubmatch(lines.Text()); came != nil {
			y.work.Go(func() { y.fence(ctx, came[1], came[2]) })
		}
	}
	return script.Wait()
}

func (y *machineYard) command(ctx context.Context, folder, name string, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, filepath.Join(y.shared, folder, name), args...)
	c.Env = append(os.Environ(), "NB_ID="+yardName, "NB_STATE="+yardState, "NB_NET="+strings.TrimSuffix(yardGateway, ".1"), "NB_HOST_MEM=0")
	return c
}

var machineCame = regexp.MustCompile(`host (\d+) for (\S+) at `)

// admin is Nova as the cloud's operator sees it: with the user-data of servers.
func (y *machineYard) admin() *gophercloud.ServiceClient {
	provider, err := openstack.AuthenticatedClient(y.Context(), gophercloud.AuthOptions{
		IdentityEndpoint: os.Getenv("OS_AUTH_URL"), Username: "admin", Password: "admin", DomainName: "Default", AllowReauth: true,
		Scope: &gophercloud.AuthScope{ProjectName: "admin", DomainName: "Default"},
	})
	require.NoError(y, err)
	nova, err := openstack.NewComputeV2(provider, gophercloud.EndpointOpts{Region: os.Getenv("OS_REGION_NAME")})
	require.NoError(y, err)
	nova.Microversion = "2.79"
	return nova
}

// fenceTime is how long a machine's network may take to be there. One whose
// server is gone before has none.
const fenceTime = time.Minute

// fence runs the machine's firewall in its network, as its first boot would.
func (y *machineYard) fence(ctx context.Context, number, server string) {
	select {
	case <-y.fences:
	case <-ctx.Done():
		return
	}
	files, err := y.userData(ctx, server)
	if err != nil {
		y.Logf("machine %s is not fenced in: %v", number, err)
		return
	}
	dir, err := os.MkdirTemp("", "dockerdriver-yard-")
	if err != nil {
		y.Log(err)
		return
	}
	defer os.RemoveAll(dir)
	for name, path := range map[string]string{"env": "/etc/pb/host.env", "firewall": "/usr/local/sbin/pb-host-firewall"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(files[path]), 0o700); err != nil {
			y.Log(err)
			return
		}
	}
	ctx, cancel := context.WithTimeout(ctx, fenceTime)
	defer cancel()
	for {
		run := exec.CommandContext(ctx, "ip", "netns", "exec", yardName+number, "sh", "-c", "set -a; . ./env; exec sh ./firewall")
		run.Dir = dir
		out, err := run.CombinedOutput()
		if err == nil {
			y.Logf("machine %s is fenced in", number)
			return
		}
		select {
		case <-ctx.Done():
			y.Logf("machine %s is not fenced in: %v: %s", number, err, out)
			return
		case <-time.After(500 * time.Millisecond):
		}
	}
}

// userData is what the server's user-data writes, by path.
func (y *machineYard) userData(ctx context.Context, name string) (map[string]string, error) {
	found, err := y.server(ctx, name)
	if err != nil {
		return nil, err
	}
	if found.Userdata == nil {
		return nil, fmt.Errorf("server %s has no user-data", name)
	}
	text, err := base64.StdEncoding.DecodeString(*found.Userdata)
	if err != nil {
		return nil, fmt.Errorf("user-data of server %s: %w", name, err)
	}
	var config struct {
		Files []struct{ Path, Content string } `yaml:"write_files"`
	}
	if err := yaml.Unmarshal(text, &config); err != nil {
		return nil, fmt.Errorf("user-data of server %s: %w", name, err)
	}
	files := map[string]string{}
	for _, f := range config.Files {
		files[f.Path] = f.Content
	}
	return files, nil
}

func (y *machineYard) server(ctx context.Context, name string) (servers.Server, error) {
	pages, err := servers.List(y.nova, servers.ListOpts{Name: "^" + name + "$", AllTenants: true}).AllPages(ctx)
	if err != nil {
		return servers.Server{}, err
	}
	found, err := servers.ExtractServers(pages)
	if err != nil {
		return servers.Server{}, err
	}
	if len(found) != 1 {
		return servers.Server{}, fmt.Errorf("there are %d servers %s", len(found), name)
	}
	return found[0], nil
}

// containers are an instance's containers on the machine at an address, running or
// not, as its own engine tells on the machine itself.
func (y *machineYard) containers(address, instanceID string) []string {
	y.Helper()
	pid, err := os.ReadFile(filepath.Join(yardState, "host"+numberOf(address), "init.pid"))
	require.NoError(y, err)
	inside := []string{"--target", strings.Fields(string(pid))[0], "--mount", "--uts", "--ipc", "--net", "--pid"}
	list := []string{"docker", "--host", "unix:///run/docker.sock", "ps", "--all", "--quiet", "--filter", "label=pb.instance=" + instanceID}
	out, err := exec.CommandContext(y.Context(), "nsenter", append(inside, list...)...).CombinedOutput()
	require.NoError(y, err, "%s", out)
	return strings.Fields(string(out))
}

// cut drops all that goes to and from the machine at an address.
func (y *machineYard) cut(address string) {
	y.Helper()
	y.script(y.Context(), "host-cut.sh", numberOf(address), "--drop")
}

func (y *machineYard) script(ctx context.Context, name string, args ...string) {
	y.Helper()
	out, err := y.command(ctx, "hosts", name, args...).CombinedOutput()
	require.NoError(y, err, "%s %s: %s", name, strings.Join(args, " "), out)
}

// numberOf is the number of the machine at an address of the yard.
func numberOf(address string) string {
	last, _ := strconv.Atoi(address[strings.LastIndex(address, ".")+1:])
	return strconv.Itoa(last - 10)
}
