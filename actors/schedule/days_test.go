package schedule_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"dockerdriver/actors/pool"
	"dockerdriver/actors/schedule"
)

// days is a pool that does at once what the policy says, and whose cloud takes
// minutes to build and fails at times.
type days struct {
	*rapid.T
	in      schedule.Input
	started time.Time
	images  map[string]bool
	made    int
	actions int
}

func newDays(t *rapid.T, settings pool.Settings) *days {
	d := &days{T: t, started: now, images: map[string]bool{}}
	d.in = schedule.Input{Now: now, Settings: settings, Rented: true, HasImage: func(h, i string) bool { return d.images[h+i] }}
	return d
}

// step lets a span go by and does what the policy then says, until it says nothing new.
func (d *days) step(span time.Duration) {
	d.in.Now = d.in.Now.Add(span)
	for _, h := range d.in.Hosts {
		if h.State == pool.HostBuilding && d.in.Now.Sub(h.StateSince) >= 3*time.Minute {
			h.State, h.Slots = pool.HostActive, h.Plan.Slots
		}
	}
	for round := 0; ; round++ {
		plan := schedule.Decide(d.in)
		d.check(plan)
		d.apply(plan)
		if len(plan.Place)+len(plan.Build)+len(plan.Release)+len(plan.Deactivate)+len(plan.Reactivate)+len(plan.StartClock) == 0 {
			return
		}
		d.actions++
		if round > 20 {
			d.Fatalf("the policy does not come to rest: %+v", plan)
		}
	}
}

// check holds the promises of every plan.
func (d *days) check(p schedule.Plan) {
	used := map[string]int{}
	for _, i := range d.in.Instances {
		if i.HostID != "" && i.State.Live() {
			used[i.HostID] += i.Spec.Slots
		}
	}
	if len(p.Build) > 0 {
		if there := len(d.in.Hosts) + len(p.Build); there > d.in.Settings.MaxHosts {
			d.Fatalf("%d hosts, at most %d may be", there, d.in.Settings.MaxHosts)
		}
		coming := len(p.Build)
		for _, h := range d.in.Hosts {
			if h.State == pool.HostBuilding {
				coming++
			}
		}
		if coming > d.in.Settings.Hosts.BuildsAtOnce {
			d.Fatalf("%d builds at once", coming)
		}
	}
	for _, id := range p.Release {
		if used[id] > 0 {
			d.Fatalf("%s is released while in use", id)
		}
	}
	for _, place := range p.Place {
		h, i := d.host(place.HostID), d.instance(place.InstanceID)
		if expires := h.ExpiresAt(d.in.Settings.Hosts.Lifetime); !expires.IsZero() && !d.in.Now.Before(expires) {
			d.Fatalf("%s is placed on %s, whose lifetime is over", i.ID, h.ID)
		}
		if !d.in.HasImage(h.ID, i.Spec.ImageID) {
			for _, other := range d.in.Hosts {
				if other.State.Takes() && d.in.HasImage(other.ID, i.Spec.ImageID) && other.Slots-used[other.ID] >= i.Spec.Slots && d.lives(other) {
					d.Fatalf("%s is placed where its image is not, and %s has it and room", i.ID, other.ID)
				}
			}
		}
		if used[h.ID] += i.Spec.Slots; used[h.ID] > h.Slots {
			d.Fatalf("%s is oversubscribed", h.ID)
		}
	}
}

func (d *days) lives(h *pool.Host) bool {
	expires := h.ExpiresAt(d.in.Settings.Hosts.Lifetime)
	return expires.IsZero() || d.in.Now.Before(expires)
}

func (d *days) apply(p schedule.Plan) {
	for _, place := range p.Place {
		i := d.instance(place.InstanceID)
		i.HostID, i.State = place.HostID, pool.InstanceRunning
		d.images[place.HostID+i.Spec.ImageID] = true
	}
	for _, out := range p.Deactivate {
		h := d.host(out.HostID)
		h.State, h.Stage = pool.HostInactive, out.Stage
	}
	for _, id := range p.Reactivate {
		h := d.host(id)
		h.State, h.Stage = pool.HostActive, ""
	}
	for _, id := range p.StartClock {
		d.host(id).InUseSince = d.in.Now
	}
	d.in.Hosts = slices.DeleteFunc(d.in.Hosts, func(h *pool.Host) bool { return slices.Contains(p.Release, h.ID) })
	for _, flavor := range p.Build {
		d.made++
		d.in.Hosts = append(d.in.Hosts, &pool.Host{
			ID: fmt.Sprint("h", d.made), Name: fmt.Sprint("h", d.made), State: pool.HostBuilding, CreatedAt: d.in.Now, StateSince: d.in.Now,
			Plan: d.in.Settings.Hosts.Plan(flavor),
		})
	}
}

