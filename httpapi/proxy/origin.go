package proxy

import (
	"net/http"
	"strings"
)

// comesFromHome tells whether a request may act in the notebook whose origin is
// home. The cookie says whose browser it is; this says which page made it.
//
//   - Upgrades: Origin must be home. SameSite does nothing between siblings,
//     and browsers do not apply CORS to websockets.
//   - Sec-Fetch-Site, where a browser sends it (it cannot be forged by a page):
//     same-origin and none (typed, bookmarked) pass; from elsewhere only
//     navigations of the whole tab with GET do.
//   - What a browser fetches before anybody asks (speculation rules) must come
//     from home: Chromium says none of those of a sibling's page.
//   - Unsafe methods without it: an Origin must be home. With neither field it
//     is no browser, and nobody's cookie was borrowed.
func comesFromHome(r *http.Request, home string) bool {
	origins, sites := r.Header["Origin"], r.Header["Sec-Fetch-Site"]
	if len(origins) > 1 || len(sites) > 1 {
		return false
	}
	fromHome := len(origins) == 1 && origins[0] == home
	if isUpgrade(r) {
		return fromHome
	}
	if r.Header.Get("Sec-Purpose") != "" && (len(sites) == 0 || sites[0] != sameOriginOne) {
		return false
	}
	if len(sites) == 1 {
		switch sites[0] {
		case "same-origin", "none":
			// The Origin of a page with Referrer-Policy no-referrer is null.
			return len(origins) == 0 || fromHome || origins[0] == "null"
		case "same-site", "cross-site":
			return isTabNavigation(r)
		}
		return false
	}
	return isSafe(r.Method) || len(origins) == 0 || fromHome
}

// mayAct tells whether a request comes from a page that may act in the notebook,
// as well as that can be told.
func mayAct(r *http.Request, own Name) bool {
	return comesFromHome(r, own.Origin()) && !(own.Paths && comesFromNeighbour(r, own))
}

// comesFromNeighbour tells, where all notebooks share an origin, whether a
// request says of itself that another notebook's page made it, and is no
// person's navigation from there. It keeps out what that page does by accident or
// without guile: a script can send no Referer, or any of its own origin, and
// browsers send none with a websocket's handshake.
func comesFromNeighbour(r *http.Request, own Name) bool {
	referers := r.Header["Referer"]
	if len(referers) != 1 {
		return len(referers) > 1
	}
	path, local := strings.CutPrefix(referers[0], own.Origin())
	label, _, ok := splitLabel(pathOf(path))
	if !local || !ok || label == own.Label {
		return false
	}
	old := len(r.Header["Sec-Fetch-Mode"]) == 0 // a browser, that does not tell what it asks for
	return !isTabNavigation(r) && !(old && isNavigation(r))
}

func isSafe(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

// isUpgrade is true for whatever a server might take for a protocol upgrade.
func isUpgrade(r *http.Request) bool { return len(r.Header["Upgrade"]) > 0 }

// isTabNavigation tells whether a browser loads the page of a whole tab: not a
// frame, an image or a script, nor a page that nobody has asked for yet
// (speculation rules: they would spend tickets and start programs).
func isTabNavigation(r *http.Request) bool {
	dest := r.Header.Get("Sec-Fetch-Dest")
	return r.Method == http.MethodGet && r.Header.Get("Sec-Fetch-Mode") == "navigate" && (dest == "document" || dest == "") &&
		r.Header.Get("Sec-Purpose") == ""
}
