package link

import (
	"maps"
	"reflect"

	"dockerdriver/actors/pool"
)

// change leads from one route table to the next. The whole of a table is a
// change from nothing.
type change struct {
	Seq   uint64 `json:"seq"`
	Whole bool   `json:"whole,omitempty"` // nothing is kept of the table before

	Routes       map[string]pool.Route           `json:"routes,omitempty"`
	Sessions     map[string]pool.NotebookSession `json:"sessions,omitempty"`
	Ended        map[string]pool.EndedRoute      `json:"ended,omitempty"`
	GoneRoutes   []string                        `json:"gone_routes,omitempty"`
	GoneSessions []string                        `json:"gone_sessions,omitempty"`
	GoneEnded    []string                        `json:"gone_ended,omitempty"`
}

// whole is a table as a change.
func whole(t *pool.RouteTable, seq uint64) *change {
	return &change{Seq: seq, Whole: true, Routes: t.Routes, Sessions: t.Sessions, Ended: t.Ended}
}

// between is what leads from one table to the next.
func between(was, now *pool.RouteTable, seq uint64) *change {
	c := &change{Seq: seq}
	c.Routes, c.GoneRoutes = differ(was.Routes, now.Routes)
	c.Sessions, c.GoneSessions = differ(was.Sessions, now.Sessions)
	c.Ended, c.GoneEnded = differ(was.Ended, now.Ended)
	return c
}

func differ[V any](was, now map[string]V) (set map[string]V, gone []string) {
	for key, value := range now {
		if before, there := was[key]; !there || !reflect.DeepEqual(before, value) {
			if set == nil {
				set = map[string]V{}
			}
			set[key] = value
		}
	}
	for key := range was {
		if _, there := now[key]; !there {
			gone = append(gone, key)
		}
	}
	return set, gone
}

// apply returns the table after the change. The one before is left as it is.
func (c *change) apply(to *pool.RouteTable) *pool.RouteTable {
	if c.Whole {
		to = &pool.RouteTable{}
	}
	return &pool.RouteTable{
		Routes:   merge(to.Routes, c.Routes, c.GoneRoutes),
		Sessions: merge(to.Sessions, c.Sessions, c.GoneSessions),
		Ended:    merge(to.Ended, c.Ended, c.GoneEnded),
	}
}

func merge[V any](was, set map[string]V, gone []string) map[string]V {
	if len(set) == 0 && len(gone) == 0 && was != nil {
		return was
	}
	now := maps.Clone(was)
	if now == nil {
		now = make(map[string]V, len(set))
	}
	maps.Copy(now, set)
	for _, key := range gone {
		delete(now, key)
	}
	return now
}
