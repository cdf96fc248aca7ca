package openstack

import (
	"encoding/json"
	"maps"
	"net/http"
)

func (c *Cloud) act(k *call) (int, any, error) {
	s, err := c.namedServer(k)
	if err != nil {
		return 0, nil, err
	}
	var action map[string]json.RawMessage
	if json.Unmarshal(k.body, &action) != nil || len(action) != 1 {
		return 0, nil, fail(http.StatusBadRequest, "Malformed request body")
	}
	for name, asked := range action {
		switch name {
		case "os-getConsoleOutput":
			return c.showConsole(s, asked)
		case "os-stop":
			return c.move(s, name, "ACTIVE", "SHUTOFF")
		case "os-start":
			return c.move(s, name, "SHUTOFF", "ACTIVE")
		case "reboot":
			return c.move(s, name, "ACTIVE", "ACTIVE")
		}
	}
	return 0, nil, fail(http.StatusBadRequest, "There is no such action")
}

// move is a stop, a start or a reboot; all are done at once.
func (c *Cloud) move(s *server, action, from, to string) (int, any, error) {
	if s.task != "" {
		return 0, nil, fail(http.StatusConflict, "Cannot '%s' instance %s while it is in task_state %s", action, s.id, s.task)
	}
	if s.status != from {
		return 0, nil, fail(http.StatusConflict, "Cannot '%s' instance %s while it is in vm_state %s", action, s.id, machineStates[s.status].machine)
	}
	s.status, s.updated = to, c.clock.Now()
	if from == "ACTIVE" {
		s.halts()
	}
	if to == "ACTIVE" {
		s.boots()
	}
	return http.StatusAccepted, nil, nil
}

func (c *Cloud) getMetadata(k *call) (int, any, error) {
	s, err := c.namedServer(k)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, object{"metadata": s.metadata}, nil
}

// setMetadata adds with POST, and replaces with PUT.
func (c *Cloud) setMetadata(k *call) (int, any, error) {
	s, err := c.namedServer(k)
	if err != nil {
		return 0, nil, err
	}
	asked := map[string]string{}
	if err := k.read("metadata", &asked); err != nil {
		return 0, nil, err
	}
	if k.Method == http.MethodPut {
		clear(s.metadata)
	}
	maps.Copy(s.metadata, asked)
	return http.StatusOK, object{"metadata": s.metadata}, nil
}

func (c *Cloud) deleteMetadata(k *call) (int, any, error) {
	s, err := c.namedServer(k)
	if err != nil {
		return 0, nil, err
	}
	if _, ok := s.metadata[k.PathValue("key")]; !ok {
		return 0, nil, fail(http.StatusNotFound, "Metadata item was not found")
	}
	delete(s.metadata, k.PathValue("key"))
	return http.StatusNoContent, nil, nil
}

func (c *Cloud) serverGroups(k *call) (int, any, error) {
	s, err := c.namedServer(k)
	if err != nil {
		return 0, nil, err
	}
	views := []object{}
	for _, g := range s.groups {
		views = append(views, object{"id": g.id, "name": g.name, "description": g.description, "tenant_id": g.project.id, "rules": []object{}})
	}
	return http.StatusOK, object{"security_groups": views}, nil
}

func attachmentView(s *server, a *attachment) object {
	return object{"id": a.volume.id, "volumeId": a.volume.id, "serverId": s.id, "device": a.volume.device}
}

func (c *Cloud) listAttachments(k *call) (int, any, error) {
	s, err := c.namedServer(k)
	if err != nil {
		return 0, nil, err
	}
	views := []object{}
	for _, a := range s.attached {
		views = append(views, attachmentView(s, a))
	}
	return http.StatusOK, object{"volumeAttachments": views}, nil
}

// attach is done at once, since the server's guest has no part in it.
func (c *Cloud) attach(k *call) (int, any, error) {
	s, err := c.namedServer(k)
	if err != nil {
		return 0, nil, err
	}
	var asked struct{ VolumeID string }
	if err := k.read("volumeAttachment", &asked); err != nil {
		return 0, nil, err
	}
	v := c.volumeFor(k.project, asked.VolumeID)
	switch {
	case v == nil:
		return 0, nil, fail(http.StatusNotFound, "Volume %s could not be found.", asked.VolumeID)
	case v.status != "available":
		return 0, nil, fail(http.StatusBadRequest, "Invalid volume: volume %s status must be 'available'. Currently in '%s'", v.id, v.status)
	case s.status != "ACTIVE" && s.status != "SHUTOFF" || s.task != "":
		return 0, nil, fail(http.StatusConflict, "Cannot 'attach_volume' instance %s while it is in vm_state %s", s.id, machineStates[s.status].machine)
	}
	a := &attachment{volume: v}
	v.server, v.status, v.device = s.id, "in-use", deviceName(len(s.attached))
	s.attached = append(s.attached, a)
	return http.StatusOK, object{"volumeAttachment": attachmentView(s, a)}, nil
}

func (c *Cloud) detach(k *call) (int, any, error) {
	s, err := c.namedServer(k)
	if err != nil {
		return 0, nil, err
	}
	for n, a := range s.attached {
		if a.volume.id != k.PathValue("volume") {
			continue
		}
		if n == 0 && s.image == "" {
			return 0, nil, fail(http.StatusBadRequest, "Cannot detach a root device volume")
		}
		a.volume.status = "detaching"
		c.later(c.config.VolumeDelay, func() {
			s.drop(a)
			if a.volume.server == s.id {
				c.release(&attachment{volume: a.volume})
			}
		})
		return http.StatusAccepted, nil, nil
	}
	return 0, nil, fail(http.StatusNotFound, "volume_id not found: %s", k.PathValue("volume"))
}
