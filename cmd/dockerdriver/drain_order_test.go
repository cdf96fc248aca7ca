package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"dockerdriver/actors/images"
	"dockerdriver/actors/pool"
)

// journal keeps from a log, in their order, the pills that actors got, the deletes
// that the cloud has taken and what it was asked for and no longer knew.
type journal struct {
	mu    sync.Mutex
	lines []string
}

// Write is given whole lines by zerolog.
func (j *journal) Write(line []byte) (int, error) {
	said := struct {
		Kid, Message, Method, Path string
		Status                     int
	}{}
	if err := json.Unmarshal(line, &said); err != nil {
		return len(line), nil
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	switch {
	case said.Message == "actor gets the pill":
		j.lines = append(j.lines, "pill "+said.Kid)
	case said.Method == http.MethodDelete && said.Status >= 200 && said.Status < 300:
		j.lines = append(j.lines, "delete "+said.Path)
	case said.Method == http.MethodGet && said.Status == http.StatusNotFound:
		j.lines = append(j.lines, "gone "+said.Path)
	}
	return len(line), nil
}

// at is the place of the last line with those words, or -1.
func (j *journal) at(words string) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	for n := len(j.lines) - 1; n >= 0; n-- {
		if strings.Contains(j.lines[n], words) {
			return n
		}
	}
	return -1
}

// TestDrainsOrderOnTheWire holds, for each host, the order of DESIGN.md: its last
// instance gets the pill, the cloud is asked to delete the server, then the
// volumes, then the security group, and the host gets its own pill last.
func TestDrainsOrderOnTheWire(t *testing.T) {
	t.Parallel()
	heard := &journal{}
	s := newStorm(t, zerolog.New(heard).Level(zerolog.DebugLevel))
	s.put(pool.Blueprint{Name: "web", Plugin: pool.PluginDocker, IsEnabled: true, Config: pool.Config{
		DockerImage: images.DemoTag, InternalPort: images.DemoPort, MemoryLimit: "64m", MaximumLifetime: "8h", ConsumedSlots: 6,
	}})
	for key, value := range map[string]string{
		pool.VarMaxHosts: "2", pool.VarFreeSlotTarget: "12", pool.VarHostBuildsAtOnce: "2",
		pool.VarHostDataVolumeFactor: "1", pool.VarHostRootVolumeSize: "10",
	} {
		s.set(key, value)
	}
	s.set(pool.VarShutdownMode, "False")
	s.until("two hosts serve", func(v *pool.View) bool { return s.active(v) == 2 })
	for _, user := range []string{"ada", "bob"} {
		_, err := s.client.Launch(t.Context(), pool.User{ID: user}, s.client.Snapshot().Blueprints[0].ID)
		require.NoError(t, err)
	}
	s.until("both run", func(v *pool.View) bool { return s.inState(v, pool.InstanceRunning) == 2 })
	view := s.client.Snapshot()
	require.NoError(t, s.client.Drain(t.Context(), systemUser, new(time.Now())))
	s.until("the pool is drained", func(v *pool.View) bool { return v.Status.State == pool.PoolDrained })
	require.Empty(t, cloudHolds(s.there))
	for _, i := range view.Instances {
		h := view.Host(i.HostID)
		require.Len(t, h.Cloud.VolumeIDs, 2)
		// Volumes go with their server: the cloud is asked until it knows them no more.
		order := []string{
			"pill Instance-" + i.ID, "delete /compute/v2.1/servers/" + h.Cloud.ServerID, "gone /compute/v2.1/servers/" + h.Cloud.ServerID,
			"/volumes/" + h.Cloud.VolumeIDs[0], "/volumes/" + h.Cloud.VolumeIDs[1],
			"delete /network/v2.0/security-groups/" + h.Cloud.SecurityGroupID, "gone /network/v2.0/security-groups/" + h.Cloud.SecurityGroupID,
			"pill Host-" + h.ID,
		}
		for n, line := range order {
			require.GreaterOrEqual(t, heard.at(line), 0, line)
			if n > 0 && n != 4 { // the two volumes may go in any order
				require.Greater(t, heard.at(line), heard.at(order[n-1]), "%s comes after %s", line, order[n-1])
			}
		}
	}
}
