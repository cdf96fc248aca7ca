// Package history keeps what the pool was like over the last hour, day and week,
// and how long launches took, within a fixed bound of memory.
//
//	span   a point stands for   points
//	hour   10 s                    360
//	day     2 min                  720
//	week   15 min                  672
//
// Every ten seconds the pool's View is looked at, once for all three. Where a point
// stands for more than one look, it keeps what an operator looks for, and no
// averages, which hide a shortage that was short: the most slots used, launches in
// the queue, hosts and free slots wanted, and the fewest slots free. Launches and
// failures are added up, and the seconds of all launches within the point make its
// p50 and p90 (nearest rank), exactly so up to 256 launches, of a random 256 beyond.
//
// A launch is counted once, at the look that finds it running, or failed before it
// ran; one that its owner cancelled is neither. The last 50 of each blueprint make
// the estimate that its users see.
//
// All of it is written to one small file every five minutes and at the end. No file,
// a damaged one or a full disk costs the history and nothing else. After a crash
// launches that were not written are counted from the View, at the next start's
// first look.
package history

import "time"

// Span is how far back a series of points goes.
type Span string

// Spans that are kept.
const (
	Hour Span = "hour"
	Day  Span = "day"
	Week Span = "week"
)

// MaxBytes bounds the memory of a History, whatever the pool does.
const MaxBytes = 1 << 20

// resolutions are the spans with what a point stands for, in seconds, and how many are kept.
var resolutions = [...]struct {
	span         Span
	step, points int64
}{
	{Hour, 10, 360},
	{Day, 2 * 60, 720},
	{Week, 15 * 60, 672},
}

const (
	lookEvery  = 10 * time.Second // the finest step
	writeEvery = 5 * time.Minute
)

// Step returns what a point of a span stands for; 0: it is no span.
func (s Span) Step() time.Duration {
	for _, r := range resolutions {
		if r.span == s {
			return time.Duration(r.step) * time.Second
		}
	}
	return 0
}
