package schedule_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"dockerdriver/actors/pool"
	"dockerdriver/actors/schedule"
)

var now = time.Date(2026, 1, 2, 9, 0, 0, 0, time.UTC)

func host(id string, slots int, state pool.HostState) *pool.Host {
	return &pool.Host{ID: id, Name: id, Slots: slots, State: state}
}

func instance(id, host string, slots int, state pool.InstanceState) *pool.Instance {
	return &pool.Instance{ID: id, Name: id, HostID: host, Spec: pool.Spec{Slots: slots}, State: state, CreatedAt: now}
}

func settings(target int) pool.Settings { return pool.Settings{MaxHosts: 4, FreeSlotTarget: target} }

func TestDecide(t *testing.T) {
	t.Parallel()
	const running, queueing = pool.InstanceRunning, pool.InstanceQueueing
	cases := map[string]struct {
		in    schedule.Input
		check func(*testing.T, schedule.Plan)
	}{
		"the oldest host with room is filled first, so that others empty": {
			schedule.Input{
				Settings: settings(0), Hosts: []*pool.Host{host("old", 4, pool.HostActive), host("new", 4, pool.HostActive)},
				Instances: []*pool.Instance{instance("a", "old", 3, running), instance("b", "", 1, queueing)},
			}, func(t *testing.T, p schedule.Plan) { require.Equal(t, []schedule.Placement{{"b", "old"}}, p.Place) },
		},
		"a full host is passed over": {
			schedule.Input{
				Settings: settings(0), Hosts: []*pool.Host{host("old", 4, pool.HostActive), host("new", 4, pool.HostActive)},
				Instances: []*pool.Instance{instance("a", "old", 4, running), instance("b", "", 1, queueing)},
			}, func(t *testing.T, p schedule.Plan) { require.Equal(t, []schedule.Placement{{"b", "new"}}, p.Place) },
		},
		"a failed instance holds no slot": {
			schedule.Input{
				Settings: settings(0), Hosts: []*pool.Host{host("h", 1, pool.HostActive)},
				Instances: []*pool.Instance{instance("a", "h", 1, pool.InstanceFailed), instance("b", "", 1, queueing)},
			}, func(t *testing.T, p schedule.Plan) { require.Len(t, p.Place, 1) },
		},
		"a small one does not overtake a large one that waits": {
			schedule.Input{
				Settings: settings(0), Hosts: []*pool.Host{host("h", 4, pool.HostActive)},
				Instances: []*pool.Instance{instance("a", "h", 2, running), instance("b", "", 3, queueing), instance("c", "", 1, queueing)},
			}, func(t *testing.T, p schedule.Plan) {
				require.Empty(t, p.Place)
				require.Equal(t, 2, p.Waiting["c"].Position)
			},
		},
		"one that fits no host holds up nobody, and is no reason for more of them": {
			schedule.Input{
				Settings: settings(0), Hosts: []*pool.Host{host("h", 4, pool.HostActive)},
				Instances: []*pool.Instance{instance("b", "", 5, queueing), instance("c", "", 1, queueing)},
			}, func(t *testing.T, p schedule.Plan) {
				require.Equal(t, []schedule.Placement{{"c", "h"}}, p.Place)
				require.Contains(t, p.Waiting["b"].Reason, "5 slots")
				require.Empty(t, p.Build)
			},
		},
		"an empty pool asks for one host to have its headroom": {
			schedule.Input{Settings: settings(4)}, func(t *testing.T, p schedule.Plan) { require.Len(t, p.Build, 1) },
		},
		"a host on its way answers the shortage": {
			schedule.Input{Settings: settings(4), Hosts: []*pool.Host{host("h", 0, pool.HostBuilding)}},
			func(t *testing.T, p schedule.Plan) { require.Empty(t, p.Build) },
		},
		"who queues is a reason to grow even without a headroom target": {
			schedule.Input{
				Settings: settings(0), Hosts: []*pool.Host{host("h", 1, pool.HostActive)},
				Instances: []*pool.Instance{instance("a", "h", 1, running), instance("b", "", 1, queueing)},
			}, func(t *testing.T, p schedule.Plan) { require.Len(t, p.Build, 1) },
		},
		"the cloud's own bound holds": {
			schedule.Input{Settings: settings(9), CloudMaxHosts: 1, Hosts: []*pool.Host{host("h", 1, pool.HostActive)}},
			func(t *testing.T, p schedule.Plan) { require.Empty(t, p.Build) },
		},
		"no host at all is wanted when DD_MAX_HOSTS is 0": {
			schedule.Input{Settings: pool.Settings{FreeSlotTarget: 4}}, func(t *testing.T, p schedule.Plan) { require.Empty(t, p.Build) },
		},
		"shutdown releases what is empty and waits for the rest": {
			schedule.Input{
				Settings:  pool.Settings{ShutdownMode: true, MaxHosts: 4, FreeSlotTarget: 4},
				Hosts:     []*pool.Host{host("busy", 4, pool.HostActive), host("empty", 4, pool.HostActive), host("coming", 0, pool.HostBuilding)},
				Instances: []*pool.Instance{instance("a", "busy", 1, running), instance("b", "", 1, queueing)},
			}, func(t *testing.T, p schedule.Plan) {
				require.ElementsMatch(t, []string{"empty", "coming"}, p.Release)
				require.ElementsMatch(t, []schedule.Deactivation{{"busy", pool.HostStageDraining}, {"empty", pool.HostStageDraining}}, p.Deactivate)
				require.Empty(t, p.Place)
				require.Empty(t, p.Build)
				require.Equal(t, "the pool is in shutdown mode", p.Waiting["b"].Reason)
				require.NotEmpty(t, p.Blockers)
			},
		},
		"what a drain began is taken back": {
			schedule.Input{
				Settings:  settings(0),
				Hosts:     []*pool.Host{{ID: "h", Name: "h", Slots: 2, State: pool.HostInactive, Stage: pool.HostStageDraining}},
				Instances: []*pool.Instance{instance("a", "", 1, queueing)},
			}, func(t *testing.T, p schedule.Plan) {
				require.Equal(t, []string{"h"}, p.Reactivate)
				require.Len(t, p.Place, 1)
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tc.in.Now = now
			tc.check(t, schedule.Decide(tc.in))
		})
	}
}

