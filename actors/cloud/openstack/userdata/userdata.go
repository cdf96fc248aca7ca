package userdata

import (
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/netip"
	"strings"

	"gopkg.in/yaml.v3"
)

// EnginePort is the TCP port that the host's engine listens on.
const EnginePort = 2376

// MaxEncoded is the most bytes of base64 that Nova takes (its API reference, user_data).
const MaxEncoded = 65535

// Certificates are what a host proves itself with and knows its clients by, in PEM.
type Certificates struct {
	CA   []byte // certificate only
	Cert []byte
	Key  []byte
}

// Input is what differs from host to host.
type Input struct {
	Certificates Certificates
	// DataDevices are where the data volume may show up, best first; none: no data volume.
	DataDevices []string
	// Networks are the IPv4 networks that containers must not reach.
	Networks []netip.Prefix
	// PortFirst and PortLast bound the ports that the engine publishes on when it
	// chooses; 0 leaves the kernel's own range.
	PortFirst, PortLast int
	// Extra is the site's own part: cloud-config or a script.
	Extra string
}

//go:embed files/host-setup.sh
var setupScript string

//go:embed files/host-firewall.sh
var firewallScript string

//go:embed files/pb-firewall.service
var firewallUnit string

//go:embed files/docker.conf
var dockerDropIn string

type file struct {
	Path        string `yaml:"path"`
	Owner       string `yaml:"owner"`
	Permissions string `yaml:"permissions"`
	Content     string `yaml:"content"`
}

type cloudConfig struct {
	WriteFiles []file     `yaml:"write_files"`
	RunCmd     [][]string `yaml:"runcmd"`
}

// Render returns the user-data, not yet encoded. It refuses input that is
// incomplete, a site's part that cloud-init would not know, and what is too long
// for Nova.
func Render(in Input) ([]byte, error) {
	if err := in.check(); err != nil {
		return nil, fmt.Errorf("cannot write user-data: %w", err)
	}
	daemon, err := daemonJSON()
	if err != nil {
		return nil, fmt.Errorf("cannot write daemon.json: %w", err)
	}
	text, err := yaml.Marshal(cloudConfig{
		WriteFiles: in.files(daemon),
		RunCmd:     [][]string{{"sh", "-c", "set -a; . /etc/pb/host.env; exec /usr/local/sbin/pb-host-setup"}},
	})
	if err != nil {
		return nil, fmt.Errorf("cannot write user-data: %w", err)
	}
	data := append([]byte("#cloud-config\n"), text...)
	if strings.TrimSpace(in.Extra) != "" {
		if data, err = withExtra(data, in.Extra); err != nil {
			return nil, err
		}
	}
	if n := base64.StdEncoding.EncodedLen(len(data)); n > MaxEncoded {
		return nil, fmt.Errorf("cannot use user-data of %d bytes in base64: OpenStack takes %d; shorten the site's own part (%d bytes)",
			n, MaxEncoded, len(in.Extra))
	}
	return data, nil
}

// CheckExtra tells whether Render takes the site's own part, beside a part of
// ours that is as long as any. None is fine.
func CheckExtra(extra string) error {
	in := Input{
		Certificates: Certificates{CA: longest("CERTIFICATE"), Cert: longest("CERTIFICATE"), Key: longest("PRIVATE KEY")},
		DataDevices:  []string{"/dev/" + strings.Repeat("x", 200)},
		PortFirst:    1024, PortLast: 65535,
		Extra: extra,
	}
	_, err := Render(in)
	return err
}

// longest is PEM of more bytes than those of our authority have.
func longest(kind string) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: make([]byte, 1<<10)})
}

func (in Input) files(daemon string) []file {
	files := []file{
		{"/etc/pb/host.env", "root:root", "0644", in.environment()},
		{"/etc/pb/tls/ca.pem", "root:root", "0644", string(in.Certificates.CA)},
		{"/etc/pb/tls/cert.pem", "root:root", "0644", string(in.Certificates.Cert)},
		{"/etc/pb/tls/key.pem", "root:root", "0600", string(in.Certificates.Key)},
		{"/etc/docker/daemon.json", "root:root", "0644", daemon},
		{"/etc/systemd/system/docker.service.d/pb.conf", "root:root", "0644", dockerDropIn},
		{"/etc/systemd/system/pb-firewall.service", "root:root", "0644", firewallUnit},
		{"/usr/local/sbin/pb-host-firewall", "root:root", "0755", firewallScript},
		{"/usr/local/sbin/pb-host-setup", "root:root", "0755", setupScript},
	}
	if in.PortFirst > 0 {
		ports := fmt.Sprintf("net.ipv4.ip_local_port_range = %d %d\n", in.PortFirst, in.PortLast)
		files = append(files, file{"/etc/sysctl.d/60-pb.conf", "root:root", "0644", ports})
	}
	return files
}

func (in Input) environment() string {
	networks := make([]string, 0, len(in.Networks))
	for _, n := range in.Networks {
		networks = append(networks, n.Masked().String())
	}
	return fmt.Sprintf("PB_DATA_DEVICES=\"%s\"\nPB_NETWORKS=\"%s\"\nPB_ENGINE_PORT=%d\n",
		strings.Join(in.DataDevices, " "), strings.Join(networks, " "), EnginePort)
}

func daemonJSON() (string, error) {
	text, err := json.MarshalIndent(map[string]any{
		"hosts":             []string{"unix:///var/run/docker.sock", fmt.Sprintf("tcp://0.0.0.0:%d", EnginePort)},
		"tls":               true,
		"tlsverify":         true,
		"tlscacert":         "/etc/pb/tls/ca.pem",
		"tlscert":           "/etc/pb/tls/cert.pem",
		"tlskey":            "/etc/pb/tls/key.pem",
		"icc":               false,
		"userland-proxy":    false,
		"live-restore":      true,
		"no-new-privileges": true,
		"log-driver":        "json-file",
		"log-opts":          map[string]string{"max-size": "10m", "max-file": "3"},
	}, "", "  ")
	return string(text) + "\n", err
}
