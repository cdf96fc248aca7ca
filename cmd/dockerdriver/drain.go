package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"
	"golang.org/x/term"

	"dockerdriver/actors/pool"
	"dockerdriver/cmd/dockerdriver/client"
	"dockerdriver/cmd/dockerdriver/window"
)

const (
	// deadlineSlack is how long a waiting drain goes on behind the drain's own
	// deadline: machines take a while to go.
	deadlineSlack = 15 * time.Minute
	// accessTries is how often access from the data directory may be refused in a row.
	accessTries = 5
	// drainAsk is how often a waiting drain asks how far things are.
	drainAsk = time.Second
)

type drainCommand struct {
	connection
	output
	Deadline string        `env:"-" placeholder:"WHEN" help:"End what is left then: a span (2h, 1h 30m), a time (2026-05-29T16:00:00Z), now, or none. Without it notebooks keep their own ends."`
	Force    bool          `env:"-" help:"End everything now: a deadline of now."`
	Cancel   bool          `env:"-" help:"Take shutdown mode back: hosts that are still there serve again."`
	Wait     bool          `env:"-" help:"Wait until nothing is left, and show what is waited for."`
	Timeout  time.Duration `env:"-" placeholder:"DURATION" help:"Wait no longer than this; then the exit code is 3 (default: 15 minutes behind the deadline; without one, as long as it takes)."`
}

// Validate is called by kong.
func (c *drainCommand) Validate() error {
	if c.Cancel && (c.Force || c.Deadline != "" || c.Wait) {
		return errors.New("--cancel takes shutdown mode back: give it alone")
	}
	if c.Force && c.Deadline != "" && c.Deadline != "now" {
		return errors.New("--force is a deadline of now: leave out --deadline")
	}
	if c.Timeout < 0 || (c.Timeout > 0 && !c.Wait) {
		return errors.New("--timeout is for --wait: write both, with a duration such as 5m")
	}
	if c.Deadline != "" {
		if _, err := pool.ParseDeadline(c.Deadline, time.Now()); err != nil {
			return fmt.Errorf("--deadline: %w", err)
		}
	}
	return nil
}

// Run is called by kong.
func (c *drainCommand) Run(p *program) error {
	cl, err := c.dial()
	if err != nil {
		return err
	}
	if c.Cancel {
		now, err := cl.EndDrain(p.ctx)
		if err != nil {
			return advise("take shutdown mode back", err)
		}
		return c.tell(p, now)
	}
	deadline := c.Deadline
	if c.Force {
		deadline = "now"
	}
	now, err := cl.BeginDrain(p.ctx, deadline)
	if err != nil {
		return advise("drain the pool", err)
	}
	if c.Wait {
		if now, err = c.follow(p, now); err != nil {
			return advise("wait until the pool is drained", err)
		}
	}
	return c.tell(p, now)
}

// tell prints the pool at the end.
func (c *drainCommand) tell(p *program, now client.One[client.Pool]) error {
	if c.Output == "json" {
		return c.print(p.out, now.Raw, "", nil)
	}
	_, err := fmt.Fprintln(p.out, strings.Join(window.DrainText(now.Value, nil, time.Now(), widthOf(p.out)), "\n"))
	return err
}

