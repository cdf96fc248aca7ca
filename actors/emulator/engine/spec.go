package engine

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/docker/docker/api/types/container"

	"dockerdriver/actors/emulator/engine/shim"
)

// defaultPath is what Docker puts before the environment of an image that names none.
const defaultPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// defaultCapabilities are Docker's (moby oci/caps/defaults.go).
var defaultCapabilities = []string{
	"CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER", "CAP_MKNOD", "CAP_NET_RAW", "CAP_SETGID", "CAP_SETUID",
	"CAP_SETFCAP", "CAP_SETPCAP", "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT", "CAP_KILL", "CAP_AUDIT_WRITE",
}

// specOf says how to run a container, or why it cannot be run.
func (e *Engine) specOf(c *emulated) (shim.Spec, error) {
	config, host := c.record.Config, c.record.Host
	img, err := e.images.find(c.record.ImageID)
	if err != nil {
		return shim.Spec{}, err
	}
	env := environment(config, c.shortID())
	rootfs := e.images.rootfs(img)
	workDir := filepath.Join("/", config.WorkingDir)
	path, err := program(rootfs, c.record.Path, workDir, env)
	refusal := refusedByInit(err, c.record)
	if err != nil && refusal == nil {
		return shim.Spec{}, err
	}
	uid, gid, err := userOf(rootfs, config.User)
	if err != nil {
		return shim.Spec{}, err
	}
	if uid != 0 && e.isolation != shim.Root {
		return shim.Spec{}, &startError{code: 126, err: fail(http.StatusBadRequest, "the emulated engine runs containers of user %q as root on Linux only; start it as root, or start a real Docker engine and set DOCKER_HOST to it", config.User)}
	}
	groups, err := supplementary(host.GroupAdd)
	if err != nil {
		return shim.Spec{}, err
	}
	return shim.Spec{
		Isolation: e.isolation, Rootfs: rootfs, Dir: c.dir,
		Path: path, Args: append([]string{c.record.Path}, c.record.Args...), Env: env, WorkDir: workDir,
		UID: uid, GID: gid, Groups: groups, Hostname: config.Hostname, Address: e.containers.address(),
		Capabilities:    capabilities(host),
		NoNewPrivileges: slices.ContainsFunc(host.SecurityOpt, isNoNewPrivileges),
		ReadonlyRootfs:  host.ReadonlyRootfs,
		Refusal:         refusal,
	}, nil
}

// refusedByInit is what becomes of a program that is not there when there is an init: that starts, and finds out itself.
func refusedByInit(err error, r record) *shim.Refusal {
	var refused *startError
	if r.Host.Init == nil || !*r.Host.Init || !errors.As(err, &refused) || refused.system == "" {
		return nil
	}
	return &shim.Refusal{Code: refused.code, Words: fmt.Sprintf("[FATAL tini (7)] exec %s failed: %s\n", r.Path, refused.system)}
}

func isNoNewPrivileges(option string) bool {
	return option == "no-new-privileges" || option == "no-new-privileges:true" || option == "no-new-privileges=true"
}

// environment is the program's: Docker's own before the container's, which may override it.
func environment(config *container.Config, hostname string) []string {
	if config.Hostname != "" {
		hostname = config.Hostname
	}
	env := []string{defaultPath, "HOSTNAME=" + hostname}
	set := func(entry string) {
		name, _, hasValue := strings.Cut(entry, "=")
		env = slices.DeleteFunc(env, func(old string) bool { return strings.HasPrefix(old, name+"=") })
		if hasValue {
			env = append(env, entry)
		}
	}
	for _, entry := range config.Env {
		set(entry)
	}
	if !slices.ContainsFunc(env, func(entry string) bool { return strings.HasPrefix(entry, "HOME=") }) {
		env = append(env, "HOME=/")
	}
	return env
}

func capabilities(host *container.HostConfig) []string {
	if host.Privileged {
		return shim.Capabilities
	}
	kept := slices.Clone(defaultCapabilities)
	if has(host.CapDrop, "ALL") {
		kept = nil
	}
	if has(host.CapAdd, "ALL") {
		kept = slices.Clone(shim.Capabilities)
	}
	for _, name := range host.CapAdd {
		kept = append(kept, capabilityName(name))
	}
	return slices.DeleteFunc(kept, func(name string) bool { return has(host.CapDrop, name) && !has(host.CapAdd, name) })
}

func has(names []string, wanted string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return capabilityName(name) == capabilityName(wanted) })
}

// capabilityName is the kernel's name of what clients may write as chown, CHOWN or CAP_CHOWN.
func capabilityName(name string) string {
	name = strings.ToUpper(name)
	if name == "ALL" || strings.HasPrefix(name, "CAP_") {
		return name
	}
	return "CAP_" + name
}

func supplementary(names []string) ([]int, error) {
	groups := make([]int, 0, len(names))
	for _, name := range names {
		group, err := strconv.Atoi(name)
		if err != nil {
			return nil, &startError{code: 126, err: fail(http.StatusBadRequest, "unable to find group %s: the emulated engine takes group numbers only", name)}
		}
		groups = append(groups, group)
	}
	return groups, nil
}

// userOf reads USER[:GROUP]; names are looked up in the image's own /etc/passwd.
func userOf(rootfs, user string) (uid, gid int, err error) {
	if user == "" {
		return 0, 0, nil
	}
	name, group, hasGroup := strings.Cut(user, ":")
	uid, err = strconv.Atoi(name)
	if err != nil {
		entry := passwdEntry(rootfs, name)
		if len(entry) < 4 {
			return 0, 0, &startError{code: 126, err: fail(http.StatusBadRequest, "unable to find user %s: no matching entries in passwd file", name)}
		}
		uid, _ = strconv.Atoi(entry[2])
		gid, _ = strconv.Atoi(entry[3])
	}
	if hasGroup {
		if gid, err = strconv.Atoi(group); err != nil {
			return 0, 0, &startError{code: 126, err: fail(http.StatusBadRequest, "unable to find group %s: the emulated engine takes group numbers only", group)}
		}
	}
	return uid, gid, nil
}

func passwdEntry(rootfs, name string) []string {
	root, err := os.OpenRoot(rootfs)
	if err != nil {
		return nil
	}
	defer root.Close()
	passwd, err := root.ReadFile("etc/passwd")
	if err != nil {
		return nil
	}
	for line := range strings.SplitSeq(string(passwd), "\n") {
		if fields := strings.Split(line, ":"); fields[0] == name {
			return fields
		}
	}
	return nil
}
