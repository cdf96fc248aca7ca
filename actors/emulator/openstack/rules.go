package openstack

import (
	"encoding/json"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

type rule struct {
	id           string
	Group        string          `json:"security_group_id"`
	Direction    string          `json:"direction"`
	EtherType    string          `json:"ethertype"`
	Protocol     *string         `json:"-"`
	RawProtocol  json.RawMessage `json:"protocol"`
	PortMin      *int            `json:"port_range_min"`
	PortMax      *int            `json:"port_range_max"`
	RemotePrefix *string         `json:"remote_ip_prefix"`
	RemoteGroup  *string         `json:"remote_group_id"`
	Description  string          `json:"description"`
}

func equal[T comparable](a, b *T) bool {
	return a == nil && b == nil || a != nil && b != nil && *a == *b
}

// same is Neutron's notion of a duplicate: all but the description.
func (r *rule) same(o *rule) bool {
	return r.Direction == o.Direction && r.EtherType == o.EtherType && equal(r.Protocol, o.Protocol) && equal(r.PortMin, o.PortMin) &&
		equal(r.PortMax, o.PortMax) && equal(r.RemotePrefix, o.RemotePrefix) && equal(r.RemoteGroup, o.RemoteGroup)
}

func (c *Cloud) createRule(k *call) (int, any, error) {
	asked := &rule{EtherType: "IPv4"}
	if err := k.read("security_group_rule", asked); err != nil {
		return 0, nil, err
	}
	g, err := c.groupFor(k.project, asked.Group)
	if err != nil {
		return 0, nil, err
	}
	if err := c.checkRule(k.project, asked); err != nil {
		return 0, nil, err
	}
	count := 1
	for _, own := range c.projectGroups(k.project) {
		count += len(own.rules)
	}
	if over(count, k.project.quota.GroupRules) {
		return 0, nil, failAs(http.StatusConflict, "OverQuota", "Quota exceeded for resources: ['security_group_rule'].")
	}
	for _, r := range g.rules {
		if r.same(asked) {
			return 0, nil, failAs(http.StatusConflict, "SecurityGroupRuleExists", "Security group rule already exists. Rule id is %s.", r.id)
		}
	}
	asked.id = newUUID()
	g.rules = append(g.rules, asked)
	return http.StatusCreated, object{"security_group_rule": ruleView(g, asked)}, nil
}

// checkRule refuses what cannot be, and writes the rule in the one way in which rules are compared.
func (c *Cloud) checkRule(p *project, r *rule) error {
	if r.Direction != "ingress" && r.Direction != "egress" {
		return failAs(http.StatusBadRequest, "HTTPBadRequest", "Invalid input for direction. Reason: '%s' is not in ['ingress', 'egress'].", r.Direction)
	}
	if r.EtherType != "IPv4" && r.EtherType != "IPv6" {
		return failAs(http.StatusBadRequest, "SecurityGroupRuleInvalidEtherType", "Security group rule for ethertype '%s' not supported. Allowed values are ['IPv4', 'IPv6'].", r.EtherType)
	}
	if protocol := strings.Trim(string(r.RawProtocol), `"`); protocol != "" && protocol != "null" {
		protocol = strings.ToLower(protocol)
		r.Protocol = &protocol
	}
	ported := r.Protocol != nil && slices.Contains([]string{"tcp", "udp", "6", "17", "sctp", "udplite", "dccp"}, *r.Protocol)
	if (r.PortMin != nil || r.PortMax != nil) && r.Protocol == nil {
		return failAs(http.StatusBadRequest, "SecurityGroupProtocolRequiredWithPorts", "Must also specify protocol if port range is given.")
	}
	if ported && (r.PortMin != nil || r.PortMax != nil) && (r.PortMin == nil || r.PortMax == nil || *r.PortMin > *r.PortMax) {
		return failAs(http.StatusBadRequest, "SecurityGroupInvalidPortRange", "For TCP/UDP protocols, port_range_min must be <= port_range_max")
	}
	for _, n := range []*int{r.PortMin, r.PortMax} {
		if n != nil && (*n < 0 || *n > 65535) {
			return failAs(http.StatusBadRequest, "SecurityGroupInvalidPortValue", "Invalid value for port %d", *n)
		}
	}
	if r.RemoteGroup != nil && r.RemotePrefix != nil {
		return failAs(http.StatusBadRequest, "SecurityGroupMultipleRemoteEntites", "Only one of remote_ip_prefix or remote_group_id may be provided.")
	}
	if r.RemoteGroup != nil {
		if _, err := c.groupFor(p, *r.RemoteGroup); err != nil {
			return err
		}
	}
	return checkPrefix(r)
}

func checkPrefix(r *rule) error {
	if r.RemotePrefix == nil {
		return nil
	}
	text := *r.RemotePrefix
	if address, err := netip.ParseAddr(text); err == nil {
		text = netip.PrefixFrom(address, address.BitLen()).String()
	}
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		return failAs(http.StatusBadRequest, "InvalidCIDR", "Invalid CIDR %s given as IP prefix.", text)
	}
	if prefix.Addr().Is4() != (r.EtherType == "IPv4") {
		return failAs(http.StatusBadRequest, "SecurityGroupRuleParameterConflict", "Conflicting value ethertype %s for CIDR %s", r.EtherType, text)
	}
	r.RemotePrefix = &text
	return nil
}

