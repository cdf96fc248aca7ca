package schedule_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
	"dockerdriver/actors/schedule"
)

func TestCollectRemovesTheOldestAndNoMoreThanItTakes(t *testing.T) {
	t.Parallel()
	at := func(id string, age int, tags ...string) pool.EngineImage {
		return pool.EngineImage{ID: id, Tags: tags, Size: 10, Created: time.Date(2026, 1, 30-age, 0, 0, 0, 0, time.UTC)}
	}
	images := []pool.EngineImage{at("new", 1), at("old", 9), at("middle", 5), at("probe", 20, "docker.io/dockerdriver/probe:latest")}
	for _, c := range []struct {
		why    string
		free   int64
		need   int64
		change func(*schedule.Collection)
		gone   []string
	}{
		{"there is room", 150, 0, nil, nil},
		{"one is enough", 149, 0, nil, []string{"old"}},
		{"two are enough", 135, 0, nil, []string{"old", "middle"}},
		{"none is enough", 0, 0, nil, []string{"old", "middle", "new"}},
		{"something waits that fits", 400, 400, nil, nil},
		{"something waits for a little more", 400, 411, nil, []string{"old", "middle"}},
		{"the oldest is needed", 149, 0, func(c *schedule.Collection) { c.Needed = map[string]bool{"old": true} }, []string{"middle"}},
		{"all are needed", 0, 0, func(c *schedule.Collection) { c.Needed = map[string]bool{"old": true, "middle": true, "new": true} }, nil},
		{"nobody has looked", 0, 500, func(c *schedule.Collection) { c.Disk = pool.Disk{} }, nil},
		{"the machine is somebody's own", 0, 0, func(c *schedule.Collection) { c.IsRented = false }, nil},
		{"one there is ours", 0, 0, func(c *schedule.Collection) { c.IsRented, c.Ours = false, map[string]bool{"new": true, "else": true} }, []string{"new"}},
		{"ours is needed", 0, 0, func(c *schedule.Collection) {
			c.IsRented, c.Ours, c.Needed = false, map[string]bool{"new": true}, map[string]bool{"new": true}
		}, nil},
	} {
		t.Run(c.why, func(t *testing.T) {
			t.Parallel()
			in := schedule.Collection{
				Disk: pool.Disk{Total: 1000, Free: c.free}, Need: c.need, Images: images,
				KeptTags: map[string]bool{"dockerdriver/probe:latest": true}, IsRented: true,
			}
			if c.change != nil {
				c.change(&in)
			}
			var gone []string
			for _, i := range schedule.Collect(in) {
				gone = append(gone, i.ID)
			}
			require.Equal(t, c.gone, gone)
		})
	}
}

func TestWhatDoesNotFitIsRefusedWithTheFigures(t *testing.T) {
	t.Parallel()
	image := pool.Image{ID: "sha256:1", Tags: []string{"jupyter:1"}, Size: 500e6, Unpacked: 1700e6}
	require.NoError(t, schedule.Fits(pool.Disk{}, image), "nobody has looked")
	require.NoError(t, schedule.Fits(pool.Disk{Total: 10e9, Free: 3400e6}, image))
	err := schedule.Fits(pool.Disk{Total: 10e9, Free: 1200e6}, image)
	require.Equal(t, pool.CodeNoRoom, pool.CodeOf(err))
	require.ErrorContains(t, err, "The host has 1.2 GB free; jupyter:1 needs 3.4 GB while it is loaded.")
	image.Unpacked, image.Tags = 0, nil
	err = schedule.Fits(pool.Disk{Total: 10e9, Free: 900e3}, image)
	require.ErrorContains(t, err, "The host has 900000 bytes free; sha256:1 needs 1.5 GB while it is loaded.")
}
