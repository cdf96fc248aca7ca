package history

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

// noon is the start of a point in every span.
var noon = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

func begin(t *testing.T) *History {
	t.Helper()
	return Open(filepath.Join(t.TempDir(), FileName), noon, zerolog.Nop())
}

// view is a pool of one host with 8 slots and a blueprint.
func view(used, queued int, instances ...*pool.Instance) *pool.View {
	return &pool.View{
		Revision: 1,
		Status:   pool.Status{Slots: 8, SlotsUsed: used, Queued: queued, Headroom: pool.Headroom{Target: 4}},
		Hosts:    []*pool.Host{{ID: "h1", State: pool.HostActive}, {ID: "h0", State: pool.HostRemoved}},
		Blueprints: []*pool.Blueprint{
			{ID: "b1", Name: "Demo"},
		},
		Instances: instances,
	}
}

// ran is an instance that was launched at a time and ran after so many seconds,
// all but one of which its image took.
func ran(id string, at time.Time, seconds int) *pool.Instance {
	i := pool.Instance{ID: id, BlueprintID: "b1", State: pool.InstanceQueueing, CreatedAt: at, StageSince: at}
	i = i.At(pool.InstanceProvisioning, pool.StageImage, at.Add(time.Second))
	i = i.At(pool.InstanceRunning, "", at.Add(time.Duration(seconds)*time.Second))
	i.StartedAt = i.StageSince
	return &i
}

// broke is an instance whose launch failed after so many seconds.
func broke(id string, at time.Time, seconds int) *pool.Instance {
	i := pool.Instance{ID: id, BlueprintID: "b1", State: pool.InstanceProvisioning, Stage: pool.StageStarting, CreatedAt: at, StageSince: at}
	i = i.At(pool.InstanceFailed, "", at.Add(time.Duration(seconds)*time.Second))
	i.Failure = &pool.Failure{Code: pool.CodeInternal}
	return &i
}

func stage(t *testing.T, p Point, name string) Spread {
	t.Helper()
	for n, s := range Stages {
		if s == name {
			return p.Stages[n]
		}
	}
	require.Fail(t, "no such stage", name)
	return Spread{}
}

func TestEachSpanKeepsThePeaksOfWhatItsPointsStandFor(t *testing.T) {
	t.Parallel()
	h := begin(t)
	for n := range 180 { // half an hour: three slots and a queue for one look, else one
		used, queued := 1, 0
		if n == 100 {
			used, queued = 3, 2
		}
		h.Observe(view(used, queued), noon.Add(time.Duration(n)*lookEvery))
	}
	now := noon.Add(179 * lookEvery)
	for span, want := range map[Span]int{Hour: 180, Day: 15, Week: 2, "month": 0} {
		require.Len(t, h.Points(span, now), want, span)
	}
	quiet := Point{Start: noon, SlotsUsed: 1, SlotsFree: 7, SlotTarget: 4, Hosts: 1, Whole: Spread{-1, -1}}
	for n := range quiet.Stages {
		quiet.Stages[n] = Spread{-1, -1}
	}
	busy := quiet
	busy.Start, busy.SlotsUsed, busy.SlotsFree, busy.Queued = noon.Add(15*time.Minute), 3, 5, 2
	require.Equal(t, []Point{quiet, busy}, h.Points(Week, now))
	require.Equal(t, 3, h.Points(Day, now)[8].SlotsUsed)
	require.Equal(t, 1, h.Points(Day, now)[9].SlotsUsed)
}

