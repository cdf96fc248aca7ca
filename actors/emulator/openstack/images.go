package openstack

import (
	"net/http"
	"strings"
)

func (c *Cloud) imageRoutes() map[string]handler {
	return map[string]handler{"GET /images": c.listImages, "GET /images/{id}": c.getImage}
}

func (c *Cloud) imageFor(p *project, id string) (Image, bool) {
	for _, i := range c.images {
		if i.ID == id && p.shared(i.Project) {
			return i, true
		}
	}
	return Image{}, false
}

func (c *Cloud) getImage(k *call) (int, any, error) {
	i, ok := c.imageFor(k.project, k.PathValue("id"))
	if !ok {
		return 0, nil, fail(http.StatusNotFound, "No image found with ID %s", k.PathValue("id"))
	}
	return http.StatusOK, c.imageView(i), nil
}

func (c *Cloud) listImages(k *call) (int, any, error) {
	seen := []Image{}
	for _, i := range c.images {
		if !k.project.shared(i.Project) || k.query.Has("name") && !imageNamed(i, k.query.Get("name")) ||
			k.query.Has("status") && k.query.Get("status") != "active" || k.query.Has("id") && k.query.Get("id") != i.ID {
			continue
		}
		seen = append(seen, i)
	}
	cut, more, err := page(k, seen, func(i Image) string { return i.ID })
	if err != nil {
		return 0, nil, err
	}
	views := []object{}
	for _, i := range cut {
		views = append(views, c.imageView(i))
	}
	body := object{"images": views, "first": "/v2/images", "schema": "/v2/schemas/images"}
	if more && len(cut) > 0 {
		query := k.URL.Query()
		query.Set("marker", cut[len(cut)-1].ID)
		body["next"] = "/v2/images?" + query.Encode()
	}
	return http.StatusOK, body, nil
}

// imageNamed knows Glance's "in:one,two" beside a plain name.
func imageNamed(i Image, asked string) bool {
	names, many := strings.CutPrefix(asked, "in:")
	if !many {
		return i.Name == asked
	}
	for name := range strings.SplitSeq(names, ",") {
		if strings.Trim(name, `"`) == i.Name {
			return true
		}
	}
	return false
}

func (c *Cloud) imageView(i Image) object {
	visibility := "public"
	owner := "admin"
	if i.Project != "" {
		visibility, owner = "private", c.projectNamed(i.Project).id
	}
	return object{
		"id": i.ID, "name": i.Name, "status": "active", "visibility": visibility, "owner": owner, "size": i.Size, "min_disk": i.MinDisk,
		"min_ram": i.MinRAM, "disk_format": "raw", "container_format": "bare", "protected": false, "os_hidden": false, "tags": []string{},
		"created_at": "2022-10-05T00:00:00Z", "updated_at": "2022-10-05T00:00:00Z", "checksum": nil, "virtual_size": i.Size,
		"file": "/v2/images/" + i.ID + "/file", "self": "/v2/images/" + i.ID, "schema": "/v2/schemas/image",
	}
}
