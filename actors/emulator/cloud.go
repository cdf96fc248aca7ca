package emulator

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"dockerdriver/actors/emulator/openstack"
)

// Who logs in to the emulated OpenStack (openstack.Demo).
const (
	CloudUser     = "demo"
	CloudPassword = "demo"
	CloudProject  = "demo"
	CloudDomain   = "Default"
)

// CloudConfig says what the emulated OpenStack is to be.
type CloudConfig struct {
	// Listen is host:port of its APIs; empty is a free port of 127.0.0.1.
	Listen string
	// Network is the IPv4 prefix of the machines, within 127.0.0.0/8; empty is one
	// of 256 addresses chosen by chance, so that several emulators run side by side.
	Network string
	// BuildDelay is from a server's creation to ACTIVE, BootDelay from there to an
	// engine that answers, DeleteDelay from its delete to gone.
	BuildDelay, BootDelay, DeleteDelay time.Duration
	// Change is applied to the rest of the cloud's configuration; nil changes nothing.
	Change func(*openstack.Config)
}

var loopback = netip.MustParsePrefix("127.0.0.0/8")

func (c CloudConfig) network() (string, error) {
	if c.Network == "" {
		return fmt.Sprintf("127.%d.%d.0/24", 64+rand.N(64), rand.N(255)), nil
	}
	prefix, err := netip.ParsePrefix(c.Network)
	if err != nil || !loopback.Contains(prefix.Addr()) || prefix.Bits() < loopback.Bits() {
		return "", fmt.Errorf("cannot have machines on %q: it must be an IPv4 prefix within %s", c.Network, loopback)
	}
	return c.Network, nil
}

func (e *Emulator) startCloud(ctx context.Context, config Config) error {
	network, err := config.Cloud.network()
	if err != nil {
		return err
	}
	dir := filepath.Join(config.StateDir, "machines")
	if err := os.RemoveAll(dir); err != nil { // of a cloud that is gone
		return fmt.Errorf("cannot clear the machines of an earlier run: %v", err)
	}
	e.machines = newMachines(dir, config.Cloud.BootDelay, config.Log)
	cloud := openstack.Demo()
	for n := range cloud.Networks {
		if cloud.Networks[n].Project != "" {
			cloud.Networks[n].CIDR = network
		}
	}
	cloud.Listen, cloud.Log = config.Cloud.Listen, config.Log.With().Str("emulated", "openstack").Logger()
	cloud.BuildDelay, cloud.DeleteDelay = config.Cloud.BuildDelay, config.Cloud.DeleteDelay
	cloud.DeletedFor = cmp.Or(cloud.DeletedFor, time.Millisecond)
	if config.Cloud.Change != nil {
		config.Cloud.Change(&cloud)
	}
	cloud.OnActive, cloud.OnGone = e.machines.boot, e.machines.remove
	e.cloud, err = openstack.Start(ctx, cloud)
	return err
}

func (e *Emulator) closeCloud() error {
	if e.cloud == nil {
		return nil
	}
	err := e.cloud.Close()
	return errors.Join(err, e.machines.close())
}

// AuthURL is what OpenStack's clients log in at; empty without a Cloud.
func (e *Emulator) AuthURL() string {
	if e.cloud == nil {
		return ""
	}
	return e.cloud.AuthURL()
}

// Cloud is the OpenStack, for faults on demand and a look at what it holds.
func (e *Emulator) Cloud() *openstack.Cloud { return e.cloud }

// Strike lets something befall the machine of a server, by its id.
func (e *Emulator) Strike(server string, blow Blow) error { return e.machines.strike(server, blow) }
