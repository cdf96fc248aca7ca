//go:build hosts

// Images on their way to real engines over mutual TLS: `make test-images` brings
// the engines up, by scripts that stand beside this repository.
package main

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"dockerdriver/actors"
	"dockerdriver/actors/docker"
	"dockerdriver/actors/fence"
	"dockerdriver/actors/images"
	"dockerdriver/actors/pki"
	"dockerdriver/actors/pool"
	"dockerdriver/persistence"
)

const (
	rackHosts = 8
	// tightDisk is the disk, in MiB, of the machine that has one of its own.
	tightDisk     = 320
	smallDiskHost = rackHosts
	// tooLarge is, in MiB, what does not fit there even when all else is gone.
	tooLarge     = 160
	courseTag    = "course/notebook:1"
	megabyte     = 1 << 20
	rackPatience = 5 * time.Minute
	// slowLine makes a push last long enough to be cut.
	slowLine = "8mbit"
)

// TestImagesReachEveryHost is what happens to an image in a term: it goes to eight
// hosts, is replaced while notebooks run from it, meets a host whose line is cut,
// and one whose disk is full.
func TestImagesReachEveryHost(t *testing.T) {
	s := newRackSite(t)
	first := s.write(courseTag, s.layer(48))
	s.put(pool.Blueprint{Name: "course", Plugin: pool.PluginDocker, IsEnabled: true, Config: pool.Config{
		DockerImage: courseTag, InternalPort: images.DemoPort, MemoryLimit: "128m", MaximumLifetime: "8h", MaximumInstancesPerUser: 10,
	}})
	began := time.Now()
	s.everywhere(first, 0)
	t.Logf("%d hosts have it %s after it is written, at most %d pushes at once", rackHosts, time.Since(began).Round(time.Second), s.mostAtOnce)
	require.LessOrEqual(t, s.mostAtOnce, 3, "as DD_IMAGE_PUSHES_AT_ONCE says")

	old := s.launch()
	require.Equal(t, first, old.Spec.ImageID)
	second := s.write(courseTag, s.layer(8))
	s.everywhere(second, 48*megabyte)
	t.Log("its second version is everywhere, without the layers that were there")
	still := s.client.Snapshot().Instance(old.ID)
	require.Equal(t, pool.InstanceRunning, still.State, "it runs on from what it was launched with")
	require.Equal(t, first, still.Spec.ImageID)
	require.Equal(t, second, s.launch().Spec.ImageID)
	s.tellsOutdated(second, old.ID)

	cut := s.hostOf(2)
	s.rack.must(t.Context(), "host-cut.sh", "2", "--rate", slowLine)
	third := s.write(courseTag, s.layer(24))
	s.until("its push is under way", func(v *pool.View) bool {
		p, ok := pushOn(v, cut, third)
		return ok && p.State == pool.PushSending && p.Sent > megabyte && p.Sent < p.Total
	})
	s.rack.must(t.Context(), "host-cut.sh", "2", "--drop")
	s.until("the others have it", func(v *pool.View) bool {
		for _, h := range v.Hosts {
			if p, _ := pushOn(v, h.ID, third); h.ID != cut && h.State == pool.HostActive && p.State != pool.PushDone {
				return false
			}
		}
		return true
	})
	s.rack.must(t.Context(), "host-heal.sh", "2")
	s.everywhere(third, 0)
	t.Log("a host that was cut off in the middle has it after the line is back")

	fillDisk(s)
}

// fillDisk sends more to a host with a small disk than it takes: what nobody needs
// goes from it, and what still does not fit is refused with the figures, there alone.
func fillDisk(s *rackSite) {
	s.Helper()
	small := s.hostOf(smallDiskHost)
	v := s.client.Snapshot()
	s.Logf("the small disk: %d of %d MB free, with %d images", v.Host(small).Disk.Free/megabyte, v.Host(small).Disk.Total/megabyte, len(v.ImagesOn(small)))
	require.NotZero(s, v.Host(small).Disk.Total, "it was looked at")
	large := s.write(courseTag, s.layer(tooLarge))
	s.until("it is refused on the small disk and everywhere else", func(v *pool.View) bool {
		done := 0
		for _, p := range v.Pushes {
			if p.ImageID == large && p.State == pool.PushDone {
				done++
			}
		}
		p, _ := pushOn(v, small, large)
		return done == rackHosts-1 && p.State == pool.PushFailed
	})
	p, _ := pushOn(s.client.Snapshot(), small, large)
	s.Log(p.Failure)
	require.Contains(s, p.Failure, "while it is loaded")
	for _, i := range s.client.Snapshot().Instances {
		require.Equal(s, pool.InstanceRunning, i.State, "what runs is not harmed")
	}
}

// rackSite is a tree with the real store and adapters on a rack.
type rackSite struct {
	*storm
	rack       *rack
	dir        string
	base       v1.Image
	mostAtOnce int
}

