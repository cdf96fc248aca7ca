package userdata_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"dockerdriver/actors/cloud/openstack/userdata"
)

var update = flag.Bool("update", false, "write the golden files anew")

func block(kind string) []byte {
	return []byte("-----BEGIN " + kind + "-----\nAAAA\n-----END " + kind + "-----\n")
}

func input() userdata.Input {
	return userdata.Input{
		Certificates: userdata.Certificates{CA: block("CERTIFICATE"), Cert: block("CERTIFICATE"), Key: block("PRIVATE KEY")},
		DataDevices:  []string{"/dev/disk/by-id/virtio-0b3c9a52-3b1f-4e6a-8", "/dev/vdb"},
		Networks:     []netip.Prefix{netip.MustParsePrefix("10.77.0.0/24")},
		PortFirst:    32768, PortLast: 60999,
	}
}

type config struct {
	WriteFiles []struct {
		Path, Owner, Permissions, Content string
	} `yaml:"write_files"`
	RunCmd [][]string `yaml:"runcmd"`
}

// files parses user-data of one part and returns its files by path.
func files(t *testing.T, data []byte) map[string]string {
	t.Helper()
	require.True(t, bytes.HasPrefix(data, []byte("#cloud-config\n")))
	var c config
	require.NoError(t, yaml.Unmarshal(data, &c))
	found := map[string]string{}
	for _, f := range c.WriteFiles {
		found[f.Path] = f.Content
		require.Equal(t, "root:root", f.Owner)
		if strings.HasSuffix(f.Path, "key.pem") {
			require.Equal(t, "0600", f.Permissions)
		}
	}
	return found
}

func TestUserDataIsWhatWasReviewed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ golden, extra string }{
		{"plain.yaml", ""},
		{"with-site-part.mime", "#cloud-config\nruncmd:\n  - [echo, site]\n"},
	} {
		t.Run(c.golden, func(t *testing.T) {
			t.Parallel()
			in := input()
			in.Extra = c.extra
			data, err := userdata.Render(in)
			require.NoError(t, err)
			path := filepath.Join("testdata", c.golden)
			if *update {
				require.NoError(t, os.WriteFile(path, data, 0o644))
			}
			wanted, err := os.ReadFile(path)
			require.NoError(t, err)
			require.Equal(t, string(wanted), string(data), "run the test with -update when the change is meant")
		})
	}
}

func TestEngineIsSetUpAsDesigned(t *testing.T) {
	t.Parallel()
	data, err := userdata.Render(input())
	require.NoError(t, err)
	found := files(t, data)
	var daemon map[string]any
	require.NoError(t, json.Unmarshal([]byte(found["/etc/docker/daemon.json"]), &daemon))
	for key, wanted := range map[string]any{
		"tlsverify": true, "icc": false, "userland-proxy": false, "live-restore": true, "no-new-privileges": true,
		"hosts":    []any{"unix:///var/run/docker.sock", "tcp://0.0.0.0:2376"},
		"log-opts": map[string]any{"max-size": "10m", "max-file": "3"},
	} {
		require.Equal(t, wanted, daemon[key], key)
	}
	for _, key := range []string{"tlscacert", "tlscert", "tlskey"} {
		require.Contains(t, found, daemon[key], "daemon.json names a file that is written")
	}
	require.Contains(t, found["/etc/pb/host.env"], `PB_NETWORKS="10.77.0.0/24"`)
	require.Contains(t, found["/usr/local/sbin/pb-host-firewall"], "169.254.0.0/16")
	require.Contains(t, found["/usr/local/sbin/pb-host-firewall"], "fe80::a9fe:a9fe")
	require.Equal(t, "net.ipv4.ip_local_port_range = 32768 60999\n", found["/etc/sysctl.d/60-pb.conf"])
}

func TestSitesPartStandsBesideOurs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ why, extra, kind, merge string }{
		{"as configuration", "\n#cloud-config\npackages: [htop]\n", "text/cloud-config", "list(append)+dict(no_replace,recurse_list)+str()"},
		{"as a script", "#!/bin/sh\ntrue\n", "text/x-shellscript", ""},
	} {
		t.Run(c.why, func(t *testing.T) {
			t.Parallel()
			in := input()
			in.Extra = c.extra
			data, err := userdata.Render(in)
			require.NoError(t, err)
			message, err := mail.ReadMessage(bytes.NewReader(data))
			require.NoError(t, err)
			_, params, err := mime.ParseMediaType(message.Header.Get("Content-Type"))
			require.NoError(t, err)
			parts := multipart.NewReader(message.Body, params["boundary"])
			ours, err := parts.NextPart()
			require.NoError(t, err)
			text, err := io.ReadAll(ours)
			require.NoError(t, err)
			require.Contains(t, files(t, text), "/etc/docker/daemon.json")
			site, err := parts.NextPart()
			require.NoError(t, err)
			require.True(t, strings.HasPrefix(site.Header.Get("Content-Type"), c.kind))
			require.Equal(t, c.merge, site.Header.Get("Merge-Type"))
			text, err = io.ReadAll(site)
			require.NoError(t, err)
			require.Equal(t, strings.TrimLeft(c.extra, "\n"), string(text))
			_, err = parts.NextPart()
			require.ErrorIs(t, err, io.EOF)
		})
	}
}

