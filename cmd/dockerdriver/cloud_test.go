//go:build cloud

// The whole way on a real OpenStack whose machines are real Docker engines:
// `make test-cloud` starts both, from scripts that stand beside this repository.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

// cloudPatience bounds each wait: a busy machine takes a minute for a server
// and half of one for its engine.
const cloudPatience = 5 * time.Minute

// TestWholeWayOnARealCloud is an operator's and a user's day: a pool comes up, a
// notebook is used, its machine is lost and replaced, the server is killed in the
// middle of that and of a launch, and in the end nothing is left.
func TestWholeWayOnARealCloud(t *testing.T) {
	there := projectHolds(t)
	yard := newMachineYard(t)
	s := startSite(t, "serve", t.TempDir(), []string{"OS_CLIENT_CONFIG_FILE=" + yard.cloudsFile, "OS_CLOUD=demo"}, "--cloud", "openstack")
	t.Cleanup(func() { drainAfterFailure(t, s) })
	makeDemoImage(t, s)
	demo := configure(t, s)

	queued := s.press(demo)
	hole := s.awaitHost(cloudPatience, func(h map[string]any) bool { return h["stage"] == "probe" && len(h["trouble"].([]any)) > 0 })
	t.Logf("a machine without its firewall takes nobody: %v", hole["trouble"])
	require.Contains(t, fmt.Sprint(hole["trouble"]), ":2376", "its containers reach the engine, and that is told")
	_, queued = s.call(s.browser, http.MethodGet, "/instances/"+queued["id"].(string), nil)
	require.Equal(t, "queueing", queued["state"], queued)
	close(yard.fences)

	i := s.awaitLong(queued["id"].(string), "running")
	host := s.host(i["host_id"].(string))
	t.Logf("it runs on %v, a %v of %v slots: %v", host["name"], host["flavor"], host["slots"], host["steps"])
	require.Equal(t, []any{"requested", "building", "engine", "images", "probe"}, stepsOf(host))
	require.NotEmpty(t, host["images"], "its image was pushed")
	knowsItsClients(t, s, host)
	server, err := yard.server(t.Context(), host["name"].(string))
	require.NoError(t, err)
	mark := server.Metadata["pb_installation"]
	require.NotEmpty(t, mark)
	requireMarked(t, mark, "server", "volume", "security group")
	useNotebook(t, s, i)

	t.Log("the server is killed and starts again")
	s.stop(syscall.SIGKILL)
	s.start()
	resp, page := s.get(s.browser, i["url"].(string)+"healthz")
	require.Equal(t, http.StatusOK, resp.StatusCode, "the same cookie opens the same notebook: %s", page)

	next := loseHost(t, s, yard, i, host)
	killInMidLaunchOnCloud(t, s, yard, demo)
	shutDown(t, s)
	left := projectHolds(t)
	for _, thing := range left {
		require.NotContains(t, thing.all, mark, "nothing of ours is left")
		require.NotContains(t, []any{host["name"], next["name"]}, thing.name)
	}
	for _, before := range there {
		if !strings.Contains(before.all, "pb_installation") { // others' tests may have removed theirs meanwhile
			require.Contains(t, left, before, "what was there before is there, as it was")
		}
	}
}

// configure sets the variables and makes the blueprint, as an operator would.
func configure(t *testing.T, s *site) (blueprint string) {
	t.Helper()
	for _, v := range [][2]string{
		{pool.VarPluginWhitelist, "DockerDriver"},
		{pool.VarHostImage, "Debian-12"},
		{pool.VarHostMasterGroup, "pb_server"},
		{pool.VarHostFlavorSmall, "mini"},
		{pool.VarHostSlotsSmall, "6"},
		{pool.VarHostFlavorLarge, "small"},
		{pool.VarHostSlotsLarge, "24"},
		{pool.VarHostLostAfter, "30s"},
		{pool.VarShutdownMode, "False"},
	} {
		s.set(v[0], v[1])
	}
	status, refused := s.call(s.browser, http.MethodPut, "/variables/"+pool.VarHostFlavorLarge, map[string]any{"value": "huge"})
	require.Equal(t, http.StatusUnprocessableEntity, status)
	require.Contains(t, refused["detail"], "huge")
	require.Contains(t, fmt.Sprint(refused), "mini", "it says what there is")
	return s.make("demo", map[string]any{"memory_limit": "256m", "maximum_lifetime": "1h", "maximum_instances_per_user": 5})
}