func newRackSite(t *testing.T) *rackSite {
	t.Helper()
	dir := t.TempDir()
	db, err := persistence.Open(t.Context(), filepath.Join(dir, persistence.FileName), persistence.Options{Log: zerolog.Nop()})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	ca, err := pki.Open(filepath.Join(dir, pkiName))
	require.NoError(t, err)
	reached := docker.New(zerolog.Nop(), docker.WithTLS(ca.ClientTLS))
	t.Cleanup(reached.Close)
	made := newRack(t, ca, map[int]int{smallDiskHost: tightDisk})
	base, err := tarball.Image(unpacked(filepath.Join(tinyImage(t), images.DemoFile)), nil)
	require.NoError(t, err)
	s := &rackSite{rack: made, dir: filepath.Join(dir, imagesDir), base: base}
	directory, err := images.Open(s.dir, zerolog.Nop())
	require.NoError(t, err)
	program, err := filepath.Abs("../../bin/dockerdriver")
	require.NoError(t, err)
	require.FileExists(t, program, "run `make test-images`, which builds it")
	probes := fence.New(fence.Config{Installation: db.Installation(), Engines: reached, Dir: filepath.Join(dir, probeName), Program: program, Log: zerolog.Nop()})
	tree, err := actors.Start(t.Context(), actors.Options{
		Cloud: made, Engines: engines{reached}, Images: directory, Store: db, Routes: nowhere{}, Disks: disks{reached, probes},
		Log: zerolog.New(zerolog.NewTestWriter(t)).Level(zerolog.WarnLevel),
	})
	require.NoError(t, err)
	t.Cleanup(func() { _ = tree.Stop(context.Background()) })
	s.storm = &storm{TB: t, client: tree.Client()}
	for _, v := range [][2]string{
		{pool.VarPluginWhitelist, pool.PluginDocker},
		{pool.VarMaxHosts, fmt.Sprint(rackHosts)},
		{pool.VarFreeSlotTarget, fmt.Sprint(rackHosts * pool.SettingsOf(nil).Hosts.Small.Slots)},
		{pool.VarHostBuildsAtOnce, "4"},
		{pool.VarHostLostAfter, "1h"},
		{"DD_IMAGE_PUSHES_AT_ONCE", "3"},
		{pool.VarShutdownMode, "False"},
	} {
		s.set(v[0], v[1])
	}
	s.until("all hosts are active", func(v *pool.View) bool { return s.active(v) == rackHosts })
	return s
}

// unpacked opens a tarball that is gzip'ed as a whole, as docker save | gzip makes it.
func unpacked(path string) tarball.Opener {
	return func() (io.ReadCloser, error) {
		file, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		plain, err := gzip.NewReader(file)
		if err != nil {
			return nil, errors.Join(err, file.Close())
		}
		return struct {
			io.Reader
			io.Closer
		}{plain, file}, nil
	}
}

// layer is one of random bytes, which no compression makes less.
func (s *rackSite) layer(size int64) v1.Layer {
	s.Helper()
	layer, err := random.Layer(size*megabyte, types.DockerLayer)
	require.NoError(s, err)
	return layer
}

// write puts the next version of the image into the directory, as docker save
// would: what was there before with one more layer. It returns the new id.
func (s *rackSite) write(tag string, layer v1.Layer) string {
	s.Helper()
	next, err := mutate.AppendLayers(s.base, layer)
	require.NoError(s, err)
	s.base = next
	named, err := name.NewTag(tag)
	require.NoError(s, err)
	temporary := filepath.Join(s.dir, ".next")
	require.NoError(s, tarball.WriteToFile(temporary, named, next))
	require.NoError(s, os.Rename(temporary, filepath.Join(s.dir, "course.img")))
	id, err := next.ConfigName()
	require.NoError(s, err)
	s.until("it is read", func(v *pool.View) bool {
		_, known := pool.FindImage(v.Images, id.String())
		return known
	})
	return id.String()
}

// everywhere waits until every host has the image, and at least so many bytes of
// it were left out on each.
func (s *rackSite) everywhere(imageID string, skipped int64) {
	s.Helper()
	s.until("every host has "+imageID, func(v *pool.View) bool {
		sending, done := 0, 0
		for _, p := range v.Pushes {
			switch {
			case p.State == pool.PushSending:
				sending++
			case p.ImageID == imageID && p.State == pool.PushDone:
				done++
			}
		}
		s.mostAtOnce = max(s.mostAtOnce, sending)
		return done == rackHosts
	})
	for _, p := range s.client.Snapshot().Pushes {
		if p.ImageID == imageID {
			require.GreaterOrEqual(s, p.Skipped, skipped, "on host %s: sent %d", p.HostID, p.Sent)
		}
	}
}

func (s *rackSite) launch() pool.Instance {
	s.Helper()
	i, err := s.client.Launch(s.Context(), pool.User{ID: "somebody"}, s.client.Snapshot().Blueprints[0].ID)
	require.NoError(s, err)
	s.until("it runs", func(v *pool.View) bool { return v.Instance(i.ID).State == pool.InstanceRunning })
	return *s.client.Snapshot().Instance(i.ID)
}

func (s *rackSite) tellsOutdated(imageID, instanceID string) {
	s.Helper()
	v := s.client.Snapshot()
	image, ok := pool.FindImage(v.Images, imageID)
	require.True(s, ok)
	old := v.Outdated(image)
	require.Len(s, old, 1)
	require.Equal(s, instanceID, old[0].ID)
}

// hostOf is the id of the host on a machine.
func (s *rackSite) hostOf(number int) string {
	s.Helper()
	for _, h := range s.client.Snapshot().Hosts {
		if s.rack.number(h.Name) == number {
			return h.ID
		}
	}
	require.Fail(s, "no host", "on machine %d", number)
	return ""
}

func pushOn(v *pool.View, hostID, imageID string) (pool.Push, bool) {
	for _, p := range v.Pushes {
		if p.HostID == hostID && p.ImageID == imageID {
			return p, true
		}
	}
	return pool.Push{}, false
}
