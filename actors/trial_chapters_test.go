package actors_test

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

// chapters are a pool's life. Together they make every actor receive every message
// that it knows; a test holds that.
var chapters = []chapter{
	{name: "use", tell: usedByPeople},
	{name: "build", tell: hostsComeAndGo},
	{name: "shutdown", tell: modeOnAndOff},
	{name: "settings", tell: settingsChange},
	{name: "pulls", tell: pullsRun},
	{name: "images", tell: imagesChange},
	{name: "disk", tell: diskGetsTight},
	{name: "faults", tell: containersBreak},
	{name: "cloud", tell: cloudRefuses},
	{name: "strays", tell: strayIsReleased},
	{name: "loss", tell: hostIsLost},
	{name: "expiry", tell: timeIsOver},
	{name: "falls", tell: othersFall},
	{name: "aside", tell: proxyRests},
	{name: "moved", local: true, tell: machineMoves},
}

// sized is a blueprint of so many slots; a machine has six.
func (d *trial) sized(name string, slots int) string {
	cfg := d.cfg
	cfg.ConsumedSlots = slots
	return d.blueprintOf(name, cfg).ID
}

func usedByPeople(d *trial) {
	ctx, leave := context.WithCancel(d.Context())
	defer leave()
	events := asks(d, "events", func() (<-chan pool.Event, error) { return d.client.Subscribe(ctx, 0) })
	go func() {
		for range events { //nolint:revive // a browser that reads
		}
	}()
	cfg := d.cfg
	cfg.MaximumIdleTime = "30m"
	i := d.launchOf(alice, d.blueprintOf("idles", cfg).ID)
	d.does("a way in", func() error {
		ticket, err := d.client.Open(d.Context(), pool.TicketRequest{InstanceID: i.ID, User: alice, Login: "l1"})
		if err != nil {
			return err
		}
		_, err = d.client.Redeem(d.Context(), i.Label, ticket.Secret, "")
		return err
	})
	d.client.Unwatched()
	for range 3 {
		d.client.Used(map[string]time.Time{i.ID: time.Now()})
		d.pass(90 * time.Second)
	}
	d.until(time.Minute, "use is shown", func(v *pool.View) bool { return !v.Instance(i.ID).LastUsedAt.IsZero() })
	d.does("logs", func() error {
		_, err := d.client.Logs(d.Context(), i.ID, 10)
		return err
	})
	d.does("logout", func() error { return d.client.Revoke(d.Context(), pool.Revocation{Login: "l1"}) })
	d.endOf(alice, i.ID)
	leave()
	d.pass(time.Second)
}

func hostsComeAndGo(d *trial) {
	large := d.sized("large", 6)
	hers := d.launchOf(alice, large)
	his := d.launchOf(bob, large)
	d.endOf(alice, hers.ID)
	d.does("retire", func() error {
		_, err := d.client.RetireHost(d.Context(), admin, hers.HostID)
		return err
	})
	d.does("release", func() error {
		_, err := d.client.ReleaseHost(d.Context(), admin, his.HostID)
		return err
	})
	d.becomes(10*time.Minute, his.ID, pool.InstanceDeleted)
	d.until(10*time.Minute, "both are gone", func(v *pool.View) bool { return v.Host(hers.HostID) == nil && v.Host(his.HostID) == nil })
}

func modeOnAndOff(d *trial) {
	d.change(func() {
		d.yard.outside.images = map[string]bool{} // somebody has cleaned up the engines
		d.loadTakes = time.Minute
	})
	id := d.asksForOne(alice, d.blueprint)
	d.until(5*time.Minute, "it waits for its image", func(v *pool.View) bool {
		i := v.Instance(id)
		return i.Stage == pool.StageImage || i.State != pool.InstanceProvisioning && i.State != pool.InstanceQueueing
	})
	d.sets(pool.VarShutdownMode, "True")
	d.until(5*time.Minute, "it drains", func(v *pool.View) bool { return v.Status.State == pool.PoolDraining })
	d.pass(time.Minute)
	d.sets(pool.VarShutdownMode, "False")
	d.pass(time.Minute)
	later := time.Now().Add(24 * time.Hour)
	d.does("a drain", func() error { return d.client.Drain(d.Context(), admin, &later) })
	d.until(5*time.Minute, "it drains", func(v *pool.View) bool { return v.Status.State == pool.PoolDraining })
	d.does("its end", func() error { return d.client.Resume(d.Context(), admin) })
	if d.becomes(15*time.Minute, id, pool.InstanceRunning, pool.InstanceFailed).State == pool.InstanceFailed {
		d.isToldWhy(d.client.Snapshot().Instance(id))
	}
	d.endOf(alice, id)
	d.until(5*time.Minute, "hers takes notebooks again", func(v *pool.View) bool { return v.Host(d.carol.HostID).State == pool.HostActive })
}

