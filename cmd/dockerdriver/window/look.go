package window

import "charm.land/lipgloss/v2"

// look is how parts of the text are set off. The words and signs say it all;
// colour only helps to find them.
type look struct {
	title, good, busy, bad, faint func(string) string
}

// plainLook sets nothing off.
func plainLook() look {
	same := func(text string) string { return text }
	return look{same, same, same, same, same}
}

// colourLook uses the terminal's own sixteen colours, so that its owner's
// palette makes them readable.
func colourLook() look {
	style := func(s lipgloss.Style) func(string) string { return func(text string) string { return s.Render(text) } }
	colour := func(c string) lipgloss.Style { return lipgloss.NewStyle().Foreground(lipgloss.Color(c)) }
	const red, green, yellow = "1", "2", "3"
	return look{
		title: style(lipgloss.NewStyle().Bold(true)),
		good:  style(colour(green)),
		busy:  style(colour(yellow)),
		bad:   style(colour(red).Bold(true)),
		faint: style(lipgloss.NewStyle().Faint(true)),
	}
}

// staleLook sets off nothing of what may be true no longer.
func staleLook(l look) look { return look{l.title, l.faint, l.faint, l.faint, l.faint} }

// each sets off every line.
func each(set func(string) string, lines []string) []string {
	for n, line := range lines {
		lines[n] = set(line)
	}
	return lines
}