// Whatever the pool looks like, a plan never oversubscribes a host, places
// nothing twice, keeps the queue's order and releases no host that is in use.
func TestPlansKeepThePromises(t *testing.T) {
	t.Parallel()
	states := []pool.HostState{pool.HostRequested, pool.HostBuilding, pool.HostActive, pool.HostActive, pool.HostActive, pool.HostInactive, pool.HostRemoving}
	rapid.Check(t, func(t *rapid.T) {
		in := schedule.Input{Now: now, Settings: pool.Settings{
			ShutdownMode: rapid.Bool().Draw(t, "shutdown"), MaxHosts: rapid.IntRange(0, 6).Draw(t, "max"), FreeSlotTarget: rapid.IntRange(0, 9).Draw(t, "target"),
		}}
		capacity, used := map[string]int{}, map[string]int{}
		for n := range rapid.IntRange(0, 5).Draw(t, "hosts") {
			h := host(fmt.Sprint("h", n), rapid.IntRange(1, 8).Draw(t, "slots"), rapid.SampledFrom(states).Draw(t, "state"))
			in.Hosts, capacity[h.ID] = append(in.Hosts, h), h.Slots
		}
		for n := range rapid.IntRange(0, 30).Draw(t, "instances") {
			i := instance(fmt.Sprint("i", n), "", rapid.IntRange(1, 4).Draw(t, "takes"), pool.InstanceQueueing)
			i.CreatedAt = now.Add(time.Duration(rapid.IntRange(0, 1000).Draw(t, "at")) * time.Second)
			if id := fmt.Sprint("h", rapid.IntRange(0, 5).Draw(t, "on")); capacity[id]-used[id] >= i.Spec.Slots && rapid.Bool().Draw(t, "placed") {
				i.HostID, i.State = id, rapid.SampledFrom([]pool.InstanceState{pool.InstanceProvisioning, pool.InstanceRunning, pool.InstanceDeleting}).Draw(t, "istate")
				used[id] += i.Spec.Slots
			}
			in.Instances = append(in.Instances, i)
		}
		before := map[string]int{}
		for id, n := range used {
			before[id] = n
		}
		plan := schedule.Decide(in)
		byID := map[string]*pool.Instance{}
		for _, i := range in.Instances {
			byID[i.ID] = i
		}
		var last time.Time
		placed := map[string]bool{}
		for _, p := range plan.Place {
			i := byID[p.InstanceID]
			if placed[i.ID] || i.HostID != "" {
				t.Fatalf("%s is placed twice", i.ID)
			}
			placed[i.ID] = true
			if i.CreatedAt.Before(last) {
				t.Fatal("the queue's order is broken")
			}
			last = i.CreatedAt
			if used[p.HostID] += i.Spec.Slots; used[p.HostID] > capacity[p.HostID] {
				t.Fatalf("%s is oversubscribed", p.HostID)
			}
		}
		if in.Settings.ShutdownMode && (len(plan.Place) > 0 || len(plan.Build) > 0) {
			t.Fatal("shutdown mode takes nothing")
		}
		if len(in.Hosts)+len(plan.Build) > max(in.Settings.MaxHosts, len(in.Hosts)) {
			t.Fatal("more hosts than allowed")
		}
		for _, id := range plan.Release {
			if before[id] > 0 {
				t.Fatalf("%s is released while in use", id)
			}
		}
	})
}
