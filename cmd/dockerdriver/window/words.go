package window

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/charmbracelet/x/ansi"
)

// clean keeps what others wrote on its line, and from steering the terminal or
// turning the direction of what follows.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, text)
}

// fit makes a text exactly so many cells wide: cut at its end, or filled up.
func fit(text string, width int) string {
	text = ansi.Truncate(clean(text), max(0, width), "…")
	return text + strings.Repeat(" ", max(0, width-ansi.StringWidth(text)))
}

// fitEnd is fit for names whose end tells more than their beginning.
func fitEnd(text string, width int) string {
	text = clean(text)
	if over := ansi.StringWidth(text) - max(1, width); over > 0 {
		text = ansi.TruncateLeft(text, over+1, "…")
	}
	return fit(text, width)
}

// right is fit for figures, which stand at the right.
func right(text string, width int) string {
	text = ansi.Truncate(clean(text), max(0, width), "…")
	return strings.Repeat(" ", max(0, width-ansi.StringWidth(text))) + text
}

// wrap breaks a text into lines; the first begins with lead, the others below
// its end. It does not break at hyphens: ids and names are there to be copied.
func wrap(lead, text string, width int) []string {
	const unbroken = "\u2011"
	indent := ansi.StringWidth(lead)
	broken := ansi.Wrap(strings.ReplaceAll(clean(text), "-", unbroken), max(10, width-indent), " ")
	lines := strings.Split(strings.ReplaceAll(broken, unbroken, "-"), "\n")
	for n, line := range lines {
		if n > 0 {
			lead = strings.Repeat(" ", indent)
		}
		lines[n] = strings.TrimRight(lead+line, " ")
	}
	return lines
}

// span is a duration in at most six cells: 12s, 4m, 3h12m, 2d4h.
func span(d time.Duration) string {
	switch d = d.Round(time.Second); {
	case d < 0:
		return "0s"
	case d < time.Minute:
		return fmt.Sprintf("%ds", d/time.Second)
	case d < 10*time.Minute && d%time.Minute != 0:
		return fmt.Sprintf("%dm%02ds", d/time.Minute, d%time.Minute/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%dm", d/time.Minute)
	case d < 24*time.Hour:
		return fmt.Sprintf("%dh%02dm", d/time.Hour, d%time.Hour/time.Minute)
	case d < 100*24*time.Hour:
		return fmt.Sprintf("%dd%dh", d/(24*time.Hour), d%(24*time.Hour)/time.Hour)
	}
	return fmt.Sprintf("%dd", d/(24*time.Hour))
}

// clock is a time in the zone of now: of today without its day.
func clock(t *time.Time, now time.Time) string {
	if t == nil {
		return "-"
	}
	local := t.In(now.Location())
	if local.Format(time.DateOnly) == now.Format(time.DateOnly) {
		return local.Format(time.TimeOnly)
	}
	return local.Format("2006-01-02 15:04")
}

// since is how long ago a time was; a dash for none.
func since(t *time.Time, now time.Time) string {
	if t == nil {
		return "-"
	}
	return span(now.Sub(*t))
}

// until is how long from now a time is; a dash for none.
func until(t *time.Time, now time.Time) string {
	if t == nil {
		return "-"
	}
	return span(t.Sub(now))
}

// bar draws used of all in so many cells, its brackets among them. More than
// nothing is never drawn as nothing, and less than all never as all.
func bar(used, all int64, width int) string {
	room := max(1, width-2)
	full := 0
	if all > 0 {
		full = int(min(used, all) * int64(room) / all)
		if used > 0 && full == 0 {
			full = 1
		}
	}
	return "[" + strings.Repeat("#", full) + strings.Repeat(".", room-full) + "]"
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func because(reason string) string {
	if reason == "" {
		return ""
	}
	return ": " + reason
}

// or is a text, or another one in its place when it is empty.
func or(text, other string) string {
	if text == "" {
		return other
	}
	return text
}
