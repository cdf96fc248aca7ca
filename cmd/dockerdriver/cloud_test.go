//go:build cloud

// The whole way on a real OpenStack whose machines are real Docker engines:
// `make test-cloud` starts both, from scripts that stand beside this repository.
package main

import (
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/images"
	"dockerdriver/actors/pool"
)

// cloudPatience bounds each wait: a busy machine takes a minute for a server
// and half of one for its engine.
const cloudPatience = 6 * time.Minute

// TestWholeWayOnARealCloud is an operator's and a user's day: a pool comes up,
// a notebook is used, its machine is lost and replaced, the server is killed,
// and in the end nothing is left.
func TestWholeWayOnARealCloud(t *testing.T) {
	there := projectHolds(t)
	yard := newMachineYard(t)
	s := startSite(t, "serve", t.TempDir(), []string{"OS_CLIENT_CONFIG_FILE=" + yard.cloudsFile, "OS_CLOUD=demo"}, "--cloud", "openstack")
	t.Cleanup(func() { drainAfterFailure(t, s) })
	makeDemoImage(t, s)
	for _, v := range [][2]string{
		{pool.VarPluginWhitelist, "DockerDriver"}, {pool.VarHostImage, "Debian-12"}, {pool.VarHostMasterGroup, "pb_server"},
		{pool.VarHostLostAfter, "30s"}, {pool.VarShutdownMode, "False"},
	} {
		s.set(v[0], v[1])
	}
	status, refused := s.call(s.browser, http.MethodPut, "/variables/"+pool.VarHostFlavorLarge, map[string]any{"value": "huge"})
	require.Equal(t, http.StatusUnprocessableEntity, status)
	require.Contains(t, refused["detail"], "huge")
	require.Contains(t, fmt.Sprint(refused), "mini", "it says what there is")

	first := s.awaitHost(cloudPatience, func(h map[string]any) bool { return h["state"] == "active" })
	t.Logf("first host: %v", first["steps"])
	demo := makeBlueprint(t, s)
	i := s.launch(demo, "running")
	useNotebook(t, s, i)

	t.Log("the server is killed and starts again")
	s.stop(syscall.SIGKILL)
	s.start()
	resp, page := s.get(s.browser, i["url"].(string)+"healthz")
	require.Equal(t, http.StatusOK, resp.StatusCode, "the same cookie opens the same notebook: %s", page)

	t.Log("the host is cut off")
	lost := s.host(i["host_id"].(string))
	yard.cut(lost["address"].(string))
	require.Eventually(t, func() bool {
		_, i = s.call(s.browser, http.MethodGet, "/instances/"+i["id"].(string), nil)
		return i["state"] == "lost"
	}, cloudPatience, time.Second)
	require.Equal(t, string(pool.CodeHostLost), i["failure"].(map[string]any)["code"])
	next := s.awaitHost(cloudPatience, func(h map[string]any) bool { return h["state"] == "active" && h["id"] != lost["id"] })
	t.Logf("its replacement: %v", next["steps"])
	again := s.launch(demo, "running")
	require.Equal(t, next["id"], again["host_id"])
	useNotebook(t, s, again)

	t.Log("shutdown mode")
	s.call(s.browser, http.MethodDelete, "/instances/"+again["id"].(string), nil)
	s.set(pool.VarShutdownMode, "True")
	require.Eventually(t, func() bool {
		_, p := s.call(s.browser, http.MethodGet, "/pool", nil)
		return p["state"] == "drained"
	}, cloudPatience, time.Second)
	left := projectHolds(t)
	for _, h := range []map[string]any{lost, next} {
		require.NotContains(t, strings.Join(left, "\n"), h["name"], "nothing of ours is left")
	}
	for _, before := range there {
		if !strings.Contains(before, " pb_dd_") { // which others' tests may have made, and removed meanwhile
			require.Contains(t, left, before, "what was there before is there")
		}
	}
}

func makeDemoImage(t *testing.T, s *site) {
	t.Helper()
	program, err := builtProgram()
	require.NoError(t, err)
	_, err = images.WriteDemo(t.Context(), filepath.Join(s.dir, imagesDir, images.DemoFile), program, images.DemoOptions{})
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		_, list := s.call(s.browser, http.MethodGet, "/images", nil)
		return len(list["items"].([]any)) == 1
	}, time.Minute, 100*time.Millisecond)
}

func makeBlueprint(t *testing.T, s *site) (id string) {
	t.Helper()
	status, b := s.call(s.browser, http.MethodPost, "/blueprints", map[string]any{
		"name": "demo", "plugin": "DockerDriver",
		"config": map[string]any{"docker_image": images.DemoTag, "internal_port": images.DemoPort, "memory_limit": "256m", "maximum_lifetime": "1h", "maximum_instances_per_user": 5},
	})
	require.Equal(t, http.StatusCreated, status, b)
	id = b["id"].(string)
	status, b = s.call(s.browser, http.MethodPost, "/blueprints/"+id+"/activate", nil)
	require.Equal(t, http.StatusOK, status, b)
	return id
}

// drainAfterFailure leaves nothing in the cloud for whoever comes next.
func drainAfterFailure(t *testing.T, s *site) {
	if !t.Failed() || s.process == nil {
		return
	}
	_, list := s.call(s.browser, http.MethodGet, "/hosts", nil)
	t.Logf("hosts at the failure: %v", list["items"])
	_, list = s.call(s.browser, http.MethodGet, "/instances", nil)
	for _, item := range list["items"].([]any) {
		s.call(s.browser, http.MethodDelete, "/instances/"+item.(map[string]any)["id"].(string), nil)
	}
	s.set(pool.VarShutdownMode, "True")
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(time.Second) {
		if _, p := s.call(s.browser, http.MethodGet, "/pool", nil); p["state"] == "drained" {
			return
		}
	}
}

// projectHolds is what the openstack command lists in the project.
func projectHolds(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, kind := range []string{"server", "volume", "security group"} {
		args := append(strings.Fields(kind), "list", "-f", "value", "-c", "Name")
		out, err := exec.CommandContext(t.Context(), "openstack", args...).Output()
		require.NoError(t, err, "openstack %s", strings.Join(args, " "))
		for _, name := range strings.Fields(string(out)) {
			all = append(all, kind+" "+name)
		}
	}
	slices.Sort(all)
	return all
}

// numberOf is the number of the machine at an address of the yard.
func numberOf(address string) string {
	_, last, _ := strings.Cut(address, "10.77.0.")
	n, _ := strconv.Atoi(last)
	return strconv.Itoa(n - 10)
}
