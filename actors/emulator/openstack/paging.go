package openstack

import (
	"net/http"
	"strconv"
)

// maxPage is the most that a page holds in all services, as by default.
const maxPage = 1000

// page cuts a list after the marker and to the limit that the query names. More says that there is a next page.
func page[T any](k *call, all []T, id func(T) string) (cut []T, more bool, err error) {
	limit := maxPage
	if text := k.query.Get("limit"); text != "" {
		limit, err = strconv.Atoi(text)
		if err != nil || limit < 0 {
			return nil, false, fail(http.StatusBadRequest, "Invalid input for query parameters limit. Value: %s. '%s' does not match '^[0-9]*$'", text, text)
		}
		limit = min(limit, maxPage)
	}
	if marker := k.query.Get("marker"); marker != "" {
		start := -1
		for n, item := range all {
			if id(item) == marker {
				start = n + 1
			}
		}
		if start < 0 {
			return nil, false, fail(http.StatusBadRequest, "marker [%s] not found", marker)
		}
		all = all[start:]
	}
	if len(all) > limit {
		return all[:limit], true, nil
	}
	// As in the real services, a page that is just full has a next one, which may be empty.
	return all, len(all) == limit && limit > 0 && k.query.Get("limit") != "", nil
}

// nextLink is the request again, from after the last object on.
func (c *Cloud) nextLink(k *call, last string) []object {
	query := k.URL.Query()
	query.Set("marker", last)
	return []object{{"rel": "next", "href": c.url + k.URL.Path + "?" + query.Encode()}}
}

// listing is a page of views under a name, with the link to the next.
func listing[T any](c *Cloud, k *call, name string, all []T, id func(T) string, view func(T) object) (int, any, error) {
	cut, more, err := page(k, all, id)
	if err != nil {
		return 0, nil, err
	}
	views := make([]object, 0, len(cut))
	for _, item := range cut {
		views = append(views, view(item))
	}
	body := object{name: views}
	if more && len(cut) > 0 {
		key := name + "_links"
		body[key] = c.nextLink(k, id(cut[len(cut)-1]))
	}
	return http.StatusOK, body, nil
}

// newestFirst is how compute and volume list.
func newestFirst[T any](all []T) []T {
	turned := make([]T, 0, len(all))
	for n := len(all) - 1; n >= 0; n-- {
		turned = append(turned, all[n])
	}
	return turned
}
