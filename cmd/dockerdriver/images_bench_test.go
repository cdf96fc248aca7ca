package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"dockerdriver/actors"
	"dockerdriver/actors/docker"
	"dockerdriver/actors/docker/dockertest"
	"dockerdriver/actors/images"
	"dockerdriver/actors/pool"
)

const (
	// envBenchMB is the size of the image whose push is watched for memory, in MiB.
	envBenchMB = "DOCKERDRIVER_BENCH_MB"
	// envBenchPush makes a test process push the images of a directory and tell its memory.
	envBenchPush = "DOCKERDRIVER_BENCH_PUSH"

	loadRounds = 5
	loadSize   = 32 << 20
)

// pier is one engine and one image directory.
type pier struct {
	testing.TB
	url       string
	dir       string
	engine    *docker.Engine
	directory *images.Directory
}

func newPier(tb testing.TB, url, dir string) *pier {
	tb.Helper()
	p := &pier{TB: tb, url: url, dir: dir}
	engines := docker.New(zerolog.Nop())
	tb.Cleanup(engines.Close)
	var err error
	p.engine, err = engines.Engine(pool.Endpoint{URL: url, Address: "127.0.0.1"})
	require.NoError(tb, err)
	p.directory, err = images.Open(dir, zerolog.Nop())
	require.NoError(tb, err)
	return p
}

// scan reads the directory and returns its images by file.
func (p *pier) scan() map[string]pool.Image {
	p.Helper()
	found, err := p.directory.Scan(p.Context())
	require.NoError(p, err)
	byFile := map[string]pool.Image{}
	for _, image := range found {
		require.Empty(p, image.Fault)
		byFile[image.File] = image
	}
	return byFile
}

func (p *pier) push(image pool.Image) (pool.Push, time.Duration) {
	p.Helper()
	transfer := &actors.Transfer{Images: p.directory, Image: image, Log: zerolog.Nop()}
	began := time.Now()
	require.NoError(p, transfer.Run(p.Context(), p.engine))
	return transfer.Progress(), time.Since(began)
}

func (p *pier) remove(image pool.Image) {
	p.Helper()
	require.NoError(p, p.engine.RemoveImage(context.Background(), image.ID))
}

// BenchmarkImages compares pushes with the docker command's load of the same
// file on the same engine, in turns, and tells what a push of a large image takes
// of memory, one that has nothing to do of time, and one of a small change of bytes.
func BenchmarkImages(b *testing.B) {
	p := newPier(b, dockertest.RealEngine(b), b.TempDir())
	for b.Loop() {
		var table bytes.Buffer
		rows := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
		p.compareLoads(rows)
		p.oneLayerOfTen(rows)
		p.memory(rows)
		require.NoError(b, rows.Flush())
		fmt.Printf("\n%s\n", table.String())
		b.ReportMetric(0, "ns/op")
	}
}

// compareLoads takes turns, because the machine is noisy, and compares medians.
func (p *pier) compareLoads(rows *tabwriter.Writer) {
	cli, err := exec.LookPath("docker")
	if err != nil {
		p.Skip("no docker command to compare with")
	}
	for _, packing := range []string{"plain", "gzip", "zstd"} {
		name := packing + ".img"
		path := filepath.Join(p.dir, name)
		writeBenchImage(p, path, "bench.test/"+packing+":1", packing, noiseLayers(loadSize/4, packing, 4))
		image := p.scan()[name]
		p.remove(image)
		var ours, bare []time.Duration
		for range loadRounds {
			_, took := p.push(image)
			ours = append(ours, took)
			p.remove(image)
			if packing == "zstd" {
				continue // engines before 23 do not load it
			}
			began := time.Now()
			said, err := exec.CommandContext(p.Context(), cli, "-H", p.url, "load", "-q", "-i", path).CombinedOutput()
			require.NoError(p, err, "%s", said)
			bare = append(bare, time.Since(began))
			p.remove(image)
		}
		mb := func(d time.Duration) float64 { return float64(image.Unpacked) / 1e6 / d.Seconds() }
		if bare == nil {
			fmt.Fprintf(rows, "%s, %d MB:\tours %.1f MB/s\tdocker load cannot\n", packing, image.Unpacked/1e6, mb(median(ours)))
		} else {
			fmt.Fprintf(rows, "%s, %d MB:\tours %.1f MB/s\tdocker load %.1f MB/s\tratio %.2f\n",
				packing, image.Unpacked/1e6, mb(median(ours)), mb(median(bare)), float64(median(bare))/float64(median(ours)))
		}
		require.NoError(p, os.Remove(path))
	}
}

