package openstack

import (
	"net/http"
	"slices"
	"time"
)

type group struct {
	id, name, description string
	project               *project
	rules                 []*rule
	created               time.Time
}

func (c *Cloud) newGroup(p *project, name, description string) *group {
	g := &group{id: newUUID(), name: name, description: description, project: p, created: c.clock.Now()}
	for _, kind := range []string{"IPv4", "IPv6"} {
		g.rules = append(g.rules, &rule{id: newUUID(), Direction: "egress", EtherType: kind})
		if name == "default" {
			g.rules = append(g.rules, &rule{id: newUUID(), Direction: "ingress", EtherType: kind, RemoteGroup: &g.id})
		}
	}
	c.groups = append(c.groups, g)
	return g
}

func (c *Cloud) groupFor(p *project, id string) (*group, error) {
	for _, g := range c.groups {
		if g.id == id && g.project == p {
			return g, nil
		}
	}
	return nil, failAs(http.StatusNotFound, "SecurityGroupNotFound", "Security group %s does not exist", id)
}

func (c *Cloud) projectGroups(p *project) []*group {
	own := []*group{}
	for _, g := range c.groups {
		if g.project == p {
			own = append(own, g)
		}
	}
	return own
}

func (c *Cloud) listGroups(k *call) (int, any, error) {
	own := slices.DeleteFunc(c.projectGroups(k.project), func(g *group) bool {
		return !k.asked("name", g.name) || !k.asked("id", g.id) || !k.asked("description", g.description)
	})
	return listing(c, k, "security_groups", own, func(g *group) string { return g.id }, groupView)
}

func (c *Cloud) getGroup(k *call) (int, any, error) {
	g, err := c.groupFor(k.project, k.PathValue("id"))
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, object{"security_group": groupView(g)}, nil
}

func (c *Cloud) createGroup(k *call) (int, any, error) {
	var asked struct{ Name, Description string }
	if err := k.read("security_group", &asked); err != nil {
		return 0, nil, err
	}
	if asked.Name == "default" {
		return 0, nil, failAs(http.StatusConflict, "SecurityGroupDefaultAlreadyExists", "Default security group already exists.")
	}
	if over(len(c.projectGroups(k.project))+1, k.project.quota.Groups) {
		return 0, nil, failAs(http.StatusConflict, "OverQuota", "Quota exceeded for resources: ['security_group'].")
	}
	return http.StatusCreated, object{"security_group": groupView(c.newGroup(k.project, asked.Name, asked.Description))}, nil
}

func (c *Cloud) updateGroup(k *call) (int, any, error) {
	g, err := c.groupFor(k.project, k.PathValue("id"))
	if err != nil {
		return 0, nil, err
	}
	var asked struct{ Name, Description *string }
	if err := k.read("security_group", &asked); err != nil {
		return 0, nil, err
	}
	if asked.Name != nil {
		g.name = *asked.Name
	}
	if asked.Description != nil {
		g.description = *asked.Description
	}
	return http.StatusOK, object{"security_group": groupView(g)}, nil
}

// deleteGroup takes the rules of others that name the group as their remote one along, as the real database does.
func (c *Cloud) deleteGroup(k *call) (int, any, error) {
	g, err := c.groupFor(k.project, k.PathValue("id"))
	if err != nil {
		return 0, nil, err
	}
	if g.name == "default" {
		return 0, nil, failAs(http.StatusConflict, "SecurityGroupCannotRemoveDefault", "Insufficient rights for removing default security group.")
	}
	for _, p := range c.ports {
		if slices.Contains(p.groups, g) {
			return 0, nil, failAs(http.StatusConflict, "SecurityGroupInUse", "Security Group %s in use.", g.id)
		}
	}
	c.groups = slices.DeleteFunc(c.groups, func(other *group) bool { return other == g })
	for _, other := range c.groups {
		other.rules = slices.DeleteFunc(other.rules, func(r *rule) bool { return r.RemoteGroup != nil && *r.RemoteGroup == g.id })
	}
	return http.StatusNoContent, nil, nil
}

func groupView(g *group) object {
	rules := []object{}
	for _, r := range g.rules {
		rules = append(rules, ruleView(g, r))
	}
	return object{
		"id": g.id, "name": g.name, "description": g.description, "stateful": true, "shared": false, "tenant_id": g.project.id,
		"project_id": g.project.id, "security_group_rules": rules, "tags": []string{}, "revision_number": 1,
		"created_at": novaTime(g.created), "updated_at": novaTime(g.created),
	}
}

func over(wanted, quota int) bool { return quota >= 0 && wanted > quota }

func (c *Cloud) networkQuota(k *call) (int, any, error) {
	if k.PathValue("tenant") != k.project.id {
		return 0, nil, failAs(http.StatusForbidden, "HTTPForbidden", "Access to this resource was denied.")
	}
	rules, q := 0, k.project.quota
	for _, g := range c.projectGroups(k.project) {
		rules += len(g.rules)
	}
	ports := 0
	for _, p := range c.ports {
		if p.project == k.project {
			ports++
		}
	}
	quota := object{"network": 1000, "subnet": 1000, "subnetpool": -1, "router": 1000, "floatingip": 1000, "rbac_policy": 10}
	for name, amount := range map[string][2]int{
		"security_group": {q.Groups, len(c.projectGroups(k.project))}, "security_group_rule": {q.GroupRules, rules}, "port": {q.Ports, ports},
	} {
		quota[name] = amount[0]
		if k.PathValue("detail") != "" {
			quota[name] = object{"limit": amount[0], "used": amount[1], "reserved": 0}
		}
	}
	if detail := k.PathValue("detail"); detail != "" && detail != "details.json" && detail != "details" {
		return 0, nil, failAs(http.StatusNotFound, "HTTPNotFound", "The resource could not be found.")
	}
	return http.StatusOK, object{"quota": quota}, nil
}
