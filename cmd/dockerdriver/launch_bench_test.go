package main

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/client"
	"github.com/docker/go-connections/nat"
	"github.com/stretchr/testify/require"
)

// rounds of each measurement; ours and the bare engine's take turns, and the
// medians are compared, because the machine is noisy.
const rounds = 7

// BenchmarkLaunch compares a launch through us, from the click to running, with
// create + start + first HTTP answer on the bare engine, in the same run.
func BenchmarkLaunch(b *testing.B) {
	args, dockerHost := realEngine(b)
	s := newSite(b, []string{"DOCKER_HOST=" + dockerHost}, args...)
	engine, err := client.NewClientWithOpts(client.WithHost(dockerHost), client.WithAPIVersionNegotiation())
	require.NoError(b, err)
	b.Cleanup(func() { engine.Close() })
	blueprint := s.make("bench", map[string]any{"maximum_instances_per_user": 8, "memory_limit": "128m"})
	image := s.destroy(s.launch(blueprint, "running"))["image_id"].(string)
	for _, atOnce := range []int{1, 4} {
		b.Run(fmt.Sprintf("%d at once", atOnce), func(b *testing.B) {
			for b.Loop() {
				var ours, bare []time.Duration
				before := cpuOf(b, s.process.Process.Pid)
				for range rounds {
					bare = append(bare, bareLaunches(b, engine, image, atOnce))
					ours = append(ours, s.launchMany(blueprint, atOnce))
				}
				cpu := cpuOf(b, s.process.Process.Pid) - before
				b.ReportMetric(float64(median(bare).Milliseconds()), "bare-ms")
				b.ReportMetric(float64(median(ours).Milliseconds()), "ours-ms")
				b.ReportMetric(float64(median(ours))/float64(median(bare)), "ours/bare")
				b.ReportMetric(float64(cpu.Milliseconds())/float64(rounds*atOnce), "server-cpu-ms/launch")
				b.ReportMetric(0, "ns/op")
			}
		})
	}
}

// bareLaunches is the least that any system on this engine must do, n times at
// once: how long until all answer. They are removed afterwards, as ours are.
func bareLaunches(b testing.TB, engine *client.Client, image string, n int) time.Duration {
	made := make([]string, n)
	began := time.Now()
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { made[i] = bareLaunch(b, engine, image) })
	}
	all.Wait()
	took := time.Since(began)
	for _, id := range made {
		require.NoError(b, engine.ContainerRemove(b.Context(), id, container.RemoveOptions{Force: true}))
	}
	return took
}

func bareLaunch(b testing.TB, engine *client.Client, image string) (id string) {
	ctx := b.Context()
	const port = nat.Port("8787/tcp")
	limit, init := int64(512), true
	made, err := engine.ContainerCreate(ctx, &container.Config{Image: image, ExposedPorts: nat.PortSet{port: {}}}, &container.HostConfig{
		PortBindings: nat.PortMap{port: {{HostIP: "127.0.0.1"}}}, CapDrop: []string{"ALL"}, SecurityOpt: []string{"no-new-privileges"}, Init: &init,
		Resources: container.Resources{Memory: 128 << 20, MemorySwap: 128 << 20, NanoCPUs: 1e9, PidsLimit: &limit},
	}, nil, nil, "")
	require.NoError(b, err)
	require.NoError(b, engine.ContainerStart(ctx, made.ID, container.StartOptions{}))
	seen, err := engine.ContainerInspect(ctx, made.ID)
	require.NoError(b, err)
	url := "http://127.0.0.1:" + seen.NetworkSettings.Ports[port][0].HostPort + "/healthz"
	for {
		resp, err := http.Get(url)
		if err == nil {
			resp.Body.Close()
			return made.ID
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// launchMany launches n at once, waits until all run (as the event stream tells
// a browser), and destroys them again outside of the measured time.
func (s *site) launchMany(blueprint string, n int) time.Duration {
	s.Helper()
	running := s.hear()
	began := time.Now()
	var presses sync.WaitGroup
	for range n {
		presses.Go(func() {
			status, i := s.call(s.browser, http.MethodPost, "/instances", map[string]any{"blueprint_id": blueprint})
			if status != http.StatusAccepted {
				s.Errorf("a launch was refused: %v", i)
			}
		})
	}
	presses.Wait()
	var all []map[string]any
	for i := range running {
		if all = append(all, i); len(all) == n {
			break
		}
	}
	took := time.Since(began)
	for _, i := range all {
		s.destroy(i)
	}
	return took
}

func (s *site) destroy(i map[string]any) map[string]any {
	s.Helper()
	status, _ := s.call(s.browser, http.MethodDelete, "/instances/"+i["id"].(string), nil)
	require.Equal(s, http.StatusAccepted, status)
	return s.await(i["id"].(string), "deleted")
}

func median(d []time.Duration) time.Duration {
	d = slices.Sorted(slices.Values(d))
	return d[len(d)/2]
}

// cpuOf returns the processor time that a process has used, from /proc
// (clock ticks of 10 ms).
func cpuOf(tb testing.TB, pid int) time.Duration {
	tb.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	require.NoError(tb, err)
	_, after, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(after)
	var ticks int
	for _, field := range fields[11:13] { // utime, stime
		n, err := strconv.Atoi(field)
		require.NoError(tb, err)
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}
