package schedule_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"dockerdriver/actors/schedule"
)

func wish(host, image string, class schedule.PushClass, age time.Duration) schedule.PushWish {
	return schedule.PushWish{HostID: host, ImageID: image, Class: class, Since: now.Add(-age)}
}

func running(w schedule.PushWish) schedule.PushWish {
	w.Running = true
	return w
}

func TestNextPushes(t *testing.T) {
	t.Parallel()
	launch, blueprint, rest := schedule.PushForLaunch, schedule.PushForBlueprint, schedule.PushForRest
	for _, c := range []struct {
		why    string
		wishes []schedule.PushWish
		limit  int
		want   []string
	}{
		{"nothing is wished for", nil, 4, nil},
		{"whoever waits longest goes first", []schedule.PushWish{wish("a", "1", launch, time.Second), wish("b", "1", launch, time.Minute)}, 4, []string{"b1", "a1"}},
		{"a launch goes before what is older", []schedule.PushWish{wish("a", "1", blueprint, time.Hour), wish("a", "2", rest, time.Hour), wish("b", "3", launch, 0)}, 1, []string{"b3"}},
		{"the server's last place is for a launch", []schedule.PushWish{wish("a", "1", blueprint, 0), wish("b", "1", blueprint, 0), wish("c", "1", blueprint, 0)}, 2, []string{"a1"}},
		{"and a launch finds it", []schedule.PushWish{running(wish("a", "1", blueprint, 0)), wish("b", "1", blueprint, 0), wish("c", "1", launch, 0)}, 2, []string{"c1"}},
		{"with one place all have it in turn", []schedule.PushWish{wish("a", "1", blueprint, 0), wish("a", "2", rest, time.Hour)}, 1, []string{"a1"}},
		{"a host's second place is for a launch", []schedule.PushWish{running(wish("a", "1", blueprint, 0)), wish("a", "2", blueprint, 0), wish("a", "3", launch, 0)}, 9, []string{"a3"}},
		{"a host that is busy holds up no other", []schedule.PushWish{running(wish("a", "1", launch, 0)), running(wish("a", "2", launch, 0)), wish("a", "3", launch, time.Hour), wish("b", "3", launch, 0)}, 9, []string{"b3"}},
		{"what nobody waits for goes one at a time", []schedule.PushWish{wish("a", "1", rest, 0), wish("b", "1", rest, 0)}, 9, []string{"a1"}},
		{"nothing is on top of what runs", []schedule.PushWish{running(wish("a", "1", rest, 0)), wish("b", "1", launch, 0)}, 1, nil},
	} {
		t.Run(c.why, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, w := range schedule.NextPushes(c.wishes, c.limit) {
				got = append(got, w.HostID+w.ImageID)
			}
			require.Equal(t, c.want, got)
		})
	}
}

// Whatever is wished for in whatever order: the bounds hold, a launch never waits
// for a place that something else is given, and in the end everything has come.
func TestPushesKeepTheirBoundsAndAllCome(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(1, 8).Draw(t, "limit")
		var wishes []schedule.PushWish
		for n := range rapid.IntRange(0, 40).Draw(t, "wishes") {
			wishes = append(wishes, wish(
				rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "host"), fmt.Sprint(n),
				schedule.PushClass(rapid.IntRange(0, 2).Draw(t, "class")), time.Duration(rapid.IntRange(0, 9).Draw(t, "age"))*time.Second,
			))
		}
		for round := 0; len(wishes) > 0; round++ {
			require.Less(t, round, 200, "it goes on")
			next := schedule.NextPushes(wishes, limit)
			started := map[string]bool{}
			for _, w := range next {
				started[w.ImageID] = true
			}
			onHost, all := map[string]int{}, 0
			for n, w := range wishes {
				wishes[n].Running = w.Running || started[w.ImageID]
				if wishes[n].Running {
					all++
					onHost[w.HostID]++
				}
			}
			require.LessOrEqual(t, all, limit)
			for host, count := range onHost {
				require.LessOrEqual(t, count, 2, host)
			}
			for _, w := range wishes {
				if !w.Running && w.Class == schedule.PushForLaunch {
					require.True(t, all == limit || onHost[w.HostID] == 2, "a launch waits only where all places are taken")
				}
			}
			for n, w := range wishes { // one of those that run comes to its end
				if w.Running {
					wishes = append(wishes[:n], wishes[n+1:]...)
					break
				}
			}
		}
	})
}
