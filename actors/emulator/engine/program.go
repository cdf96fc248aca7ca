package engine

import (
	"debug/elf"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path"
	"runtime"
	"strings"
)

// realEngine is the way out when an image is more than the emulator can run.
const realEngine = "the emulated engine runs static Linux binaries of this machine's architecture only; for any other image start a real Docker engine and set DOCKER_HOST to it"

// maxLinks is the kernel's own bound on symbolic links in a path.
const maxLinks = 40

// program finds what a container is to execute, inside its root file system, and refuses what cannot run there. A missing
// program gets runc's words and exit codes: 127 not found, 126 not executable.
func program(rootfs, name, workDir string, env []string) (string, error) {
	root, err := os.OpenRoot(rootfs)
	if err != nil {
		return "", fmt.Errorf("cannot open the image's files: %v", err)
	}
	defer root.Close()
	found, err := lookUp(root, name, workDir, env)
	if err != nil {
		return "", err
	}
	file, err := root.Open(found)
	if err != nil {
		return "", cannotRun("", "exec: %q: %v", name, err)
	}
	defer file.Close()
	if err := checkStatic(file); err != nil {
		return "", cannotRun("", "exec: %q: %v: %s", name, err, realEngine)
	}
	return "/" + found, nil
}

const (
	noSuchFile       = "No such file or directory"
	permissionDenied = "Permission denied"
)

// cannotRun is a start refused in runc's words. The system's words for it, if it has any, are what docker-init logs instead.
func cannotRun(system string, format string, args ...any) error {
	words := fmt.Sprintf(format, args...)
	code := 126
	if system == noSuchFile {
		code = 127
	}
	return &startError{code: code, system: system, err: fail(http.StatusBadRequest,
		"failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: %s: unknown", words)}
}

// lookUp resolves the program's name as execvp would inside the container: by its path, or along PATH.
func lookUp(root *os.Root, name, workDir string, env []string) (string, error) {
	if strings.Contains(name, "/") {
		full := name
		if !path.IsAbs(name) {
			full = path.Join(workDir, name)
		}
		found, info, err := resolve(root, full)
		switch {
		case err != nil:
			return "", cannotRun(noSuchFile, "exec: %q: stat %s: no such file or directory", name, name)
		case info.IsDir() || info.Mode()&0o111 == 0:
			return "", cannotRun(permissionDenied, "exec: %q: permission denied", name)
		}
		return found, nil
	}
	for _, entry := range env {
		dirs, ok := strings.CutPrefix(entry, "PATH=")
		if !ok {
			continue
		}
		for dir := range strings.SplitSeq(dirs, ":") {
			found, info, err := resolve(root, path.Join("/", dir, name))
			if err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
				return found, nil
			}
		}
	}
	return "", cannotRun(noSuchFile, "exec: %q: executable file not found in $PATH", name)
}

// resolve follows symbolic links as they look from inside, where an absolute one starts at the container's root; os.Root
// alone takes those for an escape.
func resolve(root *os.Root, name string) (string, fs.FileInfo, error) {
	rest := strings.Split(strings.TrimPrefix(path.Clean("/"+name), "/"), "/")
	at, links := "", 0
	for len(rest) > 0 {
		next := path.Join(at, rest[0])
		rest = rest[1:]
		info, err := root.Lstat(orDot(next))
		if err != nil {
			return "", nil, err
		}
		if info.Mode()&fs.ModeSymlink == 0 {
			at = next
			continue
		}
		if links++; links > maxLinks {
			return "", nil, errors.New("too many levels of symbolic links")
		}
		target, err := root.Readlink(next)
		if err != nil {
			return "", nil, err
		}
		if !path.IsAbs(target) {
			target = path.Join("/", at, target)
		}
		rest = append(strings.Split(strings.TrimPrefix(path.Clean(target), "/"), "/"), rest...)
		at = ""
	}
	info, err := root.Lstat(orDot(at))
	return at, info, err
}

func orDot(name string) string {
	if name == "" {
		return "."
	}
	return name
}

// machines are the ELF machines of the architectures that Go has a Docker for.
var machines = map[string]elf.Machine{
	"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64, "arm": elf.EM_ARM, "386": elf.EM_386,
	"ppc64le": elf.EM_PPC64, "s390x": elf.EM_S390, "riscv64": elf.EM_RISCV,
}

// checkStatic refuses all but what the kernel can run without another file of the image.
func checkStatic(file *os.File) error {
	magic := make([]byte, 4)
	if _, err := file.ReadAt(magic, 0); err != nil || string(magic) != elf.ELFMAG {
		if string(magic[:2]) == "#!" {
			return errors.New("it is a script")
		}
		return errors.New("exec format error: it is no ELF binary")
	}
	binary, err := elf.NewFile(file)
	if err != nil {
		return fmt.Errorf("exec format error: %v", err)
	}
	if binary.Machine != machines[runtime.GOARCH] {
		return fmt.Errorf("exec format error: it is built for %v, this machine is %s", binary.Machine, runtime.GOARCH)
	}
	for _, segment := range binary.Progs {
		if segment.Type == elf.PT_INTERP {
			return errors.New("it is dynamically linked")
		}
	}
	return nil
}
