package main

import (
	"context"
	"fmt"
	"time"

	"dockerdriver/cmd/dockerdriver/client"
)

// askInterval is how often a waiting command asks how far things are.
const askInterval = 300 * time.Millisecond

// waiting is for commands that can wait until what they began is done.
type waiting struct {
	Wait    bool          `env:"-" help:"Wait until it is done."`
	Timeout time.Duration `env:"-" default:"10m" placeholder:"DURATION" help:"Wait no longer than this (default ${default}); then the exit code is 3."`
}

// Validate is called by kong.
func (w *waiting) Validate() error {
	if w.Timeout <= 0 {
		return fmt.Errorf("--timeout cannot be %s: write a duration such as 5m", w.Timeout)
	}
	return nil
}

// thing is what follow waits for.
type thing[T any] struct {
	name     string
	ask      func(context.Context) (client.One[T], error)
	standing func(T) string // in a few words
	done     func(T) bool
}

// follow asks for a thing until it is done, and tells each new standing. Its
// error is exitDeadline when the time is over first.
func follow[T any](p *program, now client.One[T], limit time.Duration, of thing[T]) (client.One[T], error) {
	waited, cancel := context.WithTimeout(p.ctx, limit)
	defer cancel()
	ticker := time.NewTicker(askInterval)
	defer ticker.Stop()
	last := ""
	for {
		if s := of.standing(now.Value); s != last {
			last = s
			fmt.Fprintf(p.err, "%s: %s\n", printable(of.name), printable(s))
		}
		if of.done(now.Value) {
			return now, nil
		}
		select {
		case <-ticker.C:
		case <-waited.Done():
			if p.ctx.Err() != nil {
				return now, fmt.Errorf("interrupted while it was %s; it goes on without us", last)
			}
			return now, &exitError{code: exitDeadline, why: fmt.Errorf("it is still %s after %s; it goes on without us", last, limit)}
		}
		next, err := of.ask(waited)
		if err != nil && waited.Err() == nil {
			return now, err
		}
		if err == nil {
			now = next
		}
	}
}
