package openstack

import (
	"net/http"
	"strings"
)

func (c *Cloud) listFlavors(k *call) (int, any, error) {
	view := func(f Flavor) object { return c.flavorView(f, k.minor) }
	if !strings.HasSuffix(k.URL.Path, "/detail") {
		view = func(f Flavor) object { return object{"id": f.ID, "name": f.Name, "links": c.links("/flavors/" + f.ID)} }
	}
	return listing(c, k, "flavors", c.flavors, func(f Flavor) string { return f.ID }, view)
}

func (c *Cloud) getFlavor(k *call) (int, any, error) {
	for _, f := range c.flavors {
		if f.ID == k.PathValue("id") {
			return http.StatusOK, object{"flavor": c.flavorView(f, k.minor)}, nil
		}
	}
	return 0, nil, fail(http.StatusNotFound, "Flavor %s could not be found.", k.PathValue("id"))
}

func (c *Cloud) flavorView(f Flavor, minor int) object {
	view := object{
		"id": f.ID, "name": f.Name, "vcpus": f.VCPUs, "ram": f.RAM, "disk": f.Disk, "swap": "", "OS-FLV-EXT-DATA:ephemeral": 0,
		"OS-FLV-DISABLED:disabled": false, "os-flavor-access:is_public": true, "rxtx_factor": 1.0, "links": c.links("/flavors/" + f.ID),
	}
	if minor >= 55 {
		view["description"] = nil
	}
	if minor >= 61 {
		view["extra_specs"] = object{}
	}
	if minor >= 75 {
		view["swap"] = 0
	}
	return view
}

func (c *Cloud) computeLimits(k *call) (int, any, error) {
	instances, cores, ram := c.computeUse(k.project)
	q := k.project.quota
	return http.StatusOK, object{"limits": object{"rate": []object{}, "absolute": object{
		"maxTotalInstances": q.Instances, "maxTotalCores": q.Cores, "maxTotalRAMSize": q.RAM, "maxServerMeta": 128, "maxTotalKeypairs": 100,
		"totalInstancesUsed": instances, "totalCoresUsed": cores, "totalRAMUsed": ram,
	}}}, nil
}

func (c *Cloud) computeQuota(k *call) (int, any, error) {
	if k.PathValue("tenant") != k.project.id {
		return 0, nil, fail(http.StatusForbidden, "Policy doesn't allow os_compute_api:os-quota-sets:show to be performed.")
	}
	instances, cores, ram := c.computeUse(k.project)
	q := k.project.quota
	set := object{"id": k.project.id}
	for name, amount := range map[string][2]int{"instances": {q.Instances, instances}, "cores": {q.Cores, cores}, "ram": {q.RAM, ram}} {
		set[name] = amount[0]
		if strings.HasSuffix(k.URL.Path, "/detail") {
			set[name] = object{"limit": amount[0], "in_use": amount[1], "reserved": 0}
		}
	}
	return http.StatusOK, object{"quota_set": set}, nil
}
