package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/gophercloud/gophercloud/v2"
	"github.com/rs/zerolog"

	"dockerdriver/actors"
	"dockerdriver/actors/cloud/local"
	"dockerdriver/actors/cloud/openstack"
	"dockerdriver/actors/cloud/openstack/userdata"
	"dockerdriver/actors/docker"
	"dockerdriver/actors/emulator"
	"dockerdriver/actors/pki"
	"dockerdriver/actors/pool"
)

// cloud is where hosts come from, with the emulator when one runs inside.
type cloud struct {
	actors.Cloud
	actors.Consoles
	engineURL string // of the one machine; empty where machines are made
	emulator  *emulator.Emulator
	undo      func()
}

// cloudNeeds is what a cloud is opened with.
type cloudNeeds struct {
	options      ServerOptions
	stateDir     string // of an emulator inside
	engines      *docker.Engines
	ca           *pki.CA
	installation string
	log          zerolog.Logger
}

// openCloud chooses the cloud. "auto" is this machine's engine where one
// answers, else an emulated one. That there was a real one is kept with the
// data: one that is away for a moment has containers that must not be given up.
func openCloud(ctx context.Context, n cloudNeeds) (*cloud, error) {
	o, kind, c := n.options, n.options.Cloud, &cloud{}
	kept := readChoice(o.DataDir)
	if kind == openstack.DefaultKind {
		return c, errors.Join(c.rent(n, openstack.DefaultKind, nil), keepChoice(o.DataDir, choice{Kind: kind}))
	}
	if kind == "auto" || kind == local.KindLocal {
		found := false
		c.engineURL, found = local.FindEngine(ctx)
		switch {
		case found:
			kind = local.KindLocal
		case kept.Kind == local.KindLocal:
			kind, c.engineURL = local.KindLocal, kept.Engine
			n.log.Warn().Str("engine", kept.Engine).Msg("the Docker engine of earlier runs does not answer; waiting for it")
		case kind == local.KindLocal:
			return nil, errors.New("no Docker engine answers at DOCKER_HOST or /var/run/docker.sock: start one, or use --cloud emulator")
		default:
			kind = local.KindEmulator
		}
	}
	if kind == local.KindEmulator && isOpenStack(o.EmulatorURL) {
		return c, errors.Join(c.rentEmulated(ctx, n), keepChoice(o.DataDir, choice{Kind: kind}))
	}
	if kind == local.KindEmulator {
		if err := c.emulate(ctx, o, n.stateDir, n.log); err != nil {
			return nil, err
		}
	}
	machine, err := local.New(local.Config{Kind: kind, EngineURL: c.engineURL, Slots: o.LocalSlots}, n.engines)
	if err != nil {
		return nil, errors.Join(err, c.close())
	}
	c.Cloud, c.Consoles = machine, machine
	return c, errors.Join(err, keepChoice(o.DataDir, choice{Kind: kind, Engine: c.engineURL}))
}

// rent makes the cloud one of machines that an OpenStack makes, with
// certificates of the installation's own authority. It is not contacted yet: a
// server whose cloud is away starts, and says so on the pool page.
func (c *cloud) rent(n cloudNeeds, kind string, credentials func() (openstack.Credentials, error)) error {
	made, err := openstack.New(openstack.Config{
		Kind: kind, Installation: n.installation, Credentials: credentials, Log: n.log.With().Str("lib", "openstack").Logger(),
		Certificates: func(host pool.Host) (userdata.Certificates, error) {
			files, err := n.ca.HostCertificate(host.Name, pki.HostLifetime)
			return userdata.Certificates{CA: files.CA, Cert: files.Cert, Key: files.Key}, err
		},
	})
	if err != nil {
		return err
	}
	c.Cloud, c.Consoles, c.undo = made, made, made.Close
	return nil
}

// isOpenStack tells whether the emulator is a cloud of machines: where one runs
// inside, on a system whose loopback has more than one address, and where the
// one named is an OpenStack.
func isOpenStack(emulatorURL string) bool {
	return emulatorURL == "" && runtime.GOOS == "linux" || strings.HasPrefix(emulatorURL, "http://")
}

// How long the emulated cloud inside a server takes: as short as a person likes,
// and long enough to see.
const (
	emulatedBuild = time.Second
	emulatedBoot  = 500 * time.Millisecond
)

// rentEmulated makes the cloud an emulated OpenStack: the one that is named, or one
// inside this process, which ends with it.
func (c *cloud) rentEmulated(ctx context.Context, n cloudNeeds) error {
	authURL := n.options.EmulatorURL
	if authURL == "" {
		started, err := emulator.Start(ctx, emulator.Config{
			StateDir: n.stateDir, Cloud: &emulator.CloudConfig{BuildDelay: emulatedBuild, BootDelay: emulatedBoot}, Log: n.log,
		})
		if err != nil {
			return fmt.Errorf("cannot start the emulator: %w", err)
		}
		c.emulator, authURL = started, started.AuthURL()
	}
	c.engineURL = authURL
	return c.rent(n, local.KindEmulator, func() (openstack.Credentials, error) { return emulatedCredentials(authURL), nil })
}

func emulatedCredentials(authURL string) openstack.Credentials {
	return openstack.Credentials{Auth: gophercloud.AuthOptions{
		IdentityEndpoint: authURL, Username: emulator.CloudUser, Password: emulator.CloudPassword, DomainName: emulator.CloudDomain, AllowReauth: true,
		Scope: &gophercloud.AuthScope{ProjectName: emulator.CloudProject, DomainName: emulator.CloudDomain},
	}}
}

// choiceName is the file in the data directory that keeps the choice.
const choiceName = "cloud.json"

type choice struct {
	Kind   string `json:"kind"`
	Engine string `json:"engine"`
}

// readChoice returns what was chosen before; nothing readable is no choice.
func readChoice(dir string) choice {
	var kept choice
	text, err := os.ReadFile(filepath.Join(dir, choiceName))
	if err != nil || json.Unmarshal(text, &kept) != nil {
		return choice{}
	}
	return kept
}

func keepChoice(dir string, made choice) error {
	if made == readChoice(dir) {
		return nil
	}
	text, err := json.Marshal(made)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, choiceName), append(text, '\n'), 0o600)
	}
	if err != nil {
		return fmt.Errorf("cannot keep the choice of the cloud: %v", err)
	}
	return nil
}

// emulate uses the emulator that is named, or runs one inside this process.
func (c *cloud) emulate(ctx context.Context, o ServerOptions, stateDir string, log zerolog.Logger) error {
	if o.EmulatorURL != "" {
		c.engineURL = o.EmulatorURL
		return nil
	}
	started, err := emulator.Start(ctx, emulator.Config{StateDir: stateDir, Listen: "unix://" + emulatorSocket(stateDir), Engines: 1, Log: log})
	if err != nil {
		return fmt.Errorf("cannot start the emulator: %w", err)
	}
	c.emulator, c.engineURL = started, started.Endpoints()[0]
	return nil
}

// maxSocketPath is what a unix socket's address holds, less the final zero.
const maxSocketPath = 107

func emulatorSocket(stateDir string) string {
	path := filepath.Join(stateDir, "engine.sock")
	if len(path) <= maxSocketPath {
		return path
	}
	return filepath.Join(os.TempDir(), fmt.Sprintf("dockerdriver-%08x.sock", crc32.ChecksumIEEE([]byte(stateDir))))
}

func (c *cloud) close() error {
	if c.undo != nil {
		c.undo()
	}
	if c.emulator == nil {
		return nil
	}
	return c.emulator.Close()
}
