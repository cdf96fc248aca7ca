package window

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/docker/go-units"

	"dockerdriver/cmd/dockerdriver/client"
)

// States of hosts that the window tells apart.
const (
	hostRequested = "requested"
	hostBuilding  = "building"
	hostPreparing = "preparing"
	hostActive    = "active"
	hostStuck     = "stuck"

	stageErrors = "errors"
	stageLost   = "lost"
)

// standing says in a word or two where a host is.
func standing(h client.Host) string {
	if h.Stage != "" && h.Stage != h.State {
		return h.State + ": " + h.Stage
	}
	return h.State
}

func lastTrouble(h client.Host) *client.Trouble {
	if len(h.Trouble) == 0 || h.Trouble[len(h.Trouble)-1].At == nil {
		return nil
	}
	return &h.Trouble[len(h.Trouble)-1]
}

func onItsWay(h client.Host) bool {
	return h.State == hostRequested || h.State == hostBuilding || h.State == hostPreparing
}

// needsAHand tells whether an operator should look at a host.
func needsAHand(h client.Host) bool {
	return h.State == hostStuck || h.SilentSince != nil || h.Stage == stageErrors || h.Stage == stageLost
}

// columns are the widths of the parts of a host's line, the spaces between them
// aside. What a wide terminal has more goes to the bar, then to names, then to
// what else is known.
type columns struct{ name, state, bar, address, flavor, engine, disk int }

func columnsOf(hosts []client.Host, width int) columns {
	c := columns{name: 26, state: 18, bar: 9}
	left := width - 80
	take := func(column *int, most int) {
		more := max(0, min(left, most-*column))
		*column, left = *column+more, left-more
	}
	longest := 0
	for _, h := range hosts {
		longest = max(longest, len([]rune(h.Name)))
	}
	take(&c.name, longest)
	take(&c.bar, 25)
	type cell struct {
		width *int
		most  int
	}
	cells := []cell{{&c.address, 16}, {&c.flavor, 17}, {&c.engine, 14}}
	if slices.ContainsFunc(hosts, func(h client.Host) bool { return h.Disk != nil }) {
		cells = append(cells, cell{&c.disk, 14})
	}
	for _, cell := range cells {
		if left >= cell.most {
			take(cell.width, cell.most)
		}
	}
	return c
}

func (c columns) line(cells ...string) string {
	var b strings.Builder
	for n, width := range []int{c.name, c.state, c.bar, -6, -6, -6, -3} {
		if n > 0 {
			b.WriteByte(' ')
		}
		if width < 0 {
			b.WriteString(right(cells[n], -width))
		} else {
			b.WriteString(fit(cells[n], width))
		}
	}
	for n, width := range []int{c.address, c.flavor, c.engine, c.disk} {
		if width > 0 {
			b.WriteString("  " + fit(cells[7+n], width-2))
		}
	}
	return strings.TrimRight(b.String(), " ")
}

// hostLines are the table of hosts, those that need a hand first, each with
// what is to be said of it.
func hostLines(s State, now time.Time, width int, look look) []string {
	if len(s.Hosts) == 0 {
		return []string{"none"}
	}
	hosts := slices.Clone(s.Hosts)
	slices.SortStableFunc(hosts, func(a, b client.Host) int { return rank(a) - rank(b) })
	c := columnsOf(hosts, width)
	lines := []string{look.faint(c.line("NAME", "STATE", "SLOTS", "USED", "AGE", "LEFT", "ERR", "ADDRESS", "FLAVOR", "ENGINE", "DISK FREE"))}
	for _, h := range hosts {
		set := look.good
		switch {
		case needsAHand(h):
			set = look.bad
		case h.State != hostActive:
			set = look.busy
		}
		lines = append(lines, set(c.line(
			h.Name, standing(h), bar(int64(h.SlotsUsed), int64(h.Slots), c.bar), fmt.Sprintf("%d/%d", h.SlotsUsed, h.Slots),
			since(h.CreatedAt, now), until(h.ExpiresAt, now), fmt.Sprint(h.Errors), h.Address, h.Flavor, h.EngineVersion, diskFree(h.Disk))))
		lines = append(lines, remarks(h, now, width, look)...)
	}
	return lines
}

// diskFree is the room on a host's disk, such as 12.5GB.
func diskFree(d *client.Disk) string {
	if d == nil {
		return ""
	}
	return units.HumanSizeWithPrecision(float64(d.Free), 3)
}

func rank(h client.Host) int {
	switch {
	case needsAHand(h):
		return 0
	case onItsWay(h):
		return 1
	case h.State != hostActive:
		return 2
	}
	return 3
}

// remarks are the lines below a host's own.
func remarks(h client.Host, now time.Time, width int, look look) []string {
	var lines []string
	if h.State != hostActive && h.State != "" {
		words := fmt.Sprintf("%s for %s", standing(h), since(h.StateSince, now))
		if onItsWay(h) && len(h.Steps) > 0 {
			words += ", before: " + steps(h.Steps)
		}
		lines = append(lines, each(look.busy, wrap("    ", words, width))...)
	}
	if h.SilentSince != nil {
		lines = append(lines, each(look.bad, wrap("  ! ", fmt.Sprintf("its engine has not answered since %s (%s)",
			clock(h.SilentSince, now), since(h.SilentSince, now)), width))...)
	}
	if h.State == hostStuck {
		for _, thing := range holdings(h.Cloud) {
			lines = append(lines, each(look.bad, wrap("  ! ", "the cloud still holds "+thing, width))...)
		}
	}
	if last := lastTrouble(h); last != nil {
		set, sign := look.bad, "  ! "
		if h.Errors == 0 && h.State == hostActive {
			set, sign = look.faint, "    " // it has been over for long
		}
		lines = append(lines, each(set, wrap(sign, clock(last.At, now)+" "+last.Message, width))...)
	}
	return lines
}

func steps(passed []client.Step) string {
	words := make([]string, len(passed))
	for n, p := range passed {
		words[n] = p.Step + " " + span(time.Duration(p.Seconds*float64(time.Second)))
	}
	return strings.Join(words, ", ")
}

// holdings names what the cloud has of a host, by kind and id.
func holdings(c client.CloudResources) []string {
	var words []string
	if c.ServerID != "" {
		words = append(words, "server "+c.ServerID)
	}
	if c.SecurityGroupID != "" {
		words = append(words, "security group "+c.SecurityGroupID)
	}
	for _, id := range c.VolumeIDs {
		words = append(words, "volume "+id)
	}
	return words
}
