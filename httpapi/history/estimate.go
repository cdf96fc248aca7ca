package history

import "dockerdriver/actors/pool"

const (
	// lastLaunches of a blueprint make its estimate.
	lastLaunches = 50
	// leastLaunches make one at all.
	leastLaunches = 3
	// maxBlueprints bounds for how many there is one; of more, those that were
	// launched longest ago have none.
	maxBlueprints = 1000
)

// Estimate is how long the last launches of a blueprint took, from the click until
// the notebook answered: half of them at most P50, nine of ten at most P90 seconds.
type Estimate struct {
	P50, P90 float64
	Count    int // of launches that it is made of: 3 to 50
}

// recent are the last launches of one blueprint.
type recent struct {
	At      int64     `json:"at"`      // when the last one ended, seconds since 1970
	Seconds []float32 `json:"seconds"` // oldest first
}

// estimates are by blueprint id.
type estimates map[string]*recent

func (e estimates) add(l launch) {
	if l.failed {
		return
	}
	r := e[l.blueprintID]
	if r == nil {
		e.makeRoom()
		r = &recent{Seconds: make([]float32, 0, lastLaunches)}
		e[l.blueprintID] = r
	}
	if len(r.Seconds) >= lastLaunches {
		r.Seconds = r.Seconds[:copy(r.Seconds, r.Seconds[len(r.Seconds)-lastLaunches+1:])]
	}
	r.At, r.Seconds = l.at.Unix(), append(r.Seconds, l.seconds[0])
}

func (e estimates) makeRoom() {
	if len(e) < maxBlueprints {
		return
	}
	oldest := ""
	for id, r := range e {
		if oldest == "" || r.At < e[oldest].At {
			oldest = id
		}
	}
	delete(e, oldest)
}

// forget drops blueprints that are gone.
func (e estimates) forget(present []*pool.Blueprint) {
	there := make(map[string]bool, len(present))
	for _, b := range present {
		there[b.ID] = true
	}
	for id := range e {
		if !there[id] {
			delete(e, id)
		}
	}
}

func (e estimates) of(blueprintID string) (Estimate, bool) {
	r := e[blueprintID]
	if r == nil || len(r.Seconds) < leastLaunches {
		return Estimate{}, false
	}
	s := spread(quantiles(r.Seconds))
	return Estimate{P50: s.P50, P90: s.P90, Count: len(r.Seconds)}, true
}
