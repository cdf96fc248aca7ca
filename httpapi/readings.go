package httpapi

import (
	"maps"
	"sync"
	"time"
)

// readingLasts is how long an administrator who follows another user's log
// counts as reading it once. The web UI asks every few seconds: an audit entry
// for each answer would push all others out of the audit log.
const readingLasts = 10 * time.Minute

// maxReadings bounds the memory; beyond it every request is written down.
const maxReadings = 1024

type reading struct{ userID, instanceID string }

// readings knows who reads whose log since when. It is safe for concurrent use.
type readings struct {
	mu    sync.Mutex
	since map[reading]time.Time
}

func newReadings() *readings { return &readings{since: map[reading]time.Time{}} }

// begins tells whether this is a new reading, to be written down.
func (r *readings) begins(userID, instanceID string, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	maps.DeleteFunc(r.since, func(_ reading, since time.Time) bool { return now.Sub(since) >= readingLasts })
	k := reading{userID, instanceID}
	if _, goesOn := r.since[k]; goesOn {
		return false
	}
	if len(r.since) < maxReadings {
		r.since[k] = now
	}
	return true
}

// forget makes the next request a new reading: this one was not written down.
func (r *readings) forget(userID, instanceID string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.since, reading{userID, instanceID})
}
