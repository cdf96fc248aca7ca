//go:build cloud

package main

import (
	"bufio"
	"context"
	"encoding/base64"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
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
	work               sync.WaitGroup
}

// yardTime bounds the yard's life, should the test be killed.
const yardTime = "1500"

func newMachineYard(t *testing.T) *machineYard {
	t.Helper()
	y := &machineYard{TB: t, shared: os.Getenv("DOCKERDRIVER_SHARED"), cloudsFile: filepath.Join(os.Getenv("OSDIR"), "clouds.yaml")}
	require.DirExists(t, filepath.Join(y.shared, "cloud"), "DOCKERDRIVER_SHARED must name the folder of the cloud's scripts: run `make test-cloud`")
	require.FileExists(t, y.cloudsFile, "OSDIR must name the folder of the OpenStack that is up")
	y.nova = y.admin()
	t.Cleanup(func() { y.script(context.Background(), "hosts-down.sh") })
	ctx, cancel := context.WithCancel(context.Background())
	join := exec.CommandContext(ctx, filepath.Join(y.shared, "cloud", "shim.py"), "--seconds", yardTime, "--boot-delay", "1")
	join.Env = append(os.Environ(), "NB_HOST_MEM=0")
	said, err := join.StdoutPipe()
	require.NoError(t, err)
	join.Stderr = os.Stderr
	require.NoError(t, join.Start())
	y.work.Go(func() {
		for lines := bufio.NewScanner(said); lines.Scan(); {
			t.Log(lines.Text())
			if came := machineCame.FindStringSubmatch(lines.Text()); came != nil {
				y.work.Go(func() { y.fence(ctx, came[1], came[2]) })
			}
		}
	})
	t.Cleanup(func() { // before the hosts go
		cancel()
		_ = join.Wait()
		y.work.Wait()
	})
	return y
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

// fence runs the machine's firewall in its network, as its first boot would.
func (y *machineYard) fence(ctx context.Context, number, server string) {
	files := y.userData(ctx, server)
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
	var out []byte
	for ctx.Err() == nil { // its network comes a moment after the line
		run := exec.CommandContext(ctx, "ip", "netns", "exec", "nb"+number, "sh", "-c", "set -a; . ./env; exec sh ./firewall")
		run.Dir = dir
		if out, err = run.CombinedOutput(); err == nil {
			y.Logf("machine %s is fenced in", number)
			return
		}
		select {
		case <-ctx.Done():
		case <-time.After(500 * time.Millisecond):
		}
	}
	y.Logf("machine %s was never fenced in: %v: %s", number, err, out)
}

// userData is what the server's user-data writes, by path.
func (y *machineYard) userData(ctx context.Context, name string) map[string]string {
	pages, err := servers.List(y.nova, servers.ListOpts{Name: "^" + name + "$", AllTenants: true}).AllPages(ctx)
	if err != nil {
		y.Log(err)
		return nil
	}
	found, err := servers.ExtractServers(pages)
	if err != nil || len(found) != 1 || found[0].Userdata == nil {
		y.Logf("cannot read the user-data of %s: %v", name, err)
		return nil
	}
	text, err := base64.StdEncoding.DecodeString(*found[0].Userdata)
	if err != nil {
		y.Log(err)
		return nil
	}
	var config struct {
		Files []struct{ Path, Content string } `yaml:"write_files"`
	}
	if err := yaml.Unmarshal(text, &config); err != nil {
		y.Log(err)
	}
	files := map[string]string{}
	for _, f := range config.Files {
		files[f.Path] = f.Content
	}
	return files
}

// cut drops all that goes to and from the machine at an address.
func (y *machineYard) cut(address string) {
	y.Helper()
	y.script(y.Context(), "host-cut.sh", numberOf(address), "--drop")
}

func (y *machineYard) script(ctx context.Context, name string, args ...string) {
	out, err := exec.CommandContext(ctx, filepath.Join(y.shared, "hosts", name), args...).CombinedOutput()
	require.NoError(y, err, "%s %s: %s", name, strings.Join(args, " "), out)
}
