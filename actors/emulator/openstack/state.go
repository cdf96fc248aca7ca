package openstack

import (
	"maps"
	"slices"
	"time"
)

// Server is a server as the cloud's operator sees it.
type Server struct {
	ID, Name, Project string
	Status, TaskState string
	Flavor            string // name
	Image             string // id; empty: from a volume
	Address           string // the first fixed one; empty: none yet
	Metadata          map[string]string
	UserData          []byte // decoded
	ConfigDrive       bool
	Groups, Volumes   []string // ids
	Fault             string
	Created           time.Time
}

// Volume is a volume as the cloud's operator sees it.
type Volume struct {
	ID, Name, Project, Status, Image string
	Server                           string // id of the one that has it, or is to have it
	Size                             int    // GiB
	Metadata                         map[string]string
}

// SecurityGroup is a security group as the cloud's operator sees it.
type SecurityGroup struct {
	ID, Name, Project, Description string
	Rules                          int
}

func (c *Cloud) view(s *server) Server {
	v := Server{
		ID: s.id, Name: s.name, Project: s.project.name, Status: s.status, TaskState: s.task, Flavor: s.flavor.Name, Image: s.image,
		Metadata: maps.Clone(s.metadata), UserData: slices.Clone(s.userData), ConfigDrive: s.configDrive, Fault: s.fault, Created: s.created,
	}
	for _, p := range s.ports {
		if v.Address == "" && p.address.IsValid() {
			v.Address = p.address.String()
		}
	}
	for _, g := range s.groups {
		v.Groups = append(v.Groups, g.id)
	}
	for _, a := range s.attached {
		v.Volumes = append(v.Volumes, a.volume.id)
	}
	return v
}

// locked runs f as a request does: alone, and after what fell due.
func (c *Cloud) locked(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.settle()
	f()
}

// Servers are all projects' servers, oldest first, without those that are shown as DELETED.
func (c *Cloud) Servers() []Server {
	all := []Server{}
	c.locked(func() {
		for _, s := range c.servers {
			if s.status != "DELETED" {
				all = append(all, c.view(s))
			}
		}
	})
	return all
}

// Volumes are all projects' volumes, oldest first.
func (c *Cloud) Volumes() []Volume {
	all := []Volume{}
	c.locked(func() {
		for _, v := range c.volumes {
			all = append(all, Volume{
				ID: v.id, Name: v.name, Project: v.project.name, Status: v.status, Image: v.image, Server: v.server, Size: v.size, Metadata: maps.Clone(v.metadata),
			})
		}
	})
	return all
}

// Groups are all projects' security groups, oldest first, with the default ones.
func (c *Cloud) Groups() []SecurityGroup {
	all := []SecurityGroup{}
	c.locked(func() {
		for _, g := range c.groups {
			all = append(all, SecurityGroup{ID: g.id, Name: g.name, Project: g.project.name, Description: g.description, Rules: len(g.rules)})
		}
	})
	return all
}

// ExpireTokens ends all tokens at once.
func (c *Cloud) ExpireTokens() { c.locked(func() { clear(c.tokens) }) }

// RemoveServer takes a server away at once, as an operator of the cloud can; false if there is none.
func (c *Cloud) RemoveServer(id string) (found bool) {
	c.locked(func() {
		for _, s := range slices.Clone(c.servers) {
			if s.id == id {
				found = true
				c.end(s)
				c.servers = slices.DeleteFunc(c.servers, func(o *server) bool { return o == s })
			}
		}
	})
	return found
}

// DetachVolume takes a volume off its server at once; false if it was on none.
func (c *Cloud) DetachVolume(id string) (found bool) {
	c.locked(func() {
		for _, s := range c.servers {
			for _, a := range slices.Clone(s.attached) {
				if a.volume.id == id {
					found = true
					s.drop(a)
					c.release(&attachment{volume: a.volume})
				}
			}
		}
	})
	return found
}

func (s *server) drop(a *attachment) {
	s.attached = slices.DeleteFunc(s.attached, func(o *attachment) bool { return o == a })
}

// RemoveFlavor deletes a flavor by id or name; servers of it stay.
func (c *Cloud) RemoveFlavor(which string) (found bool) {
	c.locked(func() {
		before := len(c.flavors)
		c.flavors = slices.DeleteFunc(c.flavors, func(f Flavor) bool { return f.ID == which || f.Name == which })
		found = len(c.flavors) < before
	})
	return found
}

// RemoveImage deletes an image by id or name; servers and volumes made from it stay.
func (c *Cloud) RemoveImage(which string) (found bool) {
	c.locked(func() {
		before := len(c.images)
		c.images = slices.DeleteFunc(c.images, func(i Image) bool { return i.ID == which || i.Name == which })
		found = len(c.images) < before
	})
	return found
}
