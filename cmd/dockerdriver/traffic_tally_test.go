//go:build hosts

package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// toll is what became of the traffic of one notebook in one phase. Requests are
// pages, uploads, downloads and handshakes.
type toll struct {
	sent, failed  int
	longest       time.Duration // that a page or a handshake took, however it ended
	streams       int           // event streams that broke
	cut           int           // websockets
	broken        time.Duration // since the phase began: when the last of both did
	events, words int           // that streams and websockets brought
	said          map[string]int
}

// tally counts what becomes of a notebook's traffic. It is safe for concurrent use.
type tally struct {
	mu    sync.Mutex
	row   toll
	began time.Time
	open  map[int]time.Time // requests under way, and when they began
	last  int
}

// begins counts a request; ends is called at its end.
func (t *tally) begins() (ends func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.open == nil {
		t.open = map[int]time.Time{}
	}
	t.last++
	n := t.last
	t.open[n] = time.Now()
	t.row.sent++
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		delete(t.open, n)
	}
}

// oldest is how long the request that has been under way for the longest has been.
func (t *tally) oldest() (age time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, began := range t.open {
		age = max(age, time.Since(began))
	}
	return age
}

// next begins another phase and returns what was counted in the last one.
func (t *tally) next() toll {
	t.mu.Lock()
	defer t.mu.Unlock()
	was := t.row
	t.row, t.began = toll{said: map[string]int{}}, time.Now()
	return was
}

// now is a copy of what is counted so far.
func (t *tally) now() toll {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := t.row
	r.said = maps.Clone(r.said)
	return r
}

// isTold tells whether anything that failed said this.
func (r *toll) isTold(words string) bool {
	for said := range r.said {
		if strings.HasPrefix(said, words) {
			return true
		}
	}
	return false
}

func (t *tally) count(change func(*toll)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	change(&t.row)
}

// broke counts something long-lived that ended.
func (t *tally) broke(change func(*toll), why string) {
	t.count(func(r *toll) {
		change(r)
		r.broken = time.Since(t.began)
		r.said[why]++
	})
}

// line is one line of the summary.
type line struct {
	phase, notebook string
	toll
}

// summary is the table of all phases.
func summary(lines []line) string {
	var out strings.Builder
	format := "%-26s %-10s %8s %7s %8s %7s %4s %8s %8s  %s\n"
	fmt.Fprintf(&out, format, "phase", "notebook", "requests", "failed", "longest", "streams", "cut", "ended by", "messages", "what they said")
	for _, l := range lines {
		said := slices.SortedFunc(maps.Keys(l.said), func(a, b string) int { return cmp.Or(l.said[b]-l.said[a], strings.Compare(a, b)) })
		for n, why := range said {
			said[n] = fmt.Sprintf("%d× %s", l.said[why], why)
		}
		fmt.Fprintf(&out, format, l.phase, l.notebook, fmt.Sprint(l.sent), fmt.Sprint(l.failed), l.longest.Round(time.Millisecond).String(),
			fmt.Sprint(l.streams), fmt.Sprint(l.cut), l.broken.Round(time.Millisecond).String(), fmt.Sprint(l.events+l.words), strings.Join(said, "; "))
	}
	return out.String()
}