func TestASpanIsNeverLongerThanItsName(t *testing.T) {
	t.Parallel()
	h := begin(t)
	now := noon
	for now.Before(noon.Add(8 * 24 * time.Hour)) {
		h.Observe(view(1, 0), now)
		now = now.Add(2 * time.Minute)
	}
	for span, length := range map[Span]time.Duration{Hour: time.Hour, Day: 24 * time.Hour, Week: 7 * 24 * time.Hour} {
		points := h.Points(span, now)
		require.Greater(t, points[0].Start, now.Add(-length), span)
		require.Less(t, points[0].Start, now.Add(-length+2*max(span.Step(), Day.Step())), span)
	}
	require.Empty(t, h.Points(Hour, now.Add(time.Hour)), "the server was away for an hour")
	require.NotEmpty(t, h.Points(Day, now.Add(time.Hour)))
}

func TestAClockThatIsSetBackLeavesPointsInOrder(t *testing.T) {
	t.Parallel()
	h := begin(t)
	h.Observe(view(1, 0), noon)
	h.Observe(view(5, 0), noon.Add(time.Hour))
	h.Observe(view(2, 0, ran("i1", noon, 20)), noon.Add(30*time.Second))
	points := h.Points(Hour, noon.Add(time.Minute))
	require.Len(t, points, 2)
	require.Equal(t, 2, points[1].SlotsUsed)
	require.Equal(t, 1, points[1].Launches)
}

func TestALaunchIsCountedOnceHoweverItCameOut(t *testing.T) {
	t.Parallel()
	h := begin(t)
	cancelled := &pool.Instance{ID: "i3", BlueprintID: "b1", State: pool.InstanceDeleted, CreatedAt: noon, EndedAt: noon, EndReason: pool.EndByOwner}
	waiting := &pool.Instance{ID: "i4", BlueprintID: "b1", State: pool.InstanceQueueing, CreatedAt: noon, StageSince: noon}
	one, two := ran("i1", noon, 5), broke("i2", noon, 3)
	h.Observe(view(1, 1, one, two, cancelled, waiting), noon.Add(10*time.Second))
	for n := 2; n < 60; n++ { // while they are in the View, dismissed or not
		at := noon.Add(time.Duration(n) * lookEvery)
		dismissed := two.At(pool.InstanceDeleted, "", at)
		h.Observe(view(1, 1, one, &dismissed, cancelled), at)
	}
	points := h.Points(Hour, noon.Add(10*time.Minute))
	require.Equal(t, 1, points[0].Launches)
	require.Equal(t, 1, points[0].Failures)
	for _, p := range points[1:] {
		require.Zero(t, p.Launches+p.Failures, p.Start)
	}
	require.Equal(t, Spread{5, 5}, points[0].Whole)
	require.Equal(t, Spread{1, 1}, stage(t, points[0], "queueing"))
	require.Equal(t, Spread{4, 4}, stage(t, points[0], pool.StageImage))
	require.Equal(t, Spread{-1, -1}, stage(t, points[0], pool.StageStarting), "the failure's does not count")
	require.Equal(t, 1, h.Points(Week, noon.Add(10*time.Minute))[0].Launches)
}

func TestPercentilesAreOfAllLaunchesWithinAPoint(t *testing.T) {
	t.Parallel()
	h := begin(t)
	var all []*pool.Instance
	for n := range 10 { // of 1 to 10 seconds, one each look
		all = append(all, ran(fmt.Sprint(n), noon.Add(time.Duration(n)*lookEvery), n+1))
		h.Observe(view(1, 0, all...), noon.Add(time.Duration(n+1)*lookEvery))
	}
	now := noon.Add(2 * time.Minute)
	require.Equal(t, Spread{5, 9}, h.Points(Day, now)[0].Whole)
	require.Equal(t, Spread{3, 3}, h.Points(Hour, now)[2].Whole)
	require.Equal(t, 10, h.Points(Week, now)[0].Launches)
}

