package openstack

import (
	"slices"
	"sync"
	"time"
)

// Clock is where the cloud's time comes from.
type Clock interface {
	Now() time.Time
	// AfterFunc calls f once, d from now, unless stop is called before.
	AfterFunc(d time.Duration, f func()) (stop func() bool)
}

type machineClock struct{}

func (machineClock) Now() time.Time { return time.Now() }

func (machineClock) AfterFunc(d time.Duration, f func()) func() bool {
	return time.AfterFunc(d, f).Stop
}

// ManualClock stands still until it is advanced.
type ManualClock struct {
	mu     sync.Mutex
	now    time.Time
	alarms []*alarm
}

type alarm struct {
	at time.Time
	f  func()
}

// NewManualClock is a clock that shows start.
func NewManualClock(start time.Time) *ManualClock { return &ManualClock{now: start} }

// Now is what the clock shows.
func (m *ManualClock) Now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now
}

// AfterFunc calls f from within the Advance that reaches d from now; never before, even if d is 0.
func (m *ManualClock) AfterFunc(d time.Duration, f func()) func() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	a := &alarm{at: m.now.Add(d), f: f}
	m.alarms = append(m.alarms, a)
	return func() bool {
		m.mu.Lock()
		defer m.mu.Unlock()
		n := slices.Index(m.alarms, a)
		if n >= 0 {
			m.alarms = slices.Delete(m.alarms, n, n+1)
		}
		return n >= 0
	}
}

// Advance sets the clock forward, and returns when all that fell due on the way was done, in its order.
func (m *ManualClock) Advance(d time.Duration) {
	m.mu.Lock()
	end := m.now.Add(d)
	for {
		next := -1
		for n, a := range m.alarms {
			if !a.at.After(end) && (next < 0 || a.at.Before(m.alarms[next].at)) {
				next = n
			}
		}
		if next < 0 {
			break
		}
		a := m.alarms[next]
		m.alarms = slices.Delete(m.alarms, next, next+1)
		if a.at.After(m.now) {
			m.now = a.at
		}
		m.mu.Unlock()
		a.f()
		m.mu.Lock()
	}
	m.now = end
	m.mu.Unlock()
}
