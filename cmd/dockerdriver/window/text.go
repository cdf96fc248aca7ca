package window

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"
)

// Width is how many columns are always enough.
const Width = 80

// Text shows the state once, without colour, in so many columns (at least
// Width). Times are in the zone of now.
func Text(s State, now time.Time, width int) string {
	width = max(Width, width)
	lines, _ := body(s, now, width, plainLook())
	return strings.Join(slices.Concat(header(s, "", now, width, plainLook()), []string{""}, lines), "\n") + "\n"
}

// header is the three lines that are always seen; link says how the connection
// is.
func header(s State, link string, now time.Time, width int, look look) []string {
	at := now.Format("15:04:05 MST")
	if link != "" {
		at = link + "  " + at
	}
	name := "DockerDriver  " + clean(s.Server)
	room := width - ansi.StringWidth(at) - 2
	for _, more := range []string{s.Pool.Cloud, s.Pool.Version} {
		if more = clean(more); more != "" && ansi.StringWidth(name)+2+ansi.StringWidth(more) <= room {
			name += "  " + more
		}
	}
	set := look.good
	if s.Pool.State != poolRunning {
		set = look.bad
	}
	state := "pool " + or(s.Pool.State, "unknown")
	if s.Pool.Since != nil {
		state += fmt.Sprintf(" since %s (%s)", clock(s.Pool.Since, now), since(s.Pool.Since, now))
	}
	return []string{
		look.title(fit(name, room)) + "  " + at,
		set(strings.TrimRight(fit(state, width), " ")),
		strings.TrimRight(fit(fmt.Sprintf("slots %s %d/%d used, %d free; hosts %s; queue %d; instances %d", bar(int64(s.Pool.SlotsUsed), int64(s.Pool.Slots), 10),
			s.Pool.SlotsUsed, s.Pool.Slots, s.Pool.SlotsFree, hostCount(s), len(s.Pool.Queue), len(s.Instances)), width), " "),
	}
}

func hostCount(s State) string {
	if h := s.Pool.Headroom; h != nil && h.MaxHosts > 0 {
		return fmt.Sprintf("%d/%d", len(s.Hosts), h.MaxHosts)
	}
	return fmt.Sprint(len(s.Hosts))
}

// body is everything below the header, and the lines at which its sections begin.
func body(s State, now time.Time, width int, look look) (lines []string, starts []int) {
	lines = notices(s, now, width, look)
	section := func(title string, content []string) {
		if len(content) == 0 {
			return
		}
		if len(lines) > 0 {
			lines = append(lines, "")
		}
		starts = append(starts, len(lines))
		lines = append(lines, look.title(title))
		lines = append(lines, content...)
	}
	if !s.Partial {
		section("HOSTS", hostLines(s, now, width, look))
	}
	section("QUEUE", queueLines(s, width))
	section("IMAGE PUSHES", pushLines(s, width, look))
	section("STRAYS: ours in the cloud, without a record", strayLines(s, now, width))
	section("LAST EVENTS, newest first", logLines(s, now, width))
	section("THE SCALER'S LAST DECISIONS, newest first", decisionLines(s, now, width))
	if len(s.Instances) > 0 {
		section("INSTANCES", instanceLines(s, now, width, look))
	}
	return lines, starts
}