func settingsChange(d *trial) {
	b := d.blueprintOf("fleeting", d.cfg)
	b.IsEnabled = false
	b = asks(d, "a change", func() (pool.Blueprint, error) { return d.client.PutBlueprint(d.Context(), admin, b, 0) })
	d.does("a deletion", func() error { return d.client.DeleteBlueprint(d.Context(), admin, b.ID, 0) })
	d.until(time.Minute, "it is gone", func(v *pool.View) bool { return v.Blueprint(b.ID) == nil })
	a := asks(d, "an announcement", func() (pool.Announcement, error) {
		return d.client.PutAnnouncement(d.Context(), admin, pool.Announcement{Text: "Break at noon.", Level: pool.LevelWarning}, 0)
	})
	d.does("its removal", func() error { return d.client.RemoveAnnouncement(d.Context(), admin, a.ID, 0) })
	d.until(time.Minute, "it is gone", func(v *pool.View) bool { return v.Announcement(a.ID) == nil })
	d.sets(pool.VarHostFlavorSmall, "tiny")
	d.sets(pool.VarFreeSlotTarget, "1")
}

func pullsRun(d *trial) {
	var ids []string
	for _, ref := range []string{"one", "two", "three"} {
		ids = append(ids, asks(d, "a pull", func() (pool.Pull, error) { return d.client.PullImage(d.Context(), admin, ref, "") }).ID)
	}
	d.does("a cancellation", func() error { return d.client.CancelPull(d.Context(), admin, ids[1]) })
	d.until(10*time.Minute, "all have ended", func(v *pool.View) bool {
		return !slices.ContainsFunc(v.Pulls, func(p pool.Pull) bool { return p.State == pool.PullPulling })
	})
}

func imagesChange(d *trial) {
	picture := pictures(1)[0]
	d.change(func() { d.directory = append(d.directory, picture) })
	d.happenInDirectory()
	d.until(10*time.Minute, "it is on all machines", func(v *pool.View) bool {
		return !slices.ContainsFunc(v.Hosts, func(h *pool.Host) bool { return !slices.Contains(v.ImagesOn(h.ID), picture.ID) })
	})
	d.change(func() { d.yard.outside.images = map[string]bool{} }) // somebody has cleaned up
	d.endOf(alice, d.launchOf(alice, d.blueprint).ID)
	d.does("a push", func() error { return d.client.PushImage(d.Context(), admin, picture.ID, nil) })
	d.pass(time.Minute)
	d.does("a removal", func() error { return d.client.RemoveImage(d.Context(), admin, picture.ID) })
	d.brokenImage()
	d.tagMoves()
}

// brokenImage has a launch fail for its image cannot be loaded.
func (d *trial) brokenImage() {
	picture := pictures(2)[1]
	d.change(func() {
		d.directory = append(d.directory, picture)
		d.failLoad = pool.Refuse(pool.CodeImagePush, "no space left on device", "Look at the disk.")
	})
	d.happenInDirectory()
	d.until(10*time.Minute, "it is known", func(v *pool.View) bool { _, known := v.ImageByRef(picture.ID); return known })
	cfg := d.cfg
	cfg.DockerImage = picture.Tags[0]
	b := d.blueprintOf("broken", cfg)
	id := d.asksForOne(alice, b.ID)
	d.isToldWhy(d.becomes(15*time.Minute, id, pool.InstanceFailed))
	d.change(func() { d.failLoad = nil })
	d.does("a deletion", func() error { return d.client.DeleteBlueprint(d.Context(), admin, b.ID, 0) })
}

// tagMoves has one that waits in the queue take the newer image of its tag, and fail
// when the tag is gone.
func (d *trial) tagMoves() {
	d.sets(pool.VarMaxHosts, "2")
	large := d.sized("large", 6)
	d.until(20*time.Minute, "no host is left over", func(v *pool.View) bool { return len(v.Hosts) <= 2 })
	hers := d.launchOf(alice, large)
	id := d.asksForOne(bob, large)
	d.replaceImage()
	d.until(5*time.Minute, "it takes the newer one", func(v *pool.View) bool { return v.Instance(id).Spec.ImageID == newerImage })
	d.change(func() { d.directory = nil })
	d.happenInDirectory()
	d.isToldWhy(d.becomes(5*time.Minute, id, pool.InstanceFailed))
	d.change(func() {
		d.directory = []pool.Image{{ID: demoImage, Tags: []string{"dockerdriver/demo-notebook:latest"}, File: "demo.img", Size: 10}}
	})
	d.happenInDirectory()
	d.endOf(alice, hers.ID)
	d.sets(pool.VarMaxHosts, "4")
}

