package window

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/require"

	"dockerdriver/cmd/dockerdriver/client"
)

var update = flag.Bool("update", false, "write the golden files anew")

// night is when all situations are looked at.
var night = time.Date(2026, 3, 2, 2, 0, 0, 0, time.UTC)

func ago(d time.Duration) *time.Time { return in(-d) }

func in(d time.Duration) *time.Time {
	t := night.Add(d)
	return &t
}

func freshPool() State {
	return State{Server: "https://notebooks.example.org", Pool: client.Pool{
		State: "running", Since: ago(3 * time.Second), Cloud: "openstack", Version: "dockerdriver v1.2.0, go1.26.8",
		Headroom: &client.Headroom{Projected: 0, Target: 4, MaxHosts: 4},
	}}
}

func activeHost(n int) client.Host {
	return client.Host{
		ID: fmt.Sprintf("h%d", n), Name: fmt.Sprintf("pb_dd_%020d", n), State: "active", StateSince: ago(time.Hour), Slots: 16, SlotsUsed: n % 17,
		Address: fmt.Sprintf("10.0.3.%d", n), CreatedAt: ago(time.Duration(n) * 50 * time.Minute), ExpiresAt: in(time.Duration(70-n) * time.Hour),
		EngineVersion: "27.5.1", Flavor: "standard.large", Disk: &client.Disk{Total: 40e9, Free: 12.34e9},
	}
}

func busyPool(hosts int) State {
	s := freshPool()
	for n := range hosts {
		h := activeHost(n + 1)
		s.Hosts, s.Pool.Slots, s.Pool.SlotsUsed = append(s.Hosts, h), s.Pool.Slots+h.Slots, s.Pool.SlotsUsed+h.SlotsUsed
	}
	s.Pool.SlotsFree = s.Pool.Slots - s.Pool.SlotsUsed
	s.Pool.Headroom = &client.Headroom{Projected: s.Pool.SlotsFree, Target: 4, Largest: 2, Fits: true, Hosts: hosts, MaxHosts: max(4, hosts)}
	return s
}

func building() State {
	s := busyPool(1)
	s.Hosts = append(s.Hosts, client.Host{
		ID: "b1", Name: "pb_dd_k3v9x2m7q8w5r4t6y1zn", State: "preparing", Stage: "images", StateSince: ago(12 * time.Second), Slots: 16,
		CreatedAt: ago(3 * time.Minute), Flavor: "standard.large", Address: "10.0.3.77",
		Steps: []client.Step{{Step: "requested", Seconds: 1.4}, {Step: "building", Seconds: 71.8}, {Step: "engine", Seconds: 95}},
	})
	s.Images = []client.Image{{ID: "sha256:0123456789abcdef0123", Tags: []string{"registry.example.org/courses/rstudio-bioconductor:4.5"}, Hosts: []client.Presence{
		{HostID: "h1", State: "present"}, {HostID: "b1", State: "sending", Sent: 1_300_000_000, Total: 2_900_000_000},
	}}, {ID: "sha256:9876543210fedcba9876", Tags: []string{"jupyter:latest"}, Hosts: []client.Presence{{HostID: "b1", State: "waiting", Total: 900_000_000}}}}
	s.Instances = []client.Instance{{ID: "i1", Name: "pb-calm-otter", State: "queueing", BlueprintName: "RStudio"}}
	s.Pool.Queue = []client.QueueEntry{{InstanceID: "i1", Position: 1, Reason: "no host with 2 free slots yet; one is being built"}}
	s.Pool.Decisions = []client.Decision{{At: ago(3 * time.Minute), Action: "build", Subject: "standard.large", Because: "1 slot free, 2 waited for, 4 wanted free, 1 of 4 hosts"}}
	return s
}

func failingBuild() State {
	s := busyPool(1)
	s.Hosts = append(s.Hosts, client.Host{
		ID: "b1", Name: "pb_dd_k3v9x2m7q8w5r4t6y1zn", State: "removing", StateSince: ago(8 * time.Second), Slots: 16, CreatedAt: ago(95 * time.Second), Errors: 1,
		Trouble: []client.Trouble{{At: ago(9 * time.Second), Message: "The cloud could not build the server: No valid host was found. There are not enough hosts available.\n(code 500)\x1b[31m"}},
	})
	return s
}

func quotaPause() State {
	s := busyPool(2)
	s.Pool.Pause = &client.Pause{Since: ago(2 * time.Minute), Until: in(3*time.Minute + 20*time.Second), Reason: "Quota exceeded for cores: Requested 8, but already used 16 of 20 cores"}
	s.Pool.Headroom.Projected, s.Pool.Headroom.Fits = 1, false
	return s
}