// oneLayerOfTen pushes an image, pushes it again, and then others that have one other layer.
func (p *pier) oneLayerOfTen(rows *tabwriter.Writer) {
	const size = 4 << 20
	base := noiseLayers(size, "base", 10)
	writeBenchImage(p, filepath.Join(p.dir, "base.img"), "bench.test/base:1", "plain", base)
	for _, at := range []int{9, 5} {
		changed := append([]benchLayer{}, base...)
		changed[at] = noiseLayers(size, fmt.Sprint("changed", at), 1)[0]
		name := fmt.Sprintf("changed%d", at)
		writeBenchImage(p, filepath.Join(p.dir, name+".img"), "bench.test/"+name+":1", "plain", changed)
	}
	found := p.scan()
	whole, _ := p.push(found["base.img"])
	var idle []time.Duration
	for range 15 {
		again, took := p.push(found["base.img"])
		require.Zero(p, again.Sent)
		idle = append(idle, took)
	}
	fmt.Fprintf(rows, "present already:\t%.1f ms\t0 bytes\n", median(idle).Seconds()*1000)
	for _, at := range []int{9, 5} {
		image := found[fmt.Sprintf("changed%d.img", at)]
		sent, _ := p.push(image)
		fmt.Fprintf(rows, "layer %d of 10 changed:\t%d of %d bytes\t\tratio %.2f\n", at+1, sent.Sent, whole.Sent, float64(sent.Sent)/float64(whole.Sent))
	}
	for _, image := range found {
		p.remove(image)
		require.NoError(p, os.Remove(filepath.Join(p.dir, image.File)))
	}
}

// memory has a process of its own read and push a large image: packed with zstd,
// which is what takes the most.
func (p *pier) memory(rows *tabwriter.Writer) {
	mb, err := strconv.Atoi(os.Getenv(envBenchMB))
	if err != nil {
		mb = 2048
	}
	writeBenchImage(p, filepath.Join(p.dir, "large.img"), "bench.test/large:1", "zstd", []benchLayer{{size: int64(mb) << 20}})
	child := exec.CommandContext(p.Context(), os.Args[0], "-test.run", "^TestPushForBench$", "-test.v")
	child.Env = append(os.Environ(), envBenchPush+"="+p.dir, dockertest.EnvEngine+"="+p.url)
	began := time.Now()
	said, err := child.CombinedOutput()
	require.NoError(p, err, "%s", said)
	var idle, peak int64
	_, after, _ := strings.Cut(string(said), "memory: ")
	_, err = fmt.Sscanf(after, "%d %d", &idle, &peak)
	require.NoError(p, err, "%s", said)
	fmt.Fprintf(rows, "read and push %d MiB:\t%.1f MiB over idle\t(%.1f MiB)\t%.0f s\n",
		mb, float64(peak-idle)/(1<<20), float64(idle)/(1<<20), time.Since(began).Seconds())
	require.NoError(p, os.Remove(filepath.Join(p.dir, "large.img")))
}

// TestPushForBench is the process whose memory BenchmarkImages tells; by itself it
// is nothing to run.
func TestPushForBench(t *testing.T) {
	dir := os.Getenv(envBenchPush)
	if dir == "" {
		return
	}
	p := newPier(t, dockertest.RealEngine(t), dir)
	_, err := p.engine.Info(t.Context())
	require.NoError(t, err)
	idle := residentOf(t, "VmRSS:")
	for _, image := range p.scan() {
		p.push(image)
		p.remove(image)
	}
	t.Logf("memory: %d %d\n", idle, residentOf(t, "VmHWM:"))
}

// residentOf reads this process's memory from /proc, in bytes.
func residentOf(t *testing.T, what string) int64 {
	t.Helper()
	file, err := os.Open("/proc/self/status")
	require.NoError(t, err)
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if rest, found := strings.CutPrefix(lines.Text(), what); found {
			kib, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(rest, "kB")), 10, 64)
			require.NoError(t, err)
			return kib << 10
		}
	}
	t.Fatalf("/proc/self/status does not tell %s", what)
	return 0
}
