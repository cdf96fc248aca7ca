package actors_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"dockerdriver/actors"
	"dockerdriver/actors/pool"
)

// screens are the consoles of an estate's machines.
type screens struct {
	mu      sync.Mutex
	text    string
	missing pool.ConsoleMissing
	err     error
	takes   time.Duration
	asked   []string // servers' ids
}

func (s *screens) Console(ctx context.Context, h pool.Host, _ int) (string, pool.ConsoleMissing, error) {
	s.mu.Lock()
	text, missing, err, takes := s.text, s.missing, s.err, s.takes
	s.asked = append(s.asked, h.Cloud.ServerID)
	s.mu.Unlock()
	if waited := wait(ctx, takes); waited != nil {
		return "", "", waited
	}
	return text, missing, err
}

func (s *screens) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

// on puts the screens on an estate.
func (s *screens) on(e *estate) {
	ports := e.ports
	e.ports = func(o *actors.Options) { ports(o); o.Consoles = s }
}

func TestConsoleOfAHostIsReadFromTheCloud(t *testing.T) {
	t.Parallel()
	seen := &screens{text: "Linux version 6.1\npassword: hunter2\n"}
	estateStory(t, seen.on, func(t *testing.T, y *yard) {
		y.after(time.Minute, y.launch(alice).ID)
		h := y.client.Snapshot().Hosts[0]
		c, err := y.client.Console(t.Context(), h.ID)
		require.NoError(t, err)
		require.Equal(t, "Linux version 6.1", c.Lines[0])
		require.NotContains(t, strings.Join(c.Lines, "\n"), "hunter2")
		require.Equal(t, []string{h.Cloud.ServerID}, seen.asked)

		_, err = y.client.Console(t.Context(), "nobody")
		require.Equal(t, pool.CodeNotFound, pool.CodeOf(err))
	})
}

func TestConsoleThatIsNotThereIsToldInWords(t *testing.T) {
	t.Parallel()
	seen := &screens{}
	estateStory(t, seen.on, func(t *testing.T, y *yard) {
		id := y.pass(time.Minute).Hosts[0].ID
		for _, c := range []struct {
			why     string
			set     func()
			missing pool.ConsoleMissing
			refused string
		}{
			{"the cloud keeps none", func() { seen.missing = pool.ConsoleNone }, pool.ConsoleNone, ""},
			{"the machine is gone", func() { seen.missing = pool.ConsoleGone }, pool.ConsoleGone, ""},
			{"it wrote nothing yet", func() { seen.missing, seen.text = "", "\n" }, pool.ConsoleNotYet, ""},
			{"the cloud says no", func() { seen.err = errors.New("policy does not allow it") }, "", "policy does not allow it"},
			{"the cloud does not answer", func() { seen.err, seen.takes = nil, time.Hour }, "", "did not answer in time"},
		} {
			seen.set(c.set)
			began := time.Now()
			got, err := y.client.Console(t.Context(), id)
			require.Less(t, time.Since(began), 10*time.Second, c.why)
			if c.refused != "" {
				require.Equal(t, pool.CodeUnavailable, pool.CodeOf(err), c.why)
				require.ErrorContains(t, err, c.refused)
				continue
			}
			require.NoError(t, err, c.why)
			require.Equal(t, pool.Console{Missing: c.missing}, got, c.why)
		}
		seen.set(func() { seen.takes = 0 })
	})
}

func TestMachineOfOneEngineHasNoConsole(t *testing.T) {
	t.Parallel()
	story(t, nil, func(t *testing.T, s *scene) {
		c, err := s.client.Console(t.Context(), s.client.Snapshot().Hosts[0].ID)
		require.NoError(t, err)
		require.Equal(t, pool.Console{Missing: pool.ConsoleNone}, c)
	})
}

func TestConsoleOfAHostThatIsGivenUpIsKeptInTheLog(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		seen *screens
		says string
	}{
		"its last lines":               {&screens{text: strings.Repeat("line\n", 100) + "cloud-init: no space left\npassword: hunter2"}, "cloud-init: no space left"},
		"none":                         {&screens{missing: pool.ConsoleNone}, "leaves no console"},
		"a cloud that does not answer": {&screens{takes: time.Hour}, "leaves no console"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log lockedBuffer
			estateStory(t, func(e *estate) {
				c.seen.on(e)
				ports := e.ports
				e.ports = func(o *actors.Options) { ports(o); o.Log = zerolog.New(&log) }
				e.fails = []error{pool.Refuse(pool.CodeBuildFailed, "it broke", "")}
			}, func(t *testing.T, y *yard) {
				y.pass(20 * time.Second)
				require.Equal(t, 1, y.cloud.released, "its release does not wait for long")
				y.pass(5 * time.Minute)
				require.Equal(t, 1, strings.Count(log.String(), "host given up leaves no console")+strings.Count(log.String(), "console of host given up"))
				require.Contains(t, log.String(), c.says)
				require.NotContains(t, log.String(), "hunter2")
			})
		})
	}
}

// lockedBuffer takes lines of many actors.
type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(line []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(line)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

func TestConsoleOfAHostThatIsSetAsideCanBeRead(t *testing.T) {
	aside(t, func(d *trial) {
		i := d.launchOf(alice, d.blueprint)
		d.falls(only("Host-" + i.HostID))
		d.rests("Host-" + i.HostID)
		c, err := d.client.Console(d.Context(), i.HostID)
		require.NoError(d, err)
		require.Equal(d, pool.ConsoleNone, c.Missing)
		d.tryAgain("Host-" + i.HostID)
		d.endOf(alice, i.ID)
	})
}

func TestLifeOfAHostIsToldInItsOrder(t *testing.T) {
	t.Parallel()
	estateStory(t, func(e *estate) { e.takes, e.holes = 20*time.Second, 2 }, func(t *testing.T, y *yard) {
		h := y.pass(2 * time.Minute).Hosts[0]
		var steps []string
		for _, e := range h.History() {
			if e.Fault != "" {
				steps = append(steps, "fault")
				continue
			}
			steps = append(steps, e.Step)
		}
		require.Equal(t, []string{"requested", "building", "engine", "images", "probe", "fault", "active"}, steps)
		require.True(t, slices.IsSortedFunc(h.History(), func(a, b pool.HostEvent) int { return a.At.Compare(b.At) }))
		require.Equal(t, 20*time.Second, h.History()[1].Took)
		require.Equal(t, h.StateSince, h.History()[6].At)
	})
}
