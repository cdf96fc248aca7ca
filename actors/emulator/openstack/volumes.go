package openstack

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

type volume struct {
	id, name, description string
	project               *project
	status                string
	size                  int // GiB
	kind, image           string
	metadata              map[string]string
	created               time.Time
	server, device        string // where it is attached, or is to be
}

func (c *Cloud) volumeRoutes() map[string]handler {
	none := func(name string) handler {
		return func(*call) (int, any, error) { return http.StatusOK, object{name: []object{}}, nil }
	}
	return map[string]handler{
		"POST /volumes": c.createVolume, "GET /volumes": c.listVolumes, "GET /volumes/detail": c.listVolumes, "GET /volumes/{id}": c.getVolume,
		"PUT /volumes/{id}": c.updateVolume, "DELETE /volumes/{id}": c.deleteVolume, "GET /types": c.listTypes, "GET /types/{id}": c.getType,
		"GET /limits": c.volumeLimits, "GET /os-quota-sets/{id}": c.volumeQuota, "GET /snapshots": none("snapshots"), "GET /snapshots/detail": none("snapshots"),
	}
}

// ownTenant refuses a path that names another project than the token's.
func (c *Cloud) ownTenant(h handler) handler {
	return func(k *call) (int, any, error) {
		if k.PathValue("tenant") != k.project.id {
			return 0, nil, fail(http.StatusBadRequest, "Malformed request url")
		}
		return h(k)
	}
}

func (c *Cloud) volumeFor(p *project, id string) *volume {
	for _, v := range c.volumes {
		if v.id == id && v.project == p {
			return v
		}
	}
	return nil
}

func (c *Cloud) namedVolume(k *call) (*volume, error) {
	if v := c.volumeFor(k.project, k.PathValue("id")); v != nil {
		return v, nil
	}
	return nil, fail(http.StatusNotFound, "Volume %s could not be found.", k.PathValue("id"))
}

type volumeRequest struct {
	Name, Description string
	Size              *int
	ImageRef          string            `json:"imageRef"`
	ImageID           string            `json:"image_id"`
	VolumeType        string            `json:"volume_type"`
	SnapshotID        string            `json:"snapshot_id"`
	SourceVolume      string            `json:"source_volid"`
	Metadata          map[string]string `json:"metadata"`
}

func (c *Cloud) createVolume(k *call) (int, any, error) {
	var asked volumeRequest
	if err := k.read("volume", &asked); err != nil {
		return 0, nil, err
	}
	if asked.Size == nil || *asked.Size < 1 {
		size := 0
		if asked.Size != nil {
			size = *asked.Size
		}
		return 0, nil, fail(http.StatusBadRequest, "Invalid input for field/attribute size. Value: %d. %d is less than the minimum of 1", size, size)
	}
	if asked.SnapshotID != "" || asked.SourceVolume != "" {
		return 0, nil, fail(http.StatusNotImplemented, "The emulated cloud makes volumes from images or blank, not from snapshots or volumes.")
	}
	if asked.ImageRef == "" {
		asked.ImageRef = asked.ImageID
	}
	if i, ok := c.imageFor(k.project, asked.ImageRef); asked.ImageRef != "" && !ok {
		return 0, nil, fail(http.StatusBadRequest, "Invalid image identifier or unable to access requested image.")
	} else if ok && i.MinDisk > *asked.Size {
		return 0, nil, fail(http.StatusBadRequest, "Invalid input received: Volume size %dGB cannot be smaller than the image minDisk size %dGB.", *asked.Size, i.MinDisk)
	}
	if asked.VolumeType != "" && !slices.ContainsFunc(c.types, func(t volumeType) bool { return t.name == asked.VolumeType || t.id == asked.VolumeType }) {
		return 0, nil, fail(http.StatusNotFound, "Volume type with name %s could not be found.", asked.VolumeType)
	}
	if err := c.roomForVolume(k.project, *asked.Size); err != nil {
		return 0, nil, err
	}
	v := c.newVolume(k.project, *asked.Size, asked.ImageRef)
	v.name, v.description, v.kind, v.status = asked.Name, asked.Description, asked.VolumeType, "creating"
	maps.Copy(v.metadata, asked.Metadata)
	c.later(c.config.VolumeDelay, func() {
		if v.status == "creating" {
			v.status = "available"
		}
	})
	return http.StatusAccepted, object{"volume": c.volumeView(v)}, nil
}

func (c *Cloud) newVolume(p *project, size int, image string) *volume {
	v := &volume{id: newUUID(), project: p, size: size, image: image, metadata: map[string]string{}, created: c.clock.Now()}
	c.volumes = append(c.volumes, v)
	return v
}

func (c *Cloud) volumeUse(p *project) (count, gigabytes int) {
	for _, v := range c.volumes {
		if v.project == p {
			count, gigabytes = count+1, gigabytes+v.size
		}
	}
	return count, gigabytes
}

func (c *Cloud) roomForVolume(p *project, size int) error {
	count, gigabytes := c.volumeUse(p)
	if over(count+1, p.quota.Volumes) {
		return fail(http.StatusRequestEntityTooLarge, "VolumeLimitExceeded: Maximum number of volumes allowed (%d) exceeded for quota 'volumes'.", p.quota.Volumes)
	}
	if over(gigabytes+size, p.quota.Gigabytes) {
		return fail(http.StatusRequestEntityTooLarge, "VolumeSizeExceedsAvailableQuota: Requested volume or snapshot exceeds allowed gigabytes quota. Requested %dG, quota is %dG and %dG has been consumed.",
			size, p.quota.Gigabytes, gigabytes)
	}
	return nil
}

