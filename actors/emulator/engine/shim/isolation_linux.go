package shim

import (
	"os"
	"sync"
	"time"
)

// Available is the best isolation that this machine allows, tried once by making the namespaces and using them.
var Available = sync.OnceValue(func() Isolation {
	candidates := []Isolation{User}
	if os.Geteuid() == 0 {
		candidates = []Isolation{Root, User}
	}
	for _, isolation := range candidates {
		if probe(isolation) {
			return isolation
		}
	}
	return None
})

// probe runs a shim that only sets its namespaces up.
func probe(isolation Isolation) bool {
	cmd := command(isolation)
	cmd.Env = append(cmd.Env, envProbe+"=1")
	if cmd.Start() != nil {
		return false
	}
	limit := time.AfterFunc(10*time.Second, func() { _ = cmd.Process.Kill() })
	defer limit.Stop()
	return cmd.Wait() == nil
}
