package openstack

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

type server struct {
	id, name          string
	project           *project
	user              string
	status, task      string
	flavor            Flavor // as it was at creation
	image             string // empty: booted from a volume
	metadata          map[string]string
	tags              []string
	userData          []byte
	configDrive       bool
	groups            []*group
	ports             []*port
	attached          []*attachment
	fault             string
	created, updated  time.Time
	launched, deleted time.Time
	outcome           *Outcome
	told              bool     // OnActive was called
	console           []string // lines that it wrote so far
}

type attachment struct {
	volume *volume
	dies   bool // with the server
}

func (c *Cloud) computeRoutes() map[string]handler {
	return map[string]handler{
		"POST /servers": c.createServer, "GET /servers": c.listServers, "GET /servers/detail": c.listServers, "GET /servers/{id}": c.getServer,
		"PUT /servers/{id}": c.updateServer, "DELETE /servers/{id}": c.deleteServer, "POST /servers/{id}/action": c.act,
		"GET /servers/{id}/metadata": c.getMetadata, "POST /servers/{id}/metadata": c.setMetadata, "PUT /servers/{id}/metadata": c.setMetadata,
		"DELETE /servers/{id}/metadata/{key}":     c.deleteMetadata,
		"GET /servers/{id}/os-security-groups":    c.serverGroups,
		"GET /servers/{id}/os-volume_attachments": c.listAttachments, "POST /servers/{id}/os-volume_attachments": c.attach,
		"DELETE /servers/{id}/os-volume_attachments/{volume}": c.detach,
		"GET /flavors": c.listFlavors, "GET /flavors/detail": c.listFlavors, "GET /flavors/{id}": c.getFlavor,
		"GET /limits": c.computeLimits, "GET /os-quota-sets/{tenant}": c.computeQuota, "GET /os-quota-sets/{tenant}/detail": c.computeQuota,
		"GET /os-availability-zone": func(*call) (int, any, error) {
			return http.StatusOK, object{"availabilityZoneInfo": []object{{"zoneName": "nova", "zoneState": object{"available": true}, "hosts": nil}}}, nil
		},
	}
}

func (c *Cloud) namedServer(k *call) (*server, error) {
	for _, s := range c.servers {
		if s.id == k.PathValue("id") && s.project == k.project {
			return s, nil
		}
	}
	return nil, fail(http.StatusNotFound, "Instance %s could not be found.", k.PathValue("id"))
}

func (c *Cloud) listServers(k *call) (int, any, error) {
	name, err := regexp.Compile("(?i)" + k.query.Get("name"))
	if err != nil {
		return 0, nil, fail(http.StatusBadRequest, "Invalid input for query parameters name. Value: %s. '%s' is not a 'regex'", k.query.Get("name"), k.query.Get("name"))
	}
	own := []*server{}
	for _, s := range newestFirst(c.servers) {
		// A server shown as DELETED can still be got, and is no longer listed.
		if s.project == k.project && s.status != "DELETED" && name.MatchString(s.name) && k.statusAsked(s.status) &&
			k.asked("uuid", s.id) && k.asked("flavor", s.flavor.ID) && k.asked("image", s.image) {
			own = append(own, s)
		}
	}
	view := func(s *server) object { return c.serverView(s, k.minor) }
	if !strings.HasSuffix(k.URL.Path, "/detail") {
		view = func(s *server) object {
			return object{"id": s.id, "name": s.name, "links": c.links("/servers/" + s.id)}
		}
	}
	return listing(c, k, "servers", own, func(s *server) string { return s.id }, view)
}

func (k *call) statusAsked(status string) bool {
	wanted, ok := k.query["status"]
	return !ok || slices.ContainsFunc(wanted, func(w string) bool { return strings.EqualFold(w, status) })
}

func (c *Cloud) getServer(k *call) (int, any, error) {
	s, err := c.namedServer(k)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, object{"server": c.serverView(s, k.minor)}, nil
}

func (c *Cloud) updateServer(k *call) (int, any, error) {
	s, err := c.namedServer(k)
	if err != nil {
		return 0, nil, err
	}
	var asked struct{ Name *string }
	if err := k.read("server", &asked); err != nil {
		return 0, nil, err
	}
	if asked.Name != nil {
		s.name, s.updated = *asked.Name, c.clock.Now()
	}
	return http.StatusOK, object{"server": c.serverView(s, k.minor)}, nil
}

