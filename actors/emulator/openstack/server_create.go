package openstack

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// maxUserData is Nova's bound on the encoded text, in bytes.
const maxUserData = 65535

type serverRequest struct {
	Name           string
	FlavorRef      string          `json:"flavorRef"`
	ImageRef       string          `json:"imageRef"`
	Networks       json.RawMessage `json:"networks"`
	Metadata       map[string]string
	UserData       *string `json:"user_data"`
	ConfigDrive    any     `json:"config_drive"`
	SecurityGroups []named `json:"security_groups"`
	Tags           []string
	Devices        []blockDevice `json:"block_device_mapping_v2"`
	MinCount       any           `json:"min_count"`
}

func (c *Cloud) createServer(k *call) (int, any, error) {
	var asked serverRequest
	if err := k.read("server", &asked); err != nil {
		return 0, nil, err
	}
	if asked.Name == "" || len(asked.Name) > 255 {
		return 0, nil, fail(http.StatusBadRequest, "Invalid input for field/attribute name. Value: %s. '%s' is too short or too long", asked.Name, asked.Name)
	}
	if len(asked.Tags) > 0 && k.minor < 52 {
		return 0, nil, unexpected("server", "tags")
	}
	s := &server{id: newUUID(), name: asked.Name, project: k.project, user: k.token.user, status: "BUILD", task: "scheduling", metadata: map[string]string{}, tags: asked.Tags}
	s.created, s.updated = c.clock.Now(), c.clock.Now()
	for key, value := range asked.Metadata {
		if key == "" || len(key) > 255 || len(value) > 255 {
			return 0, nil, fail(http.StatusBadRequest, "Invalid input for field/attribute metadata. Value: %s. '%s' is too long", value, value)
		}
		s.metadata[key] = value
	}
	data, err := decodeUserData(asked.UserData)
	if err != nil {
		return 0, nil, err
	}
	s.userData = data
	s.configDrive = asked.ConfigDrive == true || asked.ConfigDrive == "true" || asked.ConfigDrive == "True"
	if err := c.chooseFlavor(s, asked); err != nil {
		return 0, nil, err
	}
	devices, err := c.chooseDisks(k, s, asked)
	if err != nil {
		return 0, nil, err
	}
	networks, err := c.chooseNetworks(k, asked.Networks)
	if err != nil {
		return 0, nil, err
	}
	if err := c.chooseGroups(s, asked.SecurityGroups); err != nil {
		return 0, nil, err
	}
	if err := c.roomForServer(s, len(networks)); err != nil {
		return 0, nil, err
	}
	c.begin(s, devices, networks)
	groups := asked.SecurityGroups
	if len(groups) == 0 {
		groups = []named{{Name: "default"}}
	}
	shown := []object{}
	for _, g := range groups {
		shown = append(shown, object{"name": g.Name})
	}
	k.header.Set("Location", c.url+"/compute/v2.1/servers/"+s.id)
	return http.StatusAccepted, object{"server": object{
		"id": s.id, "links": c.links("/servers/" + s.id), "OS-DCF:diskConfig": "MANUAL", "security_groups": shown, "adminPass": newHex()[:12],
	}}, nil
}

func unexpected(where, what string) error {
	return fail(http.StatusBadRequest, "Invalid input for field/attribute %s. Additional properties are not allowed ('%s' was unexpected)", where, what)
}

// decodeUserData is as lenient as Python's decoder, which the real one uses: what is not of the alphabet is left out.
func decodeUserData(encoded *string) ([]byte, error) {
	if encoded == nil {
		return nil, nil
	}
	if len(*encoded) > maxUserData {
		return nil, fail(http.StatusBadRequest, "Invalid input for field/attribute user_data. Value: %s…. '%s…' is too long", (*encoded)[:32], (*encoded)[:32])
	}
	kept := strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '+' || r == '/' || r == '=' {
			return r
		}
		return -1
	}, *encoded)
	data, err := base64.StdEncoding.DecodeString(kept)
	if err != nil {
		return nil, fail(http.StatusBadRequest, "Invalid input for field/attribute user_data. Value: %s. '%s' is not a 'base64'", *encoded, *encoded)
	}
	return data, nil
}

func (c *Cloud) chooseFlavor(s *server, asked serverRequest) error {
	reference := asked.FlavorRef[strings.LastIndex(asked.FlavorRef, "/")+1:]
	n := slices.IndexFunc(c.flavors, func(f Flavor) bool { return f.ID == reference })
	if n < 0 {
		return fail(http.StatusBadRequest, "Flavor %s could not be found.", reference)
	}
	s.flavor = c.flavors[n]
	return nil
}

