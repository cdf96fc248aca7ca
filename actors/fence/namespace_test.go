package fence_test

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"dockerdriver/actors/cloud/openstack/userdata"
	"dockerdriver/actors/pool"
)

const (
	hostAddress    = "10.88.0.5"
	outsideAddress = "10.88.0.1"
	metadataServer = "169.254.169.254"
	// envOutside tells this program that it is in the namespaces that it asked for.
	envOutside = "DOCKERDRIVER_TEST_OUTSIDE"
)

// outside runs the test again in namespaces of its own (network, mounts,
// processes), where it is what is outside of the host, and tells whether this is
// that second run. Whatever it starts ends with it.
func outside(t *testing.T) bool {
	t.Helper()
	if os.Getenv(envOutside) != "" {
		return true
	}
	if os.Getenv("CI") == "" && os.Getenv("DOCKERDRIVER_LONG_TESTS") == "" {
		t.Skip("a real engine in namespaces takes more than a minute: make test runs this")
	}
	for name, debianPackage := range map[string]string{"dockerd": "docker.io", "iptables-restore": "iptables", "ip": "iproute2", "unshare": "util-linux", "nsenter": "util-linux"} {
		tool(t, name, debianPackage)
	}
	if os.Geteuid() != 0 && os.Getenv("CI") == "" {
		t.Skip("only root makes network namespaces")
	}
	self, err := os.Executable()
	require.NoError(t, err)
	again := exec.CommandContext(t.Context(), "unshare", "--net", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child", "--mount-proc",
		self, "-test.run=^"+t.Name()+"$", "-test.v", "-test.timeout=5m")
	again.Env = append(os.Environ(), envOutside+"=1")
	said, err := again.CombinedOutput()
	require.NoError(t, err, "%s", said)
	require.Contains(t, string(said), "--- PASS: "+t.Name()+"/", "its stories were told")
	t.Logf("%s", said)
	return false
}

func tool(t *testing.T, name, debianPackage string) {
	t.Helper()
	_, err := exec.LookPath(name)
	if err != nil && os.Getenv("CI") != "" {
		t.Fatalf("%s is not here: install Debian's %s", name, debianPackage)
	}
	if err != nil {
		t.Skipf("%s is not here: install Debian's %s", name, debianPackage)
	}
}

// machine is a host in namespaces of its own, with what cloud-init would write.
type machine struct {
	dir string
	pid int
}

func (m machine) endpoint() pool.Endpoint {
	return pool.Endpoint{URL: "tcp://" + net.JoinHostPort(hostAddress, strconv.Itoa(userdata.EnginePort)), Address: hostAddress}
}

// does runs shell commands on the machine, as an administrator who is logged in.
func (m machine) does(t *testing.T, commands string) string {
	t.Helper()
	said, err := exec.CommandContext(t.Context(), "nsenter", "-t", strconv.Itoa(m.pid), "--net", "--mount", "sh", "-euc", commands).CombinedOutput()
	require.NoError(t, err, "%s: %s", commands, said)
	return string(said)
}

// boot starts a machine whose daemon.json has the changes on top of ours.
func boot(t *testing.T, changes map[string]any) machine {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "dd-fence-host-")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	cloudInit(t, dir, changes)
	log, err := os.Create(filepath.Join(dir, "log"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = log.Close() })
	start := exec.Command("unshare", "--net", "--mount", "--propagation", "private", "sh", "testdata/host.sh", dir)
	start.Stdout, start.Stderr = log, log
	require.NoError(t, start.Start())
	m := machine{dir: dir, pid: start.Process.Pid} // sh and dockerd take unshare's place
	ended := make(chan error, 1)
	go func() { ended <- start.Wait() }()
	t.Cleanup(func() {
		_ = start.Process.Signal(os.Interrupt)
		<-ended
	})
	connect(t, m)
	// Not a bare connection: the engine listens before it has made its chains.
	answers := func() bool {
		answer, err := (&http.Client{Timeout: 2 * time.Second}).Get("http://" + strings.TrimPrefix(m.endpoint().URL, "tcp://") + "/_ping")
		if err != nil {
			return false
		}
		_ = answer.Body.Close()
		return answer.StatusCode == http.StatusOK
	}
	deadline := time.After(patience)
	for !answers() {
		select {
		case err := <-ended:
			said, _ := os.ReadFile(log.Name())
			ended <- err
			t.Fatalf("the machine ended: %v: %s", err, said)
		case <-deadline:
			said, _ := os.ReadFile(log.Name())
			t.Fatalf("the machine's engine does not answer: %s", said)
		case <-time.After(50 * time.Millisecond):
		}
	}
	return m
}

