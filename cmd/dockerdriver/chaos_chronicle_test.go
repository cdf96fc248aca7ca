//go:build hosts

package main

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

// fault is one thing that was made to go wrong, and when it was put right.
type fault struct {
	kind     kind
	host     string    // its machine's name; empty: it is nobody's in particular
	began    time.Time // when it was made
	healed   time.Time // zero: it is on
	what     string    // whom it met
	instance string    // the one that it met; empty: all on its host
}

// chronicle tells what was wrong when: the one witness on whether an instance was
// lost for a reason. It is safe for concurrent use.
type chronicle struct {
	mu     sync.Mutex
	began  time.Time
	faults []*fault
	breaks []string
	rested time.Time // the last moment at which all invariants were seen to hold
	say    func(string, ...any)
}

func newChronicle(say func(string, ...any)) *chronicle {
	return &chronicle{began: time.Now(), say: say}
}

func (j *chronicle) at() string { return fmt.Sprintf("%6.1f s", time.Since(j.began).Seconds()) }

// note writes a line.
func (j *chronicle) note(format string, values ...any) {
	j.say("%s  %s", j.at(), fmt.Sprintf(format, values...))
}

// strike writes down a fault that is about to be made: whoever meets it before it
// is written would find no reason.
func (j *chronicle) strike(f fault) *fault {
	f.began = time.Now()
	struck := &f
	j.mu.Lock()
	j.faults = append(j.faults, struck)
	j.mu.Unlock()
	j.note("STRUCK  %s %s", f.kind, f.what)
	return struck
}

// heal writes down that a fault is put right.
func (j *chronicle) heal(f *fault) {
	j.mu.Lock()
	f.healed = time.Now()
	took := f.healed.Sub(f.began)
	j.mu.Unlock()
	j.note("healed  %s %s, after %s", f.kind, f.what, took.Round(100*time.Millisecond))
}

// breach writes down an invariant that is broken.
func (j *chronicle) breach(format string, values ...any) {
	words := fmt.Sprintf(format, values...)
	j.mu.Lock()
	j.breaks = append(j.breaks, j.at()+"  "+words)
	j.mu.Unlock()
	j.note("BROKEN  %s", words)
}

// rest writes down that all is well: what was healed before explains nothing more.
func (j *chronicle) rest() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.rested = time.Now()
}

// during are the faults that were on at any moment between two, or shortly before:
// what they did to others ends a moment after they do, or when all was well again.
func (j *chronicle) during(from, to time.Time) (on []fault) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, f := range j.faults {
		if isOver := !f.healed.IsZero() && f.healed.Before(j.rested) && from.After(j.rested); isOver {
			continue
		}
		if f.began.Before(to) && (f.healed.IsZero() || f.healed.Add(f.kind.wake()).After(from)) {
			on = append(on, *f)
		}
	}
	return on
}

// isQuiet tells whether nothing was wrong between two moments.
func (j *chronicle) isQuiet(from, to time.Time) bool { return len(j.during(from, to)) == 0 }

// any tells whether a fault of one of the kinds was on.
func (j *chronicle) any(from, to time.Time, kinds ...kind) bool {
	return slices.ContainsFunc(j.during(from, to), func(f fault) bool { return slices.Contains(kinds, f.kind) })
}

// counts is how often each kind of fault was made.
func (j *chronicle) counts() map[kind]int {
	j.mu.Lock()
	defer j.mu.Unlock()
	n := map[kind]int{}
	for _, f := range j.faults {
		n[f.kind]++
	}
	return n
}

func (j *chronicle) broken() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.breaks)
}

// explains tells whether what became of an instance has its reason in a fault: one
// that its failure's kind follows from, on its own host, while it lived.
func (j *chronicle) explains(end instanceEnd) bool {
	var met []fault
	for _, f := range j.during(end.created, end.ended) {
		isThere := f.host == "" || f.host == end.host || end.host == "" // nobody has seen where it was
		if isThere && (f.instance == "" || f.instance == end.id) && slices.Contains(reasons[end.code], f.kind) {
			met = append(met, f)
		}
	}
	return len(met) > 0 && (end.code != pool.CodeHostLost || losesHost(met, end.ended))
}

// instanceEnd is an end that its owner did not ask for.
type instanceEnd struct {
	id, host       string
	state          string
	code           pool.Code
	created, ended time.Time
	words          string
}

// losesHost tells whether the pool may give a host up at a moment for what befell
// it: a silence must last, and only a machine that is gone is given up at once. An
// engine is asked every so often: silences with no more than that between are one.
func losesHost(met []fault, at time.Time) bool {
	var began, until time.Time
	for _, f := range met { // in the order of their beginning
		if f.kind == machineDeleted {
			return true
		}
		if f.began.After(until) {
			began = f.began
		}
		if until = at; !f.healed.IsZero() && f.healed.Before(at) {
			until = f.healed.Add(tolerance)
		}
		if until.Sub(began) >= lostAfter {
			return true
		}
	}
	return false
}

// silences are the faults for which an engine does not answer.
var silences = []kind{engineKilled, engineHung, engineCutOff, lineDown, lineSilent, poweredOff}

