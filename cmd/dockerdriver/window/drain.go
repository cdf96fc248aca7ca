package window

import (
	"fmt"
	"strings"
	"time"

	"github.com/docker/go-units"

	"dockerdriver/cmd/dockerdriver/client"
)

// blockerInstance is the kind of what a drain waits for that stands under its host.
const blockerInstance = "instance"

// DrainText tells how far a drain is, in lines of so many columns (at least
// Width): hosts and instances left, what blocks with the commands that remove it by
// hand, and images that are still on their way. Times are in the zone of now.
func DrainText(p client.Pool, images []client.Image, now time.Time, width int) []string {
	width = max(Width, width)
	if p.Drain == nil {
		return []string{"The pool is " + or(p.State, "unknown") + "."}
	}
	lines := wrap("", drainStanding(p, now), width)
	for _, b := range p.Drain.Waits {
		lines = append(lines, blockerLines(b, now, width)...)
	}
	for _, i := range images {
		for _, h := range i.Hosts {
			if h.State == pushSending || h.State == "verifying" {
				lines = append(lines, wrap("  ", fmt.Sprintf("image %s to host %s: %s of %s", imageName(i), h.HostID, units.HumanSize(float64(h.Sent)), units.HumanSize(float64(h.Total))), width)...)
			}
		}
	}
	return lines
}

// drainStanding is the drain in one sentence or two.
func drainStanding(p client.Pool, now time.Time) string {
	d := p.Drain
	words := "The pool is " + p.State
	if d.Since != nil {
		words += fmt.Sprintf(" since %s (%s)", clock(d.Since, now), since(d.Since, now))
	}
	if p.State == "drained" {
		return words + ": nothing of it is left."
	}
	words += fmt.Sprintf(": %s, %s left", count(d.Hosts, "host"), count(d.Instances, "instance"))
	switch {
	case d.Deadline == nil:
		return words + ". No deadline: each notebook keeps its own end."
	case d.Deadline.After(now):
		return words + fmt.Sprintf(". What is left at %s is ended then (in %s).", clock(d.Deadline, now), until(d.Deadline, now))
	}
	return words + fmt.Sprintf(". The deadline was at %s.", clock(d.Deadline, now))
}

func blockerLines(b client.Blocker, now time.Time, width int) []string {
	indent := "  "
	if b.Kind == blockerInstance {
		indent = "    "
	}
	subject := b.Kind + " " + b.Name
	if b.User != "" {
		subject += " of " + b.User
	}
	words := subject + ": " + b.Message
	switch {
	case b.Name == "":
		words = b.Message
	case b.EndsAt != nil:
		words = fmt.Sprintf("%s ends at %s (in %s)", subject, clock(b.EndsAt, now), until(b.EndsAt, now))
	}
	lines := wrap(indent, words, width)
	for _, command := range b.Remove {
		lines = append(lines, indent+"  $ "+clean(command)) // not wrapped: it is to be copied
	}
	return lines
}

func imageName(i client.Image) string {
	if len(i.Tags) > 0 {
		return i.Tags[0]
	}
	return strings.TrimPrefix(i.ID, "sha256:")
}
