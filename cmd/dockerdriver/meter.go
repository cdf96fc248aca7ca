package main

import (
	"fmt"
	"io"

	"github.com/docker/go-units"

	"dockerdriver/cmd/dockerdriver/window"
)

const (
	barWidth  = 40 // columns
	meterStep = 10 // percent between two lines where there is no terminal
)

// meter shows how many bytes are there: a bar on a terminal, else a line now and then.
type meter struct {
	out   io.Writer
	name  string
	drawn bool // a bar stands in the present line
	told  int  // percent, in steps
}

func newMeter(out io.Writer, name string) *meter {
	return &meter{out: out, name: printable(name), told: -1}
}

// show tells the bytes so far and in all, 0 while that is unknown.
func (m *meter) show(got, total int64) {
	if total <= 0 {
		if m.told < 0 && !m.drawn {
			m.told = 0
			fmt.Fprintf(m.out, "%s: asking the registry\n", m.name)
		}
		return
	}
	figures := fmt.Sprintf("%s of %s", units.HumanSize(float64(got)), units.HumanSize(float64(total)))
	if isTerminal(m.out) {
		m.drawn = true
		fmt.Fprintf(m.out, "\r\x1b[K%s %s", window.Bar(min(barWidth, max(10, widthOf(m.out)-len(figures)-2)), float64(got)/float64(total)), figures)
		return
	}
	if step := int(got*100/total) / meterStep * meterStep; step > m.told {
		m.told = step
		fmt.Fprintf(m.out, "%s: %s (%d %%)\n", m.name, figures, got*100/total)
	}
}

// close leaves the bar's line.
func (m *meter) close() {
	if m.drawn {
		fmt.Fprintln(m.out)
	}
}