// loseHost cuts the instance's host off, and kills the server while another one is
// built, which begins before the first is given up. It returns the other one.
func loseHost(t *testing.T, s *site, yard *machineYard, i, host map[string]any) (next map[string]any) {
	t.Helper()
	t.Logf("%v is cut off", host["name"])
	began := time.Now()
	yard.cut(host["address"].(string))
	isOther := func(h map[string]any) bool { return h["id"] != host["id"] }
	s.awaitHost(cloudPatience, func(h map[string]any) bool {
		return isOther(h) && (h["state"] == "building" || h["state"] == "preparing")
	})
	t.Logf("after %s the next one is built; the server is killed meanwhile, and starts again", time.Since(began).Round(time.Second))
	s.stop(syscall.SIGKILL)
	s.start()
	i = s.awaitLong(i["id"].(string), "lost")
	t.Logf("its instance is lost after %s: %v", time.Since(began).Round(time.Second), i["failure"])
	failure := i["failure"].(map[string]any)
	require.Equal(t, string(pool.CodeHostLost), failure["code"])
	require.NotEmpty(t, failure["message"])
	require.NotEmpty(t, failure["hint"])

	next = s.awaitHost(cloudPatience, func(h map[string]any) bool { return isOther(h) && h["state"] == "active" })
	t.Logf("its replacement after %s, %v: %v", time.Since(began).Round(time.Second), next["name"], next["steps"])
	return next
}

// killInMidLaunchOnCloud ends the server in a launch; the next one finishes it, and
// makes nothing twice.
func killInMidLaunchOnCloud(t *testing.T, s *site, yard *machineYard, demo string) {
	t.Helper()
	t.Log("the server is killed in mid-launch and starts again")
	i := s.press(demo)
	s.stop(syscall.SIGKILL)
	s.start()
	i = s.awaitLong(i["id"].(string), "running")
	require.Len(t, yard.containers(s.host(i["host_id"].(string))["address"].(string), i["id"].(string)), 1)
	useNotebook(t, s, i)
	status, _ := s.call(s.browser, http.MethodDelete, "/instances/"+i["id"].(string), nil)
	require.Equal(t, http.StatusAccepted, status)
}

func shutDown(t *testing.T, s *site) {
	t.Helper()
	t.Log("shutdown mode")
	began := time.Now()
	s.set(pool.VarShutdownMode, "True")
	require.Eventually(t, func() bool {
		_, p := s.call(s.browser, http.MethodGet, "/pool", nil)
		return p["state"] == "drained"
	}, cloudPatience, time.Second)
	t.Logf("drained after %s", time.Since(began).Round(time.Second))
}

// knowsItsClients holds that the host's engine has a certificate of the
// installation's own authority, in the host's name, and turns away who has none.
func knowsItsClients(t *testing.T, s *site, host map[string]any) {
	t.Helper()
	ca, err := os.ReadFile(filepath.Join(s.dir, pkiName, "ca.crt"))
	require.NoError(t, err)
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(ca))
	stranger := &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots, ServerName: host["name"].(string)},
	}}
	resp, err := stranger.Get("https://" + host["address"].(string) + ":2376/_ping")
	if err == nil {
		resp.Body.Close()
	}
	require.ErrorContains(t, err, "bad certificate")
}

func stepsOf(host map[string]any) (names []any) {
	for _, step := range host["steps"].([]any) {
		names = append(names, step.(map[string]any)["step"])
	}
	return names
}

// press launches a blueprint and waits for nothing.
func (s *site) press(blueprint string) map[string]any {
	s.Helper()
	status, i := s.call(s.browser, http.MethodPost, "/instances", map[string]any{"blueprint_id": blueprint})
	require.Equal(s, http.StatusAccepted, status, i)
	return i
}

// awaitLong waits for a state that needs a machine first, or its loss.
func (s *site) awaitLong(id, state string) (i map[string]any) {
	s.Helper()
	require.Eventually(s, func() bool {
		_, i = s.call(s.browser, http.MethodGet, "/instances/"+id, nil)
		return i["state"] == state || i["state"] == "failed"
	}, cloudPatience, 500*time.Millisecond)
	require.Equal(s, state, i["state"], i)
	return i
}

// drainAfterFailure leaves nothing in the cloud for whoever comes next.
func drainAfterFailure(t *testing.T, s *site) {
	if !t.Failed() {
		return
	}
	if s.process == nil {
		s.start()
	}
	_, list := s.call(s.browser, http.MethodGet, "/hosts", nil)
	t.Logf("hosts at the failure: %v", list["items"])
	_, list = s.call(s.browser, http.MethodGet, "/instances", nil)
	t.Logf("instances at the failure: %v", list["items"])
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

func (s *site) host(id string) map[string]any {
	s.Helper()
	_, h := s.call(s.browser, http.MethodGet, "/hosts/"+id, nil)
	return h
}