func diskGetsTight(d *trial) {
	d.change(func() {
		for n, id := range []string{"unused", "unused too", "unused as well"} {
			d.shelves.put(n+1, id)
		}
		d.shelves.free = 4 << 30
	})
	picture := pictures(1)[0]
	picture.Size = 3 << 30
	d.pass(11 * time.Minute) // each machine looks at its disk
	d.change(func() {
		for n, id := range []string{"unused", "unused too", "unused as well"} {
			d.shelves.put(n+4, id+", later")
		}
		d.shelves.free = 2 << 30
		d.directory = append(d.directory, picture)
	})
	d.pass(11 * time.Minute)
	d.happenInDirectory()
	cfg := d.cfg
	cfg.DockerImage = picture.Tags[0]
	d.until(time.Minute, "it is known", func(v *pool.View) bool { _, known := v.ImageByRef(picture.ID); return known })
	b := d.blueprintOf("bulky", cfg)
	d.pass(11 * time.Minute)
	require.NotEmpty(d, d.shelves.gone(), "room was made")
	d.does("a deletion", func() error { return d.client.DeleteBlueprint(d.Context(), admin, b.ID, 0) })
	d.change(func() { d.shelves.free, d.shelves.images = 40<<30, nil })
	d.pass(11 * time.Minute)
}

func containersBreak(d *trial) {
	d.change(func() { d.failCreate = slices.Repeat([]error{errors.New("connection reset")}, 100) })
	id := d.asksForOne(alice, d.blueprint)
	d.isToldWhy(d.becomes(15*time.Minute, id, pool.InstanceFailed))
	d.change(func() { d.failCreate = nil })

	i := d.launchOf(alice, d.blueprint)
	d.change(func() { c := d.containers[i.ContainerID]; c.Running, c.ExitCode = false, 1 })
	d.happen(pool.ContainerEvent{InstanceID: i.ID, ContainerID: i.ContainerID, Kind: pool.ContainerDied})
	d.isToldWhy(d.becomes(5*time.Minute, i.ID, pool.InstanceFailed))

	i = d.launchOf(alice, d.blueprint)
	d.change(func() { delete(d.containers, i.ContainerID) })
	d.isToldWhy(d.becomes(5*time.Minute, i.ID, pool.InstanceFailed))

	d.change(func() {
		d.containers["stray"] = &fakeContainer{Container: pool.Container{ID: "stray", InstanceID: "nobody", Running: true}}
		d.cloud.onHost["stray"] = d.cloud.onHost[d.carol.ContainerID]
	})
	d.until(5*time.Minute, "the stray is gone", func(*pool.View) bool {
		d.mu.Lock()
		defer d.mu.Unlock()
		return d.containers["stray"] == nil
	})
}

func cloudRefuses(d *trial) {
	d.change(func() {
		d.cloud.fails = []error{errors.New("gateway timeout"), pool.Refuse(pool.CodeBuildFailed, "No valid host was found.", "")}
	})
	large := d.sized("large", 6)
	hers := d.launchOf(alice, large)
	his := d.launchOf(bob, large)
	d.endOf(alice, hers.ID)
	d.endOf(bob, his.ID)
	d.change(func() {
		d.cloud.things["orphan"] = pool.Thing{Kind: pool.ThingServer, ID: "orphan", Name: "pb_dd_orphan", HostID: "nobody", CreatedAt: time.Now().Add(-time.Hour)}
	})
	d.until(30*time.Minute, "the orphan is gone", func(v *pool.View) bool {
		d.mu.Lock()
		defer d.mu.Unlock()
		_, there := d.cloud.things["orphan"]
		return !there && v.Host("nobody") == nil
	})
}

func strayIsReleased(d *trial) {
	there := func() bool {
		d.mu.Lock()
		defer d.mu.Unlock()
		_, there := d.cloud.things["young"]
		return there
	}
	d.change(func() {
		d.cloud.things["young"] = pool.Thing{Kind: pool.ThingVolume, ID: "young", Name: "pb_dd_young-data", HostID: "nobody", CreatedAt: time.Now()}
	})
	d.until(20*time.Minute, "it is seen", func(v *pool.View) bool {
		return slices.ContainsFunc(v.Strays, func(s pool.Stray) bool { return s.ID == "young" })
	})
	d.does("its release", func() error {
		_, err := d.client.ReleaseStray(d.Context(), admin, "young")
		return err
	})
	d.until(45*time.Minute, "it is gone", func(v *pool.View) bool { return !there() && v.Host("nobody") == nil && len(v.Strays) == 0 })
}

