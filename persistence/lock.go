package persistence

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// LockName is the lock file's name in the data directory. It holds the process
// id of the server that uses the directory and stays there afterwards.
const LockName = "dockerdriver.lock"

// A server that is just ending gets this long to let go of its directory.
const (
	lockPatience = time.Second
	lockInterval = 50 * time.Millisecond
)

// Lock is the right to use a data directory.
type Lock struct{ file *os.File }

// LockDir makes the data directory when it is missing and takes the right to use
// it, which ends with Release or with the process. A directory that another
// server uses is refused after a second, with that server's process id.
func LockDir(dir string) (*Lock, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("cannot make the data directory %s: %v", dir, err)
	}
	file, err := os.OpenFile(filepath.Join(dir, LockName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("cannot use the data directory %s: %v", dir, err)
	}
	if err := flock(file); err != nil {
		defer file.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, fmt.Errorf("cannot use the data directory %s: another server, %s, is using it. Stop that one, or choose another --data-dir",
				dir, holder(file))
		}
		return nil, fmt.Errorf("cannot lock the data directory %s: %v", dir, err)
	}
	if err := notePID(file); err != nil {
		file.Close()
		return nil, fmt.Errorf("cannot write the lock of the data directory %s: %v", dir, err)
	}
	return &Lock{file: file}, nil
}

// Release gives the directory back.
func (l *Lock) Release() error {
	if err := l.file.Close(); err != nil {
		return fmt.Errorf("cannot release the data directory: %v", err)
	}
	return nil
}

func flock(file *os.File) error {
	deadline := time.Now().Add(lockPatience)
	for {
		err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err == nil || !errors.Is(err, unix.EWOULDBLOCK) && !errors.Is(err, unix.EINTR) || time.Now().After(deadline) {
			return err
		}
		time.Sleep(lockInterval)
	}
}

func notePID(file *os.File) error {
	if err := file.Truncate(0); err != nil {
		return err
	}
	_, err := file.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}

func holder(file *os.File) string {
	text := make([]byte, 32)
	n, _ := file.ReadAt(text, 0)
	if pid, err := strconv.Atoi(strings.TrimSpace(string(text[:n]))); err == nil {
		return "process " + strconv.Itoa(pid)
	}
	return "which has not said its process id yet"
}