func (c *Cloud) listVolumes(k *call) (int, any, error) {
	own := []*volume{}
	for _, v := range newestFirst(c.volumes) {
		if v.project == k.project && k.asked("name", v.name) && k.asked("status", v.status) && k.asked("id", v.id) {
			own = append(own, v)
		}
	}
	view := c.volumeView
	if !strings.HasSuffix(k.URL.Path, "/detail") {
		view = func(v *volume) object { return object{"id": v.id, "name": v.name, "links": []object{}} }
	}
	return listing(c, k, "volumes", own, func(v *volume) string { return v.id }, view)
}

func (c *Cloud) getVolume(k *call) (int, any, error) {
	v, err := c.namedVolume(k)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, object{"volume": c.volumeView(v)}, nil
}

func (c *Cloud) updateVolume(k *call) (int, any, error) {
	v, err := c.namedVolume(k)
	if err != nil {
		return 0, nil, err
	}
	var asked struct {
		Name, Description *string
		Metadata          map[string]string
	}
	if err := k.read("volume", &asked); err != nil {
		return 0, nil, err
	}
	if asked.Name != nil {
		v.name = *asked.Name
	}
	if asked.Description != nil {
		v.description = *asked.Description
	}
	if asked.Metadata != nil {
		v.metadata = asked.Metadata
	}
	return http.StatusOK, object{"volume": c.volumeView(v)}, nil
}

func (c *Cloud) deleteVolume(k *call) (int, any, error) {
	v, err := c.namedVolume(k)
	if err != nil {
		return 0, nil, err
	}
	if v.status != "available" && v.status != "error" {
		return 0, nil, fail(http.StatusBadRequest, "Invalid volume: Volume status must be available or error or error_restoring or error_extending or error_managing and must not be migrating, attached, belong to a group, have snapshots, awaiting a transfer, or be disassociated from snapshots after volume transfer.")
	}
	v.status = "deleting"
	c.later(c.config.VolumeDelay, func() { c.removeVolume(v) })
	return http.StatusAccepted, nil, nil
}

func (c *Cloud) removeVolume(v *volume) {
	c.volumes = slices.DeleteFunc(c.volumes, func(o *volume) bool { return o == v })
}

func (c *Cloud) volumeView(v *volume) object {
	attachments := []object{}
	if v.server != "" && (v.status == "in-use" || v.status == "detaching") {
		attachments = append(attachments, object{"id": v.id, "attachment_id": v.id, "volume_id": v.id, "server_id": v.server, "device": v.device, "host_name": nil})
	}
	var image any
	if v.image != "" {
		image = object{"image_id": v.image}
	}
	kind := v.kind
	if kind == "" {
		kind = "__DEFAULT__"
	}
	view := object{
		"id": v.id, "name": v.name, "description": v.description, "status": v.status, "size": v.size, "volume_type": kind, "metadata": v.metadata,
		"bootable": "false", "attachments": attachments, "availability_zone": "nova", "encrypted": false, "multiattach": false, "snapshot_id": nil,
		"source_volid": nil, "created_at": cinderTime(v.created), "updated_at": cinderTime(v.created), "os-vol-tenant-attr:tenant_id": v.project.id,
		"links": []object{{"rel": "self", "href": c.url + "/volume/v3/" + v.project.id + "/volumes/" + v.id}},
	}
	if image != nil {
		view["bootable"], view["volume_image_metadata"] = "true", image
	}
	return view
}

func (c *Cloud) typeView(t volumeType) object {
	return object{"id": t.id, "name": t.name, "is_public": true, "description": nil, "extra_specs": object{}, "os-volume-type-access:is_public": true}
}

func (c *Cloud) listTypes(k *call) (int, any, error) {
	return listing(c, k, "volume_types", c.types, func(t volumeType) string { return t.id }, c.typeView)
}

func (c *Cloud) getType(k *call) (int, any, error) {
	for _, t := range c.types {
		if t.id == k.PathValue("id") {
			return http.StatusOK, object{"volume_type": c.typeView(t)}, nil
		}
	}
	return 0, nil, fail(http.StatusNotFound, "Volume type %s could not be found.", k.PathValue("id"))
}

func (c *Cloud) volumeLimits(k *call) (int, any, error) {
	count, gigabytes := c.volumeUse(k.project)
	return http.StatusOK, object{"limits": object{"rate": []object{}, "absolute": object{
		"maxTotalVolumes": k.project.quota.Volumes, "maxTotalVolumeGigabytes": k.project.quota.Gigabytes, "maxTotalSnapshots": 1000,
		"totalVolumesUsed": count, "totalGigabytesUsed": gigabytes, "totalSnapshotsUsed": 0,
	}}}, nil
}

func (c *Cloud) volumeQuota(k *call) (int, any, error) {
	if k.PathValue("id") != k.project.id {
		return 0, nil, fail(http.StatusForbidden, "Policy doesn't allow volume_extension:quotas:show to be performed.")
	}
	count, gigabytes := c.volumeUse(k.project)
	set := object{"id": k.project.id, "volumes": k.project.quota.Volumes, "gigabytes": k.project.quota.Gigabytes}
	if isTrue(k.query.Get("usage")) {
		set["volumes"] = object{"limit": k.project.quota.Volumes, "in_use": count, "reserved": 0, "allocated": 0}
		set["gigabytes"] = object{"limit": k.project.quota.Gigabytes, "in_use": gigabytes, "reserved": 0, "allocated": 0}
	}
	return http.StatusOK, object{"quota_set": set}, nil
}
