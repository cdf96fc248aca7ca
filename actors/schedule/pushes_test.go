package schedule_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"dockerdriver/actors/pool"
	"dockerdriver/actors/schedule"
)

func TestNextPushes(t *testing.T) {
	t.Parallel()
	epoch := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	push := func(host, image string, rank schedule.PushRank, minute int) schedule.WaitingPush {
		return schedule.WaitingPush{HostID: host, ImageID: image, Rank: rank, Since: epoch.Add(time.Duration(minute) * time.Minute), Needs: 10}
	}
	onDisk := func(w schedule.WaitingPush, total, free int64) schedule.WaitingPush {
		w.Disk = pool.Disk{Total: total, Free: free}
		return w
	}
	const launch, wanted, ahead = schedule.PushForLaunch, schedule.PushForBlueprint, schedule.PushAhead
	tests := map[string]struct {
		in   schedule.PushInput
		want []string
	}{
		"nothing waits": {},
		"the oldest launch goes first": {
			in:   schedule.PushInput{AtOnce: 1, Waiting: []schedule.WaitingPush{push("a", "1", launch, 2), push("b", "2", launch, 1)}},
			want: []string{"b 2"},
		},
		"a launch overtakes what was asked for long before it": {
			in:   schedule.PushInput{AtOnce: 2, Waiting: []schedule.WaitingPush{push("a", "1", wanted, 1), push("b", "2", launch, 9), push("c", "3", wanted, 0)}},
			want: []string{"b 2", "c 3"},
		},
		"what runs already counts against the server's bound": {
			in:   schedule.PushInput{AtOnce: 3, Running: map[string]int{"x": 1, "y": 1}, Waiting: []schedule.WaitingPush{push("a", "1", launch, 1), push("b", "1", launch, 2)}},
			want: []string{"a 1"},
		},
		"more run than a lowered bound allows: nothing is taken back, nothing begins": {
			in: schedule.PushInput{AtOnce: 1, Running: map[string]int{"x": 2, "y": 2}, Waiting: []schedule.WaitingPush{push("a", "1", launch, 1)}},
		},
		"a host with its share holds up no other": {
			in:   schedule.PushInput{AtOnce: 4, Running: map[string]int{"a": 2}, Waiting: []schedule.WaitingPush{push("a", "1", launch, 1), push("b", "1", wanted, 2)}},
			want: []string{"b 1"},
		},
		"what nobody needs yet waits for all others, also for those that cannot begin": {
			in: schedule.PushInput{AtOnce: 4, Running: map[string]int{"a": 2}, Waiting: []schedule.WaitingPush{push("a", "1", launch, 1), push("b", "2", ahead, 0)}},
		},
		"what nobody needs yet goes when nothing else waits": {
			in:   schedule.PushInput{AtOnce: 4, Waiting: []schedule.WaitingPush{push("b", "2", ahead, 0)}},
			want: []string{"b 2"},
		},
		"what nobody needs yet leaves a fifth of the disk free": {
			in: schedule.PushInput{AtOnce: 4, Waiting: []schedule.WaitingPush{
				onDisk(push("a", "1", ahead, 0), 1000, 210), onDisk(push("b", "2", ahead, 0), 1000, 209),
			}},
			want: []string{"a 1"},
		},
		"what is on its way takes its part of the disk": {
			in: schedule.PushInput{AtOnce: 4, Taken: map[string]int64{"a": 5}, Running: map[string]int{"a": 1}, Waiting: []schedule.WaitingPush{
				onDisk(push("a", "1", ahead, 0), 1000, 214),
			}},
		},
		"of two that begin together the second finds the first's part taken": {
			in: schedule.PushInput{AtOnce: 4, Waiting: []schedule.WaitingPush{
				onDisk(push("a", "1", ahead, 0), 1000, 219), onDisk(push("a", "2", ahead, 1), 1000, 219),
			}},
			want: []string{"a 1"},
		},
		"what is needed goes whatever the disk says: who makes room decides": {
			in:   schedule.PushInput{AtOnce: 4, Waiting: []schedule.WaitingPush{onDisk(push("a", "1", wanted, 0), 1000, 0)}},
			want: []string{"a 1"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.in.PerHost = schedule.PushesPerHost
			var got []string
			for _, w := range schedule.NextPushes(test.in) {
				got = append(got, w.HostID+" "+w.ImageID)
			}
			require.Equal(t, test.want, got)
		})
	}
}

// Whatever waits and runs: the bounds hold, nothing is chosen twice or invented,
// none that could begin is left out while there is room, and none is overtaken by
// one of a lower rank on the same host.
func TestNextPushesKeepsItsBounds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := schedule.PushInput{AtOnce: rapid.IntRange(1, 6).Draw(t, "at once"), PerHost: rapid.IntRange(1, 3).Draw(t, "per host"), Running: map[string]int{}}
		total := 0
		for n := range 4 {
			running := rapid.IntRange(0, 3).Draw(t, "running")
			in.Running[fmt.Sprint("h", n)] = running
			total += running
		}
		for n := range rapid.IntRange(0, 20).Draw(t, "waiting") {
			in.Waiting = append(in.Waiting, schedule.WaitingPush{
				HostID: fmt.Sprint("h", rapid.IntRange(0, 3).Draw(t, "host")), ImageID: fmt.Sprint("i", n),
				Rank:  schedule.PushRank(rapid.IntRange(0, 2).Draw(t, "rank")),
				Since: time.Unix(int64(rapid.IntRange(0, 9).Draw(t, "since")), 0),
			})
		}
		next := schedule.NextPushes(in)
		onHost, chosen := map[string]int{}, map[string]bool{}
		for _, w := range next {
			require.True(t, slices.Contains(in.Waiting, w))
			require.False(t, chosen[w.ImageID])
			chosen[w.ImageID] = true
			onHost[w.HostID]++
			require.LessOrEqual(t, in.Running[w.HostID]+onHost[w.HostID], in.PerHost)
		}
		if len(next) > 0 {
			require.LessOrEqual(t, total+len(next), in.AtOnce)
		}
		needed := slices.ContainsFunc(in.Waiting, func(w schedule.WaitingPush) bool { return w.Rank < schedule.PushAhead })
		for _, w := range in.Waiting {
			if chosen[w.ImageID] {
				require.False(t, w.Rank == schedule.PushAhead && needed)
				continue
			}
			full := total+len(next) >= in.AtOnce || in.Running[w.HostID]+onHost[w.HostID] >= in.PerHost
			require.True(t, full || (w.Rank == schedule.PushAhead && needed), "%v could have begun", w)
			for _, other := range next {
				require.False(t, other.HostID == w.HostID && other.Rank > w.Rank, "%v was overtaken by %v", w, other)
			}
		}
	})
}