func TestWhatCannotWorkIsRefusedInWords(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		why, says string
		change    func(*userdata.Input)
	}{
		{"no certificate", "host's certificate: it is missing", func(in *userdata.Input) { in.Certificates.Cert = nil }},
		{"the authority's key beside its certificate", "authority's certificate: it holds a PRIVATE KEY", func(in *userdata.Input) {
			in.Certificates.CA = append(in.Certificates.CA, block("PRIVATE KEY")...)
		}},
		{"a key that is none", "not PEM", func(in *userdata.Input) { in.Certificates.Key = []byte("secret") }},
		{"a device that a shell would read otherwise", "not the path of a device", func(in *userdata.Input) { in.DataDevices = []string{"/dev/vdb; reboot"} }},
		{"ports the wrong way round", "not a range", func(in *userdata.Input) { in.PortFirst, in.PortLast = 60000, 40000 }},
		{"privileged ports", "not a range", func(in *userdata.Input) { in.PortFirst, in.PortLast = 80, 40000 }},
		{"an IPv6 network", "not an IPv4 network", func(in *userdata.Input) { in.Networks = []netip.Prefix{netip.MustParsePrefix("fd00::/64")} }},
		{"a site's part of no kind", "begin it with #cloud-config", func(in *userdata.Input) { in.Extra = "packages: [htop]" }},
		{"a site's part that is not YAML", "not YAML", func(in *userdata.Input) { in.Extra = "#cloud-config\n\tpackages: [" }},
		{"a site's part that ends ours", "separates its parts", func(in *userdata.Input) { in.Extra = "#!/bin/sh\n--==pb-user-data==--" }},
		{"too much for Nova", "OpenStack takes 65535", func(in *userdata.Input) { in.Extra = "#!/bin/sh\n#" + strings.Repeat("x", 50_000) }},
	} {
		t.Run(c.why, func(t *testing.T) {
			t.Parallel()
			in := input()
			c.change(&in)
			_, err := userdata.Render(in)
			require.ErrorContains(t, err, c.says)
		})
	}
}

// tool is a program that only this test needs; CI installs it.
func tool(t *testing.T, name, debianPackage string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil && os.Getenv("CI") != "" {
		t.Fatalf("%s is not here: install Debian's %s", name, debianPackage)
	}
	if err != nil {
		t.Skipf("%s is not here: install Debian's %s", name, debianPackage)
	}
	return path
}

func TestCloudInitKnowsEveryKey(t *testing.T) {
	t.Parallel()
	path := tool(t, "cloud-init", "cloud-init")
	data, err := userdata.Render(input())
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "user-data")
	require.NoError(t, os.WriteFile(file, data, 0o600))
	said, err := exec.CommandContext(t.Context(), path, "schema", "--config-file", file).CombinedOutput()
	require.NoError(t, err, "%s", said)
	require.Contains(t, string(said), "Valid cloud-config")
}

func TestScriptsParseInEveryShell(t *testing.T) {
	t.Parallel()
	for _, shell := range []string{"sh", "bash"} {
		for _, script := range []string{"host-setup.sh", "host-firewall.sh"} {
			said, err := exec.CommandContext(t.Context(), shell, "-n", filepath.Join("files", script)).CombinedOutput()
			require.NoError(t, err, "%s %s: %s", shell, script, said)
		}
	}
}

func TestExtraPartIsCheckedBeforeThereIsAHost(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ why, extra, says string }{
		{"none", "", ""},
		{"a configuration", "#cloud-config\ntimezone: Europe/Helsinki\n", ""},
		{"a script", "#!/bin/sh\ntrue\n", ""},
		{"neither", "timezone: Europe/Helsinki\n", "begin it with #cloud-config"},
		{"no YAML", "#cloud-config\n{", "it is not YAML"},
		{"too long beside ours", "#!/bin/sh\n" + strings.Repeat("x", userdata.MaxEncoded*3/4), "shorten the site's own part"},
	} {
		t.Run(c.why, func(t *testing.T) {
			t.Parallel()
			err := userdata.CheckExtra(c.extra)
			if c.says == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, c.says)
			}
		})
	}
}