func TestAnEstimateNeedsThreeLaunchesAndKeepsTheLastFifty(t *testing.T) {
	t.Parallel()
	h := begin(t)
	now := noon
	launch := func(id string, seconds int) {
		i := ran(id, now, seconds)
		now = now.Add(time.Duration(seconds) * time.Second)
		h.Observe(view(1, 0, i), now)
	}
	for n := range 2 {
		launch(fmt.Sprint("few", n), 100)
	}
	h.Observe(view(1, 0, broke("failed", now, 100)), now.Add(100*time.Second))
	_, known := h.Estimate("b1")
	require.False(t, known, "two that ran and one that failed")
	for n := range 50 {
		launch(fmt.Sprint("many", n), n+1)
	}
	e, known := h.Estimate("b1")
	require.True(t, known)
	require.Equal(t, Estimate{P50: 25, P90: 45, Count: 50}, e)
	_, known = h.Estimate("b2")
	require.False(t, known)

	gone := view(1, 0)
	gone.Blueprints = nil
	h.Observe(gone, now)
	_, known = h.Estimate("b1")
	require.False(t, known, "its blueprint was deleted")
}

func TestAPoolThatIsNotLoadedIsNoLook(t *testing.T) {
	t.Parallel()
	h := begin(t)
	h.Observe(&pool.View{}, noon)
	require.Empty(t, h.Points(Hour, noon))
}

// crowd is what the pool could do at most, and more: every span is filled, launches
// are of more blueprints than estimates are kept of, and at last more at once than
// are counted.
func crowd(h *History) {
	v, serial := view(1, 0), 0
	v.Blueprints = nil
	for n := range 2 * maxBlueprints {
		v.Blueprints = append(v.Blueprints, &pool.Blueprint{ID: fmt.Sprintf("blueprint-%010d", n)})
	}
	const looks = 760
	for look := range looks {
		now := noon.Add(time.Duration(look) * Week.Step())
		many := 8
		if look == looks-1 {
			many = 2 * maxCounted
		}
		v.Instances = nil
		for range many {
			serial++
			i := ran(fmt.Sprintf("instance-%011d", serial), now.Add(-time.Minute), 5)
			i.BlueprintID = v.Blueprints[serial%len(v.Blueprints)].ID
			v.Instances = append(v.Instances, i)
		}
		h.Observe(v, now)
	}
}

// Not parallel: it measures this process's memory.
func TestMemoryIsBounded(t *testing.T) {
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	path := filepath.Join(t.TempDir(), FileName)
	before := heap()
	h := Open(path, noon, zerolog.Nop())
	crowd(h)
	used := int64(heap()) - int64(before)
	t.Logf("%d bytes, %d estimates, %d counted", used, len(h.last), len(h.seen.Counted))
	require.Less(t, used, int64(MaxBytes))
	require.Greater(t, used, int64(MaxBytes)/4, "it was filled")
	require.True(t, len(h.last) == maxBlueprints && len(h.seen.Counted) > maxCounted-100 && len(h.seen.Counted) <= maxCounted)
	for n, r := range resolutions {
		require.Len(t, h.rings[n].Records, int(r.points))
		require.Len(t, h.rings[n].Taken[0].Kept, maxTaken)
	}
	require.NoError(t, h.write())
	runtime.KeepAlive(h)
}

func TestItLooksEveryTenSecondsAndWritesNowAndThen(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(dir, FileName)
		ctx, stop := context.WithCancel(t.Context())
		h := Open(path, time.Now(), zerolog.Nop())
		done := make(chan struct{})
		go func() {
			defer close(done)
			h.Keep(ctx, func() *pool.View { return view(2, 0) })
		}()
		time.Sleep(4*time.Minute + 55*time.Second)
		synctest.Wait()
		require.Len(t, h.Points(Hour, time.Now()), 29)
		require.NoFileExists(t, path, "it is not written at each look")
		time.Sleep(10 * time.Second)
		synctest.Wait()
		require.FileExists(t, path)
		time.Sleep(time.Minute)
		stop()
		<-done
		again := Open(path, time.Now(), zerolog.Nop())
		require.Equal(t, h.Points(Hour, time.Now()), again.Points(Hour, time.Now()), "the end is written too")
	})
}
