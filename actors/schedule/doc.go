// Package schedule is the pool's policy: pure functions from a snapshot, the
// settings and the time to a plan. It decides and explains; the supervisor
// checks again, reserves and acts. Nothing here waits, remembers or fails.
package schedule
