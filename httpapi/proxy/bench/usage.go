//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// ticksPerSecond is USER_HZ, which is 100 on every Linux that Go runs on.
const ticksPerSecond = 100

// stat is what /proc/PID/stat says.
type stat struct {
	parent int
	ticks  int // user and system, of the process and of its children that have ended
}

func statOf(pid int) (stat, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return stat{}, err
	}
	_, after, _ := strings.Cut(string(text), ") ") // the name before may hold blanks
	fields := strings.Fields(after)
	if len(fields) < 15 {
		return stat{}, fmt.Errorf("/proc/%d/stat has %d fields only", pid, len(fields))
	}
	var s stat
	s.parent, err = strconv.Atoi(fields[1])
	for _, field := range fields[11:15] { // utime, stime, cutime, cstime
		n, wrong := strconv.Atoi(field)
		if wrong != nil {
			err = wrong
		}
		s.ticks += n
	}
	return s, err
}

// treeOf returns a process and its descendants.
func treeOf(root int) (map[int]stat, error) {
	dirs, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return nil, err
	}
	all := map[int]stat{}
	for _, dir := range dirs {
		pid, err := strconv.Atoi(filepath.Base(dir))
		if err != nil {
			continue
		}
		if s, err := statOf(pid); err == nil { // else it has just ended
			all[pid] = s
		}
	}
	if _, found := all[root]; !found {
		return nil, fmt.Errorf("process %d has ended", root)
	}
	tree := map[int]stat{}
	for pid := range all {
		for at := pid; at > 1; at = all[at].parent {
			if at == root {
				tree[pid] = all[pid]
				break
			}
		}
	}
	return tree, nil
}

// cpuOf returns the CPU seconds that a process and its descendants have used.
func cpuOf(pid int) (float64, error) {
	tree, err := treeOf(pid)
	ticks := 0
	for _, s := range tree {
		ticks += s.ticks
	}
	return float64(ticks) / ticksPerSecond, err
}

// memoryOf returns the bytes that a process and its descendants hold, what they
// share counted once (PSS). What the kernel holds for their sockets is not in it.
func memoryOf(root int) (float64, error) {
	tree, err := treeOf(root)
	if err != nil {
		return 0, err
	}
	total := 0.0
	for pid := range tree {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
		if err != nil {
			return 0, fmt.Errorf("cannot read the memory of process %d: %w", pid, err)
		}
		for line := range strings.Lines(string(text)) {
			if rest, found := strings.CutPrefix(line, "Pss:"); found {
				kib, err := strconv.Atoi(strings.Fields(rest)[0])
				if err != nil {
					return 0, err
				}
				total += float64(kib) * 1024
			}
		}
	}
	return total, nil
}

// filesOf returns how many files a process has open.
func filesOf(pid int) (int, error) {
	entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	return len(entries), err
}

// openFiles is how many a child may have open (main.go).
func openFiles() uint64 {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 1024
	}
	return limit.Cur
}
