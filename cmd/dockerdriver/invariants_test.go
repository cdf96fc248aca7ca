package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

// inventory is what a server says of its pool, and what is there outside of it.
type inventory struct {
	pool      inventoryPool
	hosts     []inventoryHost
	instances []inventoryInstance // also those that ended within a day
	// containers that carry our mark, as the engines tell them.
	containers []inventoryContainer
	// things are the ids of what the cloud holds of hosts.
	things []string
	// entered tells for each instance that runs, or ended, whether its owner gets
	// into a notebook at its address, and into whose.
	entered map[string]string
}

type inventoryPool struct {
	State    pool.PoolState
	SetAside []struct{ Actor, Reason string } `json:"set_aside"`
	Strays   []struct{ Kind, ID string }
}

type inventoryHost struct {
	ID, Name  string
	State     pool.HostState
	Stage     string
	Address   string
	SlotsUsed int `json:"slots_used"`
	Cloud     struct {
		ServerID        string   `json:"server_id"`
		SecurityGroupID string   `json:"security_group_id"`
		VolumeIDs       []string `json:"volume_ids"`
	}
}

type inventoryInstance struct {
	ID, Name  string
	State     pool.InstanceState
	Stage     string
	HostID    string `json:"host_id"`
	URL       string
	Slots     int
	Password  string
	EndReason string `json:"end_reason"`
}

type inventoryContainer struct {
	HostID, Instance, Name string
	Running                bool
}

// breaks are the invariants that do not hold, in words. They hold at rest: when
// nobody changes anything, and all that was begun has come to its end.
func (s inventory) breaks() []string {
	return slices.Concat(s.stuck(), s.wrongSlots(), s.wrongContainers(), s.wrongThings(), s.wrongRoutes())
}

// stuck is what is on its way to something, or was given up.
func (s inventory) stuck() (all []string) {
	for _, a := range s.pool.SetAside {
		all = append(all, fmt.Sprintf("%s is set aside: %s", a.Actor, a.Reason))
	}
	for _, x := range s.pool.Strays {
		all = append(all, fmt.Sprintf("%s %s is a stray", x.Kind, x.ID))
	}
	for _, h := range s.hosts {
		if h.State != pool.HostActive && (h.State != pool.HostInactive || h.SlotsUsed == 0) {
			all = append(all, fmt.Sprintf("host %s is %s %s", h.Name, h.State, h.Stage))
		}
	}
	for _, i := range s.instances {
		waits := i.State == pool.InstanceQueueing && s.pool.State != pool.PoolRunning // for the end of shutdown mode
		if i.State.Live() && i.State != pool.InstanceRunning && !waits {
			all = append(all, fmt.Sprintf("instance %s is %s %s", i.Name, i.State, i.Stage))
		}
	}
	// A drain waits for notebooks that run, and for nothing else for long.
	if s.pool.State == pool.PoolDraining && !slices.ContainsFunc(s.instances, func(i inventoryInstance) bool { return i.State == pool.InstanceRunning }) {
		all = append(all, "the pool is draining, and nothing runs")
	}
	return all
}

// wrongSlots are hosts whose slots in use are not those of their instances.
func (s inventory) wrongSlots() (all []string) {
	used := map[string]int{}
	for _, i := range s.instances {
		if i.State.HoldsSlots() {
			used[i.HostID] += i.Slots
		}
	}
	for _, h := range s.hosts {
		if h.SlotsUsed != used[h.ID] {
			all = append(all, fmt.Sprintf("host %s has %d slots in use, and its instances take %d", h.Name, h.SlotsUsed, used[h.ID]))
		}
		delete(used, h.ID)
	}
	for host, slots := range used {
		all = append(all, fmt.Sprintf("%d slots are taken on host %q, which has no record", slots, host))
	}
	return all
}

// wrongContainers: every container is recorded, every recorded running one runs,
// and no instance has two.
func (s inventory) wrongContainers() (all []string) {
	recorded := map[string]inventoryInstance{}
	for _, i := range s.instances {
		recorded[i.ID] = i
	}
	count := map[string]int{}
	for _, c := range s.containers {
		i, known := recorded[c.Instance]
		count[c.Instance]++
		switch {
		case !known || i.State != pool.InstanceRunning:
			all = append(all, fmt.Sprintf("container %s is there, and its instance %q is %q", c.Name, c.Instance, i.State))
		case i.HostID != c.HostID:
			all = append(all, fmt.Sprintf("container %s is on host %s, and recorded on %s", c.Name, c.HostID, i.HostID))
		case !c.Running:
			all = append(all, fmt.Sprintf("container %s does not run, and is recorded as running", c.Name))
		}
	}
	for id, i := range recorded {
		if i.State == pool.InstanceRunning && count[id] != 1 {
			all = append(all, fmt.Sprintf("instance %s runs and has %d containers", i.Name, count[id]))
		}
	}
	return all
}

