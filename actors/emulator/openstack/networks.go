package openstack

import (
	"fmt"
	"net/http"
	"net/netip"
	"slices"
)

type network struct {
	Network
	subnet string
	prefix netip.Prefix
	used   map[netip.Addr]bool
}

type port struct {
	id, mac string
	project *project
	network *network
	device  string
	address netip.Addr // zero: none
	groups  []*group
	active  bool
}

// firstHost leaves the beginning of a subnet to the router and to what a site adds by hand.
const firstHost = 10

func newNetwork(config Network) *network {
	config.ID = orNew(config.ID, newUUID)
	return &network{Network: config, subnet: newUUID(), prefix: netip.MustParsePrefix(config.CIDR).Masked(), used: map[netip.Addr]bool{}}
}

// take gives the first free address, or the zero one.
func (n *network) take() netip.Addr {
	address := n.prefix.Addr()
	for range firstHost {
		address = address.Next()
	}
	for n.prefix.Contains(address.Next()) { // the last is the broadcast address
		if !n.used[address] {
			n.used[address] = true
			return address
		}
		address = address.Next()
	}
	return netip.Addr{}
}

func (c *Cloud) removePorts(device string) {
	c.ports = slices.DeleteFunc(c.ports, func(p *port) bool {
		if p.device == device {
			delete(p.network.used, p.address)
		}
		return p.device == device
	})
}

func (c *Cloud) networkRoutes() map[string]handler {
	return map[string]handler{
		"GET /networks": c.listNetworks, "GET /networks/{id}": c.getNetwork,
		"GET /subnets": c.listSubnets, "GET /subnets/{id}": c.getSubnet,
		"GET /ports": c.listPorts, "GET /ports/{id}": c.getPort,
		"GET /security-groups": c.listGroups, "POST /security-groups": c.createGroup,
		"GET /security-groups/{id}": c.getGroup, "PUT /security-groups/{id}": c.updateGroup, "DELETE /security-groups/{id}": c.deleteGroup,
		"GET /security-group-rules": c.listRules, "POST /security-group-rules": c.createRule,
		"GET /security-group-rules/{id}": c.getRule, "DELETE /security-group-rules/{id}": c.deleteRule,
		"GET /quotas/{tenant}": c.networkQuota, "GET /quotas/{tenant}/{detail}": c.networkQuota,
		"GET /extensions": func(*call) (int, any, error) {
			return http.StatusOK, object{"extensions": []object{
				{"alias": "security-group", "name": "security-group"},
				{"alias": "quotas", "name": "Quota management support"},
				{"alias": "quota_details", "name": "Quota details management support"},
			}}, nil
		},
	}
}

func (c *Cloud) networkFor(p *project, id string) *network {
	for _, n := range c.networks {
		if n.ID == id && p.shared(n.Project) {
			return n
		}
	}
	return nil
}

// asked says whether an object's field passes the query, which may name several values.
func (k *call) asked(field, value string) bool {
	wanted, ok := k.query[field]
	return !ok || slices.Contains(wanted, value)
}

func (c *Cloud) visibleNetworks(k *call) []*network {
	seen := []*network{}
	for _, n := range c.networks {
		if k.project.shared(n.Project) {
			seen = append(seen, n)
		}
	}
	return seen
}

func (c *Cloud) listNetworks(k *call) (int, any, error) {
	seen := slices.DeleteFunc(c.visibleNetworks(k), func(n *network) bool {
		return !k.asked("id", n.ID) || !k.asked("name", n.Name) || !k.asked("status", "ACTIVE") ||
			k.query.Has("router:external") && isTrue(k.query.Get("router:external")) != n.External ||
			k.query.Has("shared") && isTrue(k.query.Get("shared")) != (n.Project == "" && !n.External)
	})
	return listing(c, k, "networks", seen, func(n *network) string { return n.ID }, c.networkView)
}

func isTrue(text string) bool { return text == "true" || text == "True" || text == "1" }

func (c *Cloud) getNetwork(k *call) (int, any, error) {
	n := c.networkFor(k.project, k.PathValue("id"))
	if n == nil {
		return 0, nil, failAs(http.StatusNotFound, "NetworkNotFound", "Network %s could not be found.", k.PathValue("id"))
	}
	return http.StatusOK, object{"network": c.networkView(n)}, nil
}