func draining() State {
	s := busyPool(2)
	s.Pool.State, s.Pool.Since, s.Pool.Reason = "draining", ago(26*time.Hour), "shutdown mode (DD_SHUTDOWN_MODE) set by admin@example.org"
	s.Pool.Drain = &client.Drain{Deadline: in(2 * time.Hour)}
	s.Pool.Blockers = []string{"pb-calm-otter of ada@example.org ends at 04:12", "host pb_dd_00000000000000000002: its last instance"}
	for n := range s.Hosts {
		s.Hosts[n].State, s.Hosts[n].Stage, s.Hosts[n].StateSince = "inactive", "draining", ago(26*time.Hour)
	}
	s.Instances = []client.Instance{
		{ID: "i1", Name: "pb-calm-otter", State: "running", BlueprintName: "RStudio", HostID: "h1", ExpiresAt: in(132 * time.Minute)},
		{ID: "i2", Name: "pb-merry-heron", State: "failed", BlueprintName: "Jupyter", Failure: &client.Failure{Code: "CONTAINER_EXITED", Message: "The container ended by itself with exit code 137."}},
	}
	return s
}

func stuckHost() State {
	s := busyPool(1)
	s.Hosts = append(s.Hosts, client.Host{
		ID: "b1", Name: "pb_dd_k3v9x2m7q8w5r4t6y1zn", State: "stuck", StateSince: ago(40 * time.Minute), Slots: 16, CreatedAt: ago(80 * time.Hour), Errors: 12,
		Cloud:   client.CloudResources{ServerID: "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0", SecurityGroupID: "1a2b3c4d-0000-4111-8222-933344445555", VolumeIDs: []string{"aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"}},
		Trouble: []client.Trouble{{At: ago(3 * time.Minute), Message: "The cloud would not delete the security group: it is in use (409)."}},
	}, client.Host{
		ID: "b2", Name: "pb_dd_silentsilentsilent00", State: "inactive", Stage: "errors", StateSince: ago(4 * time.Minute), Slots: 16, SlotsUsed: 3, CreatedAt: ago(30 * time.Hour),
		SilentSince: ago(4*time.Minute + 30*time.Second), Errors: 6, Address: "10.0.3.9",
	})
	s.Pool.Strays = []client.Stray{{Kind: "volume", ID: "cccccccc-bbbb-4ccc-8ddd-eeeeeeeeeeee", Name: "pb_dd_oldoldoldoldoldoldol-data", CreatedAt: ago(20 * time.Minute), ReleaseAt: in(10 * time.Minute)}}
	s.Pool.SetAside = []client.SetAside{{Actor: "Instance-i9", At: ago(5 * time.Minute), Reason: "it failed 6 times within 10 minutes", Tries: 6, Error: "index out of range [3]", Hint: "A notebook that runs goes on. Try it again on the Pool page."}}
	return s
}

func longNames() State {
	s := busyPool(1)
	s.Server = "https://" + strings.Repeat("a-long-name.", 9) + "example.org"
	s.Hosts[0].Name = "pb_dd_" + strings.Repeat("x", 60)
	s.Hosts[0].Flavor = "a-flavor-with-a-name-that-nobody-can-say"
	s.Pool.Queue = []client.QueueEntry{{InstanceID: strings.Repeat("i", 100), Position: 100, Reason: strings.Repeat("waiting ", 30)}}
	s.Pool.Decisions = []client.Decision{{At: ago(30 * time.Hour), Action: "retire", Subject: s.Hosts[0].Name, Because: strings.Repeat("w", 200)}}
	return s
}

func foreignWriting() State {
	s := busyPool(1)
	s.Hosts[0].Trouble = []client.Trouble{{At: ago(time.Minute), Message: "イメージが見つかりません: Das Volumen läßt sich nicht löschen \u202edrawkcab 🦦🦦"}}
	s.Hosts[0].Errors = 1
	s.Images = []client.Image{{ID: "sha256:1", Tags: []string{"教室/統計学入門:最新"}, Hosts: []client.Presence{{HostID: "h1", State: "failed", Failure: "Prüfsumme stimmt nicht"}}}}
	s.Instances = []client.Instance{{ID: "i1", Name: "pb-naïve-水獺", State: "running", BlueprintName: "データ科学", HostID: "h1"}}
	return s
}

func reader() State {
	s := freshPool()
	s.Partial, s.Pool.Headroom = true, nil
	return s
}

// TestSituations draws each situation at 80x24 and wide, as the window does, and
// once as plain text.
func TestSituations(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]State{
		"fresh pool": freshPool(), "building with steps": building(), "failing build": failingBuild(), "quota pause": quotaPause(),
		"draining with blockers": draining(), "stuck and silent hosts": stuckHost(), "fifty hosts": busyPool(50), "long names": longNames(),
		"foreign writing": foreignWriting(), "reader who is no administrator": reader(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var drawn strings.Builder
			for _, size := range [][2]int{{80, 24}, {160, 45}} {
				screen := drawOf(t, s, size[0], size[1])
				fmt.Fprintf(&drawn, "== window of %dx%d\n%s\n", size[0], size[1], screen)
			}
			text := Text(s, night, Width)
			requireWithin(t, text, Width, -1)
			fmt.Fprintf(&drawn, "== once\n%s", text)
			golden(t, name, drawn.String())
		})
	}
}

