package history

import (
	"errors"
	"slices"
)

// ring holds the points of one span, oldest first.
type ring struct {
	Step    int64           `json:"step"` // seconds
	Records []record        `json:"records"`
	Taken   [measures]taken `json:"taken"` // of the newest record
	most    int
}

func newRings() (rings [len(resolutions)]ring) {
	for n, r := range resolutions {
		rings[n] = ring{Step: r.step, Records: make([]record, 0, r.points), most: int(r.points)}
	}
	return rings
}

// look takes one look at the pool. A clock that was set back takes what it has
// not come to yet out of the history.
func (r *ring) look(now int64, g gauges) {
	start := now - now%r.Step
	if later := slices.IndexFunc(r.Records, func(x record) bool { return x.Start > start }); later >= 0 {
		r.Records = r.Records[:later]
		r.Taken = [measures]taken{}
	}
	if n := len(r.Records); n > 0 && r.Records[n-1].Start == start {
		r.Records[n-1].merge(g)
		return
	}
	if len(r.Records) == r.most {
		r.Records = r.Records[:copy(r.Records, r.Records[1:])]
	}
	fresh := record{Start: start, Used: g.used, Free: g.free, Target: g.target, Queued: g.queued, Hosts: g.hosts}
	for n := range measures {
		fresh.P50[n], fresh.P90[n] = -1, -1
		r.Taken[n] = taken{Kept: r.Taken[n].Kept[:0]}
	}
	r.Records = append(r.Records, fresh)
}

// count adds launches to the newest point, which look has made.
func (r *ring) count(launches []launch) {
	newest := &r.Records[len(r.Records)-1]
	for _, l := range launches {
		if l.failed {
			newest.Failures++
			continue
		}
		newest.Launches++
		for n, seconds := range l.seconds {
			if seconds >= 0 {
				r.Taken[n].add(seconds)
			}
		}
	}
	for n, t := range r.Taken {
		newest.P50[n], newest.P90[n] = quantiles(t.Kept)
	}
}

// since returns the points that began after a time.
func (r *ring) since(t int64) []Point {
	points := make([]Point, 0, len(r.Records))
	for _, x := range r.Records {
		if x.Start > t {
			points = append(points, x.point())
		}
	}
	return points
}

// check tells whether a ring that was read can be one of ours.
func (r *ring) check(step int64, most int) error {
	if r.Step != step || len(r.Records) > most {
		return errors.New("its points are of another resolution")
	}
	for n, x := range r.Records {
		if x.Start%step != 0 || n > 0 && x.Start <= r.Records[n-1].Start {
			return errors.New("its points are not in order")
		}
		if min(x.Used, x.Free, x.Target, x.Queued, x.Hosts, x.Launches, x.Failures) < 0 {
			return errors.New("it counts below 0")
		}
	}
	for _, t := range r.Taken {
		if len(t.Kept) > maxTaken || t.Seen < len(t.Kept) {
			return errors.New("it remembers too many launches")
		}
	}
	return nil
}
