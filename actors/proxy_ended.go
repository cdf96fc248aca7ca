package actors

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"dockerdriver/actors/pool"
)

// How long browsers that were in a notebook are told, at its own address, why it
// ended, and of how many at once: the oldest goes first. Later, and after a
// restart, the web UI tells.
const (
	endedFor = 24 * time.Hour
	maxEnded = 1000
)

// ended is a notebook that ended lately, with those who were in it.
type ended struct {
	pool.EndedRoute
	sessions []pool.NotebookSession
}

func newEnded(route pool.EndedRoute, sessions []pool.NotebookSession) ended {
	route.Sessions = make([]string, len(sessions))
	for n, s := range sessions {
		route.Sessions[n] = s.CookieHash
	}
	return ended{route, sessions}
}

// noteEnd remembers why a notebook ended, before its sessions are forgotten.
func (p *proxy) noteEnd(route pool.Route, words string) {
	now := time.Now()
	maps.DeleteFunc(p.ended, func(_ string, e ended) bool { return now.Sub(e.At) > endedFor })
	if len(p.ended) >= maxEnded {
		oldest := slices.MinFunc(slices.Collect(maps.Keys(p.ended)), func(a, b string) int {
			return cmp.Or(p.ended[a].At.Compare(p.ended[b].At), cmp.Compare(a, b))
		})
		delete(p.ended, oldest)
	}
	var inside []pool.NotebookSession
	for _, s := range p.sessions {
		if s.InstanceID == route.InstanceID {
			inside = append(inside, s)
		}
	}
	if len(inside) > 0 {
		p.ended[route.Label] = newEnded(pool.EndedRoute{InstanceID: route.InstanceID, Words: words, At: now}, inside)
	}
}

// forgetEnded takes away what revoked sessions may read.
func (p *proxy) forgetEnded(which func(pool.NotebookSession) bool) {
	for label, e := range p.ended {
		switch left := slices.DeleteFunc(slices.Clone(e.sessions), which); len(left) {
		case len(e.sessions):
		case 0:
			delete(p.ended, label)
		default:
			p.ended[label] = newEnded(e.EndedRoute, left)
		}
	}
}

// endedRoutes is the part of the table that tells of ends.
func (p *proxy) endedRoutes() map[string]pool.EndedRoute {
	routes := make(map[string]pool.EndedRoute, len(p.ended))
	for label, e := range p.ended {
		routes[label] = e.EndedRoute
	}
	return routes
}