func (c *Cloud) links(path string) []object {
	return []object{{"rel": "self", "href": c.url + "/compute/v2.1" + path}, {"rel": "bookmark", "href": c.url + "/compute" + path}}
}

// machineStates are the vm_state and power_state that go with a status.
var machineStates = map[string]struct {
	machine string
	power   int
}{"BUILD": {"building", 0}, "ACTIVE": {"active", 1}, "SHUTOFF": {"stopped", 4}, "ERROR": {"error", 0}, "DELETED": {"deleted", 0}, "REBOOT": {"active", 1}, "HARD_REBOOT": {"active", 1}}

func (c *Cloud) serverView(s *server, minor int) object {
	view := object{
		"id": s.id, "name": s.name, "status": s.status, "tenant_id": s.project.id, "user_id": userID(s.user), "metadata": s.metadata, "hostId": "",
		"image": "", "created": novaTime(s.created), "updated": novaTime(s.updated), "addresses": s.addresses(), "accessIPv4": "", "accessIPv6": "",
		"links": c.links("/servers/" + s.id), "OS-DCF:diskConfig": "MANUAL", "OS-EXT-AZ:availability_zone": "", "config_drive": "", "key_name": nil,
		"OS-SRV-USG:launched_at": nil, "OS-SRV-USG:terminated_at": nil, "OS-EXT-STS:task_state": nil,
		"OS-EXT-STS:vm_state": machineStates[s.status].machine, "OS-EXT-STS:power_state": machineStates[s.status].power,
	}
	if s.image != "" {
		view["image"] = object{"id": s.image, "links": c.links("/images/" + s.image)[1:]}
	}
	if s.task != "" {
		view["OS-EXT-STS:task_state"] = s.task
	}
	if s.configDrive {
		view["config_drive"] = "True"
	}
	if !s.launched.IsZero() {
		view["OS-SRV-USG:launched_at"] = cinderTime(s.launched)
		view["hostId"], view["OS-EXT-AZ:availability_zone"] = "c4428576b85dd53b1cbfebfdd12ebe24eb3c3bfbc10b82ae62bb40e9", "nova"
	}
	if !s.deleted.IsZero() {
		view["OS-SRV-USG:terminated_at"] = cinderTime(s.deleted)
	}
	if s.status == "ACTIVE" || s.status == "BUILD" {
		view["progress"] = 0
	}
	if s.fault != "" {
		view["fault"] = object{"code": http.StatusInternalServerError, "created": novaTime(s.updated), "message": s.fault}
	}
	if names := s.groupNames(); len(names) > 0 {
		view["security_groups"] = names
	}
	view["os-extended-volumes:volumes_attached"] = s.attachedView(minor)
	c.addNewer(view, s, minor)
	return view
}

// addNewer is what microversions added.
func (c *Cloud) addNewer(view object, s *server, minor int) {
	f := s.flavor
	if minor >= 47 {
		view["flavor"] = object{"original_name": f.Name, "vcpus": f.VCPUs, "ram": f.RAM, "disk": f.Disk, "ephemeral": 0, "swap": 0, "extra_specs": object{}}
	} else {
		view["flavor"] = object{"id": f.ID, "links": c.links("/flavors/" + f.ID)[1:]}
	}
	if minor >= 9 {
		view["locked"] = false
	}
	if minor >= 19 {
		view["description"] = s.name
	}
	if minor >= 26 {
		view["tags"] = append([]string{}, s.tags...)
	}
}

func (s *server) addresses() object {
	all := object{}
	for _, p := range s.ports {
		if !p.address.IsValid() {
			continue
		}
		listed, _ := all[p.network.Name].([]object)
		all[p.network.Name] = append(listed, object{"version": 4, "addr": p.address.String(), "OS-EXT-IPS:type": "fixed", "OS-EXT-IPS-MAC:mac_addr": p.mac})
	}
	return all
}

// groupNames are shown from when the server has its ports.
func (s *server) groupNames() []object {
	names := []object{}
	if len(s.ports) > 0 {
		for _, g := range s.groups {
			names = append(names, object{"name": g.name})
		}
	}
	return names
}

func (s *server) attachedView(minor int) []object {
	views := []object{}
	for _, a := range s.attached {
		view := object{"id": a.volume.id}
		if minor >= 3 {
			view["delete_on_termination"] = a.dies
		}
		views = append(views, view)
	}
	return views
}
