package window

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"charm.land/bubbles/v2/viewport"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// Watch shows the state in a window of the terminal and keeps it up to date
// until the reader quits or ctx ends, which is no error. The terminal is left
// as it was.
func Watch(ctx context.Context, dial Dial, in io.Reader, out io.Writer, begin State) error {
	return watch(ctx, dial, usualPace(), begin, tea.WithInput(in), tea.WithOutput(out))
}

func watch(ctx context.Context, dial Dial, pace pace, begin State, options ...tea.ProgramOption) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	program := tea.NewProgram(newWindow(begin, time.Now), append(options, tea.WithContext(ctx), tea.WithoutSignalHandler())...)
	l := live{dial: dial, pace: pace, send: program.Send}
	done := make(chan struct{})
	go func() { defer close(done); l.run(ctx) }()
	_, err := program.Run()
	ended := ctx.Err() != nil
	cancel()
	<-done
	if ended && errors.Is(err, tea.ErrProgramKilled) {
		return nil
	}
	return err
}

// window is the live view of a State.
type window struct {
	state State
	now   func() time.Time
	look  look
	// heard is when the server last told everything; away is set while there is
	// no connection.
	heard  time.Time
	linked bool
	away   *awayMsg

	width, height int
	view          viewport.Model
	starts        []int // first lines of sections
}

func newWindow(begin State, now func() time.Time) *window {
	w := &window{state: begin, now: now, look: colourLook(), heard: now(), width: Width, height: 24, view: viewport.New()}
	w.view.KeyMap.Left.SetEnabled(false)
	w.view.KeyMap.Right.SetEnabled(false)
	w.lay()
	return w
}

type tickMsg struct{}

func tick() tea.Cmd { return tea.Tick(time.Second, func(time.Time) tea.Msg { return tickMsg{} }) }

// Init is called by bubbletea.
func (w *window) Init() tea.Cmd { return tick() }

// Update is called by bubbletea.
func (w *window) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	var cmd tea.Cmd
	switch m := msg.(type) {
	case tea.KeyPressMsg:
		cmd = w.key(m)
	case tea.WindowSizeMsg:
		w.width, w.height = m.Width, m.Height
	case tickMsg:
		cmd = tick()
	case readMsg:
		log := w.state.Log
		if w.away != nil {
			log = append(log, Entry{m.at, "the server answers again"})
		}
		w.state, w.state.Log = m.state, log
		w.heard, w.linked, w.away = m.at, true, nil
	case figuresMsg:
		w.state.Pool, w.state.Hosts, w.heard = m.pool, m.hosts, w.now()
	case eventMsg:
		w.state.apply(m.event, m.at)
		w.heard = m.at
	case awayMsg:
		if w.away == nil {
			w.state.note(m.at, "no connection: "+m.why.Error())
		}
		w.away, w.linked = &m, false
	}
	w.lay()
	return w, cmd
}

// key does what a key is for.
func (w *window) key(m tea.KeyPressMsg) tea.Cmd {
	switch m.String() {
	case "q", "Q", "ctrl+c":
		return tea.Quit
	case "ctrl+z":
		return tea.Suspend
	case "g", "home":
		w.view.GotoTop()
	case "G", "end":
		w.view.GotoBottom()
	case "tab":
		next := slices.IndexFunc(w.starts, func(line int) bool { return line > w.view.YOffset() })
		if next < 0 || w.view.AtBottom() {
			w.view.GotoTop()
		} else {
			w.view.SetYOffset(w.starts[next])
		}
	default:
		w.view, _ = w.view.Update(m)
	}
	return nil
}

// top is what does not scroll.
func (w *window) top() []string {
	link := "connecting"
	switch {
	case w.away != nil:
		link = w.look.bad("NO CONNECTION")
	case w.linked:
		link = w.look.good("live")
	}
	lines := header(w.state, link, w.now(), w.width, w.shown())
	if a := w.away; a != nil {
		words := fmt.Sprintf("What you see is of %s. %s. Next try in %s.", clock(&w.heard, w.now()), sentence(a.why.Error()), until(&a.again, w.now()))
		lines = append(lines, each(w.look.bad, wrap("! ", words, w.width))...)
	}
	return append(lines, strings.Repeat("-", max(0, w.width)))
}

// shown is the look of what the server told: faint when that was long ago.
func (w *window) shown() look {
	if w.away != nil {
		return staleLook(w.look)
	}
	return w.look
}

// sentence begins with a capital letter.
func sentence(words string) string {
	if words == "" {
		return "It is not known why"
	}
	return strings.ToUpper(words[:1]) + words[1:]
}

// lay puts the state into the window's room.
func (w *window) lay() {
	lines, starts := body(w.state, w.now(), max(40, w.width), w.shown())
	w.starts = starts
	w.view.SetWidth(w.width)
	w.view.SetHeight(max(1, w.height-len(w.top())-1))
	w.view.SetContentLines(lines)
	if w.view.PastBottom() {
		w.view.GotoBottom()
	}
}

func (w *window) footer() string {
	keys, where := "q quit", "all shown"
	if all, seen := w.view.TotalLineCount(), w.view.VisibleLineCount(); all > seen {
		keys += "  up/down PgUp/PgDn scroll  Tab next section  g/G ends"
		where = fmt.Sprintf("lines %d-%d of %d", w.view.YOffset()+1, w.view.YOffset()+seen, all)
	}
	return w.look.faint(fit(keys, w.width-len(where)-1) + " " + where)
}

// View is called by bubbletea.
func (w *window) View() tea.View {
	lines := append(append(w.top(), strings.Split(w.view.View(), "\n")...), w.footer())
	for n, line := range lines {
		lines[n] = ansi.Truncate(line, w.width, "…")
	}
	v := tea.NewView(strings.Join(lines, "\n"))
	v.AltScreen = true
	v.WindowTitle = "DockerDriver " + clean(w.state.Server)
	return v
}
