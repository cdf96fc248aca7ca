package images

import (
	"errors"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// unfinished begins the name of a file that a pull is writing. The dot keeps it
// out of every scan.
const unfinished = ".pull-"

// beginFile makes the file that a pull writes to. It is locked for as long as it
// is open: the lock ends with the process, whatever ends that.
func beginFile(dir, final string) (*os.File, error) {
	file, err := os.CreateTemp(dir, unfinished+final+"-*")
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return nil, errors.Join(err, file.Close(), os.Remove(file.Name()))
	}
	return file, nil
}

// RemoveLeftovers removes what pulls have left half-written in the directory
// when their process was killed. What a living process is writing has its lock
// and stays. It returns how many files went.
func (d *Directory) RemoveLeftovers() (int, error) {
	found, err := filepath.Glob(filepath.Join(escaped(d.dir), unfinished+"*"))
	if err != nil {
		return 0, err
	}
	gone := 0
	for _, path := range found {
		removed, why := removeUnlocked(path)
		if removed {
			gone++
		}
		err = errors.Join(err, why)
	}
	if gone > 0 {
		d.log.Info().Int("files", gone).Msg("leftovers of pulls removed")
	}
	return gone, err
}

func removeUnlocked(path string) (bool, error) {
	file, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK|unix.O_NOFOLLOW, 0)
	if err != nil {
		return false, ifThere(err)
	}
	defer func() { _ = file.Close() }()
	switch err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB); {
	case errors.Is(err, unix.EWOULDBLOCK):
		return false, nil // it is being written
	case err != nil:
		return false, err
	}
	if err := os.Remove(path); err != nil {
		return false, ifThere(err)
	}
	return true, nil
}

// ifThere drops an error that says that somebody else was faster.
func ifThere(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// escaped is a directory's name in which Glob finds nothing special.
func escaped(dir string) string {
	var out []byte
	for _, b := range []byte(dir) {
		if b == '*' || b == '?' || b == '[' || b == '\\' {
			out = append(out, '\\')
		}
		out = append(out, b)
	}
	return string(out)
}
