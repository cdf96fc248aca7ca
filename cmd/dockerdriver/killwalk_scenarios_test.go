//go:build !race

package main

import (
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/images"
	"dockerdriver/actors/pool"
)

// scenarios are the ways that a walk of kills goes, by their names.
var scenarios = map[string]scenario{
	"launch": {
		before:  true,
		prepare: func(w *killWalk) { w.hosts(1); w.vacant(); w.subject = nil },
		begin: func(w *killWalk) func() bool {
			return func() bool {
				if w.subject == nil {
					if status, i := w.try(http.MethodPost, "/instances", map[string]any{"blueprint_id": w.demo}); status == http.StatusAccepted {
						w.subject = i
					}
					return false
				}
				return w.stateOf(w.subject) == pool.InstanceRunning
			}
		},
		after: func(w *killWalk) { // a launch that was accepted is not lost; one that was not may be there all the same
			if w.subject != nil {
				_, now := w.try(http.MethodGet, "/instances/"+w.subject["id"].(string), nil)
				require.Equal(w, "running", now["state"], "%v", now["failure"])
			}
			require.LessOrEqual(w, len(w.live()), 1)
		},
	},
	"open and destroy": {
		prepare: func(w *killWalk) { w.hosts(1); w.running(w.demo) },
		begin: func(w *killWalk) func() bool {
			opened, told := false, false
			return func() bool {
				switch id := w.subject["id"].(string); {
				case !opened:
					_, ticket := w.try(http.MethodPost, "/instances/"+id+"/open", map[string]any{})
					if url, _ := ticket["url"].(string); url != "" {
						status, _ := w.visit(url)
						opened = status == http.StatusOK
					}
				case !told:
					status, _ := w.try(http.MethodDelete, "/instances/"+id, nil)
					told = status == http.StatusAccepted
					w.subject["told"] = told
				}
				return w.stateOf(w.subject) == pool.InstanceDeleted
			}
		},
		after: func(w *killWalk) { // an end that was accepted comes
			if w.subject["told"] == true {
				require.Equal(w, pool.InstanceDeleted, w.stateOf(w.subject))
			}
		},
	},
	"host build": {
		prepare: func(w *killWalk) { w.hosts(2); w.vacant(); w.released(1); w.hosts(1) },
		begin: func(w *killWalk) func() bool {
			wanted := []string{pool.VarMaxHosts + "=2", pool.VarFreeSlotTarget + "=12"}
			return func() bool {
				if len(wanted) > 0 {
					key, value, _ := strings.Cut(wanted[0], "=")
					if status, _ := w.try(http.MethodPut, "/variables/"+key, map[string]any{"value": value}); status == http.StatusOK {
						wanted = wanted[1:]
					}
					return false
				}
				hosts, ok := readList[inventoryHost](w.site, "/hosts")
				return ok && len(hosts) == 2 && hosts[1].State == pool.HostActive
			}
		},
	},
	"host release": {
		prepare: func(w *killWalk) {
			w.hosts(2)
			w.running(w.demo)
			w.set(pool.VarMaxHosts, "1") // what goes is not replaced
			w.set(pool.VarFreeSlotTarget, "0")
		},
		begin: func(w *killWalk) func() bool {
			id, _ := w.subject["host_id"].(string) // with the notebook on it
			return func() bool {
				w.try(http.MethodPost, "/hosts/"+id+"/release", nil)
				now, ok := readList[inventoryHost](w.site, "/hosts")
				return ok && !slices.ContainsFunc(now, func(h inventoryHost) bool { return h.ID == id })
			}
		},
	},
	"image replace": {
		prepare: func(w *killWalk) { w.hosts(1); w.vacant() },
		begin: func(w *killWalk) func() bool {
			w.images++
			program, err := builtProgram()
			require.NoError(w, err)
			written, err := images.WriteDemo(w.Context(), filepath.Join(w.dir, imagesDir, images.DemoFile), program, images.DemoOptions{Env: []string{fmt.Sprint("VERSION=", w.images)}})
			require.NoError(w, err)
			w.subject = nil
			return func() bool {
				if w.subject == nil {
					if status, i := w.try(http.MethodPost, "/instances", map[string]any{"blueprint_id": w.demo}); status == http.StatusAccepted {
						w.subject = i
					}
					return false
				}
				hosts, _ := readList[struct{ Images []string }](w.site, "/hosts")
				return w.stateOf(w.subject) == pool.InstanceRunning && len(hosts) == 1 && slices.Contains(hosts[0].Images, written.Digest)
			}
		},
		after: func(w *killWalk) {
			if w.subject != nil {
				require.Equal(w, pool.InstanceRunning, w.stateOf(w.subject))
			}
		},
	},
	"drain": {
		before: true,
		prepare: func(w *killWalk) {
			w.resumed()
			w.hosts(1)
			w.running(w.demo)
			// A second host is in the middle of its build when the drain begins.
			w.set(pool.VarMaxHosts, "2")
		},
		begin: func(w *killWalk) func() bool {
			grown, told := false, false
			return func() bool {
				if !grown {
					status, _ := w.try(http.MethodPut, "/variables/"+pool.VarFreeSlotTarget, map[string]any{"value": "12"})
					grown = status == http.StatusOK
					return false
				}
				if !told {
					status, _ := w.try(http.MethodPost, "/pool/drain", map[string]any{"deadline": "1s"})
					told = status == http.StatusAccepted
				}
				var p inventoryPool
				return w.read("/pool", &p) && p.State == pool.PoolDrained
			}
		},
		after: func(w *killWalk) {
			var p inventoryPool
			require.True(w, w.read("/pool", &p))
			if p.State == pool.PoolDrained {
				require.Empty(w, cloudHolds(w.there), "drained means nothing is left")
			}
		},
	},
	"drain that is taken back": {
		prepare: func(w *killWalk) { w.resumed(); w.hosts(1); w.running(w.demo) },
		begin: func(w *killWalk) func() bool {
			told, back := false, false
			return func() bool {
				if !told {
					status, _ := w.try(http.MethodPost, "/pool/drain", map[string]any{"deadline": "1h"})
					told = status == http.StatusAccepted
					return false
				}
				hosts, _ := readList[inventoryHost](w.site, "/hosts")
				if drains := len(hosts) == 1 && hosts[0].State == pool.HostInactive; drains && !back {
					status, _ := w.try(http.MethodDelete, "/pool/drain", nil)
					back = status == http.StatusAccepted
				}
				return back && len(hosts) == 1 && hosts[0].State == pool.HostActive
			}
		},
		after: func(w *killWalk) {
			require.Equal(w, pool.InstanceRunning, w.stateOf(w.subject), "it has its hour, whatever became of the drain")
			w.resumed()
			w.atRest("after the drain was taken back")
		},
	},
}

// stateOf is an instance's state; empty: nobody says.
func (w *killWalk) stateOf(i map[string]any) pool.InstanceState {
	_, now := w.try(http.MethodGet, "/instances/"+i["id"].(string), nil)
	state, _ := now["state"].(string)
	return pool.InstanceState(state)
}

// resumed has the pool run.
func (w *killWalk) resumed() {
	w.Helper()
	status, answer := w.call(w.browser, http.MethodDelete, "/pool/drain", nil)
	require.Equal(w, http.StatusAccepted, status, answer)
}

// released gives all hosts but so many back.
func (w *killWalk) released(keep int) {
	w.Helper()
	w.set(pool.VarFreeSlotTarget, "0")
	w.set(pool.VarMaxHosts, fmt.Sprint(keep))
	require.Eventually(w, func() bool {
		hosts, ok := readList[inventoryHost](w.site, "/hosts")
		return ok && len(hosts) == keep
	}, poolPatience, 5*stepPace)
}
