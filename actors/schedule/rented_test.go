package schedule_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
	"dockerdriver/actors/schedule"
)

// rented are the settings of a pool of machines: small hosts of 6 slots, large ones of 24.
func rented(change func(*pool.Settings)) pool.Settings {
	s := pool.SettingsOf(map[string]pool.Variable{pool.VarShutdownMode: {Key: pool.VarShutdownMode, Value: "False"}})
	if change != nil {
		change(&s)
	}
	return s
}

func machine(id string, slots int, state pool.HostState, change func(*pool.Host)) *pool.Host {
	h := &pool.Host{
		ID: id, Name: id, Slots: slots, State: state, CreatedAt: now.Add(-time.Hour), StateSince: now.Add(-time.Hour),
		Plan: pool.HostPlan{Flavor: map[bool]string{true: "mini", false: "small"}[slots <= 6], Slots: slots},
	}
	if change != nil {
		change(h)
	}
	return h
}

func usedFor(d time.Duration) func(*pool.Host) {
	return func(h *pool.Host) { h.InUseSince = now.Add(-d) }
}

func errorsAgo(n int, d time.Duration) func(*pool.Host) {
	return func(h *pool.Host) {
		for range n {
			h.Trouble = append(h.Trouble, pool.Trouble{At: now.Add(-d), Message: "create failed"})
		}
	}
}

