package shim

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// restrict takes from the calling thread what its program must not have. Only the bounding set is cut: a program of root
// gets from exec no more than that, and this thread still has to change user before it.
func (s *shim) restrict() error {
	if s.spec.Isolation != None {
		kept := map[string]bool{}
		for _, name := range s.spec.Capabilities {
			kept[name] = true
		}
		for number, name := range Capabilities {
			if kept[name] {
				continue
			}
			if err := unix.Prctl(unix.PR_CAPBSET_DROP, uintptr(number), 0, 0, 0); err != nil && err != unix.EINVAL {
				return fmt.Errorf("cannot drop %s: %v", name, err)
			}
		}
	}
	if s.spec.NoNewPrivileges {
		if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
			return fmt.Errorf("cannot set no_new_privs: %v", err)
		}
	}
	return nil
}