func (d *days) host(id string) *pool.Host {
	at := slices.IndexFunc(d.in.Hosts, func(h *pool.Host) bool { return h.ID == id })
	if at < 0 {
		d.Fatalf("the plan names host %s, which is not there", id)
	}
	return d.in.Hosts[at]
}

func (d *days) instance(id string) *pool.Instance {
	at := slices.IndexFunc(d.in.Instances, func(i *pool.Instance) bool { return i.ID == id })
	return d.in.Instances[at]
}

func (d *days) queued() (n int) {
	for _, i := range d.in.Instances {
		if i.State == pool.InstanceQueueing {
			n++
		}
	}
	return n
}

// Days of random use: the promises hold at every step; when use ends, everybody
// who waited has had a place, the pool shrinks to one small host and then does
// nothing more.
func TestDaysOfUse(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		equal := rapid.Bool().Draw(t, "equal flavors")
		settings := rented(func(s *pool.Settings) {
			s.MaxHosts = rapid.IntRange(2, 6).Draw(t, "max hosts")
			s.FreeSlotTarget = rapid.IntRange(1, 6).Draw(t, "target")
			s.Hosts.BuildsAtOnce = rapid.IntRange(1, 3).Draw(t, "builds at once")
			if equal {
				s.Hosts.Large = s.Hosts.Small
			}
		})
		d := newDays(t, settings)
		for n := range rapid.IntRange(1, 60).Draw(t, "steps") {
			for range rapid.IntRange(0, 4).Draw(t, "launches") {
				d.in.Instances = append(d.in.Instances, &pool.Instance{
					ID: fmt.Sprint("i", n, "-", len(d.in.Instances)), State: pool.InstanceQueueing, CreatedAt: d.in.Now,
					Spec: pool.Spec{Slots: rapid.IntRange(1, 6).Draw(t, "slots"), ImageID: rapid.SampledFrom([]string{"r", "py"}).Draw(t, "image")},
				})
			}
			d.in.Instances = slices.DeleteFunc(d.in.Instances, func(i *pool.Instance) bool {
				return i.State == pool.InstanceRunning && rapid.IntRange(0, 3).Draw(t, "ends") == 0
			})
			if fails := rapid.IntRange(0, 9).Draw(t, "a build fails") == 0; fails {
				d.in.Hosts = slices.DeleteFunc(d.in.Hosts, func(h *pool.Host) bool { return h.State == pool.HostBuilding })
				d.in.PausedUntil = d.in.Now.Add(time.Minute)
			}
			d.step(time.Duration(rapid.IntRange(1, 40).Draw(t, "minutes")) * time.Minute)
		}
		// Everybody leaves a while after they came, until nobody waits any more.
		for tries := 0; d.queued() > 0; tries++ {
			if tries > 500 {
				d.Fatalf("%d wait for ever: %+v", d.queued(), d.in.Hosts)
			}
			d.step(10 * time.Minute)
			d.in.Instances = slices.DeleteFunc(d.in.Instances, func(i *pool.Instance) bool { return i.State == pool.InstanceRunning })
		}
		d.in.Instances = nil
		for range 2 * 24 * 6 {
			d.step(10 * time.Minute)
		}
		if len(d.in.Hosts) != 1 || d.in.Hosts[0].Slots != settings.Hosts.Small.Slots {
			d.Fatalf("an emptied pool has %d hosts: %+v", len(d.in.Hosts), *d.in.Hosts[0])
		}
		made, actions := d.made, d.actions
		for range 7 * 24 {
			d.step(time.Hour)
		}
		if d.made != made || d.actions != actions {
			d.Fatal("idle hosts are rotated")
		}
	})
}

func BenchmarkDecide(b *testing.B) {
	in := schedule.Input{Now: now, Settings: rented(func(s *pool.Settings) { s.MaxHosts = 1000 }), Rented: true}
	for n := range 1000 {
		in.Hosts = append(in.Hosts, machine(fmt.Sprint("h", n), 24, pool.HostActive, usedFor(time.Hour)))
	}
	for n := range 20000 {
		in.Instances = append(in.Instances, instance(fmt.Sprint("i", n), fmt.Sprint("h", n%1000), 1, pool.InstanceRunning))
	}
	for b.Loop() {
		schedule.Decide(in)
	}
}
