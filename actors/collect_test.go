package actors_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors"
	"dockerdriver/actors/pool"
)

// shelves are Engines whose images have sizes and ages. A removal frees half of an
// image's size, as its layers are shared.
type shelves struct {
	actors.Engines
	*disks
	images  []pool.EngineImage
	inUse   string
	refused int
	removed []string
}

func (s *shelves) Engine(at pool.Endpoint) (actors.Engine, error) {
	engine, err := s.Engines.Engine(at)
	return shelf{engine, s}, err
}

type shelf struct {
	actors.Engine
	all *shelves
}

func (s shelf) ListImages(context.Context) ([]pool.EngineImage, error) {
	s.all.mu.Lock()
	defer s.all.mu.Unlock()
	return slices.Clone(s.all.images), nil
}

func (s shelf) RemoveImage(_ context.Context, id string) error {
	s.all.mu.Lock()
	defer s.all.mu.Unlock()
	if id == s.all.inUse {
		s.all.refused++
		return pool.Refuse(pool.CodeImageInUse, "The image is used by a container.", "")
	}
	at := slices.IndexFunc(s.all.images, func(i pool.EngineImage) bool { return i.ID == id })
	if at < 0 {
		return nil
	}
	s.all.free += s.all.images[at].Size / 2
	s.all.images = slices.Delete(s.all.images, at, at+1)
	s.all.removed = append(s.all.removed, id)
	return nil
}

func (s *shelves) put(day int, id string, tags ...string) {
	s.images = append(s.images, pool.EngineImage{ID: id, Tags: tags, Size: 4 << 30, Created: time.Date(1999, 1, day, 0, 0, 0, 0, time.UTC)})
}

// gone are the images removed so far, in order.
func (s *shelves) gone() (removed []string) {
	s.change(func() { removed = slices.Clone(s.removed) })
	return removed
}

const otherImage = "sha256:07e4"

// pushOther has another image pushed for a blueprint that is deleted again.
func pushOther(t *testing.T, s *scene) {
	t.Helper()
	b, err := s.client.PutBlueprint(t.Context(), admin, pool.Blueprint{
		Name: "other", Plugin: pool.PluginDocker, IsEnabled: true, Config: pool.Config{DockerImage: "other", InternalPort: 8787},
	}, 0)
	require.NoError(t, err)
	time.Sleep(time.Minute)
	view := s.client.Snapshot()
	require.Contains(t, view.ImagesOn(view.Hosts[0].ID), otherImage)
	require.NoError(t, s.client.DeleteBlueprint(t.Context(), admin, b.ID, b.Version))
}

func TestATightDiskLosesItsOldestImagesThatNobodyNeeds(t *testing.T) {
	var all *shelves
	estateStory(t, func(e *estate) {
		all = &shelves{Engines: e, disks: &disks{outside: e.outside, free: 40 << 30}}
		e.directory = append(e.directory, pool.Image{ID: otherImage, Tags: []string{"other:latest"}, File: "other.img", Size: 10})
		ports := e.ports
		e.ports = func(o *actors.Options) { ports(o); o.Disks, o.Engines = all.disks, all }
		all.put(5, "unused")
		all.put(1, "probe", pool.ProbeTag)
		all.put(2, demoImage)
		all.put(9, "newest")
		all.put(4, otherImage)
		all.put(3, "in use")
		all.put(6, "unused too")
		all.inUse = "in use"
	}, func(t *testing.T, y *yard) {
		y.pass(time.Minute)
		pushOther(t, y.scene)
		require.Empty(t, all.gone(), "there is room")
		y.change(func() { all.free = 10 << 30 })
		looks := all.count()
		view := y.pass(10 * time.Minute)
		require.Equal(t, []string{otherImage, "unused", "unused too"}, all.gone(), "two by their sizes, a third as they freed less")
		require.Equal(t, looks+3, all.count(), "after each removal")
		require.NotZero(t, all.refused, "one that a container uses is passed over")
		h := view.Hosts[0]
		require.EqualValues(t, 16<<30, h.Disk.Free)
		require.NotContains(t, view.ImagesOn(h.ID), otherImage, "it is to be pushed again")
		require.Contains(t, view.ImagesOn(h.ID), demoImage)
		require.Len(t, y.pass(time.Hour).Hosts, 1)
		require.Len(t, all.gone(), 3)
		y.change(func() { all.free = 1 << 30 })
		y.pass(10 * time.Minute)
		require.Len(t, all.gone(), 4, "what is left is needed, also by a blueprint alone")
	})
}

func TestSomebodysOwnImagesStay(t *testing.T) {
	o := newOutside()
	all := &shelves{Engines: o, disks: &disks{outside: o, free: 1 << 30}}
	all.put(1, "somebody's own")
	all.put(2, otherImage)
	all.put(3, demoImage)
	o.directory = append(o.directory, pool.Image{ID: otherImage, Tags: []string{"other:latest"}, File: "other.img", Size: 10})
	o.ports = func(options *actors.Options) { options.Disks, options.Engines = all.disks, all }
	storyOn(t, o, nil, func(t *testing.T, s *scene) {
		time.Sleep(time.Minute)
		require.Equal(t, []string{otherImage}, all.gone(), "it can be pushed again")
		require.NotEmpty(t, s.client.Snapshot().Hosts)
	})
}
