//go:build linux

package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"
)

// runCommand is a whole run.
type runCommand struct {
	Rounds int       `default:"5" help:"How often everybody takes a turn (default ${default})."`
	Only   []string  `placeholder:"FIGURE" help:"Measure these alone: requests, requests-h2, downloads, downloads-h2, websockets, handshakes, idle, routes, publish, churn."`
	Beside []string  `placeholder:"NAME" default:"nginx,haproxy,CHP,direct" help:"Whom to measure beside ours (default ${default})."`
	Scale  float64   `default:"1" help:"How much is measured in each turn, 0.01 to 10 (default ${default})."`
	Quick  bool      `help:"Two rounds at a scale of 0.15: under two minutes, and a wide spread."`
	Out    io.Writer `kong:"-"`
	Cache  string    `default:"httpapi/proxy/bench/.cache" help:"Where .ci/bench-tools has put CHP (default ${default})."`
}

// Validate is called by kong.
func (r *runCommand) Validate() error {
	if r.Quick {
		r.Rounds, r.Scale = 2, 0.15
	}
	if r.Rounds < 1 || r.Scale < 0.01 || r.Scale > 10 {
		return fmt.Errorf("--rounds must be 1 or more, and --scale between 0.01 and 10")
	}
	for _, name := range r.Beside {
		if !slices.Contains(everybody[1:], name) {
			return fmt.Errorf("--beside: nobody is called %q: choose among %s", name, strings.Join(everybody[1:], ", "))
		}
	}
	var known []string
	for _, f := range figures(newSizes(1)) {
		known = append(known, f.name)
	}
	for _, name := range r.Only {
		if !slices.Contains(known, name) {
			return fmt.Errorf("--only: there is no figure %q: choose among %s", name, strings.Join(known, ", "))
		}
	}
	return nil
}

// Run is called by kong.
func (r *runCommand) Run(ctx context.Context) error {
	s, err := newSite(ctx, r.Cache)
	if err != nil {
		return err
	}
	defer s.close()
	if r.Out == nil {
		r.Out = os.Stdout
	}
	r.describe(ctx, r.Out)
	full, warm, found := figures(newSizes(r.Scale)), figures(newSizes(r.Scale).quicker()), results{}
	// What is there is shown, should the run be cut off.
	defer func() { found.summary(r.Out, full) }()
	for i, f := range full {
		if len(r.Only) > 0 && !slices.Contains(r.Only, f.name) {
			continue
		}
		began := time.Now()
		if err := r.measure(ctx, s, f, warm[i], found); err != nil {
			return fmt.Errorf("cannot measure %s: %w", f.name, err)
		}
		fmt.Fprintf(os.Stderr, "%s took %.0f s\n", f.name, time.Since(began).Seconds())
		found.report(r.Out, f.rows)
	}
	return nil
}

// measure has everybody take turns at one figure.
func (r *runCommand) measure(ctx context.Context, s *site, f, warm figure, found results) error {
	if f.alone != nil {
		for round := range r.Rounds {
			samples, err := f.alone(ctx, s, round)
			if err != nil {
				return err
			}
			found.add(ours, samples)
		}
		return nil
	}
	names := append([]string{ours}, r.Beside...)
	if f.fresh {
		return r.takeTurns(ctx, names, found, func(name string) (map[string]float64, error) {
			c, err := s.start(ctx, name)
			if err != nil {
				return nil, err
			}
			defer c.stop()
			return f.measure(ctx, c)
		})
	}
	running := map[string]*contender{}
	defer func() {
		for _, c := range running {
			c.stop()
		}
	}()
	for _, name := range names {
		c, err := s.start(ctx, name)
		if err != nil {
			return err
		}
		running[name] = c
		if f.skip != nil && f.skip(c) {
			continue
		}
		if _, err := warm.measure(ctx, c); err != nil {
			return err
		}
	}
	return r.takeTurns(ctx, names, found, func(name string) (map[string]float64, error) {
		if c := running[name]; f.skip == nil || !f.skip(c) {
			return f.measure(ctx, c)
		}
		return nil, nil
	})
}

// takeTurns calls turn for everybody in each round, beginning with another one
// each time.
func (r *runCommand) takeTurns(ctx context.Context, names []string, found results, turn func(name string) (map[string]float64, error)) error {
	for round := range r.Rounds {
		for i := range names {
			name := names[(i+round)%len(names)]
			samples, err := turn(name)
			if err != nil {
				return err
			}
			if ctx.Err() != nil {
				return ctx.Err()
			}
			found.add(name, samples)
		}
	}
	return nil
}