// drawOf draws the window, and requires that colour adds nothing but colour and
// that it fits.
func drawOf(t *testing.T, s State, width, height int) string {
	t.Helper()
	w := newWindow(s, func() time.Time { return night })
	w.Update(tea.WindowSizeMsg{Width: width, Height: height})
	w.linked = true
	coloured := w.View().Content
	w.look = plainLook()
	w.lay()
	plain := w.View().Content
	require.Equal(t, plain, ansi.Strip(coloured), "without colour it says the same")
	requireWithin(t, plain, width, height)
	return screen(w)
}

func requireWithin(t *testing.T, text string, width, height int) {
	t.Helper()
	lines := strings.Split(text, "\n")
	if height > 0 {
		require.Len(t, lines, height)
	}
	for _, line := range lines {
		require.LessOrEqual(t, ansi.StringWidth(line), width, "%q", line)
		require.Equal(t, clean(line), line, "nothing may steer the terminal")
	}
}

func golden(t *testing.T, name, drawn string) {
	t.Helper()
	path := filepath.Join("testdata", strings.ReplaceAll(name, " ", "-")+".txt")
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(path, []byte(drawn), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err, "write it with -update, and look at it")
	require.Equal(t, string(want), drawn)
}

func press(w *window, keys ...string) {
	named := map[string]tea.Key{
		"down": {Code: tea.KeyDown}, "pgdown": {Code: tea.KeyPgDown}, "tab": {Code: tea.KeyTab}, "end": {Code: tea.KeyEnd}, "home": {Code: tea.KeyHome},
	}
	for _, k := range keys {
		w.Update(tea.KeyPressMsg(named[k]))
	}
}

// screen is what the window shows, without colour and spaces at line ends.
func screen(w *window) string {
	lines := strings.Split(ansi.Strip(w.View().Content), "\n")
	for n, line := range lines {
		lines[n] = strings.TrimRight(line, " ")
	}
	return strings.Join(lines, "\n")
}

func TestKeysScrollWhenThereIsMore(t *testing.T) {
	t.Parallel()
	s := busyPool(50)
	s.Pool.Queue = []client.QueueEntry{{InstanceID: "i1", Position: 1, Reason: "no free slots"}}
	w := newWindow(s, func() time.Time { return night })
	require.Contains(t, screen(w), "lines 1-19 of")
	require.NotContains(t, screen(w), "no free slots")
	press(w, "down")
	require.Contains(t, screen(w), "lines 2-20 of")
	press(w, "pgdown")
	require.Contains(t, screen(w), "lines 21-39 of")
	press(w, "end")
	require.Contains(t, screen(w), "1. i1: no free slots")
	press(w, "home", "tab", "tab")
	require.Contains(t, screen(w), "1. i1: no free slots", "Tab leads to the next section")
	w.Update(tea.WindowSizeMsg{Width: 100, Height: 70})
	require.Contains(t, screen(w), "all shown")
	require.Contains(t, screen(w), "\nHOSTS", "a taller window shows the beginning again")
}

func TestSmallestTerminalsDrawWhatFits(t *testing.T) {
	t.Parallel()
	w := newWindow(stuckHost(), func() time.Time { return night })
	for _, size := range [][2]int{{1, 1}, {10, 3}, {40, 8}, {300, 2}} {
		w.Update(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
		for line := range strings.SplitSeq(screen(w), "\n") {
			require.LessOrEqual(t, ansi.StringWidth(line), size[0])
		}
	}
}

func TestWindowSaysWhatItCannotKnow(t *testing.T) {
	t.Parallel()
	w := newWindow(busyPool(1), func() time.Time { return night })
	w.Update(readMsg{busyPool(1), night.Add(-20 * time.Second)})
	require.Contains(t, screen(w), "live  02:00:00 UTC")
	w.Update(awayMsg{errors.New("the server at X does not answer: connection refused"), night, night.Add(4 * time.Second)})
	require.Contains(t, screen(w), "NO CONNECTION  02:00:00 UTC")
	require.Contains(t, screen(w), "! What you see is of 01:59:40. The server at X does not answer: connection\n  refused. Next try in 4s.")
	w.Update(readMsg{busyPool(1), night})
	require.NotContains(t, screen(w), "NO CONNECTION")
	require.Contains(t, screen(w), "02:00:00  the server answers again\n")
	require.Contains(t, screen(w), "02:00:00  no connection: the server at X does not answer: connection refused\n")
}