// eachRule finds the project's rules with their groups; it stops when visit says so.
func (c *Cloud) eachRule(p *project, visit func(*group, *rule) (stop bool)) {
	for _, g := range c.projectGroups(p) {
		for _, r := range g.rules {
			if visit(g, r) {
				return
			}
		}
	}
}

func (c *Cloud) listRules(k *call) (int, any, error) {
	views := []object{}
	c.eachRule(k.project, func(g *group, r *rule) bool {
		if k.asked("security_group_id", g.id) && k.asked("id", r.id) && k.asked("direction", r.Direction) && k.asked("ethertype", r.EtherType) {
			views = append(views, ruleView(g, r))
		}
		return false
	})
	return listing(c, k, "security_group_rules", views, func(v object) string { return v["id"].(string) }, func(v object) object { return v })
}

func (c *Cloud) getRule(k *call) (int, any, error) {
	var found object
	c.eachRule(k.project, func(g *group, r *rule) bool {
		if r.id == k.PathValue("id") {
			found = ruleView(g, r)
		}
		return found != nil
	})
	if found == nil {
		return 0, nil, noRule(k)
	}
	return http.StatusOK, object{"security_group_rule": found}, nil
}

func noRule(k *call) error {
	return failAs(http.StatusNotFound, "SecurityGroupRuleNotFound", "Security group rule %s does not exist", k.PathValue("id"))
}

func (c *Cloud) deleteRule(k *call) (int, any, error) {
	for _, g := range c.projectGroups(k.project) {
		before := len(g.rules)
		g.rules = slices.DeleteFunc(g.rules, func(r *rule) bool { return r.id == k.PathValue("id") })
		if len(g.rules) < before {
			return http.StatusNoContent, nil, nil
		}
	}
	return 0, nil, noRule(k)
}

func ruleView(g *group, r *rule) object {
	return object{
		"id": r.id, "security_group_id": g.id, "direction": r.Direction, "ethertype": r.EtherType, "protocol": r.Protocol,
		"port_range_min": r.PortMin, "port_range_max": r.PortMax, "remote_ip_prefix": r.RemotePrefix, "normalized_cidr": r.RemotePrefix,
		"remote_group_id": r.RemoteGroup, "remote_address_group_id": nil, "description": r.Description, "tenant_id": g.project.id,
		"project_id": g.project.id, "revision_number": 0, "created_at": novaTime(g.created), "updated_at": novaTime(g.created),
	}
}