func TestPoolOfMachines(t *testing.T) {
	t.Parallel()
	const running, queueing = pool.InstanceRunning, pool.InstanceQueueing
	small, large := pool.Flavor{Name: "mini", Slots: 6}, pool.Flavor{Name: "small", Slots: 24}
	cases := map[string]struct {
		in    schedule.Input
		check func(*testing.T, schedule.Plan)
	}{
		"an idle pool gets one small host": {
			schedule.Input{Settings: rented(nil)},
			func(t *testing.T, p schedule.Plan) { require.Equal(t, []pool.Flavor{small}, p.Build) },
		},
		"a pool in use grows by large ones": {
			schedule.Input{
				Settings: rented(nil), Hosts: []*pool.Host{machine("a", 6, pool.HostActive, nil)},
				Instances: []*pool.Instance{instance("i", "a", 3, running)},
			}, func(t *testing.T, p schedule.Plan) { require.Equal(t, []pool.Flavor{large}, p.Build) },
		},
		"the queue is load as well": {
			schedule.Input{Settings: rented(nil), Instances: []*pool.Instance{instance("i", "", 1, queueing)}},
			func(t *testing.T, p schedule.Plan) { require.Equal(t, []pool.Flavor{large}, p.Build) },
		},
		"several are built at once, within the bound": {
			schedule.Input{Settings: rented(func(s *pool.Settings) { s.FreeSlotTarget, s.Hosts.BuildsAtOnce = 100, 3 })},
			func(t *testing.T, p schedule.Plan) { require.Len(t, p.Build, 3) },
		},
		"hosts on their way answer the shortage with the size of their flavor": {
			schedule.Input{Settings: rented(nil), Hosts: []*pool.Host{machine("a", 0, pool.HostBuilding, func(h *pool.Host) { h.Plan.Slots = 6 })}},
			func(t *testing.T, p schedule.Plan) { require.Empty(t, p.Build) },
		},
		"a refusal of the cloud pauses building, and who waits is told": {
			schedule.Input{
				Settings: rented(nil), PausedUntil: now.Add(time.Minute), PauseReason: "quota",
				Instances: []*pool.Instance{instance("i", "", 1, queueing)},
			}, func(t *testing.T, p schedule.Plan) {
				require.Empty(t, p.Build)
				require.Contains(t, p.Waiting["i"].Reason, "no notebook host can be made at the moment")
			},
		},
		"a pause that is over is no pause": {
			schedule.Input{Settings: rented(nil), PausedUntil: now},
			func(t *testing.T, p schedule.Plan) { require.Len(t, p.Build, 1) },
		},
		"room for the largest environment is headroom too": {
			schedule.Input{Settings: rented(nil), Largest: 8, Hosts: []*pool.Host{machine("a", 6, pool.HostActive, nil)}},
			func(t *testing.T, p schedule.Plan) {
				require.Equal(t, []pool.Flavor{large}, p.Build, "the small flavor would not hold it")
			},
		},
		"an environment that no flavor holds is no reason to build": {
			schedule.Input{Settings: rented(nil), Largest: 30, Hosts: []*pool.Host{machine("a", 6, pool.HostActive, nil)}},
			func(t *testing.T, p schedule.Plan) {
				require.Empty(t, p.Build)
				require.False(t, p.Headroom.Fits)
			},
		},
		"a launch that no flavor holds waits with its reason and blocks nobody": {
			schedule.Input{
				Settings: rented(nil), Hosts: []*pool.Host{machine("a", 6, pool.HostActive, nil)},
				Instances: []*pool.Instance{instance("i", "", 30, queueing), instance("j", "", 1, queueing)},
			}, func(t *testing.T, p schedule.Plan) {
				require.Equal(t, []schedule.Placement{{"j", "a"}}, p.Place)
				require.Contains(t, p.Waiting["i"].Reason, "the largest host has 24")
			},
		},
		"a host with the image comes before an older one without": {
			schedule.Input{
				Settings: rented(nil), Hosts: []*pool.Host{machine("old", 6, pool.HostActive, nil), machine("new", 6, pool.HostActive, nil)},
				Instances: []*pool.Instance{instance("i", "", 1, queueing)},
				HasImage:  func(hostID, _ string) bool { return hostID == "new" },
			}, func(t *testing.T, p schedule.Plan) { require.Equal(t, []schedule.Placement{{"i", "new"}}, p.Place) },
		},
		"a host whose lifetime is low comes last": {
			schedule.Input{
				Settings: rented(nil), Hosts: []*pool.Host{machine("old", 6, pool.HostActive, usedFor(4*time.Hour-time.Minute)), machine("new", 6, pool.HostActive, nil)},
				Instances: []*pool.Instance{instance("i", "", 1, queueing)},
			}, func(t *testing.T, p schedule.Plan) { require.Equal(t, []schedule.Placement{{"i", "new"}}, p.Place) },
		},
		"a host whose lifetime is low still takes what has no other place, and is replaced before it goes": {
			schedule.Input{
				Settings: rented(nil), Hosts: []*pool.Host{machine("old", 6, pool.HostActive, usedFor(4*time.Hour-time.Minute))},
				Instances: []*pool.Instance{instance("i", "", 1, queueing)},
			}, func(t *testing.T, p schedule.Plan) {
				require.Equal(t, []schedule.Placement{{"i", "old"}}, p.Place)
				require.Len(t, p.Build, 1)
			},
		},
		"a host whose lifetime is over takes nothing more": {
			schedule.Input{
				Settings: rented(nil), Hosts: []*pool.Host{machine("old", 6, pool.HostActive, usedFor(4*time.Hour))},
				Instances: []*pool.Instance{instance("i", "", 1, queueing)},
			}, func(t *testing.T, p schedule.Plan) {
				require.Empty(t, p.Place)
				require.Equal(t, []schedule.Deactivation{{"old", pool.HostStageRetiring}}, p.Deactivate)
			},
		},
		"a lifetime of 0m never ends": {
			schedule.Input{
				Settings: rented(func(s *pool.Settings) { s.Hosts.Lifetime = 0 }),
				Hosts:    []*pool.Host{machine("old", 6, pool.HostActive, usedFor(400*time.Hour))},
			}, func(t *testing.T, p schedule.Plan) { require.Empty(t, p.Deactivate) },
		},
		"a host whose certificate will end is retired, used or not": {
			schedule.Input{
				Settings: rented(nil), Hosts: []*pool.Host{machine("old", 6, pool.HostActive, func(h *pool.Host) { h.CreatedAt = now.Add(-schedule.MaxAge) })},
			}, func(t *testing.T, p schedule.Plan) { require.Len(t, p.Deactivate, 1) },
		},
		"the first instance begins a host's lifetime": {
			schedule.Input{
				Settings: rented(nil), Hosts: []*pool.Host{machine("a", 6, pool.HostActive, nil), machine("b", 24, pool.HostActive, nil)},
				Instances: []*pool.Instance{instance("i", "a", 1, running)},
			}, func(t *testing.T, p schedule.Plan) { require.Equal(t, []string{"a"}, p.StartClock) },
		},
		"an unused small host stays": {
			schedule.Input{Settings: rented(nil), Hosts: []*pool.Host{machine("a", 6, pool.HostActive, nil)}},
			func(t *testing.T, p schedule.Plan) { require.Empty(t, p.StartClock) },
		},
		"a lone large host begins its lifetime at once, to be swapped for a small one": {
			schedule.Input{Settings: rented(nil), Hosts: []*pool.Host{machine("a", 24, pool.HostActive, nil)}},
			func(t *testing.T, p schedule.Plan) { require.Equal(t, []string{"a"}, p.StartClock) },
		},
		"a lone large host that the largest environment needs stays": {
			schedule.Input{Settings: rented(nil), Largest: 8, Hosts: []*pool.Host{machine("a", 24, pool.HostActive, nil)}},
			func(t *testing.T, p schedule.Plan) { require.Empty(t, p.StartClock) },
		},
		"a retired host goes when its last instance has gone, not before": {
			schedule.Input{
				Settings: rented(nil), Hosts: []*pool.Host{
					machine("empty", 6, pool.HostInactive, func(h *pool.Host) { h.Stage = pool.HostStageRetiring }),
					machine("busy", 6, pool.HostInactive, func(h *pool.Host) { h.Stage = pool.HostStageRetiring }),
				},
				Instances: []*pool.Instance{instance("i", "busy", 1, running)},
			}, func(t *testing.T, p schedule.Plan) { require.Equal(t, []string{"empty"}, p.Release) },
		},
		"a lost host goes": {
			schedule.Input{
				Settings:  rented(nil),
				Hosts:     []*pool.Host{machine("a", 6, pool.HostInactive, func(h *pool.Host) { h.Stage = pool.HostStageLost })},
				Instances: []*pool.Instance{instance("i", "a", 1, pool.InstanceLost)},
			}, func(t *testing.T, p schedule.Plan) { require.Equal(t, []string{"a"}, p.Release) },
		},
		"five errors are borne": {
			schedule.Input{Settings: rented(nil), Hosts: []*pool.Host{machine("a", 6, pool.HostActive, errorsAgo(5, time.Minute))}},
			func(t *testing.T, p schedule.Plan) { require.Empty(t, p.Deactivate) },
		},
		"six are not": {
			schedule.Input{Settings: rented(nil), Hosts: []*pool.Host{machine("a", 6, pool.HostActive, errorsAgo(6, time.Minute))}},
			func(t *testing.T, p schedule.Plan) {
				require.Equal(t, []schedule.Deactivation{{"a", pool.HostStageErrors}}, p.Deactivate)
			},
		},
		"six that decayed are": {
			schedule.Input{Settings: rented(nil), Hosts: []*pool.Host{machine("a", 6, pool.HostActive, errorsAgo(6, 2*time.Hour))}},
			func(t *testing.T, p schedule.Plan) { require.Empty(t, p.Deactivate) },
		},
		"a host that answers again and whose errors decayed serves again": {
			schedule.Input{Settings: rented(nil), Hosts: []*pool.Host{machine("a", 6, pool.HostInactive, func(h *pool.Host) { h.Stage = pool.HostStageErrors })}},
			func(t *testing.T, p schedule.Plan) { require.Equal(t, []string{"a"}, p.Reactivate) },
		},
		"a host that is silent is waited for": {
			schedule.Input{Settings: rented(nil), Hosts: []*pool.Host{machine("a", 6, pool.HostInactive, func(h *pool.Host) {
				h.Stage, h.SilentSince = pool.HostStageErrors, now.Add(-time.Minute)
			})}},
			func(t *testing.T, p schedule.Plan) {
				require.Empty(t, p.Reactivate)
				require.Empty(t, p.Release)
				require.Len(t, p.Build, 1, "and its room is made elsewhere")
			},
		},
		"DD_MAX_HOSTS lowered retires empty hosts, never busy ones": {
			schedule.Input{
				Settings:  rented(func(s *pool.Settings) { s.MaxHosts = 1 }),
				Hosts:     []*pool.Host{machine("a", 6, pool.HostActive, nil), machine("b", 6, pool.HostActive, nil), machine("c", 6, pool.HostActive, nil)},
				Instances: []*pool.Instance{instance("i", "c", 1, running)},
			}, func(t *testing.T, p schedule.Plan) {
				require.ElementsMatch(t, []schedule.Deactivation{{"b", pool.HostStageRetiring}, {"a", pool.HostStageRetiring}}, p.Deactivate)
			},
		},
		"a drain names what is left of a stuck host": {
			schedule.Input{
				Settings: rented(func(s *pool.Settings) { s.ShutdownMode = true }),
				Hosts: []*pool.Host{machine("a", 6, pool.HostStuck, func(h *pool.Host) {
					h.Cloud = pool.CloudResources{ServerID: "s1", SecurityGroupID: "g1", VolumeIDs: []string{"v1"}}
					h.Trouble = []pool.Trouble{{At: now, Message: "volume v1 is still there"}}
				})},
			}, func(t *testing.T, p schedule.Plan) {
				require.Equal(t, []pool.Blocker{{
					Kind: pool.BlockerHost, ID: "a", Name: "a", HostID: "a", Words: "it cannot be released yet: volume v1 is still there",
					Remove: []string{"openstack server delete s1", "openstack volume delete v1", "openstack security group delete g1"},
				}}, p.Blockers)
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tc.in.Now, tc.in.Rented = now, true
			tc.check(t, schedule.Decide(tc.in))
		})
	}
}