func (c *Cloud) ownerID(name string) string {
	if p := c.projectNamed(name); p != nil {
		return p.id
	}
	return "admin"
}

func (c *Cloud) networkView(n *network) object {
	owner := c.ownerID(n.Project)
	return object{
		"id": n.ID, "name": n.Name, "status": "ACTIVE", "admin_state_up": true, "subnets": []string{n.subnet}, "shared": n.Project == "" && !n.External,
		"router:external": n.External, "tenant_id": owner, "project_id": owner, "mtu": 1450, "description": "", "tags": []string{},
		"availability_zones": []string{}, "availability_zone_hints": []string{}, "port_security_enabled": true,
		"created_at": "2022-10-05T00:00:00Z", "updated_at": "2022-10-05T00:00:00Z", "revision_number": 1,
	}
}

func (c *Cloud) subnetView(n *network) object {
	owner, start := c.ownerID(n.Project), n.prefix.Addr().Next()
	return object{
		"id": n.subnet, "name": n.Name + "-subnet", "network_id": n.ID, "cidr": n.prefix.String(), "ip_version": 4, "enable_dhcp": true,
		"gateway_ip": start.String(), "tenant_id": owner, "project_id": owner, "dns_nameservers": []string{}, "host_routes": []object{},
		"allocation_pools": []object{}, "tags": []string{}, "description": "",
	}
}

func (c *Cloud) listSubnets(k *call) (int, any, error) {
	seen := slices.DeleteFunc(c.visibleNetworks(k), func(n *network) bool {
		return !k.asked("id", n.subnet) || !k.asked("network_id", n.ID) || !k.asked("name", n.Name+"-subnet")
	})
	return listing(c, k, "subnets", seen, func(n *network) string { return n.subnet }, c.subnetView)
}

func (c *Cloud) getSubnet(k *call) (int, any, error) {
	for _, n := range c.visibleNetworks(k) {
		if n.subnet == k.PathValue("id") {
			return http.StatusOK, object{"subnet": c.subnetView(n)}, nil
		}
	}
	return 0, nil, failAs(http.StatusNotFound, "SubnetNotFound", "Subnet %s could not be found.", k.PathValue("id"))
}

func (c *Cloud) listPorts(k *call) (int, any, error) {
	seen := []*port{}
	for _, p := range c.ports {
		if p.project == k.project && k.asked("id", p.id) && k.asked("device_id", p.device) && k.asked("network_id", p.network.ID) && k.asked("status", p.status()) {
			seen = append(seen, p)
		}
	}
	return listing(c, k, "ports", seen, func(p *port) string { return p.id }, portView)
}

func (c *Cloud) getPort(k *call) (int, any, error) {
	for _, p := range c.ports {
		if p.project == k.project && p.id == k.PathValue("id") {
			return http.StatusOK, object{"port": portView(p)}, nil
		}
	}
	return 0, nil, failAs(http.StatusNotFound, "PortNotFound", "Port %s could not be found.", k.PathValue("id"))
}

func (p *port) status() string {
	if p.active {
		return "ACTIVE"
	}
	return "DOWN"
}

func portView(p *port) object {
	fixed, ids := []object{}, []string{}
	if p.address.IsValid() {
		fixed = append(fixed, object{"subnet_id": p.network.subnet, "ip_address": p.address.String()})
	}
	for _, g := range p.groups {
		ids = append(ids, g.id)
	}
	return object{
		"id": p.id, "name": "", "network_id": p.network.ID, "device_id": p.device, "device_owner": "compute:nova", "mac_address": p.mac,
		"fixed_ips": fixed, "security_groups": ids, "status": p.status(), "admin_state_up": true, "tenant_id": p.project.id,
		"project_id": p.project.id, "binding:vnic_type": "normal", "port_security_enabled": true, "allowed_address_pairs": []object{}, "tags": []string{},
	}
}

func newMAC() string {
	h := newHex()
	return fmt.Sprintf("fa:16:3e:%s:%s:%s", h[0:2], h[2:4], h[4:6])
}
