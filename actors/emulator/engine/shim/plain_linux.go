package shim

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// settleWithout is enter on a machine without namespaces: the program runs from a copy of the image's files, and this
// process adopts its orphans, as an init would.
func (s *shim) settleWithout() error {
	root := filepath.Join(s.spec.Dir, "merged")
	if err := os.MkdirAll(root, 0o755); err != nil {
		return fmt.Errorf("cannot make the container's files: %v", err)
	}
	if err := copyRoot(s.spec.Rootfs, root); err != nil {
		return err
	}
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("cannot adopt the container's processes: %v", err)
	}
	s.spec.Path = filepath.Join(root, s.spec.Path)
	s.spec.WorkDir = filepath.Join(root, s.spec.WorkDir)
	if err := os.MkdirAll(s.spec.WorkDir, 0o755); err != nil {
		return fmt.Errorf("cannot make the working directory: %v", err)
	}
	return nil
}

// killDescendants kills children until there are none: what a killed one leaves behind becomes our child in turn.
func killDescendants() {
	for range 1000 {
		for _, child := range childrenOf(os.Getpid()) {
			_ = unix.Kill(child, unix.SIGKILL)
		}
		var status unix.WaitStatus
		if _, err := unix.Wait4(-1, &status, 0, nil); err == unix.ECHILD {
			return
		}
	}
}

func childrenOf(parent int) []int {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	var children []int
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
		if len(fields) > 1 && fields[1] == strconv.Itoa(parent) {
			children = append(children, pid)
		}
	}
	return children
}
