package window

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"dockerdriver/cmd/dockerdriver/client"
)

// pace is how often the window speaks to the server.
type pace struct {
	// settle is how long after an event what follows from it is read: a host's
	// free slots, the scaler's decisions.
	settle time.Duration
	// heal is how often that is read without an event.
	heal time.Duration
	// retryFirst is how long after a broken connection the next is tried; each
	// further one waits twice as long, up to retryMost.
	retryFirst, retryMost time.Duration
}

func usualPace() pace {
	return pace{settle: 200 * time.Millisecond, heal: 30 * time.Second, retryFirst: time.Second, retryMost: 8 * time.Second}
}

// Messages to the window.
type (
	// readMsg is everything, read anew.
	readMsg struct {
		state State
		at    time.Time
	}
	// figuresMsg is the pool and its hosts, read anew.
	figuresMsg struct {
		pool  client.Pool
		hosts []client.Host
	}
	eventMsg struct {
		event client.Event
		at    time.Time
	}
	// awayMsg tells that there is no connection, and when the next try is.
	awayMsg struct {
		why   error
		at    time.Time
		again time.Time
	}
)

// Dial finds the server. It is asked again for every connection: a server that
// starts anew on this machine may listen elsewhere, and gives new access.
type Dial func() (*client.Client, error)

// live keeps the window up to date over one event stream at a time.
type live struct {
	dial Dial
	cl   *client.Client
	pace pace
	send func(tea.Msg)
	last string // id of the last event
}

// run connects again and again until ctx ends.
func (l *live) run(ctx context.Context) {
	wait := l.pace.retryFirst
	for {
		err := l.connect(ctx, func() { wait = l.pace.retryFirst })
		if ctx.Err() != nil {
			return
		}
		now := time.Now()
		l.send(awayMsg{err, now, now.Add(wait)})
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
		wait = min(2*wait, l.pace.retryMost)
	}
}

// connect opens the stream first and reads everything then, so that nothing is
// missed in between, and follows until the stream breaks.
func (l *live) connect(ctx context.Context, connected func()) error {
	cl, err := l.dial()
	if err != nil {
		return err
	}
	l.cl = cl
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stale, changed := make(chan struct{}, 1), make(chan struct{}, 1)
	stopped := make(chan struct{})
	defer func() { <-stopped }()
	defer cancel(nil)
	go func() {
		defer close(stopped)
		l.refresh(ctx, cancel, stale, changed, connected)
	}()
	err = l.cl.Follow(ctx, l.last, func() { ask(stale) }, func(e client.Event) {
		l.last = e.ID
		switch e.Kind {
		case client.EventResync:
			ask(stale)
			return
		case client.EventHost, client.EventInstance, client.EventVariable:
			ask(changed)
		}
		l.send(eventMsg{e, time.Now()})
	})
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

// ask asks for something that is one thing however often it is asked for.
func ask(what chan<- struct{}) {
	select {
	case what <- struct{}{}:
	default:
	}
}

// refresh reads what it is asked for, one after the other. What cannot be read
// ends the connection with its error.
func (l *live) refresh(ctx context.Context, fail context.CancelCauseFunc, stale, changed <-chan struct{}, connected func()) {
	heal := time.NewTicker(l.pace.heal)
	defer heal.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return
		case <-stale:
			if err = l.readAll(ctx); err == nil {
				connected()
			}
		case <-changed:
			select { // more of the same kind follows, as a rule
			case <-time.After(l.pace.settle):
			case <-ctx.Done():
				return
			}
			err = l.readFigures(ctx)
		case <-heal.C:
			err = l.readFigures(ctx)
		}
		if err != nil {
			fail(err)
			return
		}
	}
}

func (l *live) readAll(ctx context.Context) error {
	state, err := Read(ctx, l.cl)
	if err == nil {
		l.send(readMsg{state, time.Now()})
	}
	return err
}

func (l *live) readFigures(ctx context.Context) error {
	pool, err := l.cl.Pool(ctx)
	if err != nil {
		return err
	}
	var partial bool
	hosts, err := l.cl.Hosts(ctx)
	if err = allowed(err, &partial); err == nil {
		l.send(figuresMsg{pool.Value, hosts.Items})
	}
	return err
}