// chooseNetworks gives the networks of the request; without any, the only one there is.
func (c *Cloud) chooseNetworks(k *call, raw json.RawMessage) ([]*network, error) {
	var word string
	if json.Unmarshal(raw, &word) == nil && word != "" && k.minor >= 37 {
		switch word {
		case "none":
			return nil, nil
		case "auto":
			raw = nil
		}
	} else if k.minor >= 37 && len(raw) == 0 {
		return nil, fail(http.StatusBadRequest, "Invalid input for field/attribute server. 'networks' is a required property")
	}
	var asked []struct{ UUID, Port string }
	if len(raw) > 0 && json.Unmarshal(raw, &asked) != nil {
		return nil, fail(http.StatusBadRequest, "Invalid input for field/attribute networks. %s is not of type 'array'", raw)
	}
	chosen := []*network{}
	for _, a := range asked {
		if a.Port != "" {
			return nil, fail(http.StatusBadRequest, "Port id %s could not be found.", a.Port)
		}
		if !uuidShape.MatchString(a.UUID) {
			return nil, fail(http.StatusBadRequest, "Bad networks format: network uuid is not in proper format (%s)", a.UUID)
		}
		n := c.networkFor(k.project, a.UUID)
		if n == nil {
			return nil, fail(http.StatusBadRequest, "Network %s could not be found.", a.UUID)
		}
		if n.External {
			return nil, fail(http.StatusForbidden, "It is not allowed to create an interface on external network %s", n.ID)
		}
		chosen = append(chosen, n)
	}
	if len(asked) > 0 {
		return chosen, nil
	}
	for _, n := range c.visibleNetworks(k) {
		if !n.External {
			chosen = append(chosen, n)
		}
	}
	if len(chosen) > 1 {
		return nil, fail(http.StatusConflict, "Multiple possible networks found, use a Network ID to be more specific.")
	}
	return chosen, nil
}

// chooseGroups takes each group by id or by name; a name that two groups have is refused.
func (c *Cloud) chooseGroups(s *server, asked []named) error {
	if len(asked) == 0 {
		asked = []named{{Name: "default"}}
	}
	for _, a := range asked {
		matches := []*group{}
		for _, g := range c.projectGroups(s.project) {
			if g.id == a.Name {
				matches = []*group{g}
				break
			}
			if g.name == a.Name {
				matches = append(matches, g)
			}
		}
		switch len(matches) {
		case 0:
			return fail(http.StatusBadRequest, "Unable to find security_group with name or id '%s'", a.Name)
		case 1:
			s.groups = append(s.groups, matches[0])
		default:
			return fail(http.StatusConflict, "Multiple security_group matches found for name '%s', use an ID to be more specific.", a.Name)
		}
	}
	return nil
}

func (c *Cloud) computeUse(p *project) (instances, cores, ram int) {
	for _, s := range c.servers {
		if s.project == p && s.status != "DELETED" {
			instances, cores, ram = instances+1, cores+s.flavor.VCPUs, ram+s.flavor.RAM
		}
	}
	return instances, cores, ram
}

func (c *Cloud) roomForServer(s *server, ports int) error {
	instances, cores, ram := c.computeUse(s.project)
	quota := s.project.quota
	exceeded, wanted, used, limits := []string{}, []string{}, []string{}, []string{}
	for _, q := range []struct {
		name                string
		wanted, used, limit int
	}{{"instances", 1, instances, quota.Instances}, {"cores", s.flavor.VCPUs, cores, quota.Cores}, {"ram", s.flavor.RAM, ram, quota.RAM}} {
		if over(q.used+q.wanted, q.limit) {
			exceeded, wanted = append(exceeded, q.name), append(wanted, strconv.Itoa(q.wanted))
			used, limits = append(used, strconv.Itoa(q.used)), append(limits, strconv.Itoa(q.limit)+" "+q.name)
		}
	}
	if len(exceeded) > 0 {
		return fail(http.StatusForbidden, "Quota exceeded for %s: Requested %s, but already used %s of %s",
			strings.Join(exceeded, ", "), strings.Join(wanted, ", "), strings.Join(used, ", "), strings.Join(limits, ", "))
	}
	held := 0
	for _, p := range c.ports {
		if p.project == s.project {
			held++
		}
	}
	if over(held+ports, quota.Ports) {
		return fail(http.StatusForbidden, "Maximum number of ports exceeded")
	}
	return nil
}
