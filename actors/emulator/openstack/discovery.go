package openstack

import (
	"net/http"
	"strconv"
	"strings"
)

// maxMinor is the newest compute microversion: Zed's.
const maxMinor = 93

// microversion is what a request asks of compute, or 1.
func microversion(r *http.Request) (int, error) {
	asked := r.Header.Get("X-OpenStack-Nova-API-Version")
	service, version, two := strings.Cut(r.Header.Get("OpenStack-API-Version"), " ")
	compute := strings.HasPrefix(r.URL.Path, "/compute/")
	if two && compute && service == "compute" {
		asked = version
	}
	if strings.HasPrefix(r.URL.Path, "/volume/") && two && service != "volume" {
		return 0, fail(http.StatusBadRequest, "Invalid service type for OpenStack-API-Version header")
	}
	if asked == "" || !compute {
		return 1, nil
	}
	if asked == "latest" {
		return maxMinor, nil
	}
	major, minor, _ := strings.Cut(asked, ".")
	n, err := strconv.Atoi(minor)
	if err != nil || n < 0 {
		return 0, fail(http.StatusBadRequest, "API Version String %s is of invalid format. Must be of format MajorNum.MinorNum.", asked)
	}
	if major != "2" || n < 1 || n > maxMinor {
		return 0, fail(http.StatusNotAcceptable, "Version %s is not supported by the API. Minimum is 2.1 and maximum is 2.%d.", asked, maxMinor)
	}
	return n, nil
}

// discoveryRoutes are the documents that say which versions a service has; they need no token.
func (c *Cloud) discoveryRoutes(mux *http.ServeMux) {
	document := func(id, path, minimum, version string) object {
		d := object{
			"id": id, "status": "CURRENT", "updated": "2022-10-05T00:00:00Z",
			"links": []object{{"rel": "self", "href": c.url + path}},
		}
		if version != "" {
			d["min_version"], d["version"] = minimum, version
		}
		return d
	}
	identity := document("v3.14", "/identity/v3/", "", "")
	identity["status"] = "stable"
	compute := document("v2.1", "/compute/v2.1/", "2.1", "2."+strconv.Itoa(maxMinor))
	network := document("v2.0", "/network/v2.0/", "", "")
	volume := document("v3.0", "/volume/v3/", "3.0", "3.70")
	image := document("v2.16", "/image/v2/", "", "")
	show := func(pattern string, status int, body any) {
		mux.HandleFunc("GET "+pattern+"{$}", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, status, body) })
	}
	show("/identity/", http.StatusMultipleChoices, object{"versions": object{"values": []object{identity}}})
	show("/identity/v3/", http.StatusOK, object{"version": identity})
	mux.HandleFunc("GET /identity/v3", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, object{"version": identity})
	})
	show("/compute/", http.StatusOK, object{"versions": []object{compute}})
	show("/compute/v2.1/", http.StatusOK, object{"version": compute})
	show("/network/", http.StatusOK, object{"versions": []object{network}})
	show("/network/v2.0/", http.StatusOK, object{"resources": []object{}})
	show("/volume/", http.StatusMultipleChoices, object{"versions": []object{volume}})
	show("/volume/v3/", http.StatusOK, object{"versions": []object{volume}})
	show("/image/", http.StatusMultipleChoices, object{"versions": []object{image}})
}
