package engine

import (
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/docker/docker/api/types/events"
)

// memoryPoll is how often memory limits are checked; in between a container can take more than its limit.
const memoryPoll = 200 * time.Millisecond

// watchMemory enforces the memory limits of running containers until the engine closes.
func (e *Engine) watchMemory() {
	ticker := time.NewTicker(memoryPoll)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			e.checkMemory()
		case <-e.life.Done():
			return
		}
	}
}

func (e *Engine) checkMemory() {
	var limited []*emulated
	for _, c := range e.containers.all() {
		if c.record.Host.Memory > 0 && c.running() {
			limited = append(limited, c)
		}
	}
	if len(limited) == 0 {
		return
	}
	children := processTree()
	for _, c := range limited {
		_, this := c.snapshot()
		if this == nil || treeMemory(children, this.process.PID()) <= c.record.Host.Memory {
			continue
		}
		c.mu.Lock()
		over := c.run == this
		if over {
			c.record.OOM = true
		}
		c.mu.Unlock()
		if over {
			e.containerEvent(c, events.ActionOOM)
			this.process.Kill()
		}
	}
}

// processTree is every process's children, from /proc.
func processTree() map[int][]int {
	children := map[int][]int{}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return children
	}
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		stat, err := os.ReadFile("/proc/" + entry.Name() + "/stat")
		if err != nil {
			continue
		}
		// The command's name, in parentheses, may hold spaces and parentheses itself.
		fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
		if len(fields) < 2 {
			continue
		}
		if parent, err := strconv.Atoi(fields[1]); err == nil {
			children[parent] = append(children[parent], pid)
		}
	}
	return children
}

// treeMemory sums what the processes below a shim hold, in bytes, without the shim's own: memory of their own and shared
// memory, but not file pages, which the kernel can take back at any time.
func treeMemory(children map[int][]int, shim int) int64 {
	var sum int64
	open := append([]int(nil), children[shim]...)
	for len(open) > 0 {
		pid := open[len(open)-1]
		open = append(open[:len(open)-1], children[pid]...)
		if status, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status"); err == nil {
			sum += kibibytes(string(status), "RssAnon:") + kibibytes(string(status), "RssShmem:")
		}
	}
	return sum
}

// kibibytes reads a line such as "RssAnon:  1234 kB" from a file of /proc, in bytes; 0 if it is not there.
func kibibytes(file, field string) int64 {
	for line := range strings.SplitSeq(file, "\n") {
		if rest, ok := strings.CutPrefix(line, field); ok {
			if fields := strings.Fields(rest); len(fields) > 0 {
				n, _ := strconv.ParseInt(fields[0], 10, 64)
				return n << 10
			}
		}
	}
	return 0
}
