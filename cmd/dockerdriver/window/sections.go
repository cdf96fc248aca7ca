package window

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/docker/go-units"

	"dockerdriver/cmd/dockerdriver/client"
)

// newest is how many decisions and log lines are shown.
const newest = 8

// poolRunning is the state of a pool that takes launches.
const poolRunning = "running"

// States of images on hosts that the window tells apart.
const (
	presencePresent = "present"
	pushSending     = "sending"
	pushFailed      = "failed"
)

// notices are what stands above everything else: why the pool does not do what
// it is for.
func notices(s State, now time.Time, width int, look look) []string {
	var lines []string
	say := func(text string) { lines = append(lines, each(look.bad, wrap("! ", text, width))...) }
	if s.Pool.Reason != "" {
		say(fmt.Sprintf("The pool is %s: %s", s.Pool.State, s.Pool.Reason))
	}
	if d := s.Pool.Drain; d != nil && d.Deadline != nil && s.Pool.State != "drained" {
		say(fmt.Sprintf("What is left at %s is ended then (in %s)", clock(d.Deadline, now), until(d.Deadline, now)))
	}
	for _, b := range s.Pool.Blockers {
		say("It waits for: " + b)
	}
	if p := s.Pool.Pause; p != nil {
		words := "No hosts are built"
		if p.Since != nil {
			words += " since " + clock(p.Since, now)
		}
		if p.Until != nil {
			words += fmt.Sprintf(", tried again at %s (in %s)", clock(p.Until, now), until(p.Until, now))
		}
		say(words + because(p.Reason))
	}
	for _, a := range s.Pool.SetAside {
		words := a.Reason
		if a.Error != "" {
			words += ", the last time with: " + a.Error
		}
		if a.Hint != "" {
			words += ". " + a.Hint
		}
		say(fmt.Sprintf("Set aside since %s: %s%s", clock(a.At, now), a.Actor, because(words)))
	}
	if h := s.Pool.Headroom; h != nil && s.Pool.State == poolRunning {
		lines = append(lines, each(headroomLook(h, look), wrap("", headroom(h), width))...)
	}
	if s.Partial {
		lines = append(lines, wrap("", "Hosts, image pushes and the scaler's decisions are shown to administrators only.", width)...)
	}
	return lines
}

func headroom(h *client.Headroom) string {
	words := fmt.Sprintf("Headroom: %d free slots foreseen, %d wanted", h.Projected, h.Target)
	switch {
	case h.Largest == 0:
		return words
	case h.Fits:
		return words + fmt.Sprintf("; largest blueprint (%s) fits", count(h.Largest, "slot"))
	}
	return words + fmt.Sprintf("; largest blueprint (%s) does not fit", count(h.Largest, "slot"))
}

func headroomLook(h *client.Headroom, look look) func(string) string {
	if h.Projected < h.Target || h.Largest > 0 && !h.Fits {
		return look.busy
	}
	return look.faint
}

func queueLines(s State, width int) []string {
	var lines []string
	for _, q := range s.Pool.Queue {
		name := q.InstanceID
		if i := s.instance(q.InstanceID); i != nil {
			name = i.Name
			if i.BlueprintName != "" {
				name += " (" + i.BlueprintName + ")"
			}
		}
		lines = append(lines, wrap(fmt.Sprintf("%3d. ", q.Position), name+because(q.Reason), width)...)
	}
	return lines
}

// pushLines are the images on their way, and those that did not arrive.
func pushLines(s State, width int, look look) []string {
	const host, progress = 26, 28
	var lines []string
	for _, p := range s.pushes() {
		set, how := look.busy, " "+p.State
		if p.State == pushSending && p.Total > 0 {
			how = fmt.Sprintf(" %s %3d%% of %s", bar(p.Sent, p.Total, 12), 100*p.Sent/p.Total, units.HumanSize(float64(p.Total)))
		}
		if p.Failure != "" || p.State == pushFailed {
			set = look.bad
		}
		lines = append(lines, set(fitEnd(p.image, width-host-progress-4)+" to "+fit(p.host, host)+how))
		if p.Failure != "" {
			lines = append(lines, each(look.bad, wrap("  ! ", p.Failure, width))...)
		}
	}
	return lines
}

