package pki

import "time"

// Option changes what Open makes.
type Option func(*CA)

// WithClock replaces the machine's clock, by which certificates begin, are
// rotated and are judged.
func WithClock(now func() time.Time) Option {
	return func(ca *CA) { ca.now = now }
}