// endedBy stands for the failure of an instance that has none, and was not ended by
// who has it.
func endedBy(reason string) pool.Code { return pool.Code("ended by " + reason) }

// reasons are the faults that a failure with a code may follow from.
var reasons = map[pool.Code][]kind{
	endedBy(pool.EndByShutdown): {shutdownMode},
	pool.CodeHostLost:           append([]kind{machineDeleted}, silences...),
	pool.CodeExited:             {poweredOff, containerKilled, machineDeleted},
	pool.CodeExitedAtStart:      {poweredOff, containerKilled, machineDeleted},
	pool.CodeContainerGone:      {containerRemoved},
	pool.CodeNotAnswering:       append([]kind{machineDeleted}, silences...),
	pool.CodeUnavailable:        append([]kind{machineDeleted}, silences...),
	pool.CodeImagePush:          append([]kind{machineDeleted, serverKilled, diskFull}, silences...),
	pool.CodeCreateFailed:       append([]kind{containerRemoved}, silences...),
	pool.CodeStartFailed:        append([]kind{containerRemoved, containerKilled}, silences...),
}

func TestChronicleKnowsWhatALossFollowsFrom(t *testing.T) {
	t.Parallel()
	now := time.Now()
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	short, long := lostAfter/4, 2*lostAfter
	for why, c := range map[string]struct {
		faults []fault
		code   pool.Code
		is     bool
	}{
		"nothing was wrong":                {nil, pool.CodeHostLost, false},
		"its machine was deleted":          {[]fault{{kind: machineDeleted, host: "here", began: ago(short), healed: ago(short)}}, pool.CodeHostLost, true},
		"another machine was":              {[]fault{{kind: machineDeleted, host: "there", began: ago(short), healed: ago(short)}}, pool.CodeHostLost, false},
		"its engine was hung for long":     {[]fault{{kind: engineHung, host: "here", began: ago(long)}}, pool.CodeHostLost, true},
		"its engine was hung for a moment": {[]fault{{kind: engineHung, host: "here", began: ago(long), healed: ago(long - short)}}, pool.CodeHostLost, false},
		"two moments, one after another": {[]fault{
			{kind: engineHung, host: "here", began: ago(long), healed: ago(long - short)},
			{kind: lineDown, host: "here", began: ago(long - short - time.Second), healed: ago(long - 2*short - time.Second)},
		}, pool.CodeHostLost, true},
		"two moments, long after one another": {[]fault{
			{kind: engineHung, host: "here", began: ago(long), healed: ago(long - short)},
			{kind: lineDown, host: "here", began: ago(short), healed: ago(short / 2)},
		}, pool.CodeHostLost, false},
		"cloud calls fail":                      {[]fault{{kind: cloudFails, began: ago(long)}}, pool.CodeHostLost, false},
		"somebody removed its container":        {[]fault{{kind: containerRemoved, host: "here", began: ago(short), healed: ago(short)}}, pool.CodeContainerGone, true},
		"somebody's container was removed":      {[]fault{{kind: containerRemoved, host: "there", began: ago(short), healed: ago(short)}}, pool.CodeContainerGone, false},
		"it was removed before the launch":      {[]fault{{kind: containerRemoved, host: "here", began: ago(9 * long), healed: ago(8 * long)}}, pool.CodeContainerGone, false},
		"nothing explains an internal error":    {[]fault{{kind: poweredOff, host: "here", began: ago(long)}, {kind: diskFull, began: ago(long)}}, pool.CodeInternal, false},
		"a full disk explains no lost notebook": {[]fault{{kind: diskFull, began: ago(long)}}, pool.CodeExited, false},
	} {
		j := newChronicle(t.Logf)
		for _, f := range c.faults {
			j.faults = append(j.faults, &f)
		}
		end := instanceEnd{host: "here", code: c.code, created: ago(3 * long), ended: now}
		require.Equal(t, c.is, j.explains(end), why)
	}
	for words, spoil := range map[string]func(*inventory){
		"stray container": func(s *inventory) { s.containers[0].Instance = "i9" },
		"moved":           func(s *inventory) { s.containers[0].HostID = "h2" },
		"volume":          func(s *inventory) { s.things = append(s.things, "v2") },
		"stray":           func(s *inventory) { s.pool.Strays = []struct{ Kind, ID string }{{"volume", "v9"}} },
	} {
		s := atRest()
		spoil(&s)
		require.True(t, slices.ContainsFunc(s.breaks(), isOrphan), words)
	}
	j := newChronicle(t.Logf)
	f := j.strike(fault{kind: diskFull})
	require.True(t, j.any(now, time.Now(), diskFull))
	require.False(t, j.any(now, time.Now(), shutdownMode))
	j.heal(f)
	require.False(t, j.isQuiet(now, time.Now()))
	require.True(t, j.isQuiet(time.Now().Add(time.Hour), time.Now().Add(2*time.Hour)))
	j.rest()
	require.True(t, j.isQuiet(time.Now(), time.Now()))
	require.False(t, j.isQuiet(now, time.Now()), "what was before stays explained")
	require.Equal(t, map[kind]int{diskFull: 1}, j.counts())
}
