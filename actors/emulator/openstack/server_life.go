package openstack

import (
	"fmt"
	"net/http"
	"slices"
)

// begin makes the server with its ports and disks, and settles when it is to be ACTIVE.
func (c *Cloud) begin(s *server, disks []disk, networks []*network) {
	c.servers = append(c.servers, s)
	s.outcome = c.outcomeFor(s.name)
	for _, n := range networks {
		p := &port{id: newUUID(), mac: newMAC(), project: s.project, network: n, device: s.id, groups: s.groups}
		c.ports = append(c.ports, p)
		s.ports = append(s.ports, p)
	}
	for _, d := range disks {
		v := d.volume
		if v == nil {
			if err := c.roomForVolume(s.project, d.size); err != nil {
				c.later(c.config.BuildDelay, func() { c.breakDown(s, "Build of instance "+s.id+" aborted: "+err.Error()) })
				return
			}
			v = c.newVolume(s.project, d.size, d.image)
		}
		v.server, v.status = s.id, "reserved"
		v.device = deviceName(len(s.attached))
		s.attached = append(s.attached, &attachment{volume: v, dies: d.dies})
	}
	if s.outcome.Build != Stuck {
		c.later(c.config.BuildDelay, func() { c.finish(s) })
	}
}

func deviceName(n int) string { return fmt.Sprintf("/dev/vd%c", 'a'+n%26) }

// finish ends the build.
func (c *Cloud) finish(s *server) {
	if s.status != "BUILD" || s.task == "deleting" {
		return
	}
	if s.outcome.Build == Error {
		words := s.outcome.Message
		if words == "" {
			words = "No valid host was found. There are not enough hosts available."
		}
		c.breakDown(s, words)
		return
	}
	for _, p := range s.ports {
		if s.outcome.Build == NoAddress {
			continue
		}
		if p.address = p.network.take(); !p.address.IsValid() {
			c.breakDown(s, "Build of instance "+s.id+" aborted: Failed to allocate the network(s), not rescheduling.")
			return
		}
		p.active = true
	}
	for _, a := range s.attached {
		a.volume.status = "in-use"
	}
	s.status, s.task, s.launched, s.updated, s.told = "ACTIVE", "", c.clock.Now(), c.clock.Now(), true
	s.boots()
	c.tell(c.config.OnActive, s)
}

// breakDown leaves a server in ERROR; its disks are let go, its ports stay until it is deleted.
func (c *Cloud) breakDown(s *server, words string) {
	if s.status != "BUILD" || s.task == "deleting" {
		return
	}
	s.status, s.task, s.fault, s.updated = "ERROR", "", words, c.clock.Now()
	for _, a := range s.attached {
		c.release(a)
	}
	s.attached = nil
}

func (c *Cloud) release(a *attachment) {
	if a.dies {
		c.removeVolume(a.volume)
		return
	}
	a.volume.status, a.volume.server, a.volume.device = "available", "", ""
}

func (c *Cloud) deleteServer(k *call) (int, any, error) {
	s, err := c.namedServer(k)
	if err != nil {
		return 0, nil, err
	}
	if s.status == "DELETED" {
		return 0, nil, fail(http.StatusNotFound, "Instance %s could not be found.", s.id)
	}
	if s.task == "deleting" || s.outcome.Delete == Ignored {
		return http.StatusNoContent, nil, nil
	}
	s.task, s.updated = "deleting", c.clock.Now()
	if s.outcome.Delete == Stuck {
		return http.StatusNoContent, nil, nil
	}
	for _, a := range s.attached {
		if a.volume.status == "in-use" {
			a.volume.status = "detaching"
		}
	}
	c.later(c.config.DeleteDelay, func() { c.end(s) })
	return http.StatusNoContent, nil, nil
}

// end takes the server away; DELETED is shown for as long as the Config says.
func (c *Cloud) end(s *server) {
	if s.status == "DELETED" {
		return
	}
	view := *s
	c.removePorts(s.id)
	for _, a := range s.attached {
		c.release(a)
	}
	s.ports, s.attached = nil, nil
	s.status, s.task, s.deleted, s.updated = "DELETED", "", c.clock.Now(), c.clock.Now()
	if s.told {
		view.status, view.task = s.status, s.task
		c.tell(c.config.OnGone, &view)
	}
	forget := func() { c.servers = slices.DeleteFunc(c.servers, func(o *server) bool { return o == s }) }
	if c.config.DeletedFor == 0 {
		forget()
		return
	}
	c.later(c.config.DeletedFor, forget)
}