type push struct {
	client.Presence
	image, host string
}

func (s *State) pushes() []push {
	var found []push
	for _, i := range s.Images {
		for _, p := range i.Hosts {
			if p.OnTheWay() {
				found = append(found, push{p, s.image(i.ID), s.host(p.HostID)})
			}
		}
	}
	return found
}

func strayLines(s State, now time.Time, width int) []string {
	var lines []string
	for _, t := range s.Pool.Strays {
		words := fmt.Sprintf("%s %s (%s), made %s ago", t.Kind, t.Name, t.ID, since(t.CreatedAt, now))
		if t.ReleaseAt != nil {
			words += fmt.Sprintf(", released at %s (in %s)", clock(t.ReleaseAt, now), until(t.ReleaseAt, now))
		} else {
			words += ", not released by itself: its mark names no host"
		}
		lines = append(lines, wrap("", words, width)...)
	}
	return lines
}

func decisionLines(s State, now time.Time, width int) []string {
	var lines []string
	for _, d := range last(s.Pool.Decisions) {
		words := d.Action
		if d.Subject != "" {
			words += " " + d.Subject
		}
		lines = append(lines, wrap(clock(d.At, now)+"  ", words+because(d.Because), width)...)
	}
	return lines
}

func logLines(s State, now time.Time, width int) []string {
	var lines []string
	for _, e := range last(s.Log) {
		lines = append(lines, wrap(clock(&e.At, now)+"  ", e.Text, width)...)
	}
	return lines
}

// last are the newest of a list, newest first.
func last[T any](all []T) []T {
	found := slices.Clone(all[max(0, len(all)-newest):])
	slices.Reverse(found)
	return found
}

func instanceStanding(i client.Instance, now time.Time) string {
	if i.State == "running" && i.LastUsedAt != nil && now.Sub(*i.LastUsedAt) >= idleWorthAWord {
		return i.State + " (idle " + since(i.LastUsedAt, now) + ")"
	}
	if i.Stage != "" && i.Stage != i.State {
		return i.State + " (" + i.Stage + ")"
	}
	return i.State
}

// idleWorthAWord is from when on want of use is shown: use is told by the minute.
const idleWorthAWord = 3 * time.Minute

// instanceLines are the table of instances; a narrow terminal has no room for
// their blueprints.
func instanceLines(s State, now time.Time, width int, look look) []string {
	const name, state, host, left = 24, 21, 26, 6
	blueprint := min(30, width-name-state-host-left-4)
	line := func(cells ...string) string {
		text := fit(cells[0], name) + " " + fit(cells[1], state) + " " + fit(cells[2], host) + " " + right(cells[3], left)
		if blueprint >= 12 {
			text += " " + fit(cells[4], blueprint)
		}
		return strings.TrimRight(text, " ")
	}
	lines := []string{look.faint(line("NAME", "STATE", "HOST", "LEFT", "BLUEPRINT"))}
	for _, i := range s.Instances {
		set, on := look.busy, "-"
		switch {
		case i.Failure != nil || i.State == "lost":
			set = look.bad
		case i.State == "running":
			set = look.good
		}
		if i.HostID != "" {
			on = s.host(i.HostID)
		}
		lines = append(lines, set(line(i.Name, instanceStanding(i, now), on, until(i.ExpiresAt, now), i.BlueprintName)))
		if i.Failure != nil {
			lines = append(lines, each(look.bad, wrap("  ! ", fmt.Sprintf("%s (%s)", i.Failure.Message, i.Failure.Code), width))...)
		}
	}
	return lines
}
