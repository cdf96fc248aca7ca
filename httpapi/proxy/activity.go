package proxy

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"dockerdriver/actors/pool"
)

// reportEvery is how often activity is handed on: often enough for "idle for 12
// min", seldom enough to cost nothing.
const reportEvery = 15 * time.Second

// activity keeps when each instance was last used. What a request costs is one
// look-up and one store; everything else is done by the report.
type activity struct {
	cells sync.Map // instance id → *lastUse
}

// lastUse is one instance's: Unix time in milliseconds, and what was told of it.
type lastUse struct{ at, told atomic.Int64 }

func (l *lastUse) touch() { l.at.Store(time.Now().UnixMilli()) }

func newActivity() *activity { return &activity{} }

// of returns an instance's cell, which is the same for all of its traffic.
func (a *activity) of(instanceID string) *lastUse {
	if cell, ok := a.cells.Load(instanceID); ok {
		return cell.(*lastUse)
	}
	cell, _ := a.cells.LoadOrStore(instanceID, &lastUse{})
	return cell.(*lastUse)
}

// news are the instances that were used since the last call. Cells of
// instances without a route are dropped.
func (a *activity) news(table *pool.RouteTable) map[string]time.Time {
	routed := make(map[string]bool, len(table.Routes))
	for _, route := range table.Routes {
		routed[route.InstanceID] = true
	}
	used := map[string]time.Time{}
	a.cells.Range(func(key, value any) bool {
		id, cell := key.(string), value.(*lastUse)
		if !routed[id] {
			a.cells.Delete(key)
			return true
		}
		if at := cell.at.Load(); at != cell.told.Swap(at) {
			used[id] = time.UnixMilli(at)
		}
		return true
	})
	return used
}

// Report hands on, in batches and until ctx ends, which instances were used and
// when last. Requests and websocket frames that match a route's IdlePaths, and
// pings, are no use.
func (p *Proxy) Report(ctx context.Context, to func(map[string]time.Time)) {
	tick := time.NewTicker(reportEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if used := p.activity.news(p.table.Load()); len(used) > 0 {
				to(used)
			}
		}
	}
}