// limit is when waiting ends; zero: never.
func (c *drainCommand) limit(now client.Pool) time.Time {
	switch {
	case c.Timeout > 0:
		return time.Now().Add(c.Timeout)
	case now.Drain != nil && now.Drain.Deadline != nil:
		return later(time.Now(), *now.Drain.Deadline).Add(deadlineSlack)
	}
	return time.Time{}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// follow asks until the pool is drained and shows each standing. A server that is
// away for a while is waited for: a drain outlives it.
func (c *drainCommand) follow(p *program, now client.One[client.Pool]) (client.One[client.Pool], error) {
	began, until := time.Now(), c.limit(now.Value)
	ticker := time.NewTicker(drainAsk)
	defer ticker.Stop()
	screen := &painter{out: p.err}
	var images []client.Image
	away, refusals := "", 0
	for {
		text := func(at time.Time) []string {
			lines := window.DrainText(now.Value, images, at, widthOf(p.err)-1)
			if away != "" {
				lines = append(lines, printable(away))
			}
			return lines
		}
		screen.show(text(time.Now()), strings.Join(text(began), "\n"))
		switch {
		case away != "":
		case now.Value.State == string(pool.PoolDrained):
			screen.clear() // it is printed as the result
			return now, nil
		case now.Value.State == string(pool.PoolRunning):
			return now, errors.New("somebody took shutdown mode back: the pool runs")
		}
		if !until.IsZero() && time.Now().After(until) {
			return now, &exitError{code: exitDeadline, why: c.overtime(now.Value)}
		}
		select {
		case <-ticker.C:
		case <-p.ctx.Done():
			return now, errors.New("interrupted; the drain goes on without us. `dockerdriver drain --cancel` takes it back")
		}
		next, more, err := c.look(p.ctx)
		unreachable, isAway := errors.AsType[*client.Unreachable](err)
		// A server that has just started gives new access; what was read a moment before is refused.
		if refused := client.CodeOf(err) == string(pool.CodeUnauthenticated); refused && c.Token == "" && refusals < accessTries {
			refusals++
			continue
		}
		refusals = 0
		switch {
		case err == nil:
			now, images, away = next, more, ""
		case isAway:
			away = "No word from the server: " + unreachable.Error() + ". It is asked again."
		case p.ctx.Err() == nil:
			return now, err
		}
	}
}

// look asks for the pool and the images, of the server that is there now: one that
// came back may listen elsewhere.
func (c *drainCommand) look(ctx context.Context) (client.One[client.Pool], []client.Image, error) {
	cl, err := c.dial()
	if err != nil {
		return client.One[client.Pool]{}, nil, err
	}
	now, err := cl.Pool(ctx)
	if err != nil {
		return now, nil, err
	}
	images, err := cl.Images(ctx)
	return now, images.Items, err
}

// overtime names what is left.
func (c *drainCommand) overtime(now client.Pool) error {
	what := "it is still " + now.State
	if d := now.Drain; d != nil && len(d.Waits) > 0 {
		what += ", and waits for what is listed above"
		if d.Deadline == nil {
			what += "; `dockerdriver drain --force` ends it now"
		}
	}
	return errors.New(what + "; it goes on without us")
}

// painter shows lines that change: in place on a terminal, else each time that
// they say something new.
type painter struct {
	out   io.Writer
	drawn int
	said  string
}

// show draws the lines; news are what they say besides the time that goes by.
func (s *painter) show(lines []string, news string) {
	if !isTerminal(s.out) {
		if news != s.said {
			s.said = news
			fmt.Fprintln(s.out, strings.Join(lines, "\n"))
		}
		return
	}
	width, height := sizeOf(s.out)
	if len(lines) >= height {
		hidden := len(lines) - height + 2
		lines = append(slices.Clone(lines[:max(0, height-2)]), fmt.Sprintf("  and %d more lines", hidden))
	}
	s.clear()
	for n, line := range lines {
		lines[n] = ansi.Truncate(line, width-1, "…") + "\n"
	}
	s.drawn = len(lines)
	_, _ = io.WriteString(s.out, strings.Join(lines, ""))
}

// clear takes back what was drawn last.
func (s *painter) clear() {
	if s.drawn > 0 {
		fmt.Fprintf(s.out, "\r\x1b[%dA\x1b[J", s.drawn)
		s.drawn = 0
	}
}

// sizeOf is a terminal's columns and lines.
func sizeOf(out io.Writer) (width, height int) {
	if file, ok := out.(*os.File); ok {
		if width, height, err := term.GetSize(int(file.Fd())); err == nil && width > 1 && height > 2 {
			return width, height
		}
	}
	return window.Width, 24
}