// wrongThings: every object in the cloud is recorded, and every recorded one is there.
func (s inventory) wrongThings() (all []string) {
	recorded := map[string]bool{}
	for _, h := range s.hosts {
		for _, id := range append([]string{h.Cloud.ServerID, h.Cloud.SecurityGroupID}, h.Cloud.VolumeIDs...) {
			recorded[id] = true
		}
	}
	delete(recorded, "")
	for _, id := range s.things {
		if !recorded[id] {
			all = append(all, "nothing speaks for "+id+" in the cloud")
		}
		delete(recorded, id)
	}
	for id := range recorded {
		all = append(all, id+" is recorded, and not in the cloud")
	}
	return all
}

// wrongRoutes: the owner of an instance that runs gets into that one, and nobody
// into one that does not run.
func (s inventory) wrongRoutes() (all []string) {
	for _, i := range s.instances {
		into := s.entered[i.ID]
		switch {
		case i.State == pool.InstanceRunning && into != i.Name:
			all = append(all, fmt.Sprintf("instance %s runs, and its owner gets into %q", i.Name, into))
		case i.State != pool.InstanceRunning && into != "":
			all = append(all, fmt.Sprintf("instance %s is %s, and its owner gets into %q", i.Name, i.State, into))
		}
	}
	return all
}

// read asks the API; false: it did not answer.
func (s *site) read(path string, into any) bool {
	resp, err := s.browser.Get("http://" + s.ui + "/api/v1" + path)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	return resp.StatusCode == http.StatusOK && json.NewDecoder(resp.Body).Decode(into) == nil
}

func readList[T any](s *site, path string) (items []T, ok bool) {
	var list struct{ Items []T }
	ok = s.read(path, &list)
	return list.Items, ok
}

// atRest is an inventory in which all is as it should be.
func atRest() inventory {
	s := inventory{
		pool:       inventoryPool{State: pool.PoolRunning},
		hosts:      []inventoryHost{{ID: "h1", Name: "pb_dd_1", State: pool.HostActive, SlotsUsed: 2}},
		instances:  []inventoryInstance{{ID: "i1", Name: "pb-otter", State: pool.InstanceRunning, HostID: "h1", Slots: 2}, {ID: "i0", Name: "pb-old", State: pool.InstanceDeleted, Slots: 1}},
		containers: []inventoryContainer{{HostID: "h1", Instance: "i1", Name: "pb-otter", Running: true}},
		things:     []string{"s1", "g1", "v1"},
		entered:    map[string]string{"i1": "pb-otter"},
	}
	s.hosts[0].Cloud.ServerID, s.hosts[0].Cloud.SecurityGroupID, s.hosts[0].Cloud.VolumeIDs = "s1", "g1", []string{"v1"}
	return s
}

func TestEachBreakOfAnInvariantIsFound(t *testing.T) {
	t.Parallel()
	require.Empty(t, atRest().breaks())
	for words, spoil := range map[string]func(*inventory){
		"container pb-stray is there, and its instance \"i9\" is \"\"": func(s *inventory) {
			s.containers = append(s.containers, inventoryContainer{"h1", "i9", "pb-stray", true})
		},
		"container pb-old is there, and its instance \"i0\" is \"deleted\"": func(s *inventory) {
			s.containers = append(s.containers, inventoryContainer{"h1", "i0", "pb-old", false})
		},
		"container pb-otter does not run, and is recorded as running": func(s *inventory) { s.containers[0].Running = false },
		"container pb-otter is on host h2, and recorded on h1":        func(s *inventory) { s.containers[0].HostID = "h2" },
		"instance pb-otter runs and has 0 containers":                 func(s *inventory) { s.containers = nil },
		"instance pb-otter runs and has 2 containers":                 func(s *inventory) { s.containers = append(s.containers, s.containers[0]) },
		"nothing speaks for v2 in the cloud":                          func(s *inventory) { s.things = append(s.things, "v2") },
		"g1 is recorded, and not in the cloud":                        func(s *inventory) { s.things = []string{"s1", "v1"} },
		"host pb_dd_1 has 3 slots in use, and its instances take 2":   func(s *inventory) { s.hosts[0].SlotsUsed = 3 },
		"2 slots are taken on host \"h1\", which has no record":       func(s *inventory) { s.hosts = nil },
		"instance pb-otter runs, and its owner gets into \"\"":        func(s *inventory) { s.entered = nil },
		"instance pb-otter runs, and its owner gets into \"pb-bear\"": func(s *inventory) { s.entered["i1"] = "pb-bear" },
		"instance pb-old is deleted, and its owner gets into \"x\"":   func(s *inventory) { s.entered["i0"] = "x" },
		"instance pb-otter is deleting ":                              func(s *inventory) { s.instances[0].State = pool.InstanceDeleting },
		"host pb_dd_1 is preparing images":                            func(s *inventory) { s.hosts[0].State, s.hosts[0].Stage = pool.HostPreparing, "images" },
		"the pool is draining, and nothing runs": func(s *inventory) {
			s.pool.State, s.instances, s.containers = pool.PoolDraining, nil, nil
		},
		"Host-h1 is set aside: it fell over": func(s *inventory) { s.pool.SetAside = []struct{ Actor, Reason string }{{"Host-h1", "it fell over"}} },
		"volume v9 is a stray":               func(s *inventory) { s.pool.Strays = []struct{ Kind, ID string }{{"volume", "v9"}} },
	} {
		s := atRest()
		spoil(&s)
		require.Contains(t, s.breaks(), words)
	}
}
