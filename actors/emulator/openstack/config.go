package openstack

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/rs/zerolog"
)

// Config says what the cloud is to be. Names must be unique within each list.
type Config struct {
	// Listen is host:port; empty is a free port of 127.0.0.1.
	Listen string
	// Region is the only one in the catalogue; empty is RegionOne.
	Region string

	Projects     []Project
	Users        []User
	Credentials  []Credential
	Flavors      []Flavor
	Images       []Image
	Networks     []Network
	Groups       []Group
	VolumeTypes  []string
	TokenLife    time.Duration // how long a token is good; 0 is one hour
	BuildDelay   time.Duration // from a server's creation to ACTIVE
	VolumeDelay  time.Duration // from a volume's creation to available, and from its delete to 404
	DeleteDelay  time.Duration // from a server's delete to DELETED
	DeletedFor   time.Duration // from DELETED to 404
	Clock        Clock         // nil is the machine's
	OnActive     func(Server)  // called in order, one at a time, away from requests; as OnGone
	OnGone       func(Server)
	Log          zerolog.Logger
	DefaultQuota Quota // for projects without a Quota; zero values are 1000 (RAM and gigabytes: 1000000)
}

// Project is a tenant.
type Project struct {
	Name  string
	ID    string // empty is made
	Quota Quota
}

// Quota bounds a project; 0 is the cloud's default, -1 is no bound.
type Quota struct {
	Instances, Cores   int
	RAM                int // MiB
	Groups, GroupRules int
	Ports              int
	Volumes, Gigabytes int
}

// User signs in with a password, for any of its projects.
type User struct {
	Name, Password string
	Projects       []string
}

// Credential is an application credential of one user for one project.
type Credential struct {
	ID, Name, Secret, User, Project string
}

// Flavor is a size of servers.
type Flavor struct {
	ID, Name string
	VCPUs    int
	RAM      int // MiB
	Disk     int // GiB; 0 is any
}

// Image is one that servers and volumes start from. Project, if set, is the only one that sees it.
type Image struct {
	ID, Name, Project string
	Size              int64 // bytes
	MinDisk           int   // GiB
	MinRAM            int   // MiB
}

// Network is a network with one subnet. Project, if set, is the only one that sees it.
type Network struct {
	ID, Name, Project string
	CIDR              string // IPv4 prefix; addresses are given from its tenth on
	External          bool
}

// Group is a security group that is there at the start.
type Group struct {
	Name, Project string
}

// Demo is the cloud that the real one's setup makes: projects demo and other (password demo), flavors mini and small, image
// Debian-12, network pool-net, group pb_server, volume type standard, generous quotas.
func Demo() Config {
	return Config{
		Projects:    []Project{{Name: "demo"}, {Name: "other"}},
		Users:       []User{{Name: "demo", Password: "demo", Projects: []string{"demo"}}, {Name: "other", Password: "demo", Projects: []string{"other"}}},
		Flavors:     []Flavor{{Name: "mini", VCPUs: 1, RAM: 512, Disk: 1}, {Name: "small", VCPUs: 1, RAM: 2048, Disk: 10}},
		Images:      []Image{{Name: "Debian-12", Size: 65536, MinDisk: 1}},
		Networks:    []Network{{Name: "pool-net", Project: "demo", CIDR: "10.77.0.0/24"}, {Name: "ext-net", CIDR: "198.51.100.0/24", External: true}},
		Groups:      []Group{{Name: "pb_server", Project: "demo"}},
		VolumeTypes: []string{"standard"},
	}
}

func (c *Config) check() error {
	if len(c.Projects) == 0 || len(c.Users) == 0 && len(c.Credentials) == 0 {
		return errors.New("cannot emulate a cloud that nobody can use: give it a project and a user")
	}
	known := map[string]bool{"": true}
	for _, p := range c.Projects {
		if p.Name == "" || known[p.Name] {
			return fmt.Errorf("cannot emulate project %q: names must be given, and unique", p.Name)
		}
		known[p.Name] = true
	}
	named := []string{}
	for _, u := range c.Users {
		named = append(named, u.Projects...)
	}
	for _, n := range c.Networks {
		if prefix, err := netip.ParsePrefix(n.CIDR); err != nil || !prefix.Addr().Is4() || prefix.Bits() > 27 {
			return fmt.Errorf("cannot emulate network %q: %q is no IPv4 prefix of 27 bits or fewer", n.Name, n.CIDR)
		}
		named = append(named, n.Project)
	}
	for _, i := range c.Images {
		named = append(named, i.Project)
	}
	for _, g := range c.Groups {
		named = append(named, g.Project)
		if g.Project == "" {
			return fmt.Errorf("cannot emulate group %q: it needs a project", g.Name)
		}
	}
	for _, name := range named {
		if !known[name] {
			return fmt.Errorf("cannot emulate: project %q is named, and is not in the list of projects", name)
		}
	}
	for _, d := range []time.Duration{c.TokenLife, c.BuildDelay, c.VolumeDelay, c.DeleteDelay, c.DeletedFor} {
		if d < 0 {
			return fmt.Errorf("cannot emulate a delay of %s: it must not be negative", d)
		}
	}
	return nil
}

func (q Quota) orElse(d Quota) Quota {
	pick := func(values ...int) int {
		for _, v := range values {
			if v != 0 {
				return v
			}
		}
		return 0
	}
	const many, plenty = 1000, 1000000
	return Quota{
		Instances: pick(q.Instances, d.Instances, many), Cores: pick(q.Cores, d.Cores, many), RAM: pick(q.RAM, d.RAM, plenty),
		Groups: pick(q.Groups, d.Groups, many), GroupRules: pick(q.GroupRules, d.GroupRules, many), Ports: pick(q.Ports, d.Ports, many),
		Volumes: pick(q.Volumes, d.Volumes, many), Gigabytes: pick(q.Gigabytes, d.Gigabytes, plenty),
	}
}