func hostIsLost(d *trial) {
	i := d.launchOf(alice, d.blueprint)
	server := d.client.Snapshot().Host(i.HostID).Cloud.ServerID
	d.change(func() { d.cloud.unlisted = map[string]bool{server: true} })
	d.pass(6 * time.Minute) // a list alone is not believed
	require.Equal(d, pool.InstanceRunning, d.client.Snapshot().Instance(i.ID).State)
	d.change(func() { d.cloud.unlisted = nil })
	d.change(func() { d.yard.outside.images, d.loadTakes = map[string]bool{}, time.Hour })
	id := d.asksForOne(bob, d.blueprint)
	d.pass(20 * time.Second)
	h := d.client.Snapshot().Host(i.HostID)
	d.change(func() {
		d.loadTakes = 2 * time.Second
		delete(d.cloud.things, h.Cloud.ServerID) // its engine answers for a moment longer
	})
	d.isToldWhy(d.becomes(30*time.Minute, i.ID, pool.InstanceLost))
	if d.becomes(15*time.Minute, id, pool.InstanceRunning, pool.InstanceFailed).State == pool.InstanceFailed {
		d.isToldWhy(d.client.Snapshot().Instance(id))
	}
	d.until(10*time.Minute, "it is given back", func(v *pool.View) bool { return v.Host(h.ID) == nil })
	d.endOf(bob, id)
}

func timeIsOver(d *trial) {
	cfg := d.cfg
	cfg.MaximumLifetime = "2m"
	short := d.blueprintOf("short", cfg).ID
	cfg.MaximumLifetime, cfg.MaximumExtension = "5m", "2m"
	longer := d.launchOf(alice, d.blueprintOf("longer", cfg).ID)
	d.pass(time.Minute)
	d.does("an extension", func() error {
		i, err := d.client.ExtendInstance(d.Context(), alice, longer.ID)
		if err == nil && !i.ExpiresAt.After(longer.ExpiresAt) {
			err = errors.New("it ends no later")
		}
		return err
	})
	d.does("a visit", func() error {
		i, err := d.client.VisitInstance(d.Context(), admin, longer.ID, "help was asked for")
		if err == nil && len(i.Visits) == 0 {
			err = errors.New("it is not noted")
		}
		return err
	})
	d.endOf(alice, longer.ID)
	cfg.MaximumLifetime, cfg.MaximumIdleTime = "4h", "2m"
	idles := d.blueprintOf("idles", cfg).ID
	hers, his := d.launchOf(alice, short), d.launchOf(bob, idles)
	require.Equal(d, pool.EndByLifetime, d.becomes(6*time.Minute, hers.ID, pool.InstanceDeleted).EndReason)
	require.Equal(d, pool.EndByIdling, d.becomes(6*time.Minute, his.ID, pool.InstanceDeleted).EndReason)
}

func othersFall(d *trial) {
	d.change(func() { d.answers = func(string) error { return errDown } })
	id := d.asksForOne(alice, d.blueprint)
	d.until(time.Minute, "it is probed", func(v *pool.View) bool {
		i := v.Instance(id)
		return i.Stage == pool.StageProbing || i.State == pool.InstanceFailed
	})
	d.topple()
	d.pass(10 * time.Second)
	d.change(func() { d.answers = nil })
	if d.becomes(10*time.Minute, id, pool.InstanceRunning, pool.InstanceFailed).State == pool.InstanceFailed {
		d.isToldWhy(d.client.Snapshot().Instance(id))
	}
	d.at.Lock()
	d.other = point{"Warden", "actor.Terminated"}
	d.at.Unlock()
	d.change(func() { d.panicKind = 1 })
	d.sets(pool.VarFreeSlotTarget, "1")
	d.endOf(alice, id)
}

func proxyRests(d *trial) {
	d.change(func() { d.panicRoutes = 1000 })
	ctx, cancel := context.WithTimeout(d.Context(), 10*time.Millisecond)
	defer cancel()
	_ = d.client.Revoke(ctx, pool.Revocation{UserID: "nobody"})
	id := d.asksForOne(alice, d.blueprint) // if that was lost, its route is what fails
	d.until(10*time.Minute, "it is set aside", func(v *pool.View) bool { return len(v.SetAside) == 1 })
	d.change(func() { d.panicRoutes = 0 })
	rests := d.client.Snapshot().SetAside[0].Actor
	d.does("another try", func() error { return d.client.TryAgain(d.Context(), admin, rests) })
	d.until(time.Minute, "it is there again", func(v *pool.View) bool { return len(v.SetAside) == 0 })
	d.becomes(5*time.Minute, id, pool.InstanceRunning)
	d.endOf(alice, id)
}

func machineMoves(d *trial) {
	i := d.launchOf(alice, d.blueprint)
	d.change(func() { d.address = "127.0.0.2" })
	d.restart()
	d.until(5*time.Minute, "it is found where it is now", func(v *pool.View) bool { return v.Host(i.HostID).Endpoint.Address == "127.0.0.2" })
	d.endOf(alice, i.ID)
}