// connect lays a cable to the machine once it has left our network namespace.
func connect(t *testing.T, m machine) {
	t.Helper()
	ours, err := os.Readlink("/proc/self/ns/net")
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		its, err := os.Readlink("/proc/" + strconv.Itoa(m.pid) + "/ns/net")
		return err == nil && its != ours
	}, patience, 10*time.Millisecond)
	const cable = `ip link set lo up
ip link add host0 type veth peer name eth0 netns "$1"
ip addr add ` + outsideAddress + `/24 dev host0
ip link set host0 up
ip addr replace ` + metadataServer + `/32 dev lo`
	said, err := exec.CommandContext(t.Context(), "sh", "-euc", cable, "cable", strconv.Itoa(m.pid)).CombinedOutput()
	require.NoError(t, err, "%s", said)
	t.Cleanup(func() { _ = exec.CommandContext(context.Background(), "ip", "link", "del", "host0").Run() })
}

// cloudInit writes what the user-data of a real host says, but for TLS, which is not what these stories are about.
func cloudInit(t *testing.T, dir string, changes map[string]any) {
	t.Helper()
	pem := func(kind string) []byte {
		return []byte("-----BEGIN " + kind + "-----\nAAAA\n-----END " + kind + "-----\n")
	}
	data, err := userdata.Render(userdata.Input{
		Certificates: userdata.Certificates{CA: pem("CERTIFICATE"), Cert: pem("CERTIFICATE"), Key: pem("PRIVATE KEY")},
		Networks:     []netip.Prefix{netip.MustParsePrefix("10.88.0.0/24")},
	})
	require.NoError(t, err)
	var config struct {
		WriteFiles []struct{ Path, Content string } `yaml:"write_files"`
	}
	require.NoError(t, yaml.Unmarshal(data, &config))
	written := map[string]string{}
	for _, file := range config.WriteFiles {
		written[file.Path] = file.Content
	}
	daemon := map[string]any{}
	require.NoError(t, json.Unmarshal([]byte(written["/etc/docker/daemon.json"]), &daemon))
	for _, key := range []string{"tls", "tlsverify", "tlscacert", "tlscert", "tlskey"} {
		require.Contains(t, daemon, key)
		delete(daemon, key)
	}
	daemon["tls"] = false // said, so that the engine does not wait and warn
	for key, value := range changes {
		daemon[key] = value
	}
	text, err := json.Marshal(daemon)
	require.NoError(t, err)
	for name, content := range map[string]string{
		"daemon.json": string(text), "firewall.sh": written["/usr/local/sbin/pb-host-firewall"], "host.env": written["/etc/pb/host.env"],
	} {
		require.NotEmpty(t, content, name)
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644))
	}
}

// serveMetadata is the cloud: it answers whoever's packets get there.
func serveMetadata(t *testing.T) {
	t.Helper()
	listener, err := net.Listen("tcp", net.JoinHostPort(metadataServer, "80"))
	require.NoError(t, err)
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("secrets")) })}
	ended := make(chan struct{})
	go func() { defer close(ended); _ = server.Serve(listener) }()
	t.Cleanup(func() {
		_ = server.Close()
		<-ended
	})
}
