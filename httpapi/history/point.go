package history

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"dockerdriver/actors/pool"
)

// Stages are the steps of a launch in their order, as Point.Stages has them.
var Stages = [...]string{
	string(pool.InstanceQueueing), pool.StageScheduled, pool.StageImage, pool.StageCreating, pool.StageStarting, pool.StageProbing,
}

// Point is the pool over one step of a span.
type Point struct {
	Start      time.Time
	SlotsUsed  int // the most
	SlotsFree  int // the fewest
	SlotTarget int // the most that were wanted free
	Queued     int // the most
	Hosts      int // the most that were there, in whatever state
	Launches   int // that came to run
	Failures   int // that failed before
	Whole      Spread
	Stages     [len(Stages)]Spread // of Stages
}

// Spread is how long something took, in seconds; both below 0: it did not happen.
type Spread struct{ P50, P90 float64 }

// measures are the whole launch and its stages.
const measures = 1 + len(Stages)

// record is a point as it is kept and written.
type record struct {
	Start    int64             `json:"t"` // seconds since 1970, a multiple of the step
	Used     int32             `json:"u"`
	Free     int32             `json:"f"`
	Target   int32             `json:"w"`
	Queued   int32             `json:"q"`
	Hosts    int32             `json:"h"`
	Launches int32             `json:"l"`
	Failures int32             `json:"x"`
	P50      [measures]float32 `json:"a"` // -1: none
	P90      [measures]float32 `json:"z"`
}

func (r *record) merge(g gauges) {
	r.Used, r.Free = max(r.Used, g.used), min(r.Free, g.free)
	r.Target, r.Queued, r.Hosts = max(r.Target, g.target), max(r.Queued, g.queued), max(r.Hosts, g.hosts)
}

func (r record) point() Point {
	p := Point{
		Start: time.Unix(r.Start, 0).UTC(), SlotsUsed: int(r.Used), SlotsFree: int(r.Free), SlotTarget: int(r.Target),
		Queued: int(r.Queued), Hosts: int(r.Hosts), Launches: int(r.Launches), Failures: int(r.Failures), Whole: spread(r.P50[0], r.P90[0]),
	}
	for n := range Stages {
		p.Stages[n] = spread(r.P50[n+1], r.P90[n+1])
	}
	return p
}

// spread rounds to milliseconds.
func spread(p50, p90 float32) Spread {
	rounded := func(x float32) float64 { return math.Round(float64(x)*1000) / 1000 }
	return Spread{rounded(p50), rounded(p90)}
}

// gauges are the pool at one look.
type gauges struct{ used, free, target, queued, hosts int32 }

func gaugesOf(v *pool.View) gauges {
	g := gauges{
		used: int32(v.Status.SlotsUsed), free: int32(max(0, v.Status.Slots-v.Status.SlotsUsed)),
		target: int32(v.Status.Headroom.Target), queued: int32(v.Status.Queued),
	}
	for _, h := range v.Hosts {
		if !h.State.Ended() {
			g.hosts++
		}
	}
	return g
}

// maxTaken bounds how many launches of one point are remembered one by one.
const maxTaken = 256

// taken are the seconds of launches of the newest point: all, or a random choice
// of maxTaken in which each is as likely as any other.
type taken struct {
	Seen int       `json:"seen"`
	Kept []float32 `json:"kept"`
}

func (t *taken) add(seconds float32) {
	t.Seen++
	if len(t.Kept) < maxTaken {
		t.Kept = append(t.Kept, seconds)
		return
	}
	if at := rand.IntN(t.Seen); at < maxTaken {
		t.Kept[at] = seconds
	}
}

// quantiles are the p50 and p90; -1: nothing was taken.
func quantiles(seconds []float32) (p50, p90 float32) {
	if len(seconds) == 0 {
		return -1, -1
	}
	sorted := slices.Sorted(slices.Values(seconds))
	rank := func(percent int) float32 { return sorted[(percent*len(sorted)+99)/100-1] }
	return rank(50), rank(90)
}
