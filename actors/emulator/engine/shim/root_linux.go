package shim

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// devices are those that every Docker container has.
var devices = []string{"null", "zero", "full", "random", "urandom", "tty"}

// enterRoot makes the container's root file system this process's own: the image's files with a writable layer over them.
func (s *shim) enterRoot() error {
	// Nothing that is mounted from here on may show on the host.
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("cannot make the mounts private: %v", err)
	}
	root := filepath.Join(s.spec.Dir, "merged")
	if err := s.mountRoot(root); err != nil {
		return err
	}
	for _, dir := range []string{"proc", "dev", "sys"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			return fmt.Errorf("cannot make /%s: %v", dir, err)
		}
	}
	if err := mountProc(filepath.Join(root, "proc")); err != nil {
		return err
	}
	if err := mountDev(filepath.Join(root, "dev")); err != nil {
		return err
	}
	if err := pivot(root); err != nil {
		return err
	}
	if err := s.furnish(); err != nil {
		return err
	}
	if s.spec.ReadonlyRootfs {
		if err := unix.Mount("", "/", "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY, ""); err != nil {
			return fmt.Errorf("cannot make the root file system read-only: %v", err)
		}
	}
	return nil
}

// mountRoot puts the root file system at the folder: an overlay, or, where the file system below takes none, a copy.
func (s *shim) mountRoot(root string) error {
	upper, work := filepath.Join(s.spec.Dir, "upper"), filepath.Join(s.spec.Dir, "work")
	for _, dir := range []string{root, upper, work} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return fmt.Errorf("cannot make the container's root file system: %v", err)
		}
	}
	options := fmt.Sprintf("lowerdir=%s,upperdir=%s,workdir=%s", s.spec.Rootfs, upper, work)
	if s.spec.Isolation == User {
		options += ",userxattr"
	}
	if !strings.ContainsAny(s.spec.Rootfs+s.spec.Dir, ":,\\") && unix.Mount("overlay", root, "overlay", 0, options) == nil {
		return nil
	}
	if err := copyRoot(s.spec.Rootfs, root); err != nil {
		return err
	}
	// pivot_root wants a mount point.
	if err := unix.Mount(root, root, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
		return fmt.Errorf("cannot mount the container's root file system: %v", err)
	}
	return nil
}

// copyRoot copies the image's files once; a container started again finds its own.
func copyRoot(from, to string) error {
	if entries, err := os.ReadDir(to); err != nil || len(entries) > 0 {
		return err
	}
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		return fmt.Errorf("cannot copy the image's files: %v", err)
	}
	return nil
}

// furnish adds the other files that Docker adds to every container, once the host's files are out of reach: a link in the
// image must not lead a write to them.
func (s *shim) furnish() error {
	for _, dir := range []string{"/etc", s.spec.WorkDir} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return fmt.Errorf("cannot make %s: %v", dir, err)
		}
	}
	files := map[string]string{
		"hostname":    s.spec.Hostname + "\n",
		"hosts":       "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n" + s.spec.Address + "\t" + s.spec.Hostname + "\n",
		"resolv.conf": "",
	}
	for name, content := range files {
		path := filepath.Join("/etc", name)
		if _, err := os.Lstat(path); err == nil {
			continue
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			return fmt.Errorf("cannot write /etc/%s: %v", name, err)
		}
	}
	return nil
}

// mountProc also takes back what root could do to the host through it, as Docker does: the same paths.
func mountProc(proc string) error {
	if err := unix.Mount("proc", proc, "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
		// Inside an unprivileged container the kernel refuses a second /proc. Most static programs live without.
		return nil //nolint:nilerr // the reason is in the line above
	}
	for _, name := range []string{"bus", "fs", "irq", "sys", "sysrq-trigger"} {
		path := filepath.Join(proc, name)
		if err := unix.Mount(path, path, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			return fmt.Errorf("cannot protect /proc/%s: %v", name, err)
		}
		flags := uintptr(unix.MS_BIND | unix.MS_REMOUNT | unix.MS_RDONLY | unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC)
		if err := unix.Mount("", path, "", flags, ""); err != nil {
			return fmt.Errorf("cannot protect /proc/%s: %v", name, err)
		}
	}
	for _, name := range []string{"kcore", "keys", "latency_stats", "timer_list", "sched_debug"} {
		err := unix.Mount(os.DevNull, filepath.Join(proc, name), "", unix.MS_BIND, "")
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("cannot mask /proc/%s: %v", name, err)
		}
	}
	return nil
}

func mountDev(dev string) error {
	if err := unix.Mount("tmpfs", dev, "tmpfs", unix.MS_NOSUID|unix.MS_STRICTATIME, "mode=755,size=65536k"); err != nil {
		return fmt.Errorf("cannot mount /dev: %v", err)
	}
	for _, name := range devices {
		path := filepath.Join(dev, name)
		if err := os.WriteFile(path, nil, 0o666); err != nil {
			return fmt.Errorf("cannot make /dev/%s: %v", name, err)
		}
		// Bound, not made: a user namespace may not make devices.
		if err := unix.Mount("/dev/"+name, path, "", unix.MS_BIND, ""); err != nil {
			return fmt.Errorf("cannot make /dev/%s: %v", name, err)
		}
	}
	links := map[string]string{"fd": "/proc/self/fd", "stdin": "/proc/self/fd/0", "stdout": "/proc/self/fd/1", "stderr": "/proc/self/fd/2"}
	for name, target := range links {
		if err := os.Symlink(target, filepath.Join(dev, name)); err != nil {
			return fmt.Errorf("cannot make /dev/%s: %v", name, err)
		}
	}
	shared := filepath.Join(dev, "shm")
	if err := os.Mkdir(shared, 0o755); err != nil {
		return fmt.Errorf("cannot make /dev/shm: %v", err)
	}
	if err := unix.Mount("tmpfs", shared, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, "mode=1777,size=65536k"); err != nil {
		return fmt.Errorf("cannot mount /dev/shm: %v", err)
	}
	return nil
}

// pivot leaves the host's file systems behind; unlike a chroot there is no way back.
func pivot(root string) error {
	if err := unix.Chdir(root); err != nil {
		return fmt.Errorf("cannot enter the container's root file system: %v", err)
	}
	if err := unix.PivotRoot(".", "."); err != nil {
		return fmt.Errorf("cannot make the container's root file system the root: %v", err)
	}
	if err := unix.Unmount(".", unix.MNT_DETACH); err != nil {
		return fmt.Errorf("cannot leave the host's file systems: %v", err)
	}
	return unix.Chdir("/")
}

func tryNamespaces() error {
	if err := raiseLoopback("172.17.0.2"); err != nil {
		return err
	}
	return unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "")
}
