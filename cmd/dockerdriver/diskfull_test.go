package main

import (
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// smallDisk is a file system of that size, in bytes, for a data directory of its
// own. Only root can make one.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	if os.Geteuid() != 0 && os.Getenv("CI") == "" {
		t.Skip("only root makes a disk of its own")
	}
	dir := t.TempDir()
	require.NoError(t, unix.Mount("tmpfs", dir, "tmpfs", 0, "mode=700,size="+size))
	t.Cleanup(func() { require.NoError(t, unix.Unmount(dir, unix.MNT_DETACH)) })
	return dir
}

// fill leaves no byte on the disk, until what it returns is called.
func fill(t *testing.T, disk string) (empty func()) {
	t.Helper()
	ballast := filepath.Join(disk, "ballast")
	file, err := os.Create(ballast)
	require.NoError(t, err)
	for size := 1 << 20; size > 0; {
		if _, err = file.Write(make([]byte, size)); err != nil {
			require.True(t, errors.Is(err, unix.ENOSPC), err)
			size /= 2
		}
	}
	require.NoError(t, file.Close())
	return func() { require.NoError(t, os.Remove(ballast)) }
}

// TestFullDiskRefusesLaunchesAndHarmsNothingThatRuns fills the disk of a server
// with people in their notebooks.
func TestFullDiskRefusesLaunchesAndHarmsNothingThatRuns(t *testing.T) {
	t.Parallel()
	disk := smallDisk(t, "64m")
	args, dockerHost := emulatorProcess(t)
	s := startSite(t, "demo", filepath.Join(disk, "data"), nil, args...)
	demo := s.make("many", map[string]any{"maximum_instances_per_user": 60})
	i := s.launch(demo, "running")
	_, ticket := s.call(s.browser, http.MethodPost, "/instances/"+i["id"].(string)+"/open", map[string]any{})
	resp, _ := s.get(s.browser, ticket["url"].(string))
	require.Equal(t, http.StatusOK, resp.StatusCode)
	require.Len(t, s.containers(dockerHost), 1)

	empty := fill(t, disk)
	// The database has some room of its own, which a few launches use up.
	refused := ""
	for n := 0; n < 50 && refused == ""; n++ {
		status, answer := s.ask(http.MethodPost, "/instances", `{"blueprint_id":"`+demo+`"}`)
		require.Contains(t, []int{http.StatusAccepted, http.StatusServiceUnavailable, http.StatusConflict}, status, answer)
		if status == http.StatusServiceUnavailable {
			refused = answer
		}
	}
	require.Contains(t, refused, `"code":"DISK_FULL"`)
	require.Contains(t, refused, "an administrator makes room in the server's data directory")
	for range 20 {
		resp, _ := s.get(s.browser, i["url"].(string))
		require.Equal(t, http.StatusOK, resp.StatusCode, "whoever is in a notebook stays in")
	}
	require.Equal(t, "running", s.await(i["id"].(string), "running")["state"])
	_, ticket = s.call(s.browser, http.MethodPost, "/instances/"+i["id"].(string)+"/open", map[string]any{})
	stranger := s.newBrowser()
	resp, _ = s.get(stranger, ticket["url"].(string))
	require.Equal(t, http.StatusOK, resp.StatusCode, "another browser of its owner gets in, too")
	before := len(s.log.String())
	time.Sleep(5 * time.Second)
	require.Less(t, strings.Count(s.log.String()[before:], "\n"), 400, "the log does not fill up with it")

	empty()
	require.Eventually(t, func() bool {
		status, _ := s.ask(http.MethodPost, "/instances", `{"blueprint_id":"`+demo+`"}`)
		return status == http.StatusAccepted || status == http.StatusConflict
	}, 30*time.Second, 200*time.Millisecond, "it recovers by itself")
	_, list := s.call(s.browser, http.MethodGet, "/instances", nil)
	for _, item := range list["items"].([]any) {
		s.call(s.browser, http.MethodDelete, "/instances/"+item.(map[string]any)["id"].(string), nil)
	}
	for end := time.Now().Add(2 * time.Minute); len(s.containers(dockerHost)) > 0; time.Sleep(200 * time.Millisecond) {
		require.True(t, time.Now().Before(end), "all that was begun comes to its end")
	}
}

// ask is call where a refusal with a status of 503 is an answer, too.
func (s *site) ask(method, path, body string) (int, string) {
	s.Helper()
	req, err := http.NewRequestWithContext(s.Context(), method, "http://"+s.ui+"/api/v1"+path, strings.NewReader(body))
	require.NoError(s, err)
	req.Header.Set("Content-Type", "application/json")
	resp, err := s.browser.Do(req)
	require.NoError(s, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(s, err)
	return resp.StatusCode, string(text)
}

// TestAServerThatDiesWithAFullDiskComesBack kills a server whose disk is full: the
// next one has its notebooks, lets in who was in, and takes commands.
func TestAServerThatDiesWithAFullDiskComesBack(t *testing.T) {
	long(t, "a server dies twice")
	t.Parallel()
	disk := smallDisk(t, "64m")
	args, _ := emulatorProcess(t)
	s := startSite(t, "demo", filepath.Join(disk, "data"), nil, args...)
	i := s.launch(s.blueprint("demo-notebook"), "running")
	open(t, s, s.browser, i)
	empty := fill(t, disk)
	for range 2 {
		s.stop(syscall.SIGKILL)
		s.start()
		require.Equal(t, "running", s.await(i["id"].(string), "running")["state"])
		resp, _ := s.get(s.browser, i["url"].(string)+"healthz")
		require.Equal(t, http.StatusOK, resp.StatusCode, "whoever was in is in")
		require.Contains(t, call(t, "instance", "list", "--all", "--data-dir", s.dir).out, i["name"], "the command line has access")
	}
	require.Contains(t, s.log.String(), "the command line's access is not renewed")
	empty()
	s.stop(syscall.SIGTERM)
	s.start()
	require.Contains(t, call(t, "instance", "list", "--all", "--data-dir", s.dir).out, i["name"])
}
