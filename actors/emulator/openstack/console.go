package openstack

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

// consoleLength is what Nova takes as the number of lines; -1 is all of them.
var consoleLength = regexp.MustCompile(`^(-1|[0-9]+)$`)

// unprintable is what Nova takes out of a console, so that colours leave their brackets behind.
var unprintable = regexp.MustCompile("[\x00-\x08\x0B-\x1F]")

// showConsole is os-getConsoleOutput: the last lines that a server has written since it was made.
func (c *Cloud) showConsole(s *server, asked json.RawMessage) (int, any, error) {
	length, err := readLength(asked)
	switch {
	case err != nil:
		return 0, nil, err
	case s.status == "DELETED":
		return 0, nil, fail(http.StatusNotFound, "Instance %s could not be found.", s.id)
	case s.launched.IsZero(): // it is on no hypervisor yet, or never came to one
		return 0, nil, fail(http.StatusConflict, "Instance %s is not ready", s.id)
	}
	lines := s.console
	if length >= 0 {
		lines = lines[max(0, len(lines)-length):]
	}
	return http.StatusOK, object{"output": unprintable.ReplaceAllString(strings.Join(lines, "\n"), "")}, nil
}

// readLength is -1 where nothing says how many lines.
func readLength(asked json.RawMessage) (int, error) {
	var options map[string]any
	if json.Unmarshal(asked, &options) != nil || options == nil {
		return 0, fail(http.StatusBadRequest, "Invalid input for field/attribute os-getConsoleOutput. Value: %s. %s is not of type 'object'", asked, asked)
	}
	for name := range options {
		if name != "length" {
			return 0, unexpected("os-getConsoleOutput", name)
		}
	}
	said := options["length"]
	if said == nil {
		return -1, nil
	}
	words := fmt.Sprint(said)
	if !consoleLength.MatchString(words) {
		return 0, fail(http.StatusBadRequest, "Invalid input for field/attribute length. Value: %s. '%s' does not match '^-?[0-9]+$'", words, words)
	}
	return strconv.Atoi(words)
}

// bootText is what a Debian with cloud-init writes while it starts.
const bootText = `[    0.000000] Linux version 6.1.0-26-cloud-amd64 (debian-kernel@lists.debian.org) #1 SMP PREEMPT_DYNAMIC Debian 6.1.112-1
[    0.000000] Command line: BOOT_IMAGE=/boot/vmlinuz-6.1.0-26-cloud-amd64 root=PARTUUID=4b7a1c52-01 ro console=tty0 console=ttyS0,115200
[    0.000000] DMI: OpenStack Foundation OpenStack Nova, BIOS 1.16.2-debian-1.16.2-1 04/01/2014
[    0.004017] kvm-clock: using sched offset of 4017309512 cycles
[    0.411893] Memory: {ram}K available
[    0.690127] virtio_blk virtio1: [vda] {disk} 512-byte logical blocks
[    1.202331] EXT4-fs (vda1): mounted filesystem with ordered data mode. Quota mode: none.
[    1.517410] systemd[1]: Detected virtualization kvm.
[    1.519822] systemd[1]: Hostname set to <{name}>.
{esc}[[0;32m  OK  {esc}[0m] Started {esc}[0;1;39msystemd-journald.service{esc}[0m - Journal Service.
{esc}[[0;32m  OK  {esc}[0m] Reached target {esc}[0;1;39mnetwork-online.target{esc}[0m - Network is Online.
[    6.104530] cloud-init[412]: Cloud-init v. 22.4.2 running 'init-local'. Up 6.02 seconds.
[    7.280114] cloud-init[438]: Cloud-init v. 22.4.2 running 'init'. Up 7.19 seconds.
[    7.281550] cloud-init[438]: ci-info: |  ens3  | True | {address} | 255.255.255.0 | global |
[    8.930476] cloud-init[438]: Generating public/private ed25519 key pair.
ci-info: no authorized SSH keys fingerprints found for user debian.
<14>cloud-init: -----BEGIN SSH HOST KEY FINGERPRINTS-----
<14>cloud-init: 256 SHA256:{print} root@{name} (ED25519)
<14>cloud-init: -----END SSH HOST KEY FINGERPRINTS-----
[   10.415002] cloud-init[502]: Cloud-init v. 22.4.2 running 'modules:config'. Up 10.32 seconds.
[   12.077316] cloud-init[540]: Cloud-init v. 22.4.2 running 'modules:final'. Up 11.98 seconds.
[   18.660271] cloud-init[540]: host-setup: the disk for the engine's data is ready
{esc}[[0;32m  OK  {esc}[0m] Started {esc}[0;1;39mdocker.service{esc}[0m - Docker Application Container Engine.
[   21.480909] cloud-init[540]: Cloud-init v. 22.4.2 finished. Datasource DataSourceConfigDrive [net,ver=2][source=/dev/sr0].  Up 21.39 seconds

Debian GNU/Linux 12 {name} ttyS0

{name} login: `

// boots has the console tell of a start.
func (s *server) boots() {
	address := "169.254.1.1" // what a machine gives itself
	if len(s.ports) > 0 && s.ports[0].address.IsValid() {
		address = s.ports[0].address.String()
	}
	print := sha256.Sum256([]byte(s.id))
	text := strings.NewReplacer(
		"{name}", s.name, "{address}", address, "{ram}", strconv.Itoa(s.flavor.RAM*1024), "{disk}", strconv.Itoa(max(1, s.flavor.Disk)*2097152),
		"{print}", base64.RawStdEncoding.EncodeToString(print[:]), "{esc}", "\x1b",
	).Replace(bootText)
	s.console = append(s.console, strings.Split(text, "\n")...)
}

// halts has it tell of a stop.
func (s *server) halts() {
	s.console = append(s.console, "[  OK  ] Reached target poweroff.target - System Power Off.", "[  311.092774] reboot: Power down")
}
