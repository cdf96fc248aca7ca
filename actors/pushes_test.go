package actors_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

// pictures are images besides the demo's; nothing uses them yet.
func pictures(n int) (all []pool.Image) {
	for i := range n {
		all = append(all, pool.Image{ID: fmt.Sprintf("sha256:p%02d", i), Tags: []string{fmt.Sprintf("picture:%d", i)}, File: fmt.Sprintf("p%02d.img", i), Size: 10})
	}
	return all
}

// hosts brings up that many hosts.
func (y *yard) hosts(n int) *pool.View {
	y.Helper()
	y.set(pool.VarHostBuildsAtOnce, "50")
	y.set(pool.VarMaxHosts, fmt.Sprint(n))
	y.set(pool.VarFreeSlotTarget, fmt.Sprint(24*n))
	view := y.pass(time.Minute)
	require.Len(y.T, view.Hosts, n)
	for _, h := range view.Hosts {
		require.Equal(y.T, pool.HostActive, h.State)
	}
	return view
}

func (y *yard) has(imageID string) (n int) {
	y.mu.Lock()
	defer y.mu.Unlock()
	for key, there := range y.images {
		if there && strings.HasSuffix(key, imageID) {
			n++
		}
	}
	return n
}

func TestANewImageGoesToEveryHostWithinTheBounds(t *testing.T) {
	t.Parallel()
	estateStory(t, nil, func(t *testing.T, y *yard) {
		y.hosts(8)
		y.change(func() {
			y.loadTakes, y.cloud.most, y.cloud.mostHere = 10*time.Second, 0, 0
			y.directory = append(y.directory, pictures(6)...)
		})
		y.happenInDirectory()
		view := y.pass(time.Second)
		states := map[pool.PushState]int{}
		for _, p := range view.Pushes {
			states[p.State]++
		}
		require.Equal(t, map[pool.PushState]int{pool.PushDone: 8, pool.PushSending: 4, pool.PushWaiting: 44}, states)
		y.set(pool.VarImagePushesAtOnce, "9")
		y.pass(time.Second)
		require.Equal(t, 9, y.cloud.most, "a raised bound is effective at once")
		y.set(pool.VarImagePushesAtOnce, "12")
		y.pass(10 * time.Minute)
		require.Equal(t, 12, y.cloud.most)
		require.LessOrEqual(t, y.cloud.mostHere, 2)
		for _, p := range pictures(6) {
			require.Equal(t, 8, y.has(p.ID))
		}
	})
}

func TestTheImageOfALaunchOvertakesTheRest(t *testing.T) {
	t.Parallel()
	estateStory(t, nil, func(t *testing.T, y *yard) {
		y.hosts(2)
		y.set(pool.VarImagePushesAtOnce, "1")
		y.change(func() {
			y.loadTakes, y.cloud.loaded = time.Minute, nil
			y.directory = append(y.directory, pictures(5)...)
		})
		y.happenInDirectory()
		y.pass(time.Second)
		last := pictures(5)[4]
		b, err := y.client.PutBlueprint(t.Context(), admin, pool.Blueprint{
			Name: "last", Plugin: pool.PluginDocker, IsEnabled: true,
			Config: pool.Config{DockerImage: last.Tags[0], InternalPort: 8787, MaximumInstancesPerUser: 9},
		}, 0)
		require.NoError(t, err)
		i, err := y.client.Launch(t.Context(), alice, b.ID)
		require.NoError(t, err)
		waits := y.after(time.Second, i.ID)
		require.Equal(t, pool.StageImage, waits.Stage)
		require.Equal(t, pool.PushWaiting, y.client.Snapshot().PushFor(waits).State, "what has begun is not taken back")
		require.Equal(t, pool.InstanceRunning, y.after(2*time.Minute, i.ID).State)
		require.Equal(t, last.ID, strings.Fields(y.cloud.loaded[1])[1])
		y.pass(10 * time.Minute)
		require.Len(t, y.cloud.loaded, 10, "the rest goes too")
	})
}

func TestPushToAHostThatIsCutOffFailsAndIsMadeWhenItIsBack(t *testing.T) {
	t.Parallel()
	estateStory(t, nil, func(t *testing.T, y *yard) {
		host := y.hosts(1).Hosts[0]
		y.set(pool.VarHostLostAfter, "1h")
		picture := pictures(1)[0]
		y.change(func() {
			y.loadTakes, y.directory = 20*time.Second, append(y.directory, picture)
			y.cloud.silent[host.Endpoint.Address] = false
		})
		y.happenInDirectory()
		y.pass(time.Second)
		y.change(func() { y.cloud.silent[host.Endpoint.Address] = true })
		view := y.pass(time.Minute)
		at := slices.IndexFunc(view.Pushes, func(p pool.Push) bool { return p.ImageID == picture.ID })
		require.Equal(t, pool.PushFailed, view.Pushes[at].State)
		require.Contains(t, view.Pushes[at].Failure, "connection refused")
		y.change(func() { y.cloud.silent[host.Endpoint.Address] = false })
		y.pass(time.Minute)
		require.Equal(t, 1, y.has(picture.ID))
	})
}

func TestShutdownModeCancelsPushesThatWaitAndThatRun(t *testing.T) {
	t.Parallel()
	estateStory(t, nil, func(t *testing.T, y *yard) {
		y.hosts(2)
		y.change(func() { y.loadTakes, y.directory = 5*time.Minute, append(y.directory, pictures(9)...) })
		y.happenInDirectory()
		require.Len(t, y.pass(time.Second).Pushes, 20)
		i := y.launch(alice)
		require.Equal(t, pool.InstanceRunning, y.after(time.Second, i.ID).State)
		y.set(pool.VarShutdownMode, "True")
		view := y.pass(5 * time.Second)
		for _, p := range view.Pushes {
			require.Equal(t, demoImage, p.ImageID)
		}
		y.mu.Lock()
		for _, n := range y.cloud.loading {
			require.Zero(t, n)
		}
		y.mu.Unlock()
		y.change(func() { y.loadTakes = 0 })
		y.set(pool.VarShutdownMode, "False")
		view = y.pass(5 * time.Minute)
		require.Len(t, view.Pushes, 10*len(view.Hosts), "and all goes on afterwards")
	})
}
